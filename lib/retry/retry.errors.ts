import type { PosthasteErrorOptions } from '../core/errors.ts';
import { PosthasteError } from '../core/errors.ts';

/** What a handler may add to a failure that it declares. */
export interface DeclaredFailureOptions extends ErrorOptions {
  /** A stable name of the reader's own, in SCREAMING_SNAKE_CASE; failures are grouped by it. */
  readonly code?: string;
}

/**
 * Throw it from a handler when trying again cannot help: the message goes to the dead-letter queue at once, with its failure record.
 *
 * @example
 * throw new Permanent('the card has expired', { code: 'CARD_EXPIRED', cause: error });
 */
export class Permanent extends PosthasteError {
  constructor(message: string, options: DeclaredFailureOptions = {}) {
    super(message, declared(options, { code: 'PERMANENT', retryable: false }));
  }
}

/**
 * Throw it from a handler when trying again may help, optionally saying when. It charges an attempt, as any unknown error does.
 *
 * @example
 * throw new Transient('the carrier is closed', { retryAfterMs: 15 * 60_000 });
 */
export class Transient extends PosthasteError {
  /** Milliseconds to wait before the next attempt, instead of the backoff or the pause of a rule. What a queue cannot hide at a time, 12 hours, see `createLongWaits`. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: DeclaredFailureOptions & { readonly retryAfterMs?: number } = {}) {
    super(message, declared(options, { code: 'TRANSIENT', retryable: true }));
    this.retryAfterMs = options.retryAfterMs;
  }
}

function declared(options: DeclaredFailureOptions, defaults: PosthasteErrorOptions): PosthasteErrorOptions {
  return {
    ...defaults,
    ...(options.code === undefined ? {} : { code: options.code }),
    ...('cause' in options ? { cause: options.cause } : {}),
  };
}

/** A retry policy or an error rule cannot be what it says. Code `RETRY_CONFIG`; thrown where it is defined, never for a message. */
export class RetryConfigError extends PosthasteError {
  constructor(message: string) {
    super(message, { code: 'RETRY_CONFIG' });
  }
}
