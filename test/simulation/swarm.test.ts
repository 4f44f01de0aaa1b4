import { describe, expect, test } from 'vitest';
import { createChances } from '../../lib/simulation/chances.ts';
import { FAULT_KINDS } from '../../lib/simulation/fault.ts';
import { CALM, drawSwarm, formatSwarm, parseSwarm, SWARM_FEATURES, type Swarm, type SwarmFeature } from '../../lib/simulation/swarm.ts';
import { createWorld } from '../../lib/simulation/world.ts';

const FEATURES = Object.keys(SWARM_FEATURES) as SwarmFeature[];
const seeds = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const MINUTE = 60_000;

describe('a swarm', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(drawSwarm(7)).toEqual(drawSwarm(7));
    expect(new Set(seeds(100).map((seed) => formatSwarm(drawSwarm(seed)))).size).toBe(100);
  });

  test('has every feature and every kind of fault with even odds, at rates up to the largest', () => {
    const swarms = seeds(1_000).map(drawSwarm);
    for (const feature of FEATURES) {
      const rates = swarms.flatMap(({ rates }) => rates[feature] ?? []);
      expect(rates.length, feature).toBeGreaterThan(400);
      expect(rates.length, feature).toBeLessThan(600);
      const most = SWARM_FEATURES[feature];
      expect(Math.max(...rates), feature).toBeLessThanOrEqual(most);
      expect(Math.max(...rates), feature).toBeGreaterThan(0.9 * most);
      expect(Math.min(...rates), feature).toBeGreaterThan(0);
    }
    for (const kind of FAULT_KINDS) {
      const count = swarms.filter(({ kinds }) => kinds.includes(kind)).length;
      expect(count, kind).toBeGreaterThan(400);
      expect(count, kind).toBeLessThan(600);
    }
  });

  test('is read back from its line', () => {
    for (const swarm of [CALM, ...seeds(300).map(drawSwarm)]) {
      const expected = swarm.rates.fault === undefined ? { ...swarm, kinds: [] } : swarm;
      expect(parseSwarm(formatSwarm(swarm))).toEqual(expected);
      expect(JSON.parse(JSON.stringify(swarm))).toEqual(swarm);
    }
    expect(formatSwarm({ rates: { trim: 1, fault: 0.1 }, kinds: ['slow', 'deny'] })).toBe('fault=0.1:slow.deny,trim=1');
    expect(formatSwarm(CALM)).toBe('calm');
  });

  test.each([
    ['', 'not a feature'],
    ['rain=0.1', 'not a feature'],
    ['toString=1', 'not a feature'],
    ['skew', 'not a rate'],
    ['skew=-1', 'not a rate'],
    ['skew=lots', 'not a rate'],
    ['fault=0.1:crash', 'not a kind of fault: "crash"'],
  ])('is not read from %j: the error says what is wrong', (line, message) => {
    expect(() => parseSwarm(line)).toThrow(RangeError);
    expect(() => parseSwarm(line)).toThrow(message);
  });
});

describe('the chances of a swarm', () => {
  const draws = (swarm: Swarm, feature: SwarmFeature) => {
    const chance = createChances(3, swarm).of(feature);
    return seeds(50).map(() => [chance.strikes(), chance.upTo(9)]);
  };

  test('of one feature do not depend on which others are on', () => {
    const alone: Swarm = { rates: { skip: 0.5 }, kinds: [] };
    const among: Swarm = { rates: { skip: 0.5, fault: 0.2, duplicate: 0.3 }, kinds: ['slow'] };
    expect(draws(among, 'skip')).toEqual(draws(alone, 'skip'));
    expect(draws(among, 'duplicate')).not.toEqual(draws({ rates: { skip: 0.3 }, kinds: [] }, 'skip'));
  });

  test('never strike for a feature that is off, nor after their end', () => {
    const chances = createChances(3, { rates: { skip: 1 }, kinds: [] });
    expect(chances.of('skip').strikes()).toBe(true);
    expect(chances.of('trim').strikes()).toBe(false);
    chances.end();
    expect(chances.of('skip').strikes()).toBe(false);
  });
});

