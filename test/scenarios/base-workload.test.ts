import { describe, expect, test } from 'vitest';
import type { Rng } from '../../lib/core/rng.ts';
import type { MappingFaults } from '../../lib/local/event-source-mapping/mapping-faults.ts';
import { noFaults, randomFaults } from '../../lib/simulation/fault.ts';
import type { StackOptions } from './order-stack.ts';
import { createOrderWorld, faultRng } from './order-world.ts';

const SEEDS = 120;

function baseWorkload(seed: number, rate: number, options: Partial<StackOptions> = {}) {
  const faults = rate > 0 ? randomFaults(faultRng(seed), rate) : noFaults;
  const world = createOrderWorld({ seed, faults, ...options });
  for (let order = 1; order <= 6; order += 1) world.place(`order-${order}`, `customer-${order % 3}`);
  for (let note = 1; note <= 2; note += 1) world.note(`note-${note}`);
  return world;
}

/** Mappings that lose batches and responses, deliver twice and late, in each of these ways now and then. */
const unreliable = (rng: Rng): MappingFaults => ({
  beforeInvoke() {
    const chance = rng.next();
    if (chance < 0.05) return { kind: 'skip' };
    if (chance < 0.15) return { kind: 'duplicate' };
    return chance < 0.2 ? { kind: 'delay', ms: Math.floor(rng.next() * 70_000) } : undefined;
  },
  afterInvoke: () => (rng.next() < 0.05 ? { kind: 'lose-response' } : undefined),
});

describe('eight messages through outbox, relay, two topics and two consumers', () => {
  test('are applied once each, in order, when nothing fails', async () => {
    const world = baseWorkload(1, 0);
    expect(await world.judge()).toEqual([]);
    expect(world.ledger.committed).toHaveLength(8);
    expect(world.applied('audit-order')).toHaveLength(8);
    expect(world.applied('project-order')).toHaveLength(6);
  });

  test('give the same history, byte for byte, for the same seed', async () => {
    const digestOf = async (seed: number) => {
      const world = baseWorkload(seed, 0.1);
      await world.judge();
      return world.history.digest();
    };
    expect(await digestOf(7)).not.toBe(await digestOf(8));
    for (const seed of [7, 8, 9, 10]) {
      const digest = await digestOf(seed);
      expect(await digestOf(seed)).toBe(digest);
    }
  });

  test(`lose nothing and repeat nothing in ${SEEDS} schedules of crashes, throttles, conflicts, hangs, lost and late answers`, async () => {
    const failures: string[] = [];
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const rate = 0.02 + 0.2 * faultRng(seed + 1_000).next();
      const violations = await baseWorkload(seed, rate, seed % 2 === 0 ? { mappingFaults: unreliable } : {}).judge();
      failures.push(...violations.map(({ guarantee, message }) => `seed ${seed}: ${guarantee} ${message}`));
    }
    expect(failures).toEqual([]);
  });
});
