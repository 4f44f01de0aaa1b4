import type { Cancel, Clock } from '../../lib/core/clock.ts';

/** A clock that a test moves by hand; nothing happens between two calls of `advance`. */
export interface FakeClock extends Clock {
  /**
   * Moves time forward by `ms` and runs every timer that falls due on the way, each at its own moment, in order of time and
   * then of registration. A timer set by a timer runs too when it falls due within the span.
   */
  advance(ms: number): void;
  /** As `advance`, but lets promises settle after each timer, for code that awaits between two timers. */
  advanceAsync(ms: number): Promise<void>;
  /** How many timers are waiting: 0 proves that nothing was left running. */
  pending(): number;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** 2026-01-01T00:00:00Z: a moment that is easy to recognise in a failing assertion. */
export const FAKE_START = Date.UTC(2026, 0, 1);

/**
 * Makes a manual clock.
 *
 * @example
 * const clock = createFakeClock();
 * clock.after(1_000, () => rang.push('bell'));
 * clock.advance(999); // nothing
 * clock.advance(1); // the bell
 */
export function createFakeClock(start = FAKE_START): FakeClock {
  let now = start;
  let orders = 0;
  const timers = new Set<Timer>();

  function next(until: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (timer.at > until) continue;
      if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  }

  function fire(timer: Timer): void {
    timers.delete(timer);
    now = Math.max(now, timer.at);
    timer.callback();
  }

  return {
    now: () => now,
    after(ms: number, callback: () => void): Cancel {
      // As in `Clock`: 0 means soon, never synchronously, so the earliest a timer runs is the next `advance`.
      const timer = { at: now + Math.max(0, ms), order: orders++, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      const until = now + ms;
      for (let timer = next(until); timer !== undefined; timer = next(until)) fire(timer);
      now = until;
    },
    async advanceAsync(ms) {
      const until = now + ms;
      await settled();
      for (let timer = next(until); timer !== undefined; timer = next(until)) {
        fire(timer);
        await settled();
      }
      now = until;
    },
    pending: () => timers.size,
  };
}

/** Lets every promise that can settle without the outside world do so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
