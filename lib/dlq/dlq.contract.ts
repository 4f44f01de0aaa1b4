/**
 * The one message attribute that a dead-lettered message carries: a JSON failure record, which also holds the original
 * attributes. SQS allows ten attributes, and the original message may already have ten.
 */
export const FAILURE_ATTRIBUTE = 'posthaste.failure';

/** The failure record's JSON never grows beyond this many bytes, whatever the stack or the history. */
export const FAILURE_RECORD_MAX_BYTES = 32 * 1024;

/** A stack is cut at this many bytes. */
export const FAILURE_STACK_MAX_BYTES = 8 * 1024;

/** What the failure store's construct and its runtime must agree on; on the indexer and the operations function. */
export const FAILURE_STORE_ENV = {
  /** Name of the table of failures, their groups and redrives. */
  table: 'POSTHASTE_FAILURES_TABLE',
  /** Name of the bucket of bodies above 4 KB. */
  bucket: 'POSTHASTE_FAILURES_BUCKET',
  /** The account that owns it: nobody else's bucket of that name is read or written. */
  bucketOwner: 'POSTHASTE_FAILURES_BUCKET_OWNER',
} as const;

export const INDEXER_METRICS = {
  /** Letters that became failures to be worked, or told of one once more; by consumer. Alarmed. */
  indexed: 'FailuresIndexed',
  /** Letters that a rule had set aside; by consumer. */
  parked: 'FailuresParked',
  /** Letters that could not be kept and stay in their queues, at each try. Alarmed when it goes on. */
  unkept: 'LettersUnkept',
} as const;

/** The reason of a failure whose letter holds a part of its message only. */
export const CUT_SHORT = 'CUT_SHORT';

/** Whose letters are that were found in a queue of nobody. */
export const UNKNOWN_CONSUMER = 'unknown';
