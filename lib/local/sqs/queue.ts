import type { Cancel, Clock } from '../../core/clock.ts';
import type { Rng } from '../../core/rng.ts';
import type { Json } from '../aws.ts';
import { createAlarm } from './alarm.ts';
import { createDeduplicationWindow, type DeduplicationWindow } from './deduplication.ts';
import { createFifoLine } from './fifo-line.ts';
import { createLongPolls, type LongPolls } from './long-polls.ts';
import type { Message } from './message.ts';
import { createMessageStore, type MessageStore } from './message-store.ts';
import { type QueueAttributes, type QueueSettings, settingsOf } from './queue-settings.ts';
import { createReceiveAttempts, type ReceiveAttempts } from './receive-attempts.ts';
import { createStandardLine } from './standard-line.ts';

/** What an accepted message is known by; a duplicate inside the deduplication window gets the same. */
export interface Accepted {
  readonly messageId: string;
  readonly sequenceNumber: string | undefined;
}

/** What a queue counted since it was made, beside the departures of its store. */
export interface QueueCounters {
  sent: number;
  /** Arrived from another queue: dead-lettered or moved by a task. */
  arrived: number;
  deduplicated: number;
  received: number;
}

/** One queue: who it is, what it is set to, what it holds, and who waits for it. */
export interface Queue {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly createdAt: number;
  readonly attributes: QueueAttributes;
  readonly settings: QueueSettings;
  readonly modifiedAt: number;
  readonly tags: Map<string, string>;
  readonly store: MessageStore;
  readonly accepted: DeduplicationWindow<Accepted>;
  readonly attempts: ReceiveAttempts;
  readonly counters: QueueCounters;
  readonly polls: LongPolls;
  lastPurgeAt: number | undefined;
  /** Whether a receive would find something. */
  readonly hasNext: boolean;
  /** Whether as many messages are in flight as SQS allows: then nothing can be received. */
  readonly isOverLimit: boolean;
  next(limit: number): Message[];
  configure(attributes: QueueAttributes): void;
  /** Lets time take effect: call it before looking at the store. */
  settle(): void;
  /** Serves those who wait, if there is something to receive: call it after each change that can make a message receivable. */
  wake(): void;
  /** Wakes those who wait after some time, if there is something to receive then. */
  signalAfter(ms: number): void;
  /** Sets the timer for the next hidden message: call it after each change that only hides. */
  watch(): void;
  onAvailable(listener: () => void): Cancel;
  /** Ends every wait. */
  close(error: Error): void;
}

/** What makes a queue. */
export interface QueueOptions {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  readonly attributes: QueueAttributes;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly shuffle: number;
  readonly maxInFlight: number;
}

/** Makes an empty queue. */
export function createQueue(options: QueueOptions): Queue {
  const { clock } = options;
  let attributes = options.attributes;
  let settings = settingsOf(attributes);
  let modifiedAt = clock.now();
  const line = settings.fifo ? createFifoLine() : createStandardLine(options.rng, options.shuffle);
  const store = createMessageStore(line);
  const listeners = new Set<() => void>();
  const polls = createLongPolls(clock, () => watchNext());
  const alarm = createAlarm(clock, () => {
    settle();
    wake();
  });

  const settle = () => store.settle(clock.now(), settings.retentionMs);

  /** A timer runs only while someone waits: an idle queue keeps no process alive. */
  function watchNext(): void {
    alarm.set(polls.size + listeners.size > 0 ? store.nextVisibleAt : undefined);
  }

  const isOverLimit = () => store.counts.inFlight >= options.maxInFlight;
  const hasNext = () => line.hasNext && !isOverLimit();

  function wake(): void {
    polls.serve(hasNext);
    if (hasNext()) for (const listener of [...listeners]) listener();
    watchNext();
  }

  return {
    name: options.name,
    arn: options.arn,
    url: options.url,
    createdAt: modifiedAt,
    get attributes() {
      return attributes;
    },
    get settings() {
      return settings;
    },
    get modifiedAt() {
      return modifiedAt;
    },
    tags: new Map(),
    store,
    accepted: createDeduplicationWindow(),
    attempts: createReceiveAttempts(),
    counters: { sent: 0, arrived: 0, deduplicated: 0, received: 0 },
    polls: {
      ...polls,
      get size() {
        return polls.size;
      },
      wait(poll): Promise<Json> {
        const output = polls.wait(poll);
        watchNext();
        return output;
      },
    },
    lastPurgeAt: undefined,
    get hasNext() {
      return hasNext();
    },
    get isOverLimit() {
      return isOverLimit();
    },
    next: (limit) => line.next(Math.min(limit, options.maxInFlight - store.counts.inFlight)),
    configure(changed) {
      attributes = changed;
      settings = settingsOf(changed);
      modifiedAt = clock.now();
      if (settings.fifo) delayAnew(store, settings.delayMs, modifiedAt);
      wake();
    },
    settle,
    wake,
    signalAfter: (ms) =>
      void clock.after(ms, () => {
        settle();
        wake();
      }),
    watch: watchNext,
    onAvailable(listener) {
      listeners.add(listener);
      watchNext();
      return () => {
        listeners.delete(listener);
        watchNext();
      };
    },
    close(error) {
      polls.fail(error);
      listeners.clear();
      watchNext();
    },
  };
}

/** SetQueueAttributes reference: on FIFO queues the delay of the queue also changes for messages already in it. */
function delayAnew(store: MessageStore, delayMs: number, now: number): void {
  const delayed = [...store.all()].filter((message) => message.state === 'delayed');
  for (const message of delayed) store.hideUntil(message, message.sentAt + delayMs, now);
}
