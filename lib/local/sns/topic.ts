import type { Cancel, Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import type { Aws, AwsRequest, Json, Place } from '../aws.ts';
import type { Invoker } from '../lambda/invoker.ts';
import type { DeduplicationWindow } from '../sqs/deduplication.ts';
import type { FilterPolicy, FilterScope } from './filter-policy.ts';
import type { SnsHostility } from './hostility.ts';

/** What the embedded SNS stands on. */
export interface SnsOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly place: Place;
  /** Deliveries to queues go through here as the service principal, so that queue policies decide. */
  readonly aws: () => Aws;
  readonly invoker: () => Invoker;
  /**
   * How long a changed filter policy takes to be effective; 0 by default. On AWS it is up to 15 minutes ("Subscription filter
   * policies"), during which old and new policy are both possible.
   */
  readonly filterPolicyDelayMs?: number;
  /** What a simulation makes worse. @default - nothing */
  readonly hostility?: SnsHostility;
}

/** What became of the messages of a subscription. */
export interface SubscriptionCounters {
  delivered: number;
  filteredOut: number;
  /** Given up, with or without a dead-letter queue. */
  failed: number;
  redrivenToDlq: number;
  /** Given up and lost: no dead-letter queue, or it refused too. */
  dropped: number;
  /** Of the dropped ones, those that the dead-letter queue refused. */
  refusedByDlq: number;
}

/** A filter as deliveries apply it. */
export interface Filter {
  readonly scope: FilterScope;
  readonly policy: FilterPolicy;
}

/** One endpoint of a topic. */
export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: 'sqs' | 'lambda';
  readonly endpoint: string;
  readonly attributes: Map<string, string>;
  readonly counters: SubscriptionCounters;
  filter: Filter | undefined;
  cancelFilterChange: Cancel;
}

/** One topic. */
export interface Topic {
  readonly name: string;
  readonly arn: string;
  readonly fifo: boolean;
  readonly attributes: Map<string, string>;
  readonly tags: Map<string, string>;
  readonly subscriptions: Map<string, Subscription>;
  readonly accepted: DeduplicationWindow<Published>;
  published: number;
  deduplicated: number;
  deletedSubscriptions: number;
}

/** What a publisher gets; a duplicate inside the deduplication window gets the same. */
export interface Published {
  readonly messageId: string;
  readonly sequenceNumber: string | undefined;
}

/** An action of the API. */
export type Action = (input: Json, request: AwsRequest) => Json;

/** The actions by name. */
export type Actions = Readonly<Record<string, Action>>;

/** Whether a queue is FIFO, which its name tells. */
export const isFifoArn = (arn: string): boolean => arn.endsWith('.fifo');
