import process from 'node:process';
import { patchValue, type Restore } from './patch.ts';
import { platform } from './platform.ts';

/** What would end a sandbox ends the simulated process, and not the process that runs all of them. */
export function patchCrashes(): Restore[] {
  return [
    // Node.js emits both in the async context in which the error was left alone.
    patchValue(process, 'emit', (emit) => (event: string, ...args: unknown[]) => {
      const reason = CRASHES[event];
      const crashing = reason === undefined ? undefined : platform();
      if (!crashing || reason === undefined) return Reflect.apply(emit, process, [event, ...args]) as boolean;
      crashing.crash(reason);
      return true;
    }),
    patchValue(process, 'exit', (exit) => (code?: number) => {
      const crashing = platform();
      if (!crashing) return exit.call(process, code);
      crashing.crash(EXIT);
      throw new Error('the simulated process has ended');
    }),
  ];
}

/** As Lambda reports a sandbox that ended during an invocation. */
const EXIT = 'Runtime.ExitError';
const CRASHES: Readonly<Record<string, string>> = {
  unhandledRejection: 'Runtime.UnhandledPromiseRejection',
  uncaughtException: EXIT,
};

/** Runs a callback that nobody waits for: what it throws ends its process. */
export function runLoose(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    const crashing = platform();
    if (!crashing) throw error;
    crashing.crash(EXIT);
  }
}
