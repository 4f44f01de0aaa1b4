import { describe, expect, test } from 'vitest';
import { noFaults, randomFaults } from '../../lib/simulation/fault.ts';
import { createOrderWorld, faultRng } from './order-world.ts';

function baseWorkload(seed: number, rate: number) {
  const world = createOrderWorld({ seed, faults: rate > 0 ? randomFaults(faultRng(seed), rate) : noFaults });
  for (let order = 1; order <= 8; order += 1) world.place(`order-${order}`, `customer-${order % 3}`);
  return world;
}

describe('eight orders through outbox, relay, two topics and two consumers', () => {
  test('are applied once each, in order, when nothing fails', async () => {
    const world = baseWorkload(1, 0);
    expect(await world.judge()).toEqual([]);
    expect(world.ledger.committed).toHaveLength(8);
  });

  test('give the same history, byte for byte, for the same seed', async () => {
    const digestOf = async (seed: number) => {
      const world = baseWorkload(seed, 0.05);
      await world.judge();
      return world.history.digest();
    };
    expect(await digestOf(7)).toBe(await digestOf(7));
    expect(await digestOf(7)).not.toBe(await digestOf(8));
  });

  test('lose nothing and repeat nothing under random crashes, throttles, conflicts and lost answers', async () => {
    const failures: string[] = [];
    for (let seed = 1; seed <= 60; seed += 1) {
      const violations = await baseWorkload(seed, 0.08).judge();
      failures.push(...violations.map(({ guarantee, message }) => `seed ${seed}: ${guarantee} ${message}`));
    }
    expect(failures).toEqual([]);
  });
});
