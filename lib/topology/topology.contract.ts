/**
 * What a stack is made of, as its runtime tools read it: one Systems Manager parameter for each consumer and each outbox, written by the
 * deployment. Names of queues are known only then, and an environment holds 4 KB in all.
 */
export const TOPOLOGY_ENV = {
  /** The path of the parameters, e.g. `/posthaste/orders`; on the functions that read them. */
  path: 'POSTHASTE_TOPOLOGY',
} as const;

/** The path of a stack's parameters. */
export function topologyPath(stack: string): string {
  return `/posthaste/${stack}`;
}

/** A queue, both ways of naming it. */
export interface QueueAddress {
  readonly url: string;
  readonly arn: string;
}

/** A consumer or a command queue. */
export interface ConsumerEntry {
  readonly kind: 'consumer';
  /** The verb-noun name. */
  readonly name: string;
  readonly queue: QueueAddress;
  readonly ordered: boolean;
  readonly deadLetterQueue: QueueAddress;
  /** Whether the failure store drains its dead-letter queues. */
  readonly indexed: boolean;
  /** Dead-letter queues of its subscriptions. */
  readonly undelivered: readonly QueueAddress[];
  /** Where schedules leave what they could not send to its queue after a long wait. */
  readonly unscheduled?: QueueAddress;
  readonly functionName: string;
  /** The event source mapping of its queue. */
  readonly mappingId: string;
  readonly inbox: { readonly table: string; readonly scope: string; readonly retentionDays: number };
}

/** An outbox with its relay and sweeper. */
export interface OutboxEntry {
  readonly kind: 'outbox';
  readonly name: string;
  readonly table: string;
  readonly relayFunction: string;
  readonly sweeperFunction: string;
  /** Where the sweeper's schedule leaves what it could not start. */
  readonly unscheduled?: QueueAddress;
  /** Stream batches that the relay's mapping gave up, as objects. */
  readonly failuresBucket: string;
}

export type TopologyEntry = ConsumerEntry | OutboxEntry;
