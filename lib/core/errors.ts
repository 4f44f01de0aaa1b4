const MARK = Symbol.for('posthaste.error');

/** What every error of this library carries, so that code can branch on it and people can act on it. */
export interface PosthasteErrorOptions extends ErrorOptions {
  /** A stable name in SCREAMING_SNAKE_CASE; part of the public contract. */
  readonly code: string;
  /** Whether trying the same call again, unchanged, can succeed. */
  readonly retryable?: boolean;
}

/**
 * The base of every error of this library. Its message says what was given, what is allowed and what to do.
 * Tell errors apart by `code`: `instanceof` fails when two bundles carry a copy of the class, `isPosthasteError` does not.
 */
export class PosthasteError extends Error {
  readonly code: string;
  readonly retryable: boolean;

  constructor(message: string, options: PosthasteErrorOptions) {
    super(message, options);
    this.code = options.code;
    this.retryable = options.retryable ?? false;
    this.name = new.target.name;
    Object.defineProperty(this, MARK, { value: true });
  }
}

/**
 * Whether `error` is one of this library's, optionally with the given code; true across duplicated bundles.
 *
 * @example
 * try { await unit.commit(); } catch (error) { if (isPosthasteError(error, 'UNIT_CONDITION_FAILED')) … }
 */
export function isPosthasteError(error: unknown, code?: string): error is PosthasteError {
  if (typeof error !== 'object' || error === null || !(MARK in error)) return false;
  return code === undefined || (error as unknown as PosthasteError).code === code;
}

/**
 * The message of whatever was thrown: handlers throw texts, objects without a prototype, errors whose message somebody replaced. Never throws.
 *
 * @example
 * messageOf(new Error('no such order')); // => 'no such order'
 */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return 'something was thrown that has no text';
  }
}
