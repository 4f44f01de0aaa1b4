import type { Cancel, Clock } from '../../core/clock.ts';

/** One timer that is set again and again. */
export interface Alarm {
  /** Rings at the given time, or not at all when undefined. */
  set(at: number | undefined): void;
}

/** Makes an alarm that is not set. It touches the clock only when the time to ring moves forward or vanishes. */
export function createAlarm(clock: Clock, ring: () => void): Alarm {
  let setFor: number | undefined;
  let cancel: Cancel = () => {};

  return {
    set(at) {
      // Ringing early is harmless (who set it looks again), starting and stopping timers at every message is not.
      if (at !== undefined && setFor !== undefined && setFor <= at) return;
      if (at === setFor) return;
      cancel();
      setFor = at;
      if (at === undefined) return;
      cancel = clock.after(Math.max(0, at - clock.now()), () => {
        setFor = undefined;
        ring();
      });
    },
  };
}