describe('a world with a swarm', () => {
  const worldWith = (rates: Swarm['rates'], kinds: Swarm['kinds'] = []) => createWorld({ seed: 1, swarm: { rates, kinds } });
  const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:worker';

  /** Invokes a function that takes its time, again and again. */
  async function invokeFor(world: ReturnType<typeof worldWith>, count: number) {
    const runs: { now: number; skew: number; took: number }[] = [];
    world.functions.deploy({
      arn: ARN,
      name: 'worker',
      timeoutMs: 60_000,
      caller: { kind: 'developer' },
      create: (process) => async () => {
        const [start, skew] = [world.clock.now(), process.clock.now() - world.clock.now()];
        for (let tick = 0; tick < 30; tick += 1) await new Promise<void>((resolve) => void process.clock.after(10, resolve));
        runs.push({ now: start, skew, took: world.clock.now() - start });
      },
    });
    for (let run = 0; run < count; run += 1) {
      void world.functions.invoke(ARN, {});
      await world.run(MINUTE);
    }
    return runs;
  }
  const events = (world: ReturnType<typeof worldWith>, kind: string) => world.history.events.filter((event) => event.kind === kind);

  test('lets clocks be wrong by up to five minutes, each process by its own', async () => {
    const world = worldWith({ skew: 1, deploy: 2 });
    const skews = new Set((await invokeFor(world, 30)).map(({ skew }) => skew));
    expect(skews.size).toBeGreaterThan(5);
    expect(Math.max(...skews)).toBeGreaterThan(2 * MINUTE);
    expect(Math.min(...skews)).toBeLessThan(-2 * MINUTE);
    expect(Math.max(...[...skews].map(Math.abs))).toBeLessThanOrEqual(5 * MINUTE);
  });

  test('lets invocations stand still, and go on', async () => {
    const world = worldWith({ freeze: 0.5 });
    const runs = await invokeFor(world, 30);
    expect(runs).toHaveLength(30);
    const frozen = events(world, 'freeze').length;
    expect(frozen).toBeGreaterThan(5);
    expect(runs.filter(({ took }) => took > 310).length).toBeGreaterThan(frozen / 2);
    expect(runs.filter(({ took }) => took === 300).length).toBeGreaterThan(5);
  });

  test('deploys about as often as its rate says: idle instances are replaced', async () => {
    const world = worldWith({ deploy: 0.5 });
    await invokeFor(world, 60);
    const deployed = events(world, 'deploy').length;
    expect(deployed).toBeGreaterThan(15);
    expect(deployed).toBeLessThan(60);
    expect(new Set(events(world, 'invoke').map(({ detail }) => detail['process'])).size).toBeGreaterThan(10);
  });

  test('heals: from then on nothing is deployed, restarted, frozen or refused', async () => {
    const world = worldWith({ deploy: 2, restart: 1, freeze: 1, fault: 1 }, ['throttle']);
    await invokeFor(world, 5);
    world.heal();
    const healedAt = world.history.events.length;
    await invokeFor(world, 5);
    const kinds = new Set(world.history.events.slice(healedAt).map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['invoke', 'invoked']);
  });

  test('runs old and new code side by side after a deployment, until the old instances end', async () => {
    const world = worldWith({});
    const seen: string[] = [];
    const deploy = (version: string) =>
      world.functions.deploy({
        arn: ARN,
        name: 'worker',
        timeoutMs: 60_000,
        caller: { kind: 'developer' },
        create: (process) => async () => {
          await new Promise<void>((resolve) => void process.clock.after(10_000, resolve));
          seen.push(`${version}@${process.name}`);
        },
      });
    deploy('old');
    void world.functions.invoke(ARN, {});
    await world.run(5_000);
    deploy('new');
    world.functions.recycle();
    void world.functions.invoke(ARN, {});
    await world.run(MINUTE);
    void world.functions.invoke(ARN, {});
    await world.run(MINUTE);
    expect(seen).toEqual(['old@worker/1', 'new@worker/2', 'new@worker/2']);
  });
});
