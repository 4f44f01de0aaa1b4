import { commitCases } from './outbox-commit-cases.ts';
import type { OutboxFeature, OutboxInstance } from './outbox-instance.ts';
import { keyCases } from './outbox-key-cases.ts';
import { limitCases } from './outbox-limit-cases.ts';
import { orderCases } from './outbox-order-cases.ts';
import { publishCases } from './outbox-publish-cases.ts';
import { type ContractCase, type ContractOptions, casesFor } from './suite.ts';

/**
 * The contract of an outbox: writes and messages commit together or not at all, once under one idempotency key, and what was committed
 * waits in its order until it is confirmed.
 *
 * @example
 * for (const { name, run } of outboxContract({ features: ['idempotencyKeys', 'ordered'], open })) test(name, run);
 */
export function outboxContract(options: ContractOptions<OutboxFeature, OutboxInstance>): readonly ContractCase<OutboxFeature>[] {
  return casesFor([...commitCases, ...keyCases, ...orderCases, ...limitCases, ...publishCases], options);
}
