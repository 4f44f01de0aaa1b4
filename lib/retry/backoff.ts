import type { Rng } from '../core/rng.ts';

/** Exponential backoff between tries of one AWS call, in milliseconds. Between attempts at a message a `RetryPolicy` decides. */
export interface Backoff {
  /** Ceiling of the first delay; it doubles with each attempt. */
  readonly baseMs: number;
  /** No delay is longer. */
  readonly capMs: number;
}

/** Between tries of one AWS call within an invocation. */
export const CALL_BACKOFF: Backoff = { baseMs: 50, capMs: 2_000 };

/**
 * The delay before the next attempt with full jitter: uniform between 0 and the ceiling, so that calls that failed together do not
 * return together (AWS Architecture Blog, "Exponential Backoff And Jitter"). `attempt` counts those made so far, from 1.
 *
 * @example
 * fullJitter({ baseMs: 1_000, capMs: 60_000 }, 3, rng); // => somewhere in 0 … 4000
 */
export function fullJitter(backoff: Backoff, attempt: number, rng: Rng): number {
  // 2 ** 1024 is Infinity, which Math.min turns into the cap.
  const ceiling = Math.min(backoff.capMs, backoff.baseMs * 2 ** (Math.max(1, attempt) - 1));
  return Math.floor(rng.next() * (ceiling + 1));
}
