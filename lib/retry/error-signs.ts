/** What errors of other libraries give away about themselves. */

interface Signs {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly issues?: unknown;
  readonly retryAfterMs?: unknown;
  readonly retryAfterSeconds?: unknown;
  readonly $response?: { readonly headers?: Readonly<Record<string, unknown>> };
}

const signsOf = (error: unknown): Signs => (typeof error === 'object' && error !== null ? error : {});

/**
 * What the thrower asked to wait, in milliseconds: `retryAfterMs` of an error of this library, `retryAfterSeconds` (Lambda,
 * "TooManyRequestsException"), or the header `retry-after` in seconds (RFC 9110, 10.2.3); its form as a date is not read.
 */
export function retryAfterOf(error: unknown): { readonly retryAfterMs?: number } {
  const { retryAfterMs, retryAfterSeconds, $response } = signsOf(error);
  if (retryAfterMs !== undefined) return typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? { retryAfterMs } : {};
  const seconds = retryAfterSeconds ?? $response?.headers?.['retry-after'];
  const ms = isText(seconds) || typeof seconds === 'number' ? Number(seconds) * 1000 : Number.NaN;
  return Number.isFinite(ms) && ms >= 0 ? { retryAfterMs: ms } : {};
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

/** Whether data did not fit a schema: `ZodError`, or whatever carries the issues of Standard Schema. */
export function isSchemaFailure(error: unknown): boolean {
  const { issues } = signsOf(error);
  return error instanceof Error && Array.isArray(issues) && issues.length > 0 && issues.every(isIssue);
}

function isIssue(issue: unknown): boolean {
  return typeof issue === 'object' && issue !== null && typeof (issue as { message?: unknown }).message === 'string';
}

const TIMEOUT_NAMES: readonly unknown[] = ['TimeoutError', 'AbortError'];
const TIMEOUT_CODES: readonly unknown[] = ['ETIMEDOUT', 'ESOCKETTIMEDOUT', 'ECONNRESET'];

/** Whether somebody did not answer in time, or broke off; `fetch` says so in the cause of its `TypeError`. */
export function isTimeout(error: unknown): boolean {
  return saysTimeout(signsOf(error)) || saysTimeout(signsOf(signsOf(error).cause));
}

function saysTimeout({ name, code }: Signs): boolean {
  return TIMEOUT_NAMES.includes(name) || TIMEOUT_CODES.includes(code) || (typeof code === 'string' && code.startsWith('UND_ERR_'));
}
