import { expect, test } from 'vitest';
import type { Clock } from '../../lib/core/clock.ts';
import { everyMinute } from '../../lib/local/every-minute.ts';
import { createFakeClock } from './fake-clock.ts';

const MINUTE = 60_000;

test('work is done at the beginning of each minute, until it is cancelled', () => {
  const clock = createFakeClock();
  clock.advance(59_000);
  const done: number[] = [];
  const cancel = everyMinute(clock, () => void done.push(clock.now()));
  clock.advance(2 * MINUTE);
  expect(done.map((at) => at % MINUTE)).toEqual([0, 0]);
  cancel();
  clock.advance(MINUTE);
  expect([done.length, clock.pending()]).toEqual([2, 0]);
});

test('a timer that rings early waits for the minute, and minutes that were slept through are skipped', () => {
  const fake = createFakeClock();
  let slip = 0;
  const clock: Clock = { now: () => fake.now() + slip, after: fake.after };
  const done: number[] = [];
  const cancel = everyMinute(clock, () => void done.push(clock.now()));
  // The timer's clock runs ahead of the one that tells the time.
  slip = -5;
  fake.advance(MINUTE);
  expect(done).toEqual([]);
  fake.advance(5);
  expect(done.map((at) => at % MINUTE)).toEqual([0]);
  slip = 10 * MINUTE;
  fake.advance(2 * MINUTE);
  expect(done.length).toBeLessThan(5);
  cancel();
});
