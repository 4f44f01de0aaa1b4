import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import { exponential } from '../../lib/retry/policy.ts';
import { delayOf } from '../../lib/retry/policy-delay.ts';
import { retry } from '../../lib/retry/retry.ts';
import { createVirtualClock } from '../../lib/simulation/virtual-clock.ts';

const throttle = () => Object.assign(new Error('slow down'), { name: 'ThrottlingException' });
const refusal = () => Object.assign(new Error('no'), { name: 'ValidationException', $metadata: { httpStatusCode: 400 } });

function start(errors: Error[], options: { until?: number; tries?: number } = {}) {
  const rng = createRng(7);
  const clock = createVirtualClock(rng, 0);
  let calls = 0;
  const result = retry(
    async () => {
      calls += 1;
      const error = errors.shift();
      if (error) throw error;
      return 'done';
    },
    { clock, rng, ...options },
  );
  result.catch(() => {});
  return { run: () => Promise.all([result, clock.run()]).then(([value]) => value), calls: () => calls };
}

test('a throttled call is tried again until it passes', async () => {
  const { run, calls } = start([throttle(), throttle()]);
  expect([await run(), calls()]).toEqual(['done', 3]);
});

test('a refused call is not tried again', async () => {
  const { run, calls } = start([refusal()]);
  await expect(run()).rejects.toMatchObject({ name: 'ValidationException' });
  expect(calls()).toBe(1);
});

test('the last error is thrown when the tries are used up', async () => {
  const { run, calls } = start([throttle(), throttle(), throttle()], { tries: 2 });
  await expect(run()).rejects.toMatchObject({ name: 'ThrottlingException' });
  expect(calls()).toBe(2);
});

test('no try starts after the given time', async () => {
  const { run, calls } = start([throttle(), throttle()], { until: 0 });
  await expect(run()).rejects.toMatchObject({ name: 'ThrottlingException' });
  expect(calls()).toBe(1);
});

test('full jitter stays between zero and the ceiling, which doubles up to the cap', () => {
  const policy = exponential({ baseMs: 100, capMs: 10_000 });
  fc.assert(
    fc.property(fc.integer({ min: -1, max: 2_000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, chance) => {
      const delay = delayOf(policy, attempt, { next: () => chance });
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(Math.min(10_000, 100 * 2 ** (Math.max(1, attempt) - 1)));
    }),
  );
  expect([1, 2, 3, 8].map((attempt) => delayOf(policy, attempt, { next: () => 0.999_999 }))).toEqual([100, 200, 400, 10_000]);
});
