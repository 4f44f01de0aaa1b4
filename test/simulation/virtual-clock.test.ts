import { expect, test } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import { createRng } from '../../lib/core/rng.ts';
import { createVirtualClock } from '../../lib/simulation/virtual-clock.ts';

test('timers fire in the order of their time, and time jumps to each', async () => {
  const clock = createVirtualClock(createRng(1), 0);
  const fired: [string, number][] = [];
  clock.after(3_600_000, () => fired.push(['hour', clock.now()]));
  clock.after(10, () => fired.push(['soon', clock.now()]));
  await clock.run();
  expect(fired).toEqual([
    ['soon', 10],
    ['hour', 3_600_000],
  ]);
});

test('time is told in whole milliseconds, and no timer fires before its time', async () => {
  const clock = createVirtualClock(createRng(1), 0);
  const fired: number[] = [];
  for (const ms of [-1.5, 0, 0.2, 7.5]) clock.after(ms, () => fired.push(clock.now()));
  await clock.run();
  expect(fired).toEqual([0, 0, 1, 8]);
});

test('timers that are due together fire in an order that the seed decides', async () => {
  const orderOf = async (seed: number) => {
    const clock = createVirtualClock(createRng(seed), 0);
    const order: number[] = [];
    for (let timer = 0; timer < 8; timer += 1) clock.after(5, () => order.push(timer));
    await clock.run();
    return order.join('');
  };
  expect(await orderOf(1)).toBe(await orderOf(1));
  expect(await orderOf(1)).not.toBe(await orderOf(2));
});

test('a cancelled timer never fires and does not keep the clock running', async () => {
  const clock = createVirtualClock(createRng(1), 0);
  let fired = false;
  const cancel = clock.after(5, () => {
    fired = true;
  });
  cancel();
  cancel();
  expect(clock.pending()).toBe(0);
  expect(await clock.run()).toBe(0);
  expect(fired).toBe(false);
});

test('a run stops at its bound, with the timers after it still waiting', async () => {
  const clock = createVirtualClock(createRng(1), 0);
  const fired: number[] = [];
  for (const at of [5, 15, 25]) clock.after(at, () => fired.push(at));
  await clock.run(20);
  expect(fired).toEqual([5, 15]);
  expect(clock.now()).toBe(20);
  expect(clock.pending()).toBe(1);
});

test('chains of promises settle between two timers, however long they are', async () => {
  const clock = createVirtualClock(createRng(1), 0);
  const deep = async (levels: number): Promise<void> => (levels === 0 ? undefined : deep(levels - 1));
  let settledAt = -1;
  clock.after(1, () => void deep(2_000).then(() => (settledAt = clock.now())));
  clock.after(2, () => {});
  await clock.run();
  expect(settledAt).toBe(1);
});

test('sleeping takes virtual time only, and an abort ends it', async () => {
  const clock = createVirtualClock(createRng(1), 0);
  let woke = -1;
  void sleep(clock, 86_400_000).then(() => (woke = clock.now()));
  const stop = new AbortController();
  const aborted = expect(sleep(clock, 60_000, stop.signal)).rejects.toThrow('enough');
  clock.after(5, () => stop.abort(new Error('enough')));
  await clock.run();
  await aborted;
  expect(woke).toBe(86_400_000);
});
