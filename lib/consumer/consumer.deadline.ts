import type { Clock } from '../core/clock.ts';
import { DeadlineError } from './consumer.errors.ts';

/** The times of one invocation, in epoch milliseconds, in this order. */
export interface Deadlines {
  readonly begunAt: number;
  /** Nothing new starts at or after this. */
  readonly startUntil: number;
  /** What still runs is given up. */
  readonly abortAt: number;
  /** The response is returned, whatever still waits. */
  readonly respondAt: number;
  /** Lambda ends the process. */
  readonly endAt: number;
}

const MIN_RESERVE_MS = 1_000;
const RESERVE_SHARE = 0.1;

/**
 * Divides the remaining time. The reserve (a tenth, at least a second, never more than half) is for ending what has begun and for the
 * response: a function that is killed loses the response, and with it the whole batch comes back, what was done included.
 */
export function deadlinesOf(now: number, remainingMs: number, wantedReserveMs?: number): Deadlines {
  const endAt = now + remainingMs;
  const reserveMs = Math.min(remainingMs / 2, wantedReserveMs ?? Math.max(MIN_RESERVE_MS, remainingMs * RESERVE_SHARE));
  return { begunAt: now, startUntil: endAt - reserveMs, abortAt: endAt - reserveMs / 2, respondAt: endAt - reserveMs / 5, endAt };
}

/** The running clock of one invocation. */
export interface Deadline extends Deadlines {
  /** Aborted at `abortAt`. */
  readonly signal: AbortSignal;
  /** Whether there is time to start something. */
  mayStart(): boolean;
  /** Resolves at `abortAt`. */
  readonly aborted: Promise<void>;
  /** Waits for the work, until `respondAt` at the latest. */
  bounded(work: Promise<unknown>): Promise<void>;
  /** Releases the timers. */
  stop(): void;
}

/** Starts the timers of one invocation. */
export function startDeadline(clock: Clock, deadlines: Deadlines): Deadline {
  const controller = new AbortController();
  const cancels: (() => void)[] = [];
  const at = (time: number) =>
    new Promise<void>((resolve) => {
      cancels.push(clock.after(Math.max(0, time - clock.now()), resolve));
    });
  const aborted = at(deadlines.abortAt).then(() => controller.abort(new DeadlineError()));
  return {
    ...deadlines,
    signal: controller.signal,
    mayStart: () => !controller.signal.aborted && clock.now() < deadlines.startUntil,
    aborted,
    bounded: (work) => Promise.race([work.then(() => {}), at(deadlines.respondAt)]),
    stop() {
      for (const cancel of cancels) cancel();
    },
  };
}
