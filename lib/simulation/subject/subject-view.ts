import type { FailureRecord } from '../../dlq/failure-record.ts';
import type { Item } from '../../unit-of-work/unit-of-work.ts';

/** What a run left behind, for comparing and asserting. */
export interface SubjectView {
  /** The items of every table, by table name. */
  readonly items: Readonly<Record<string, readonly Item[]>>;
  /** What came out of the topics and queues, once per message id: more copies are what consumers live with. */
  readonly published: readonly PublishedMessage[];
  /** Effects outside of the world that the subject noted, once per key. */
  readonly noted: readonly { readonly name: string; readonly detail: unknown }[];
  /** What is in the dead-letter queue. */
  readonly deadLettered: readonly DeadMessage[];
}

/** A message that a subject published. */
export interface PublishedMessage {
  /** Its wire name; undefined for a body that is no message of this library. */
  readonly type: string | undefined;
  readonly version: number | undefined;
  readonly key: string | undefined;
  /** Its data, or the body where it is no message of this library. */
  readonly data: unknown;
}

/** A message in the dead-letter queue. */
export interface DeadMessage {
  readonly id: string | undefined;
  readonly body: string;
  /** Why, where the subject is a consumer of this library. */
  readonly failure: FailureRecord | undefined;
}

/** An effect outside of the world that a subject noted. */
export interface NotedEffect {
  readonly name: string;
  readonly detail: unknown;
  readonly key: string | undefined;
}
