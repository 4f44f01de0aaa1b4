import { PosthasteError } from '../core/errors.ts';
import type { AttemptTally } from '../retry/attempts.ts';

/** A consumer cannot be what its options say. Code `CONSUMER_CONFIG`; thrown when the module loads, never for a message. */
export class ConsumerConfigError extends PosthasteError {
  constructor(message: string) {
    super(message, { code: 'CONSUMER_CONFIG' });
  }
}

/** The function was invoked with something other than an SQS event. Code `CONSUMER_EVENT`. */
export class ConsumerEventError extends PosthasteError {
  constructor(consumer: string) {
    super(
      `consumer ${consumer} was invoked with something that is no SQS event: its Records are no messages of a queue; connect it to a queue, e.g. with the Consumer construct`,
      {
        code: 'CONSUMER_EVENT',
      },
    );
  }
}

/** Why a message was parked without its handler having failed. The code is the `reason` of the failure record. */
export class UnhandleableError extends PosthasteError {
  constructor(message: string, options: { readonly code: UnhandleableReason }) {
    super(message, options);
  }
}

/** The reasons of `UnhandleableError`. */
export type UnhandleableReason = 'UNKNOWN_TYPE' | 'UNKNOWN_VERSION' | 'TOO_OLD' | 'HOPS_EXCEEDED' | 'FINGERPRINT_MISMATCH';

/**
 * A message may run once only, and its run left no outcome: the process died, or it cannot be told whether the unit was committed. Code
 * `OUTCOME_UNKNOWN`.
 */
export class OutcomeUnknownError extends PosthasteError {
  constructor(messageId: string, options: ErrorOptions = {}) {
    super(
      `message ${messageId} was given to its handler and left no outcome; it may run once only, so it is not run again: find out what it did and archive it, or consent that it runs again: posthaste redrive --run-again`,
      { ...options, code: 'OUTCOME_UNKNOWN' },
    );
  }
}

/** The time was up before the message was done. Code `DEADLINE`. It is the reason of the signal that handlers receive. */
export class DeadlineError extends PosthasteError {
  constructor() {
    super('the invocation is about to end; the message will be delivered again', { code: 'DEADLINE', retryable: true });
  }
}

/** SQS would give a message up, which has been handed out too often. Code `RECEIVES_EXHAUSTED`. */
export class ReceivesExhaustedError extends PosthasteError {
  constructor(receives: number, { started, settled, failed }: Pick<AttemptTally, 'started' | 'settled' | 'failed'>) {
    super(
      `handed out ${receives} times and not done: of ${started} runs ${failed} failed and ${Math.max(0, started - settled)} ended without an outcome (a crash, no memory left, or longer than the function may run)`,
      { code: 'RECEIVES_EXHAUSTED' },
    );
  }
}

/** The queue would forget a message, which was handed out and not done. Code `RETENTION_EXHAUSTED`. */
export class RetentionExhaustedError extends PosthasteError {
  constructor(endsAt: number, { started, settled, failed }: Pick<AttemptTally, 'started' | 'settled' | 'failed'>) {
    super(
      `not done by the time that the queue forgets it, at ${new Date(endsAt).toISOString()}: of ${started} runs ${failed} failed and ${Math.max(0, started - settled)} ended without an outcome (a crash, no memory left, or longer than the function may run)`,
      { code: 'RETENTION_EXHAUSTED' },
    );
  }
}

/** A message cannot wait as long as it should, because it would be gone by then. Code `WAIT_TOO_LONG`. */
export class WaitTooLongError extends PosthasteError {
  constructor(messageId: string, until: { readonly notBefore: number; readonly endsAt: number; readonly because: string }) {
    const [then, end] = [until.notBefore, until.endsAt].map((time) => new Date(time).toISOString());
    super(
      `message ${messageId} was to wait until ${then}, but ${until.because} ends at ${end}: shorten its retry policy, or send it back when it can pass`,
      {
        code: 'WAIT_TOO_LONG',
      },
    );
  }
}

/** The inbox table could not be asked whether a message may run. Code `INBOX_UNREACHABLE`; the message is tried again and charged nothing. */
export class InboxUnreachableError extends PosthasteError {
  constructor(options: ErrorOptions) {
    super('the inbox could not be reached, so the message was not run', { ...options, code: 'INBOX_UNREACHABLE', retryable: true });
  }
}

/** A message has used up its attempts. Code `ATTEMPTS_EXHAUSTED`. */
export class AttemptsExhaustedError extends PosthasteError {
  constructor(failures: number, crashes: number) {
    super(
      `${failures + crashes} attempts were charged: ${failures} failed, ${crashes} ended without an outcome (a crash, no memory left, or longer than the function may run)`,
      { code: 'ATTEMPTS_EXHAUSTED' },
    );
  }
}
