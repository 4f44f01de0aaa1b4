import { AsyncLocalStorage } from 'node:async_hooks';
import type { Cancel } from '../../core/clock.ts';
import { runLoose } from './crashes.ts';
import type { Platform } from './platform.ts';

/** What `setTimeout` and the like return to a simulated process: Node.js' `Timeout` and `Immediate`, as far as code can tell. */
export interface SimTimer {
  ref(): SimTimer;
  unref(): SimTimer;
  hasRef(): boolean;
  refresh(): SimTimer;
  close(): SimTimer;
  [Symbol.toPrimitive](): number;
  [Symbol.dispose](): void;
}

const timers = new WeakSet<object>();
const byNumber = new Map<number, SimTimer>();
let numbered = 0;

/** How a timer is started. */
export interface TimerStart {
  /** Milliseconds as the clock takes them. */
  readonly ms: number;
  readonly repeats?: boolean;
}

/** Starts a timer on the process's own clock: it never fires once the process is dead, and waits while it is frozen. */
export function startTimer({ clock }: Platform, callback: () => void, { ms, repeats = false }: TimerStart): SimTimer {
  // The callback sees what was current here, other people's contexts included.
  const run = AsyncLocalStorage.bind(() => runLoose(callback));
  let cancel: Cancel | undefined;
  let number: number | undefined;
  let referenced = true;
  const start = () => {
    cancel = clock.after(ms, () => {
      cancel = undefined;
      if (repeats) start();
      run();
    });
  };
  const timer: SimTimer = {
    ref: () => {
      referenced = true;
      return timer;
    },
    unref: () => {
      referenced = false;
      return timer;
    },
    hasRef: () => referenced,
    refresh: () => {
      if (cancel) {
        cancel();
        start();
      }
      return timer;
    },
    close: () => {
      cancel?.();
      cancel = undefined;
      if (number !== undefined) byNumber.delete(number);
      return timer;
    },
    [Symbol.toPrimitive]: () => {
      if (number === undefined) {
        numbered += 1;
        number = -numbered;
        byNumber.set(number, timer);
      }
      return number;
    },
    [Symbol.dispose]: () => void timer.close(),
  };
  timers.add(timer);
  start();
  return timer;
}

/** Ends a timer, given itself or its number; false for anything that is no timer of a simulated process. */
export function stopTimer(given: unknown): boolean {
  const timer = typeof given === 'object' && given !== null && timers.has(given) ? (given as SimTimer) : byNumber.get(Number(given));
  timer?.close();
  return timer !== undefined;
}
