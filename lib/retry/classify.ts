import { isPosthasteError } from '../core/errors.ts';
import { awsFailure, isConditionFailure } from './aws-failure.ts';
import { isSchemaFailure, isTimeout, retryAfterOf } from './error-signs.ts';

/**
 * What a failure asks for.
 * `permanent`: never again, park it. `transient`: again after a backoff, and it counts. `busy`: again soon, and it does not count, because
 * the message is not to blame (throttles and conflicts).
 */
export type FailureKind = 'permanent' | 'transient' | 'busy';

/** A failure as the consumer acts on it. */
export interface Classification {
  readonly kind: FailureKind;
  /** The error's `code`, or its name. */
  readonly code: string;
  /** What the thrower asked for, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** A unit's condition reads state that others change; mistakes of the code or the configuration are repaired by a deployment. */
const MAY_PASS_LATER = new Set([
  'UNIT_CONDITION_FAILED',
  'DESTINATION_INVALID',
  'DESTINATIONS_UNREADABLE',
  'ENV_MISSING',
  'MESSAGE_DEFINITION_INVALID',
  'MESSAGE_KIND',
  'OUTBOX_MISSING',
  'PUBLISHER_CLOSED',
  'UNIT_SEALED',
]);

const NOT_THE_MESSAGE = new Set(['UNIT_CONTENDED', 'UNIT_UNKNOWN', 'UNIT_DENIED', 'INBOX_UNREACHABLE']);

/**
 * Decides what a failure of a handler asks for, where no rule does. An error of this library says so itself (`retryable`); AWS throttles and
 * conflicts are `busy`; data that fits no schema never will; everything unknown is `transient`, because parking what would have passed is
 * the worse mistake, and a mistake of the code is repaired by a deployment.
 *
 * @example
 * classify(new Permanent('the card has expired')).kind; // => 'permanent'
 */
export function classify(error: unknown): Classification {
  const code = codeOf(error);
  const after = retryAfterOf(error);
  if (!isPosthasteError(error)) return { ...classifyForeign(error, code), ...after };
  if (isNotTheMessage(error)) return { kind: 'busy', code };
  if (!error.retryable && !MAY_PASS_LATER.has(code)) return { kind: 'permanent', code };
  return { kind: 'transient', code, ...after };
}

/** Whether the inbox or the commit was not reached, whatever the message held. */
export function isNotTheMessage(error: unknown): boolean {
  return isPosthasteError(error) && NOT_THE_MESSAGE.has(error.code);
}

function classifyForeign(error: unknown, code: string): Classification {
  if (awsFailure(error) === 'throttled') return { kind: 'busy', code };
  if (isConditionFailure(error)) return { kind: 'transient', code: 'CONDITION_FAILED' };
  if (isSchemaFailure(error)) return { kind: 'permanent', code };
  return { kind: 'transient', code: isTimeout(error) ? 'TIMEOUT' : code };
}

/** An error's stable name: its `code` if it is one of this library's, else its name. */
export function codeOf(error: unknown): string {
  if (isPosthasteError(error)) return error.code;
  return error instanceof Error && typeof error.name === 'string' ? error.name : 'UNKNOWN_ERROR';
}
