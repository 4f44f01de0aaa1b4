import nodeCrypto from 'node:crypto';
import type { Rng } from '../../core/rng.ts';
import { patchValue, type Restore } from './patch.ts';
import { platform } from './platform.ts';

/** `Math.random` and everything random of `crypto` but keys come from the seed of the world that asks. */
export function patchChance(): Restore[] {
  const webCrypto = Object.getPrototypeOf(globalThis.crypto) as WebCrypto;
  return [
    patchValue(Math, 'random', (random) => () => platform()?.rng.next() ?? random()),
    patchValue(
      webCrypto,
      'randomUUID',
      (original) =>
        function (this: WebCrypto) {
          return platform()?.ids.next() ?? original.call(this);
        },
    ),
    patchValue(
      webCrypto,
      'getRandomValues',
      (original) =>
        function (this: WebCrypto, array: NodeJS.TypedArray) {
          const process = platform();
          return process && array.byteLength <= MAX_WEB_BYTES ? fill(process.rng, array) : original.call(this, array as never);
        },
    ),
    ...patchNodeCrypto(),
  ];
}

type WebCrypto = typeof globalThis.crypto;

/** More at once is an error of the Web Crypto API itself. */
const MAX_WEB_BYTES = 65_536;

type Later<Value> = (error: Error | null, value: Value) => void;

function patchNodeCrypto(): Restore[] {
  type Original = (...args: unknown[]) => unknown;
  const patch = (
    name: 'randomUUID' | 'randomBytes' | 'randomInt' | 'randomFill' | 'randomFillSync',
    draw: (rng: Rng, ...args: never[]) => unknown,
  ) =>
    patchValue(nodeCrypto, name, (original) => (...args: unknown[]) => {
      const process = platform();
      if (!process) return (original as unknown as Original)(...args);
      const last = args.at(-1);
      const done = typeof last === 'function' ? (last as Later<unknown>) : undefined;
      const value = name === 'randomUUID' ? process.ids.next() : draw(process.rng, ...((done ? args.slice(0, -1) : args) as never[]));
      if (done) queueMicrotask(() => done(null, value));
      return done ? undefined : value;
    });
  return [
    patch('randomUUID', () => undefined),
    patch('randomBytes', (rng, size: number) => fill(rng, Buffer.alloc(size))),
    patch('randomInt', (rng, first: number, second?: number) => {
      const [min, max] = second === undefined ? [0, first] : [first, second];
      return min + Math.floor(rng.next() * (max - min));
    }),
    patch('randomFillSync', (rng, target: Filled, offset?: number, size?: number) => fill(rng, target, { offset, size })),
    patch('randomFill', (rng, target: Filled, offset?: number, size?: number) => fill(rng, target, { offset, size })),
  ];
}

type Filled = NodeJS.ArrayBufferView | ArrayBuffer;

interface Part {
  /** In elements, as Node.js counts. */
  readonly offset?: number | undefined;
  readonly size?: number | undefined;
}

function fill<Target extends Filled>(rng: Rng, target: Target, { offset = 0, size }: Part = {}): Target {
  const width = (target as { readonly BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
  const bytes = ArrayBuffer.isView(target) ? new Uint8Array(target.buffer, target.byteOffset, target.byteLength) : new Uint8Array(target);
  const end = size === undefined ? bytes.length : (offset + size) * width;
  for (let index = offset * width; index < end; index += 1) bytes[index] = Math.floor(rng.next() * 256);
  return target;
}
