import { attemptCases } from './inbox-attempt-cases.ts';
import type { InboxFeature, InboxInstance } from './inbox-instance.ts';
import { leaseCases } from './inbox-lease-cases.ts';
import { markerCases } from './inbox-marker-cases.ts';
import { type ContractCase, type ContractOptions, casesFor } from './suite.ts';

/**
 * The contract of an inbox: of all runs of one message by one consumer exactly one commits its effect, whatever is delivered twice,
 * overlaps, crashes or outlives its lease.
 *
 * @example
 * for (const { name, run } of inboxContract({ features: ['leases', 'attempts'], open })) test(name, run);
 */
export function inboxContract(options: ContractOptions<InboxFeature, InboxInstance>): readonly ContractCase<InboxFeature>[] {
  return casesFor([...markerCases, ...leaseCases, ...attemptCases], options);
}
