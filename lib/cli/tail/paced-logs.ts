import { type Clock, sleep } from '../../core/clock.ts';
import { isPosthasteError } from '../../core/errors.ts';
import type { Rng } from '../../core/rng.ts';
import { exponential } from '../../retry/policy.ts';
import { delayOf } from '../../retry/policy-delay.ts';
import type { Logs } from './logs.ts';

/** How logs are read without being in anybody's way. */
export interface Pace {
  readonly clock: Clock;
  readonly rng: Rng;
  /** Waiting ends with its reason. */
  readonly signal: AbortSignal;
  /** Milliseconds from one call to the next. */
  readonly everyMs: number;
  /** Called for each call that was throttled. */
  readonly onThrottled: () => void;
}

/** A quota is shared with whoever else reads logs, dashboards too: what was throttled leaves them some seconds. */
const AFTER_THROTTLE = exponential({ baseMs: 1_000, capMs: 30_000, jitter: 'equal' });

/** The same logs, asked at a pace, all groups together. A call that is throttled holds all of them up and is made again until it passes. */
export function paceLogs(logs: Logs, { clock, rng, signal, everyMs, onThrottled }: Pace): Logs {
  let next = clock.now();
  const paced = async <T>(call: () => Promise<T>): Promise<T> => {
    for (let throttles = 1; ; throttles += 1) {
      const wait = Math.max(0, next - clock.now());
      next = clock.now() + wait + everyMs;
      if (wait > 0) await sleep(clock, wait, signal);
      try {
        return await call();
      } catch (error) {
        if (!isPosthasteError(error, 'THROTTLED')) throw error;
        onThrottled();
        next = Math.max(next, clock.now() + delayOf(AFTER_THROTTLE, throttles, rng));
      }
    }
  };
  return {
    groups: (prefix, cursor) => paced(() => logs.groups(prefix, cursor)),
    lines: (group, since, cursor) => paced(() => logs.lines(group, since, cursor)),
  };
}
