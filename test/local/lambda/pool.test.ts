import { expect, test } from 'vitest';
import { createRng } from '../../../lib/core/rng.ts';
import type { ExecutionReport, Instance } from '../../../lib/local/lambda/instance.ts';
import { createPool, type PoolTarget } from '../../../lib/local/lambda/pool.ts';
import type { InvokeMessage } from '../../../lib/local/lambda/sandbox-protocol.ts';
import { createFakeClock, settled } from '../fake-clock.ts';

const MESSAGE = {} as InvokeMessage;
const REPORT: ExecutionReport = { execution: { kind: 'result', payload: '1' }, durationMs: 1, initMs: undefined, memoryBytes: 0 };

/** A pool whose instances end their work when the test says. */
function poolWorld({ unreserved = 1_000, idleMs = 60_000 } = {}) {
  const clock = createFakeClock();
  const pool = createPool({ clock, rng: createRng(1), idleMs, unreservedLimit: () => unreserved });
  const instances: { finish: () => void; ended: boolean; runs: number }[] = [];
  const target = (functionName: string, reserved?: number): PoolTarget => {
    const create = (onGone: () => void): Instance => {
      const work = { finish: () => {}, ended: false, runs: 0 };
      instances.push(work);
      const end = () => {
        work.ended = true;
        work.finish();
        onGone();
      };
      return {
        run: () => {
          work.runs += 1;
          return new Promise((resolve) => {
            work.finish = () => resolve(REPORT);
          });
        },
        kill: end,
        stop: end,
      };
    };
    return { functionName, key: { functionName }, reserved, create };
  };
  return { clock, pool, instances, target };
}

test('each concurrent invocation has an instance of its own; the one used last is used first', async () => {
  const { pool, instances, target } = poolWorld();
  const fn = target('fn');
  const first = [pool.run(fn, MESSAGE), pool.run(fn, MESSAGE)];
  expect(pool.count('fn')).toEqual({ instances: 2, busy: 2 });
  instances[1]?.finish();
  await first[1];
  instances[0]?.finish();
  await first[0];
  const third = pool.run(fn, MESSAGE);
  instances[0]?.finish();
  expect(await third).toMatchObject({ kind: 'done', cold: false });
  expect(instances.map(({ runs }) => runs)).toEqual([2, 1]);
});

test('an instance idle for long enough ends, and then nothing waits on the clock', async () => {
  const { clock, pool, instances, target } = poolWorld();
  const fn = target('fn');
  const run = pool.run(fn, MESSAGE);
  instances[0]?.finish();
  await run;
  clock.advance(59_999);
  expect(instances[0]?.ended).toBe(false);
  clock.advance(1);
  expect(instances[0]?.ended).toBe(true);
  expect(clock.pending()).toBe(0);
});

test('warm instances that are to be kept outlive the idle time', () => {
  const { clock, pool, instances, target } = poolWorld();
  pool.keepWarm(target('fn'), 2);
  clock.advance(600_000);
  expect(instances.map(({ ended }) => ended)).toEqual([false, false]);
});

test('reserved concurrency is a ceiling for the function and no concern of others', async () => {
  const { pool, target } = poolWorld();
  const reserved = target('reserved', 1);
  void pool.run(reserved, MESSAGE);
  expect(await pool.run(reserved, MESSAGE)).toEqual({ kind: 'throttled' });
  void pool.run(target('other'), MESSAGE);
  expect(pool.count().busy).toBe(2);
});

test('functions without a reservation share what is left, and a finished invocation makes room', async () => {
  const { pool, instances, target } = poolWorld({ unreserved: 1 });
  const running = pool.run(target('a'), MESSAGE);
  expect(await pool.run(target('b'), MESSAGE)).toEqual({ kind: 'throttled' });
  instances[0]?.finish();
  await running;
  void pool.run(target('b'), MESSAGE);
  expect(pool.count('b').busy).toBe(1);
});

test('retired code: idle instances end at once, busy ones after their work', async () => {
  const { pool, instances, target } = poolWorld();
  const fn = target('fn');
  const [one, two] = [pool.run(fn, MESSAGE), pool.run(fn, MESSAGE)];
  instances[0]?.finish();
  await one;
  pool.retire(fn.key);
  expect(instances.map(({ ended }) => ended)).toEqual([true, false]);
  instances[1]?.finish();
  await two;
  await settled();
  expect(instances[1]?.ended).toBe(true);
});

test('kill ends one busy instance, or all of them, and never an idle one', async () => {
  const { pool, instances, target } = poolWorld();
  const fn = target('fn');
  const idle = pool.run(fn, MESSAGE);
  instances[0]?.finish();
  await idle;
  const outcomes = [0, 1, 2, 3].map(() => pool.run(fn, MESSAGE));
  expect(pool.kill({ functionName: 'none' })).toBe(0);
  expect(pool.kill()).toBe(1);
  expect(pool.kill({ all: true })).toBe(3);
  await Promise.all(outcomes);
  expect(pool.count()).toEqual({ instances: 0, busy: 0 });
});
