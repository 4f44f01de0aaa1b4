import { expect, test } from 'vitest';
import { sweepAfterFromEnv } from '../../lib/outbox/outbox.sweeper.ts';
import { createPublishDeps, deadlineOf } from '../../lib/outbox/publish-deps.ts';
import { AccountBooked, LostSoul, OrderChanged, OrderPlaced } from './messages.ts';
import { createOutboxWorld, type OutboxWorld } from './outbox-world.ts';

async function commit(world: OutboxWorld, fill: (unit: ReturnType<OutboxWorld['outbox']['unit']>) => void) {
  const unit = world.outbox.unit();
  fill(unit);
  await world.finish(unit.commit());
  world.calls.length = 0;
}

test('rows that the stream never brought are published a day later, in order', async () => {
  const world = await createOutboxWorld();
  await commit(world, (unit) => {
    for (let amount = 1; amount <= 3; amount += 1) unit.publish(AccountBooked, { account: 'a', amount });
    unit.publish(OrderPlaced, { orderId: 'o1' });
  });
  await world.clock.run(world.clock.now() + 25 * 3_600_000);
  expect(await world.sweep({ afterMs: 60_000 })).toEqual({ swept: 4, pending: 0, parked: 0, oldestPendingAge: 0 });
  expect((await world.arrived('ledger.fifo')).map((message) => message.sequence)).toEqual([1, 2, 3]);
  expect(await world.arrived('orders')).toHaveLength(1);
  expect(world.rows().map((row) => row['sk'])).toEqual(['HEAD']);
});

test('rows younger than the sweeping age are left to the relay', async () => {
  const world = await createOutboxWorld();
  await commit(world, (unit) => unit.publish(OrderPlaced, { orderId: 'o1' }));
  expect(await world.sweep({ afterMs: 60_000 })).toMatchObject({ swept: 0, pending: 0, oldestPendingAge: 0 });
  expect(await world.arrived('orders')).toEqual([]);
});

test('an empty outbox costs eight queries and reports zeros', async () => {
  const world = await createOutboxWorld();
  expect(await world.sweep()).toEqual({ swept: 0, pending: 0, parked: 0, oldestPendingAge: 0 });
  expect(world.calls).toEqual(Array.from({ length: 8 }, () => 'Query'));
  expect(world.counted).toMatchObject({ OutboxOldestPendingAge: 0, OutboxPending: 0, OutboxSwept: 0 });
});

test('what waits behind a parked row stays, and its age is reported', async () => {
  const world = await createOutboxWorld();
  await commit(world, (unit) => {
    unit.publish(LostSoul, { orderId: 'x' });
    unit.publish(OrderChanged, { orderId: 'x', change: 1 });
    unit.publish(OrderChanged, { orderId: 'y', change: 1 });
  });
  await world.clock.run(world.clock.now() + 90_000);
  await world.sweep();
  const again = await world.sweep();
  expect(again).toMatchObject({ swept: 0, pending: 1, parked: 1 });
  expect(again === 'dead' ? 0 : again.oldestPendingAge).toBeGreaterThanOrEqual(90);
  expect((await world.arrived('orders')).map((message) => message.key)).toEqual(['y']);
});

test('a sweep that runs out of time publishes nothing more and reports what is left', async () => {
  const world = await createOutboxWorld();
  await commit(world, (unit) => unit.publish(OrderPlaced, { orderId: 'o1' }));
  await world.clock.run(world.clock.now() + 10_000);
  expect(await world.sweep({ ms: 0 })).toMatchObject({ swept: 0, pending: 1 });
});

test('a relay and a sweeper at the same time never let a message overtake an older one of its key', async () => {
  const world = await createOutboxWorld(5);
  await commit(world, (unit) => {
    for (let amount = 1; amount <= 6; amount += 1) unit.publish(AccountBooked, { account: 'a', amount });
  });
  await world.clock.run(world.clock.now() + 1_000);
  await Promise.all([world.relay(), world.sweep()]);
  expect((await world.arrived('ledger.fifo')).map((message) => message.sequence)).toEqual([1, 2, 3, 4, 5, 6]);
});

test('more rows than one page of the index are all swept', async () => {
  const world = await createOutboxWorld();
  for (let round = 0; round < 9; round += 1) {
    await commit(world, (unit) => {
      for (let index = 0; index < 60; index += 1) unit.publish(OrderPlaced, { orderId: `o${index}` });
    });
  }
  await world.clock.run(world.clock.now() + 1_000);
  expect(await world.sweep()).toMatchObject({ swept: 540, pending: 0 });
  expect(await world.arrived('orders')).toHaveLength(540);
  expect(world.rows()).toEqual([]);
});

test('the functions read their settings from the environment and say what is wrong with it', () => {
  expect(sweepAfterFromEnv({ POSTHASTE_SWEEP_AFTER_SECONDS: '90' })).toBe(90_000);
  expect(() => sweepAfterFromEnv({ POSTHASTE_SWEEP_AFTER_SECONDS: 'soon' })).toThrow(/number of seconds/);
  const parts = { dynamodb: { send: async () => ({}) }, sns: { send: async () => ({}) }, sqs: { send: async () => ({}) } };
  const say = { log: { debug() {}, info() {}, warn() {}, error() {} }, metrics: { add() {} } };
  const env = { POSTHASTE_OUTBOX_TABLE: 't', POSTHASTE_DESTINATIONS: '{"orders":"arn:aws:sns:eu-west-1:123456789012:orders"}' };
  expect(createPublishDeps({ ...parts, ...say, env }).destinations.get('orders')?.kind).toBe('topic');
  expect(() => createPublishDeps({ ...parts, ...say, env: { ...env, POSTHASTE_DESTINATIONS: '[' } })).toThrow(/JSON object/);
  expect(() => createPublishDeps({ ...parts, ...say, env: { ...env, POSTHASTE_DESTINATIONS: '{"orders":"orders"}' } })).toThrow(
    /ARN of an SNS topic/,
  );
});

test('an invocation keeps time free at its end, a short one a third', () => {
  const clock = { now: () => 1_000, after: () => () => {} };
  expect(deadlineOf({ getRemainingTimeInMillis: () => 30_000 }, clock)).toBe(26_000);
  expect(deadlineOf({ getRemainingTimeInMillis: () => 3_000 }, clock)).toBe(3_000);
});
