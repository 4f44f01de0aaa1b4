import type { Cancel, Clock } from '../core/clock.ts';

const MINUTE_MS = 60_000;

/** Does something at the beginning of each minute, until it is cancelled. Minutes that the process slept through are skipped. */
export function everyMinute(clock: Clock, work: () => void): Cancel {
  let cancel: Cancel = () => {};

  function waitFor(due: number): void {
    // A timer may ring a moment early: the minute has begun when the clock says so.
    cancel = clock.after(Math.max(0, due - clock.now()), () => {
      if (clock.now() < due) return waitFor(due);
      waitFor(next());
      work();
    });
  }

  const next = () => (Math.floor(clock.now() / MINUTE_MS) + 1) * MINUTE_MS;
  waitFor(next());
  return () => cancel();
}
