import type { Clock } from '../core/clock.ts';
import { sleep } from '../core/clock.ts';
import type { Rng } from '../core/rng.ts';
import { awsFailure } from './aws-failure.ts';
import { CALL_RETRY } from './policy.ts';
import { delayOf } from './policy-delay.ts';

/** How often, how fast and until when one AWS call is tried. */
export interface RetryOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  /** Tries in all; 4 by default. */
  readonly tries?: number;
  /** No try but the first starts at or after this time (epoch milliseconds). */
  readonly until?: number;
  /** Which errors are worth another try; by default throttles, conflicts and lost answers. */
  readonly retryable?: (error: unknown) => boolean;
}

/** Throttled, in conflict, or its answer lost: the same call may pass. The caller must be able to bear that a lost one was applied. */
function isWorthRetrying(error: unknown): boolean {
  const failure = awsFailure(error);
  return failure === 'throttled' || failure === 'ambiguous';
}

/**
 * Tries a call again while its error is worth it, with full jitter, and throws the last error. Clients are created with
 * `maxAttempts: 1`, so that these are the only retries, under the clock and the chance of whoever runs the code.
 *
 * @example
 * await retry(() => sqs.send(new SendMessageCommand(input)), { clock, rng, until: deadline });
 */
export async function retry<T>(call: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, rng, tries = 4, until = Number.POSITIVE_INFINITY, retryable = isWorthRetrying } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call(attempt);
    } catch (error) {
      if (attempt >= tries || !retryable(error)) throw error;
      const delay = delayOf(CALL_RETRY, attempt, rng);
      if (clock.now() + delay >= until) throw error;
      await sleep(clock, delay);
    }
  }
}
