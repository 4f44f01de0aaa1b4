import { PosthasteError } from '../core/errors.ts';

/** An idempotency key came again with other content. Code `IDEMPOTENCY_KEY_REUSED`. Nothing was written. */
export class IdempotencyKeyReusedError extends PosthasteError {
  readonly idempotencyKey: string;

  constructor(idempotencyKey: string) {
    super(
      `nothing was written: the idempotency key ${JSON.stringify(idempotencyKey)} was used before for other content; use a fresh key for new work, or pass \`request\` when the content holds times or random values`,
      { code: 'IDEMPOTENCY_KEY_REUSED' },
    );
    this.idempotencyKey = idempotencyKey;
  }
}

/**
 * An idempotency key came again after its commit was forgotten, while messages of that commit still wait to be published. Code
 * `IDEMPOTENCY_KEY_PENDING`. Nothing was written.
 */
export class IdempotencyKeyPendingError extends PosthasteError {
  readonly idempotencyKey: string;

  constructor(idempotencyKey: string, options: ErrorOptions & { readonly retentionDays: number }) {
    super(
      `nothing was written: the idempotency key ${JSON.stringify(idempotencyKey)} was used more than ${options.retentionDays} days ago, and messages of that commit are still in the outbox, pending or parked; ` +
        'use a fresh key for new work, and look why they were not published',
      { cause: options.cause, code: 'IDEMPOTENCY_KEY_PENDING' },
    );
    this.idempotencyKey = idempotencyKey;
  }
}

/** The idempotency key is an empty string, usually a header that is missing. Code `IDEMPOTENCY_KEY_EMPTY`. */
export class IdempotencyKeyEmptyError extends PosthasteError {
  constructor() {
    super('the idempotency key is empty: leave it out, or pass what names the request', { code: 'IDEMPOTENCY_KEY_EMPTY' });
  }
}

/** What names the content of a commit cannot be written as JSON. Code `IDEMPOTENCY_REQUEST_INVALID`. Nothing was written. */
export class IdempotencyRequestError extends PosthasteError {
  constructor(options: ErrorOptions = {}) {
    super('nothing was written: the `request` of a commit is compared as JSON; this one has no JSON or contains itself', {
      ...options,
      code: 'IDEMPOTENCY_REQUEST_INVALID',
    });
  }
}
