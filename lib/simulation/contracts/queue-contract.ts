import { delayCases } from './queue-delay-cases.ts';
import { groupCases } from './queue-group-cases.ts';
import type { QueueFeature, QueueInstance } from './queue-instance.ts';
import { letterCases } from './queue-letter-cases.ts';
import { receiveCases } from './queue-receive-cases.ts';
import { type ContractCase, type ContractOptions, casesFor } from './suite.ts';

/**
 * The contract of a queue as consumers see it: what is not acknowledged comes again, in its order where there is one, and what came too
 * often is kept for an operator.
 *
 * @example
 * for (const { name, run } of queueContract({ features: ['exclusive', 'deadLetters'], open })) test(name, run);
 */
export function queueContract(options: ContractOptions<QueueFeature, QueueInstance>): readonly ContractCase<QueueFeature>[] {
  return casesFor([...receiveCases, ...delayCases, ...groupCases, ...letterCases], options);
}
