import type { Failure, FailureAudit, FailureFilter, FailureGroup, FailureStatus } from '../dlq/failure.ts';

/** Who does something, and why; kept with what was done. Both are what the caller says. */
export interface Author {
  readonly who: string;
  readonly why?: string;
  /**
   * The id of the invocation that asked for it, which the function adds and no caller can give. CloudTrail's record of the invocation, where
   * data events are on, has it as `requestID`, beside whom AWS knows as the caller ("CloudTrail record contents").
   */
  readonly requestId?: string;
}

/** How failures are sent back. */
export interface RedriveOptions {
  /** Send these first and stop unless all of them are handled. @default 0 - none */
  readonly canary?: number;
  /** How long a canary may take, milliseconds. */
  readonly canaryWaitMs?: number;
  /** Messages a second. @default 10 */
  readonly rate?: number;
  /** Sends back what is older than the inbox remembers too, with a new time: it may have been handled and forgotten. @default false */
  readonly renewOld?: boolean;
  /**
   * Sends back what an at-most-once consumer has begun, too, to run once more: it may have had its effects, which then happen twice. Each
   * consent lets each message run once. @default false
   */
  readonly runAgain?: boolean;
  /** Redrives that one failure may have had before it is left out. @default 10 */
  readonly maxRedrives?: number;
}

/** What has become of a redrive. */
export type RedriveState = 'canary' | 'running' | 'stopped' | 'finished';

/** A redrive as its row says. */
export interface Redrive extends Author {
  readonly id: string;
  readonly state: RedriveState;
  /** It is stopped, and has not ended all that it had claimed: it goes on with that by itself, minute by minute. */
  readonly ending?: true;
  /** Why it stopped. */
  readonly because?: string;
  readonly where: FailureFilter;
  readonly options: Required<RedriveOptions>;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly counts: RedriveCounts;
  /** Of those left, how many for which reason: `TOO_OLD`, `TOO_OFTEN`, `NO_CONSUMER`, `OTHER_CONTENT`, `MAY_HAVE_RUN`, `REFUSED`, `BODY_GONE`, `HELD`. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Failures that went ahead as canaries. */
  readonly canaries: readonly { readonly id: string; readonly result: 'waiting' | 'done' | 'failed' }[];
}

export interface RedriveCounts {
  readonly sent: number;
  readonly alreadyDone: number;
  /** Left where they are: too old without consent, redriven too often, refused by SQS. */
  readonly left: number;
}

/** What a redrive would do. */
export interface RedrivePlan {
  readonly matching: number;
  readonly tooOld: number;
  readonly tooOften: number;
  /** Begun by a consumer that runs a message at most once: they are left unless `runAgain` consents. */
  readonly mayHaveRun: number;
  readonly groups: readonly FailureGroup[];
  /** Counting took too long: there are more. */
  readonly more?: true;
  /** Seconds at the rate asked. */
  readonly takesSeconds: number;
}

/** How a queue stands: numbers of messages, approximately (SQS developer guide, "Resources required to process messages"). */
export interface QueueStatus {
  /** Can be received. */
  readonly visible: number;
  /** Received and not deleted: being handled, or held back by their visibility for an attempt to come. */
  readonly inFlight: number;
  /** Sent with a delay, and not receivable yet. */
  readonly delayed: number;
  /** Age of the oldest waiting message, seconds; absent where CloudWatch has no figure yet. */
  readonly oldestSeconds?: number;
}

export interface ConsumerStatus {
  readonly name: string;
  readonly ordered: boolean;
  readonly queue: QueueStatus;
  readonly deadLetters: QueueStatus;
  /** Messages that could not be sent to its queue, by a topic or after a long wait. */
  readonly undelivered: number;
  readonly failures: Readonly<Partial<Record<FailureStatus, number>>>;
  /** Whether its event source mapping delivers: `Enabled`, `Disabled`, …; `unknown` where Lambda is too busy to say. */
  readonly mapping: string;
  /** Seconds since Lambda said so; absent when it was asked for this answer. */
  readonly mappingSeconds?: number;
}

export interface OutboxStatus {
  readonly name: string;
  readonly pending: number;
  /** Seconds since the oldest pending row was committed. */
  readonly oldestSeconds?: number;
  readonly parked: number;
}

export interface StackStatus {
  readonly stack: string;
  readonly at: number;
  readonly consumers: readonly ConsumerStatus[];
  readonly outboxes: readonly OutboxStatus[];
  /** Groups with something open, the largest first. */
  readonly groups: readonly FailureGroup[];
  /** Redrives that have not ended. */
  readonly redrives: readonly Redrive[];
}

/** What the operations function is asked; each names its answer in `Answers`. */
export type OperationRequest =
  /** `fresh`: nothing that is remembered. Without it states of mappings are up to 30 seconds old, and ages of messages up to a minute. */
  | { readonly operation: 'status'; readonly fresh?: boolean }
  | { readonly operation: 'groups'; readonly where?: FailureFilter }
  | { readonly operation: 'list'; readonly where?: FailureFilter; readonly limit?: number; readonly cursor?: string }
  | { readonly operation: 'show'; readonly id: string }
  /** Bodies included. */
  | { readonly operation: 'export'; readonly where?: FailureFilter; readonly cursor?: string }
  | { readonly operation: 'archive' | 'restore'; readonly where: FailureFilter; readonly author: Author }
  | { readonly operation: 'edit'; readonly id: string; readonly body: string; readonly author: Author }
  | { readonly operation: 'plan'; readonly where: FailureFilter; readonly options?: RedriveOptions }
  | { readonly operation: 'redrive'; readonly where: FailureFilter; readonly options?: RedriveOptions; readonly author: Author }
  | { readonly operation: 'redrives' }
  | { readonly operation: 'redrive-status' | 'stop-redrive' | 'resume-redrive'; readonly id: string }
  /** SQS's own move, for a dead-letter queue that is not indexed. */
  | { readonly operation: 'move'; readonly consumer: string; readonly rate?: number; readonly author: Author }
  /** The schedule's: goes on with redrives, takes in stream failures, measures ages. */
  | { readonly operation: 'tick' };

/** What it answers, by operation. */
export interface Answers {
  readonly status: StackStatus;
  readonly groups: { readonly groups: readonly FailureGroup[] };
  readonly list: { readonly failures: readonly Failure[]; readonly cursor?: string };
  /** `missing`: why the body, which is then empty, cannot be shown. */
  readonly show: { readonly failure: Failure; readonly body: string; readonly missing?: string; readonly audits: readonly FailureAudit[] };
  readonly export: {
    readonly failures: readonly (Failure & { readonly text: string; readonly missing?: string })[];
    readonly cursor?: string;
  };
  /** `more`: time ran out before all were changed; ask again for the rest. */
  readonly archive: { readonly changed: number; readonly refused: number; readonly more?: true };
  readonly restore: { readonly changed: number; readonly refused: number; readonly more?: true };
  readonly edit: { readonly failure: Failure; readonly diff: string };
  readonly plan: RedrivePlan;
  readonly redrive: Redrive;
  readonly redrives: { readonly redrives: readonly Redrive[] };
  readonly 'redrive-status': Redrive;
  readonly 'stop-redrive': Redrive;
  readonly 'resume-redrive': Redrive;
  readonly move: { readonly taskHandle: string };
  readonly tick: { readonly continued: number; readonly indexed: number; readonly oldestSeconds?: number };
}

/** An operation that could not be done, as a sentence for people. */
export interface Refusal {
  readonly error: { readonly code: string; readonly message: string };
}
