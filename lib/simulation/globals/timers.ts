import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { promisify } from 'node:util';
import { patchValue, type Restore } from './patch.ts';
import { type Platform, platform } from './platform.ts';
import { startTimer, stopTimer } from './sim-timer.ts';

type Callback = (...args: unknown[]) => void;

/** Timers of all forms run on the clock of the process that sets them. */
export function patchTimers(): Restore[] {
  const set = (repeats: boolean, isImmediate: boolean) => (original: unknown) => setter(original as Callback, { repeats, isImmediate });
  const clear = (original: unknown) => (timer: unknown) => {
    if (!stopTimer(timer)) (original as Callback)(timer);
  };
  const both = [globalThis, timers] as readonly (typeof globalThis)[];
  return [
    ...both.flatMap((target) => [
      patchValue(target, 'setTimeout', set(false, false)),
      patchValue(target, 'setInterval', set(true, false)),
      patchValue(target, 'setImmediate', set(false, true)),
      patchValue(target, 'clearTimeout', clear),
      patchValue(target, 'clearInterval', clear),
      patchValue(target, 'clearImmediate', clear),
    ]),
    ...patchPromises(),
    patchValue(globalThis.AbortSignal, 'timeout', (original) => (ms: number) => {
      const process = platform();
      return process ? timeoutSignal(process, ms) : original.call(globalThis.AbortSignal, ms);
    }),
  ];
}

function setter(original: Callback, { repeats, isImmediate }: { readonly repeats: boolean; readonly isImmediate: boolean }) {
  const simulated = (...given: unknown[]) => {
    const process = platform();
    const [callback] = given;
    if (!process || typeof callback !== 'function') return (original as (...args: unknown[]) => unknown)(...given);
    const args = given.slice(isImmediate ? 1 : 2);
    return startTimer(process, () => void callback(...args), { ms: isImmediate ? 0 : delayOf(given[1]), repeats });
  };
  const promised = (original as { readonly [promisify.custom]?: unknown })[promisify.custom];
  if (promised === undefined) return simulated;
  const wait = isImmediate
    ? (value?: unknown, options?: object) => timersPromises.setImmediate(value, options)
    : (ms?: number, value?: unknown, options?: object) => timersPromises.setTimeout(ms, value, options);
  return Object.assign(simulated, { [promisify.custom]: wait });
}

/** Longer than a timer can wait, or no number at all, is 1 ms (Node.js, "setTimeout"). */
function delayOf(given: unknown): number {
  const ms = Number(given);
  return ms >= 1 && ms <= 2_147_483_647 ? Math.trunc(ms) : 1;
}

function patchPromises(): Restore[] {
  type Wait = (...args: never[]) => unknown;
  const wait = (original: unknown) => (ms?: number, value?: unknown, options?: WaitOptions) => {
    const process = platform();
    return process ? waitFor(process, { ms: delayOf(ms), value, ...options }) : (original as Wait)(...([ms, value, options] as never[]));
  };
  return [
    patchValue(timersPromises, 'setTimeout', wait),
    patchValue(timersPromises, 'setImmediate', (original) => (value?: unknown, options?: WaitOptions) => {
      const process = platform();
      return process ? waitFor(process, { ms: 0, value, ...options }) : original(value, options);
    }),
    patchValue(timersPromises, 'setInterval', (original) => (ms?: number, value?: unknown, options?: WaitOptions) => {
      const process = platform();
      return process ? ticks(process, { ms: delayOf(ms), value, ...options }) : original(ms, value, options);
    }),
    patchValue(timersPromises.scheduler, 'wait', (original) => (ms: number, options?: WaitOptions) => {
      const process = platform();
      return process
        ? waitFor(process, { ms: delayOf(ms), value: undefined, ...options })
        : original.call(timersPromises.scheduler, ms, options);
    }),
  ];
}

interface WaitOptions {
  readonly signal?: AbortSignal;
}

interface Wait extends WaitOptions {
  readonly ms: number;
  readonly value: unknown;
}

function waitFor(process: Platform, { ms, value, signal }: Wait): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      timer.close();
      reject(abortError(signal));
    };
    const timer = startTimer(
      process,
      () => {
        signal?.removeEventListener('abort', abort);
        resolve(value);
      },
      { ms },
    );
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

async function* ticks(process: Platform, wait: Wait): AsyncGenerator<unknown> {
  for (;;) yield await waitFor(process, wait);
}

/** As `node:timers/promises` rejects. */
function abortError(signal: AbortSignal | undefined): Error {
  const error = new Error('The operation was aborted', { cause: signal?.reason });
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' });
}

function timeoutSignal(process: Platform, ms: number): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  startTimer(process, abort, { ms: delayOf(ms) });
  return controller.signal;
}
