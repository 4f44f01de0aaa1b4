import { isRetryPolicy, type RetryPolicy } from './policy.ts';
import { RetryConfigError } from './retry.errors.ts';
import { shown } from './shown.ts';

/** What a rule does with a message whose handling failed: plain data, made by the functions of this file. */
export type ErrorOutcome = RetryOutcome | RetryNowOutcome | DeadLetterOutcome | ParkOutcome | DiscardOutcome | PauseOutcome;

const KINDS: Readonly<Record<ErrorOutcome['kind'], true>> = {
  retry: true,
  retryNow: true,
  deadLetter: true,
  park: true,
  discard: true,
  pause: true,
};

/** Whether it is what a function of this file made, for callers that no compiler checked. */
export function isErrorOutcome(value: unknown): value is ErrorOutcome {
  return typeof value === 'object' && value !== null && Object.hasOwn(KINDS, String((value as { readonly kind?: unknown }).kind));
}

/** Again later, charged. */
export interface RetryOutcome {
  readonly kind: 'retry';
  /** @default - the consumer's */
  readonly policy?: RetryPolicy;
  /**
   * Of the two, this one wins over the consumer's `maxAttempts`, whether it is more or less, for failures that the rule matches. Any other
   * failure of the same message, and a crash, is measured by `maxAttempts`. @default - the consumer's `maxAttempts`
   */
  readonly attempts?: number;
}

/** Again at once, a few times. */
export interface RetryNowOutcome {
  readonly kind: 'retryNow';
  readonly times: number;
  /** What happens when that did not help. @default - what would have happened without the rule */
  readonly orElse?: Exclude<ErrorOutcome, RetryNowOutcome>;
}

export interface DeadLetterOutcome {
  readonly kind: 'deadLetter';
}

export interface ParkOutcome {
  readonly kind: 'park';
  readonly note?: string;
}

export interface DiscardOutcome {
  readonly kind: 'discard';
  readonly reason: string;
}

export interface PauseOutcome {
  readonly kind: 'pause';
  readonly ms: number;
}

/**
 * The message comes back after a delay, and the attempt is charged; once its attempts are used up it is exhausted. Attempts count together,
 * whatever they failed of; `attempts` says how many this failure may be the last of, and wins over the consumer's `maxAttempts`: with 9 and
 * 5, a failure that the rule matches is the last as the 9th, any other one from the 5th on. What the thrower asked for (`Transient`) is waited for
 * instead of the policy's delay.
 *
 * @example
 * errorRule({ name: 'CarrierClosed' }, retry(linear({ stepMs: 600_000 }), { attempts: 12 }))
 */
export function retry(policy?: RetryPolicy, { attempts }: { readonly attempts?: number } = {}): RetryOutcome {
  if (policy !== undefined && !isRetryPolicy(policy)) {
    throw new RetryConfigError(`retry() takes ${shown(policy)} for a policy; make one with exponential(), linear() or fixed()`);
  }
  if (attempts !== undefined) assertWhole('attempts of retry()', attempts, 100);
  return { kind: 'retry', ...(policy && { policy }), ...(attempts !== undefined && { attempts }) };
}

/**
 * The handler runs again at once in the same process, up to `times` times, each after up to 100 ms and with a unit of its own. It charges
 * nothing until that is over, and ends early when the invocation has no time left. For what passes within moments, e.g. a lost race.
 *
 * @example
 * errorRule({ code: 'UNIT_CONDITION_FAILED' }, retryNow(3))
 */
export function retryNow(times: number, { orElse }: Pick<RetryNowOutcome, 'orElse'> = {}): RetryNowOutcome {
  assertWhole('times of retryNow()', times, 10);
  return { kind: 'retryNow', times, ...(orElse && { orElse }) };
}

/** The message goes to the dead-letter queue at once, as it does for `Permanent`. On an ordered queue that leaves a gap. */
export function deadLetter(): DeadLetterOutcome {
  return { kind: 'deadLetter' };
}

/**
 * The message is set aside on purpose: it goes to the dead-letter queue as `deadLetter` does, marked `parked` with the note, and waits
 * there for whoever put the rule in place. On an ordered queue that leaves a gap.
 *
 * @example
 * errorRule({ code: 'COUNTRY_UNKNOWN' }, park('until the new tariff is deployed'))
 */
export function park(note?: string): ParkOutcome {
  return { kind: 'park', ...(note !== undefined && { note }) };
}

/**
 * The message counts as handled, though nothing of its unit is applied: a copy of it is a duplicate. Each is counted
 * (`MessagesDiscarded`) and logged with the reason. On an ordered queue that leaves a gap.
 *
 * @example
 * errorRule(OrderCancelled, discard('the order was cancelled in the meantime'))
 */
export function discard(reason: string): DiscardOutcome {
  if (typeof reason !== 'string' || reason.trim() === '') {
    throw new RetryConfigError(
      `the reason of discard() is ${typeof reason === 'string' ? 'empty' : shown(reason)}; say why such a message may be lost, it stands in the log`,
    );
  }
  return { kind: 'discard', reason };
}

/** How long a pause may be. */
export const PAUSE_LIMITS = { leastMs: 1_000, mostMs: 86_400_000 } as const;

/**
 * The consumer handles nothing for so many milliseconds, 1 second to a day, because what it needs is down: the message goes back
 * uncharged, and so does everything else that this process holds. What the thrower asked for (`Transient`, a `retry-after`) is waited for
 * instead, within the same bounds; where that is less, twice as long each time that it did not help, up to what is said here. With the construct's `pausable` and `pausing: createPausing()` in the code, its queue delivers nothing
 * until then, so that waiting spends no receives.
 *
 * @example
 * errorRule({ code: 'BANK_CLOSED' }, pause(15 * 60_000))
 */
export function pause(ms: number): PauseOutcome {
  if (typeof ms !== 'number') {
    throw new RetryConfigError(`pause() takes a number of milliseconds, not ${shown(ms)}: 15 minutes are pause(15 * 60_000)`);
  }
  if (!(ms >= PAUSE_LIMITS.leastMs && ms <= PAUSE_LIMITS.mostMs)) {
    throw new RetryConfigError(
      `pause() is for ${ms} ms; it is for ${PAUSE_LIMITS.leastMs} ms to a day, ${PAUSE_LIMITS.mostMs} ms: for longer, disable the event source mapping`,
    );
  }
  return { kind: 'pause', ms };
}

function assertWhole(what: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new RetryConfigError(`${what} is ${value}; it is a whole number from 1 to ${most}`);
  }
}
