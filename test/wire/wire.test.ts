import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type PlannedFault, plannedFaults } from '../../lib/simulation/fault-plan.ts';
import { createOrderWorld } from '../scenarios/order-world.ts';
import { carelessHandlers } from './handlers.ts';
import { WIRE_PLANS } from './plans.ts';
import { complaintsOf, type Job, planJob, runAll, seedJob } from './run-all.ts';
import { runSchedule } from './schedule.ts';
import { type OwnWorld, openRelayedWorld, startLocalWorld } from './worlds.ts';

// SDK clients, processes that are killed, and an embedded AWS behind a socket. `WIRE=full vitest run test/wire` runs every plan and more
// seeds; `node test/wire/run.ts` as many as you like.
const FULL = process.env['WIRE'] === 'full';
const USUAL: ReadonlySet<string> = new Set(['S1', 'S2', 'S10', 'S24', 'S36']);
const SEEDS = FULL ? 40 : 2;
const CONCURRENCY = 2;

vi.setConfig({ testTimeout: 120_000 });

let world: OwnWorld;
beforeAll(async () => {
  world = await startLocalWorld();
}, 60_000);
afterAll(() => world.close());

async function complaints(jobs: readonly Job[]): Promise<string[]> {
  return (await runAll(world, jobs, { concurrency: CONCURRENCY, prefix: 'test' })).flatMap(complaintsOf);
}

test('scenarios on the wire lose nothing and repeat nothing', { timeout: FULL ? 600_000 : 120_000 }, async () => {
  const plans = WIRE_PLANS.filter(({ scenario }) => FULL || USUAL.has(scenario));
  expect(await complaints(plans.map(planJob))).toEqual([]);
});

test('random faults on the wire lose nothing and make nothing happen twice', { timeout: FULL ? 1_800_000 : 120_000 }, async () => {
  expect(await complaints(Array.from({ length: SEEDS }, (_, index) => seedJob(index + 1)))).toEqual([]);
});

const ORDER = { orderId: 'order-1', customer: 'ada' };
const commit = { service: 'dynamodb', action: 'TransactWriteItems', nth: 0 } as const;

describe('one plan in the simulation and on the wire has the same verdict', () => {
  test('a producer loses its answer, the relay dies after it published, a consumer after its effect: all is well', async () => {
    const plan: readonly PlannedFault[] = [
      { ...commit, role: 'producer', kind: 'errorAfterEffect' },
      { service: 'sns', action: 'PublishBatch', role: 'relay', nth: 0, kind: 'crashAfter' },
      { ...commit, role: 'audit-order', kind: 'crashAfter' },
    ];
    const simulated = createOrderWorld({ seed: 1, faults: plannedFaults(plan) });
    simulated.place(ORDER.orderId, ORDER.customer);
    const wired = await runSchedule(world, { prefix: 'parity', faults: plannedFaults(plan), orders: [ORDER] });

    expect(await simulated.judge()).toEqual([]);
    expect(wired.violations).toEqual([]);
    expect(wired.ledger.committed).toEqual(simulated.ledger.committed);
    expect(wired.events.filter(({ kind }) => kind === 'fault')).toHaveLength(plan.length);
    expect(simulated.count('fault')).toBe(plan.length);
  });

  test('a consumer whose effect is outside its unit dies before its commit: the effect happens twice', async () => {
    // Without an effect in its unit, the commit is the marker alone.
    const plan: readonly PlannedFault[] = [{ ...commit, action: 'PutItem', role: 'audit-order', kind: 'crashBefore' }];
    const routes: NonNullable<Parameters<typeof createOrderWorld>[0]['routes']> = (consumer, process) =>
      carelessHandlers(consumer, 'effects', process.client('dynamodb'));
    const simulated = createOrderWorld({ seed: 1, faults: plannedFaults(plan), routes });
    simulated.place(ORDER.orderId, ORDER.customer);
    const wired = await runSchedule(world, { prefix: 'careless', faults: plannedFaults(plan), orders: [ORDER], handlers: 'careless' });

    const verdict = [{ guarantee: 'G3', message: 'audit-order applied order-1 2 times' }];
    expect(await simulated.judge()).toEqual(verdict);
    expect(wired.violations).toEqual(verdict);
  });
});

test('a schedule passes the relay that signs for an account', async () => {
  const hosts = new Set<string>();
  const endpointOf = (host: string) => {
    hosts.add(host);
    return world.target;
  };
  const keys = async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' });
  const relayed = await openRelayedWorld({ region: 'eu-west-1', keys, endpointOf });
  try {
    const faults = plannedFaults([{ ...commit, role: 'producer', kind: 'crashAfter' }]);
    const verdict = await runSchedule(relayed, { prefix: 'relayed', faults, orders: [ORDER] });
    expect(verdict.violations).toEqual([]);
    expect(verdict.ledger.committed).toEqual([ORDER.orderId]);
    expect([...hosts].sort()).toEqual(['dynamodb', 'sns', 'sqs', 'streams.dynamodb'].map((name) => `${name}.eu-west-1.amazonaws.com`));
  } finally {
    relayed.close();
  }
});
