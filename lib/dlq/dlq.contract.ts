/**
 * The one message attribute that a dead-lettered message carries: a JSON failure record, which also holds the original
 * attributes. SQS allows ten attributes, and the original message may already have ten.
 */
export const FAILURE_ATTRIBUTE = 'posthaste.failure';

/** The failure record's JSON never grows beyond this many bytes, whatever the stack or the history. */
export const FAILURE_RECORD_MAX_BYTES = 32 * 1024;

/** A stack is cut at this many bytes. */
export const FAILURE_STACK_MAX_BYTES = 8 * 1024;
