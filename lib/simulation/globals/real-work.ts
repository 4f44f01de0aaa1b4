import { createHook } from 'node:async_hooks';
import type { Restore } from './patch.ts';
import { platform } from './platform.ts';

/** Requests that the platform works on outside of JavaScript and answers once: files, names, keys and hashes, native immediates. */
const AWAITED = /REQ|^Immediate$/;

/** What simulated processes wait for: how much of it, by async id. */
const open = new Map<number, number>();
const begin = (id: number) => void open.set(id, (open.get(id) ?? 0) + 1);

let isWatching = false;

const hook = createHook({
  // Promises are no work of their own, and watching them is what makes hooks slow.
  trackPromises: false,
  init: (id, type, _trigger, resource) => {
    if (!platform()) return;
    if (AWAITED.test(type)) begin(id);
    else if (type === 'ZLIB') watchWrites(id, resource as Compressor);
  },
  // A callback may have begun the next piece before it ends.
  after: (id) => end(id, (open.get(id) ?? 0) - 1),
  destroy: (id) => end(id, 0),
});

function end(id: number, left: number): void {
  if (left > 0) open.set(id, left);
  else if (open.delete(id) && open.size === 0 && !isWatching) hook.disable();
}

/** Watches the real work that simulated processes wait for, e.g. reading a file; also to its end when that comes after the watch. */
export function watchRealWork(): Restore {
  isWatching = true;
  hook.enable();
  return () => {
    isWatching = false;
    if (open.size === 0) hook.disable();
  };
}

interface Compressor {
  write(...args: unknown[]): unknown;
}

/** A compressor lives for many pieces of work, each begun by a write. */
function watchWrites(id: number, compressor: Compressor): void {
  const { write } = compressor;
  compressor.write = (...args) => {
    begin(id);
    return write.apply(compressor, args);
  };
}

/** The longest that virtual time waits for real work, in real time. */
const PATIENCE_NS = 5_000_000_000n;

const turn = globalThis.setImmediate;
const { bigint: elapsed } = process.hrtime;

/**
 * Ends when simulated processes have nothing left to do in real time: virtual time stands still while a file is read, so that how long it
 * takes changes nothing.
 */
export async function realSettled(): Promise<void> {
  const start = elapsed();
  do await new Promise((resolve) => turn(resolve));
  while (open.size > 0 && elapsed() - start < PATIENCE_NS);
  // What takes longer is given up: it may never end, or need time to pass.
  open.clear();
}

let held = 0;

/** Lets virtual time wait until something is loaded that no hook sees, e.g. a module by a test runner; at most for its patience. */
export function holdTime<Value>(loading: Promise<Value>): Promise<Value> {
  held += 1;
  // Async ids are positive.
  const id = -held;
  begin(id);
  void loading.then(
    () => end(id, 0),
    () => end(id, 0),
  );
  return loading;
}
