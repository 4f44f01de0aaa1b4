import { describe, expect, test } from 'vitest';
import { FAULT_KINDS } from '../../lib/simulation/fault.ts';
import { CALM, drawSwarm, formatSwarm, SWARM_FEATURES, type Swarm, type SwarmFeature } from '../../lib/simulation/swarm.ts';
import type { StackOptions } from './order-stack.ts';
import { createOrderWorld } from './order-world.ts';

const SEEDS = 30;

/** Twelve messages over a minute, through the whole pipeline. */
function workload(seed: number, options: Partial<StackOptions>) {
  const world = createOrderWorld({ seed, commands: true, ...options });
  for (let order = 1; order <= 8; order += 1) {
    world.clock.after(order * 6_000 * world.rng.next(), () => world.place(`order-${order}`, `customer-${order % 2}`));
  }
  for (let note = 1; note <= 3; note += 1) world.note(`note-${note}`);
  world.pack('pack-1');
  return world;
}

describe('a world as bad as its seed says', () => {
  test(`loses nothing, repeats nothing and keeps the order in ${SEEDS} swarms`, async () => {
    const failures: string[] = [];
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const swarm = drawSwarm(seed);
      const violations = await workload(seed, { swarm }).judge();
      failures.push(...violations.map(({ guarantee, message }) => `${seed} ${formatSwarm(swarm)}: ${guarantee} ${message}`));
    }
    expect(failures).toEqual([]);
  });

  test('has one history for one seed and one swarm', async () => {
    for (const seed of [3, 4]) {
      const digestOf = async (swarm: Swarm) => {
        const world = workload(seed, { swarm });
        await world.judge();
        return world.history.digest();
      };
      const digest = await digestOf(drawSwarm(seed));
      expect(await digestOf(drawSwarm(seed))).toBe(digest);
      expect(await digestOf(drawSwarm(seed + 1))).not.toBe(digest);
    }
  });

  test('is the friendliest of worlds when every feature is off', async () => {
    const calm = workload(1, { swarm: CALM });
    const friendly = workload(1, { hostile: false });
    expect([await calm.judge(), await friendly.judge()]).toEqual([[], []]);
    expect(calm.history.digest()).toBe(friendly.history.digest());
  });
});

describe('each feature of a swarm, alone at its largest rate,', () => {
  /** Show only in company: a batch of one message cannot be smaller and leaves nothing over, a stream that is read at once has nothing to trim. */
  const QUIET: readonly SwarmFeature[] = [
    ...(['skew', 'smallBatch', 'queueCount', 'staleRead', 'leftOver', 'shortPage', 'lateExpiry'] as const),
    ...(['recordOrder', 'shortIterator', 'trim', 'lateFilter', 'tornQuery'] as const),
  ];
  const features = Object.keys(SWARM_FEATURES) as SwarmFeature[];

  test('changes the run and breaks no promise', async () => {
    const digests = new Map<string, Set<string>>();
    const failures: string[] = [];
    for (const seed of [1, 2]) {
      for (const feature of ['calm', ...features] as const) {
        const swarm = feature === 'calm' ? CALM : { rates: { [feature]: SWARM_FEATURES[feature] }, kinds: FAULT_KINDS };
        const world = workload(seed, { swarm });
        failures.push(...(await world.judge()).map(({ guarantee, message }) => `${seed} ${feature}: ${guarantee} ${message}`));
        digests.set(feature, (digests.get(feature) ?? new Set()).add(world.history.digest()));
      }
    }
    expect(failures).toEqual([]);
    const calm = digests.get('calm') ?? new Set();
    const quiet = features.filter((feature) => digests.get(feature)?.isSubsetOf(calm));
    expect(quiet.filter((feature) => !QUIET.includes(feature))).toEqual([]);
  });
});
