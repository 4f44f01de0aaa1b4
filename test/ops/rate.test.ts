import { describe, expect, test } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import { batchOf, createPace } from '../../lib/ops/rate.ts';
import { createVirtualClock } from '../../lib/simulation/virtual-clock.ts';

const FOREVER = Number.POSITIVE_INFINITY;

function paced(rate: number, level = 0) {
  const clock = createVirtualClock(createRng(1));
  const pace = createPace({ clock, rate, earnedFrom: clock.now() - (level * 1_000) / rate });
  const begun = clock.now();
  const timed = async <T>(work: Promise<T>): Promise<T> => (await Promise.all([work, clock.run()]))[0];
  return { clock, pace, timed, elapsed: () => clock.now() - begun };
}

describe('a pace', () => {
  test.each([0.1, 1, 7, 10, 100, 1_000])(
    'lets %d a second go, within one in a hundred, and never falls behind a slow caller for good',
    async (rate) => {
      const { pace, timed, elapsed, clock } = paced(rate);
      const batch = batchOf(rate);
      const batches = 500;
      for (let sent = 0; sent < batches; sent += 1) {
        await timed(pace.take(batch, FOREVER));
        // A call that takes most of what there is time for.
        await timed(new Promise<void>((resolve) => void clock.after((800 * batch) / rate, resolve)));
      }
      const held = (batches * batch) / (elapsed() / 1_000);
      expect(held / rate).toBeGreaterThan(0.99);
      expect(held / rate).toBeLessThan(1.01);
    },
  );

  test('catches up with a second of a stall, at twice the rate, and not with the rest', async () => {
    const { pace, timed, clock } = paced(10);
    await timed(new Promise<void>((resolve) => void clock.after(60_000, resolve)));
    const went: number[] = [];
    const begun = clock.now();
    for (let sent = 0; sent < 5; sent += 1) {
      await timed(pace.take(10, FOREVER));
      went.push(clock.now() - begun);
    }
    expect(went).toEqual([0, 500, 1_000, 2_000, 3_000]);
  });

  test('says at once that there is no time left for what would have to wait', async () => {
    const { pace, timed, elapsed, clock } = paced(10);
    expect(await timed(pace.take(10, clock.now() + 1_000))).toBe(false);
    expect(await timed(pace.take(10, clock.now() + 1_001))).toBe(true);
    expect(elapsed()).toBe(1_000);
  });

  test('goes on where the one before has ended: calls of two seconds lose nothing of the rate', async () => {
    const { pace: first, timed, clock, elapsed } = paced(70);
    let pace = first;
    let sent = 0;
    for (let call = 0; call < 50; call += 1) {
      const enough = clock.now() + 2_000;
      while (await timed(pace.take(10, enough))) sent += 10;
      // Between two calls.
      await timed(new Promise<void>((resolve) => void clock.after(150, resolve)));
      pace = createPace({ clock, rate: 70, earnedFrom: pace.earnedFrom() });
    }
    expect(sent / (elapsed() / 1_000) / 70).toBeGreaterThan(0.99);
  });

  test('gives turns in the order of asking', async () => {
    const { pace, timed } = paced(10, 10);
    const order: number[] = [];
    await timed(Promise.all([1, 2, 3].map((turn) => pace.take(10, FOREVER).then(() => order.push(turn)))));
    expect(order).toEqual([1, 2, 3]);
  });
});
