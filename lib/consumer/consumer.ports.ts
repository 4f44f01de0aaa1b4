import type { Clock } from '../core/clock.ts';
import type { Ids } from '../core/ids.ts';
import type { Logger } from '../core/logger.ts';
import type { Metrics } from '../core/metrics.ts';
import type { Rng } from '../core/rng.ts';
import type { AttemptTally } from '../retry/attempts.ts';
import type { AttemptNote, DeadLetters } from '../retry/dead-letter.ts';
import type { ErrorRule } from '../retry/error-rules.ts';
import type { RetryPolicy } from '../retry/policy.ts';
import type { Committer } from '../unit-of-work/commit.ts';
import type { DynamoDbSender } from '../unit-of-work/unit-of-work.dynamodb.ts';
import type { Guard, Item } from '../unit-of-work/unit-of-work.ts';
import type { DeliveryChoice } from './consumer.contract.ts';
import type { QueueRecord } from './consumer.event.ts';
import type { Router } from './consumer.routes.ts';

/** One handling of one message, as the inbox sees it. */
export interface Handled {
  readonly consumer: string;
  readonly messageId: string;
  readonly type: string;
  readonly fingerprint: string;
  /** Fresh for each run. */
  readonly token: string;
}

/** How a message stands with this consumer. */
export type HandledStanding =
  | { readonly kind: 'open' }
  | { readonly kind: 'done' }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'running'; readonly until: number }
  | { readonly kind: 'started' };

/** One run, for the books. */
export interface Run {
  readonly consumer: string;
  readonly messageId: string;
  readonly run: string;
}

interface Until {
  readonly until?: number;
}

/** What a consumer needs of an inbox; `createInbox` makes one. */
export interface ConsumerInbox {
  /** Units commit through it. */
  readonly client: DynamoDbSender;
  readonly retentionMs: number;
  guard(handled: Handled): Guard;
  completion(handled: Handled): Guard;
  standing(marker: Item | undefined, handled: Handled): HandledStanding;
  look(
    consumer: string,
    messageIds: readonly string[],
    options?: Until,
  ): Promise<ReadonlyMap<string, { readonly marker: Item | undefined; readonly attempts: AttemptTally }>>;
  claim(
    handled: Handled,
    leaseMs: number,
    options?: Until & { readonly once?: boolean },
  ): Promise<HandledStanding | { readonly kind: 'mine'; readonly until: number }>;
  release(handled: Handled, options?: Until): Promise<void>;
  begin(run: Run, options?: Until): Promise<AttemptTally>;
  end(
    run: Run,
    end: {
      readonly begun: boolean | 'perhaps';
      readonly failure?: AttemptNote;
      readonly history: readonly AttemptNote[];
      readonly notBefore?: number;
    },
    options?: Until,
  ): Promise<AttemptTally>;
  forget(consumer: string, messageId: string, options?: Until): Promise<void>;
}

/** Says when records are handed out again. Best effort: a record whose change fails comes back when its visibility timeout ends. */
export interface Visibility {
  change(entries: readonly { readonly receiptHandle: string; readonly delayMs: number }[]): Promise<void>;
}

/** A wait that no queue can hold. */
export interface LongWait {
  readonly consumer: string;
  readonly record: QueueRecord;
  readonly messageId: string;
  /** Epoch milliseconds. */
  readonly until: number;
  /** Attempts that were charged so far. */
  readonly attempts: number;
}

/** Sends messages to their queue again after waits that are too long for it. */
export interface LongWaits {
  /** Whether the record can be sent anew as it is. */
  takes(record: QueueRecord): boolean;
  /**
   * Resolves once it is certain that a copy of the record will be sent, so that the record may be deleted. The same wait asked for again is
   * one.
   */
  comeBack(wait: LongWait, options?: Until): Promise<void>;
}

/** Stops the deliveries of a queue for all processes. */
export interface DeliveryStop {
  /**
   * Resolves once nothing is delivered any more until the given time (epoch milliseconds). Whatever fails or dies on the way, deliveries go
   * on then at the latest.
   */
  stopUntil(time: number, options?: Until): Promise<void>;
}

/** How long a pause is to last, in milliseconds. */
export interface PauseLength {
  /** By the rule. */
  readonly ms: number;
  /** What the thrower asked for. */
  readonly askedMs?: number;
}

/** When a consumer starts nothing. */
export interface Pauses {
  /** Epoch milliseconds; in the past when there is no pause. */
  until(): number;
  /** Begins a pause, or makes one longer. Never throws. */
  pause(length: PauseLength, options?: Until): Promise<void>;
}

/** What a consumer's behaviour depends on, all of it decided. */
export interface ConsumerSettings {
  readonly name: string;
  /** Handlers that run at the same time. */
  readonly concurrency: number;
  /** Whether a message whose handler was called is ever given to a handler again. */
  readonly delivery: DeliveryChoice;
  readonly maxAttempts: number;
  /** The most attempts that any rule allows, at least `maxAttempts`. */
  readonly mostAttempts: number;
  readonly onExhausted: 'deadLetter' | 'block' | 'byQueue';
  readonly retry: RetryPolicy;
  /** How long the queue keeps a message, milliseconds; undefined when nobody said. */
  readonly queueRetentionMs: number | undefined;
  /** Receives after which the queue gives a message up; undefined when nobody said. */
  readonly maxReceiveCount: number | undefined;
  /** Asked after the rules of the handler. */
  readonly errors: readonly ErrorRule[];
  /** Milliseconds kept for the end of an invocation; undefined for a tenth, at least a second. */
  readonly reserveMs: number | undefined;
  /** How long a finished unit waits to share a transaction; undefined never to share. */
  readonly packLingerMs: number | undefined;
  /** The source of the messages it sends. */
  readonly source: string;
  readonly handlerVersion: string | undefined;
}

/** Everything that the consumer's core works with. */
export interface ConsumerPorts {
  readonly settings: ConsumerSettings;
  readonly router: Router;
  readonly inbox: ConsumerInbox;
  readonly committer: Committer;
  readonly deadLetters: DeadLetters;
  readonly visibility: Visibility;
  readonly pauses: Pauses;
  readonly longWaits?: LongWaits | undefined;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly ids: Ids;
  readonly log: Logger;
  readonly metrics: Metrics;
}
