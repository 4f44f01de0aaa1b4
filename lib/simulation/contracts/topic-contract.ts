import { type ContractCase, type ContractOptions, casesFor } from './suite.ts';
import { deliveryCases } from './topic-delivery-cases.ts';
import type { TopicFeature, TopicInstance } from './topic-instance.ts';
import { keyedCases } from './topic-order-cases.ts';
import { troubleCases } from './topic-trouble-cases.ts';

/**
 * The contract of a topic, or of a queue that is sent to: what was taken arrives at every subscriber unchanged, what was not is said of
 * the very message, and ids and keys keep what is promised of them.
 *
 * @example
 * for (const { name, run } of topicContract({ features: ['fanOut', 'persistent'], open })) test(name, run);
 */
export function topicContract(options: ContractOptions<TopicFeature, TopicInstance>): readonly ContractCase<TopicFeature>[] {
  return casesFor([...deliveryCases, ...troubleCases, ...keyedCases], options);
}
