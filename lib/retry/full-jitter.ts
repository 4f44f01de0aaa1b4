import type { Rng } from '../core/rng.ts';

/** How long to wait between tries of one call. */
export interface Backoff {
  /** The upper bound of the first wait in milliseconds; it doubles with each try. */
  readonly baseMs: number;
  /** No wait is longer, in milliseconds. */
  readonly capMs: number;
}

/**
 * A random wait between 0 and an exponentially growing bound ("Exponential Backoff And Jitter", AWS Architecture Blog): callers
 * that failed together do not come back together. `attempt` counts from 0.
 *
 * @example
 * await sleep(clock, fullJitter(rng, attempt, { baseMs: 25, capMs: 1_000 }));
 */
export function fullJitter(rng: Rng, attempt: number, { baseMs, capMs }: Backoff): number {
  return Math.floor(rng.next() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30)));
}
