import { describe, expect, test } from 'vitest';
import { on } from '../../lib/consumer/consumer.routes.ts';
import { type Call, type FaultSource, noFaults, randomFaults } from '../../lib/simulation/fault.ts';
import { formatFailure } from '../../lib/simulation/search/failure.ts';
import { sweep } from '../../lib/simulation/search/sweep.ts';
import type { Experiment } from '../../lib/simulation/search/trial.ts';
import { applyOnce, countEffects, OrderNoted, OrderShipped, type StackOptions } from './order-stack.ts';
import { createOrderWorld, faultRng } from './order-world.ts';

// Every call of the reference run × every fault that can hit it. `SWEEP=full vitest run test/scenarios/fault-sweep` adds every pair of
// faults and ten thousand seeds, which takes about ten minutes on one core.
const FULL = process.env['SWEEP'] === 'full';

/** What the consumer of notes does beside counting: a call outside under a lease, and a message of its own. */
const reachingOut: NonNullable<StackOptions['routes']> = (consumer) => [
  ...countEffects(consumer).slice(0, 1),
  on(
    OrderNoted,
    ({ data }, { unit }) => {
      applyOnce(consumer, unit, data);
      unit.publish(OrderShipped, { orderId: data.orderId });
    },
    { effect: 'external' },
  ),
];

function orderWorkload(faults: FaultSource) {
  const world = createOrderWorld({ seed: 1, faults });
  world.place('order-1', 'ada');
  world.place('order-2', 'ada');
  return world;
}

function noteWorkload(faults: FaultSource) {
  const world = createOrderWorld({ seed: 2, faults, routes: reachingOut });
  world.note('note-1');
  return world;
}

type Workload = (faults: FaultSource) => ReturnType<typeof createOrderWorld>;

/** Sweeps without anything to do repeat the same queries for ever: the first ones stand for all. */
const isIdle = ({ role, action, nth }: Call) => role === 'sweeper' && action === 'Query' && nth >= 10;

/** How many schedules a sweep of the workload runs, and what broke in them. */
async function sweepWorkload(workload: Workload, order: 1 | 2) {
  const experiment: Experiment = {
    name: 'workload',
    async run({ faults }) {
      const world = workload(faults);
      return { violations: await world.judge(), history: world.history };
    },
  };
  const failures: string[] = [];
  let schedules = 0;
  const onSchedule = () => {
    schedules += 1;
  };
  for await (const failure of sweep(experiment, { seed: 1, order, skips: isIdle, onSchedule }))
    failures.push(formatFailure(failure, String));
  return { schedules, failures };
}

describe.each([
  ['two orders of one key', orderWorkload],
  ['a note whose consumer calls out and publishes', noteWorkload],
] as const)('%s', (_, workload) => {
  test('survive every fault at every call', async () => {
    const { schedules, failures } = await sweepWorkload(workload, 1);
    expect(schedules).toBeGreaterThan(71);
    expect(failures).toEqual([]);
  });

  test.runIf(FULL)('survive every pair of faults', { timeout: 3_600_000 }, async () => {
    expect((await sweepWorkload(workload, 2)).failures).toEqual([]);
  });
});

test.runIf(FULL)('ten thousand seeds lose nothing and repeat nothing', { timeout: 3_600_000 }, async () => {
  const failures: string[] = [];
  for (let seed = 1; seed <= 10_000; seed += 1) {
    const rng = faultRng(seed);
    const world = createOrderWorld({ seed, faults: randomFaults(rng, rng.next() * 0.3) });
    for (let order = 1; order <= 4; order += 1) world.place(`order-${order}`, `customer-${order % 2}`);
    for (let note = 1; note <= 3; note += 1) world.note(`note-${note}`);
    const violations = await world.judge();
    failures.push(...violations.map(({ guarantee, message }) => `seed ${seed}: ${guarantee} ${message}`));
  }
  expect(failures).toEqual([]);
});

test('a run without faults visits every kind of call that the sweeps are about', async () => {
  const world = orderWorkload(noFaults);
  await world.judge();
  const notes = noteWorkload(noFaults);
  await notes.judge();
  expect([...new Set([...world.calls.byAction.keys(), ...notes.calls.byAction.keys()])].sort()).toEqual([
    'dynamodb:BatchGetItem',
    'dynamodb:BatchWriteItem',
    'dynamodb:PutItem',
    'dynamodb:Query',
    'dynamodb:TransactWriteItems',
    'sns:PublishBatch',
  ]);
});
