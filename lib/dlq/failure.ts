import type { AttemptNote, RecordAttribute } from '../retry/dead-letter.ts';

/** Every standing of a failure, in the order in which one usually goes through them. */
export const FAILURE_STATUSES = ['open', 'parked', 'redriving', 'redriven', 'done', 'archived', 'replaced'] as const;

/**
 * How a failure stands.
 * `open`: somebody must work it. `parked`: a rule set it aside on purpose; it waits without an alarm. `redriving`: a redrive has claimed it.
 * `redriven`: it was sent back; if it fails again it is `open` again. `done`: it turned out to be handled. `archived`: somebody decided
 * against it. `replaced`: an edited copy stands in its place.
 */
export type FailureStatus = (typeof FAILURE_STATUSES)[number];

/** Where a letter was found. */
export type FailureSource = 'consumer' | 'subscription' | 'schedule' | 'stream';

/** A dead letter as it arrives at the failure store. */
export interface Arrival {
  /** Equal for copies of one letter: from the consumer, the message id (else the id of the received copy) and the bytes of the body. */
  readonly id: string;
  /** The id that SQS gave this letter; the same letter delivered twice has it twice. */
  readonly letterId: string;
  /** The id that SQS gave the copy of the message that failed: letters of one copy tell of one failure, whatever any clock says. */
  readonly copyId: string;
  readonly status: 'open' | 'parked';
  readonly source: FailureSource;
  readonly consumer: string;
  /**
   * Stable code, see `FailureRecord`. Of letters without a record: `RECEIVES_EXHAUSTED` (SQS itself moved it), `UNRECORDED` (it left no room for
   * one), `UNDELIVERED` (a subscription's), `UNSCHEDULED` (a schedule's), `CUT_SHORT` (a schedule's, and not the whole of
   * its message), `STREAM_GIVEN_UP` (a stream's).
   */
  readonly reason: string;
  readonly errorType: string;
  readonly errorMessage: string;
  /** What the rule says that parked it. */
  readonly note?: string;
  readonly stack?: string;
  /** Failures of one cause have one; the group. */
  readonly fingerprint: string;
  readonly handlerVersion?: string;
  readonly traceId?: string;
  /** Epoch milliseconds. */
  readonly failedAt: number;
  readonly receiveCount: number;
  readonly attempts: readonly AttemptNote[];
  readonly attributes: Readonly<Record<string, RecordAttribute>>;
  /** Names of attributes that found no room. It is sent back without them; the body, which is all that a consumer reads, is whole. */
  readonly droppedAttributes?: readonly string[];
  readonly groupId?: string;
  readonly messageId?: string;
  readonly messageType?: string;
  /** Ordering key of the message. */
  readonly key?: string;
  /** The envelope's time, epoch milliseconds. */
  readonly messageTime?: number;
  /** Byte for byte as it was received. */
  readonly body: string;
}

/** Where the body of a stored failure is: in its item, or above 4 KB an object. */
export type StoredBody =
  | { readonly kind: 'inline'; readonly text: string }
  | { readonly kind: 'object'; readonly key: string; readonly bytes: number; readonly sha256: string };

/** A failure as the store keeps it. */
export interface Failure extends Omit<Arrival, 'body' | 'status' | 'letterId' | 'copyId'> {
  readonly status: FailureStatus;
  readonly body: StoredBody;
  /** Letters of it that have arrived, copies and repeated failures alike. */
  readonly letters: number;
  /** How often a redrive has claimed it, also one that could not send it. */
  readonly redrives: number;
  /** The redrive that claimed it last. */
  readonly redriveId?: string;
  /** All that claimed it, this one included, the last of them last: a redrive may have to put on file what it did after another has come. */
  readonly claimedBy?: readonly string[];
  /** When that was, epoch milliseconds. */
  readonly claimedAt?: number;
  /**
   * The only run that its message may have had, of which nobody knows how it ended: whoever claimed the failure has an operator's consent to
   * run the message once more after that one, and after no other.
   */
  readonly runAgainAfter?: string;
  /** The failure whose edited copy this is. */
  readonly editOf?: string;
  /** Epoch milliseconds. */
  readonly indexedAt: number;
}

/** Failures of one fingerprint. */
export interface FailureGroup {
  readonly fingerprint: string;
  readonly consumer: string;
  readonly reason: string;
  readonly errorType: string;
  readonly messageType?: string;
  /** Of the sample. */
  readonly errorMessage: string;
  /** The first failure of the group. */
  readonly sampleId: string;
  /** Epoch milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** Failures ever counted into it. */
  readonly total: number;
  /** How many stand how now. */
  readonly counts: Readonly<Partial<Record<FailureStatus, number>>>;
  readonly handlerVersions: readonly string[];
}

/** One thing that was done to a failure, and by whom. */
export interface FailureAudit {
  readonly failureId: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly action: 'redrive' | 'archive' | 'restore' | 'edit' | 'renew' | 'release';
  /** Whoever the caller said they are. */
  readonly who: string;
  readonly why?: string;
  /** Lambda's id of the invocation that asked for it; CloudTrail, where it records invocations, knows by it who the caller was. */
  readonly requestId?: string;
  /** What came of it, e.g. `sent`, `already done`, `refused: …`. */
  readonly result: string;
  readonly redriveId?: string;
  /** It may have run already, and an operator has agreed that it runs again. */
  readonly runAgain?: true;
  /** Of a claim that was taken back, the run after which it was to run again. */
  readonly runAgainAfter?: string;
  /** A unified diff of the bodies, for an edit. */
  readonly diff?: string;
}

/** Selects failures; what is left out selects all. */
export interface FailureFilter {
  readonly id?: string;
  readonly fingerprint?: string;
  readonly consumer?: string;
  readonly type?: string;
  readonly reason?: string;
  readonly key?: string;
  readonly messageId?: string;
  /** Failed at or after, and before; epoch milliseconds. */
  readonly since?: number;
  readonly until?: number;
  /** @default 'open' */
  readonly status?: FailureStatus;
}
