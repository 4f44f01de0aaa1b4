/** Cancels a timer that has not fired yet; a no-op afterwards. */
export type Cancel = () => void;

/**
 * The only source of time. Production code never reads `Date.now` or calls `setTimeout`, so that the simulator can own
 * time: the same code runs under real time, a fake clock in a test, and virtual time in a simulated world.
 *
 * @example
 * const clock: Clock = systemClock;
 * const cancel = clock.after(1_000, () => console.log('a second later'));
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `callback` once, `ms` milliseconds from now (0 means "soon", never synchronously). */
  after(ms: number, callback: () => void): Cancel;
}

/** Real time. Timers keep the process alive, as `setTimeout` does. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves `ms` milliseconds from now on the given clock, or rejects with the signal's reason when it aborts first. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
