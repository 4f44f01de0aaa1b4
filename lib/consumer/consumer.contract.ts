/** What the consumer's construct and its runtime must agree on. */
export const CONSUMER_ENV = {
  /** The consumer's verb-noun name; the runtime refuses to start under another one. */
  name: 'POSTHASTE_CONSUMER',
  /** URL of the consumer's queue, for visibility changes. */
  queueUrl: 'POSTHASTE_QUEUE_URL',
  /** URL of the consumer's dead-letter queue, for our own sends. */
  deadLetterQueueUrl: 'POSTHASTE_DLQ_URL',
  /** Digest of the sorted wire names that the subscription lets through (see `handlesDigest`); the runtime compares it with its handlers. */
  handlesDigest: 'POSTHASTE_HANDLES',
  /** Attempts that are charged before a message counts as exhausted. */
  maxAttempts: 'POSTHASTE_MAX_ATTEMPTS',
  /** When a message is tried again, as JSON (see `RetryPolicy`). */
  retry: 'POSTHASTE_RETRY',
  /** Digest of the consumer's error rules (see `rulesDigest`); the runtime compares it with its own. */
  errorsDigest: 'POSTHASTE_ERRORS',
  /** What happens to an exhausted message: `deadLetter` or `block`. */
  onExhausted: 'POSTHASTE_ON_EXHAUSTED',
  /** Whether a message may run again after its handler was called, see `DeliveryChoice`; the runtime refuses to start with another choice. */
  delivery: 'POSTHASTE_DELIVERY',
  /** How long the queue keeps a message, in seconds. */
  queueRetention: 'POSTHASTE_QUEUE_RETENTION',
  /** Receives after which the queue gives a message up. */
  maxReceiveCount: 'POSTHASTE_MAX_RECEIVES',
  /** Version of the deployed handler code, as failure records show it. */
  handlerVersion: 'POSTHASTE_HANDLER_VERSION',
} as const;

/**
 * The longest that a received message is hidden at a time: 12 hours from the receive are the most (SQS "Visibility timeout"), and an hour of
 * it may have passed. A hidden message is in flight all the while, of which a queue has about 120,000 at most.
 */
export const LONGEST_HOLD_MS: number = 11 * 3_600_000;

/** What a construct tells `createLongWaits`. */
export const LONG_WAITS_ENV = {
  /** The schedule group of the consumer. */
  group: 'POSTHASTE_SCHEDULES',
  /** ARN of the role as which the Scheduler sends to the queue. */
  role: 'POSTHASTE_SCHEDULES_ROLE',
  /** ARN of the queue that takes what the Scheduler could not send. */
  deadLetterQueue: 'POSTHASTE_SCHEDULES_DLQ',
} as const;

/**
 * The message attribute of a copy that was sent after a long wait: its attempts so far. The copy is new to SQS, so nothing else says that
 * there are books about it.
 */
export const ATTEMPTS_ATTRIBUTE = 'posthaste.attempts';

/** What a construct tells `createPausing`. */
export const PAUSING_ENV = {
  /** ARN of the consumer's queue. */
  queue: 'POSTHASTE_PAUSED_QUEUE',
  /** Name of the schedule that ends a pause. */
  schedule: 'POSTHASTE_RESUME_SCHEDULE',
  /** ARN of the role as which the Scheduler does. */
  role: 'POSTHASTE_RESUME_ROLE',
} as const;

/** Attempts that are charged before a message counts as exhausted. Throttles, conflicts and unstarted records charge none. */
export const DEFAULT_MAX_ATTEMPTS = 5;

/**
 * What a consumer owes its messages. `at-least-once`: a message runs until it has succeeded or used up its attempts, and its unit commits
 * exactly once. `at-most-once`: its handler is called once, and what fails then is lost, counted and kept as a dead letter.
 */
export type DeliveryChoice = 'at-least-once' | 'at-most-once';

/** What a consumer that handles every message of its topics declares instead of a digest. */
export const HANDLES_ALL = '*';

export const CONSUMER_METRICS = {
  processed: 'MessagesProcessed',
  duplicates: 'MessagesDuplicate',
  retried: 'MessagesRetried',
  deadLettered: 'MessagesDeadLettered',
  /** Messages that an error rule parked. */
  setAside: 'MessagesParked',
  /** Messages that an error rule gave up. */
  discarded: 'MessagesDiscarded',
  deferred: 'MessagesDeferred',
  ignored: 'MessagesIgnored',
  /** Exhausted messages that hold their key on a FIFO queue; alarmed. */
  blocked: 'MessagesBlocked',
  /** Messages of an at-most-once consumer that its one run did not finish; alarmed. */
  lost: 'MessagesLost',
  /** Pauses that began. */
  paused: 'ConsumerPaused',
  /** Commit of the message to the end of its handling, milliseconds. */
  latency: 'MessageLatency',
} as const;

/** What a log line at DEBUG says of a message whose run is over; its field `outcome` says what came of it. */
export const MESSAGE_OUTCOME = 'message outcome';
