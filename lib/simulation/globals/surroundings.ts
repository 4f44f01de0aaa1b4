import process from 'node:process';
import { patchValue, type Restore } from './patch.ts';
import { type Platform, platform } from './platform.ts';

/** `process.env` is the process's own, and what it prints goes nowhere unless it shall be seen: a search runs it thousands of times. */
export function patchSurroundings(): Restore[] {
  const stream = (target: NodeJS.WriteStream) =>
    patchValue(target, 'write', (original) => (...args: Parameters<typeof original>) => {
      if (platform()?.prints ?? true) return original.apply(target, args);
      const done = args.at(-1) as unknown;
      if (typeof done === 'function') queueMicrotask(() => done());
      return true;
    });
  const method = (name: (typeof PRINTING)[number]) =>
    patchValue(globalThis.console, name, (original) => (...args: unknown[]) => {
      if (platform()?.prints ?? true) (original as (...args: unknown[]) => void).apply(globalThis.console, args);
    });
  return [patchValue(process, 'env', environmentOf), stream(process.stdout), stream(process.stderr), ...PRINTING.map(method)];
}

const PRINTING = ['debug', 'dir', 'error', 'info', 'log', 'table', 'trace', 'warn'] as const;

/** Reads fall through to the real environment; what the code sets or deletes stays with its process. */
function environmentOf(real: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = () => platform()?.env;
  const read = (name: string | symbol, env: Platform['env'] | undefined) =>
    env && typeof name === 'string' && Object.hasOwn(env, name) ? env[name] : Reflect.get(real, name);
  return new Proxy(real, {
    get: (_, name) => read(name, own()),
    set: (_, name, value) => {
      const env = own();
      if (env && typeof name === 'string') env[name] = String(value);
      else Reflect.set(real, name, value);
      return true;
    },
    deleteProperty: (_, name) => {
      const env = own();
      if (env && typeof name === 'string') env[name] = undefined;
      else Reflect.deleteProperty(real, name);
      return true;
    },
    has: (_, name) => {
      const env = own();
      return env && typeof name === 'string' && Object.hasOwn(env, name) ? env[name] !== undefined : Reflect.has(real, name);
    },
    ownKeys: () => {
      const env = own() ?? {};
      const names = new Set([...Reflect.ownKeys(real), ...Object.keys(env)]);
      return [...names].filter((name) => typeof name !== 'string' || !Object.hasOwn(env, name) || env[name] !== undefined);
    },
    getOwnPropertyDescriptor: (_, name) => {
      const value = read(name, own());
      return value === undefined ? undefined : { configurable: true, enumerable: true, writable: true, value };
    },
  });
}
