import { expect, test } from 'vitest';
import { FAULT_KINDS, faultAt, noFaults } from '../../lib/simulation/fault.ts';
import { createWorld } from './world.ts';

test('a fresh message takes effect once and leaves the queue', async () => {
  const world = createWorld();
  const id = world.send('1');
  await world.drain();
  expect(world.effectsOf(id)).toBe(1);
  expect(world.depth()).toBe(0);
});

test('ten fresh messages with one write each cost one transaction of twenty actions', async () => {
  const world = createWorld();
  const sent = Array.from({ length: 10 }, (_, index) => world.send(String(index)));
  await world.drain();
  expect(sent.map(world.effectsOf)).toEqual(sent.map(() => 1));
  expect(world.calls()).toEqual({ 'dynamodb:TransactWriteItems': 1 });
});

test('a hundred fresh messages cost two transactions', async () => {
  const world = createWorld({ batchSize: 100 });
  const sent = Array.from({ length: 100 }, (_, index) => world.send(String(index)));
  await world.drain();
  expect(sent.map(world.effectsOf)).toEqual(sent.map(() => 1));
  expect(world.calls()).toEqual({ 'dynamodb:TransactWriteItems': 2 });
});

test('without packing each message costs one transaction', async () => {
  const world = createWorld({ packing: false });
  for (let index = 0; index < 10; index += 1) world.send(String(index));
  await world.drain();
  expect(world.calls()).toEqual({ 'dynamodb:TransactWriteItems': 10 });
});

test.each([true, false])('whatever goes wrong at any one call, each of three messages takes effect once (packing: %s)', async (packed) => {
  const calls = await callsOfReferenceRun(packed);
  let schedules = 0;
  for (let index = 0; index < calls; index += 1) {
    for (const kind of FAULT_KINDS) {
      const world = createWorld({ ...(packed ? {} : { packing: false }), seed: index + 1 });
      const sent = ['a', 'b', 'c'].map((orderId) => world.send(orderId));
      world.shared.faults = faultAt(index, kind);
      await world.drain();
      expect({ index, kind, effects: sent.map(world.effectsOf), left: world.depth(), dead: world.deadLetters().length }).toEqual({
        index,
        kind,
        effects: [1, 1, 1],
        left: 0,
        dead: 0,
      });
      schedules += 1;
    }
  }
  expect(schedules).toBe(calls * FAULT_KINDS.length);
});

async function callsOfReferenceRun(packed: boolean): Promise<number> {
  const world = createWorld(packed ? {} : { packing: false });
  for (const orderId of ['a', 'b', 'c']) world.send(orderId);
  world.shared.faults = noFaults;
  await world.drain();
  return world.shared.calls.total;
}
