import type { ConsumerEntry, OutboxEntry, TopologyEntry } from './topology.contract.ts';

/** What a stack is made of, read at most once for as long as nothing is missing in it, and at most once a minute. */
export interface Topology {
  /** As it was read last; read now if it never was. Throws what reading throws. */
  entries(): Promise<readonly TopologyEntry[]>;
  /** Read again: something that must be there was not. Unless that was done within the last minute. */
  refresh(): Promise<readonly TopologyEntry[]>;
  /** As it was read after that time (epoch milliseconds); undefined for as long as it may not be read again. */
  readAfter(time: number): Promise<readonly TopologyEntry[] | undefined>;
}

/** Whose dead-letter queue it is. */
export type DeadLetterOwner =
  | { readonly kind: 'consumer' | 'subscription'; readonly entry: ConsumerEntry }
  | { readonly kind: 'schedule'; readonly entry: ConsumerEntry | OutboxEntry };

/** Finds whose dead-letter queue has the ARN; undefined for one that no entry names. */
export function ownerOf(entries: readonly TopologyEntry[], arn: string): DeadLetterOwner | undefined {
  for (const entry of entries) {
    if (entry.unscheduled?.arn === arn) return { kind: 'schedule', entry };
    if (entry.kind === 'outbox') continue;
    if (entry.deadLetterQueue.arn === arn) return { kind: 'consumer', entry };
    if (entry.undelivered.some((queue) => queue.arn === arn)) return { kind: 'subscription', entry };
  }
  return undefined;
}
