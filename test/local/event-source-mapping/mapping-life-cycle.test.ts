import { expect, test } from 'vitest';
import { bodies, createMappingWorld, deferred, inQueue } from './mapping-world.ts';

test('a disabled mapping receives nothing, and enabling it again starts it', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs');
  const UUID = world.createMapping({ EventSourceArn, Enabled: false });
  world.send('jobs', 'a');
  await world.clock.advanceAsync(1_000);
  expect(world.batches).toHaveLength(0);
  expect(world.mappings.update({ UUID, Enabled: true })['State']).toBe('Enabling');
  await world.clock.advanceAsync(10);
  expect(bodies(world)).toEqual([['a']]);
});

test('a mapping that is disabled in the middle of a batch is disabling until the batch is settled, and takes no more', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs');
  const UUID = world.createMapping({ EventSourceArn });
  const gate = deferred<undefined>();
  world.handle(() => gate.promise);
  world.send('jobs', 'a');
  await world.clock.advanceAsync(1_000);
  expect(world.mappings.update({ UUID, Enabled: false })['State']).toBe('Disabling');
  world.send('jobs', 'b');
  await world.clock.advanceAsync(1_000);
  expect(world.mappings.get(UUID)['State']).toBe('Disabling');
  expect(world.mappings.stats(UUID)).toMatchObject({ inFlight: 1 });
  gate.resolve(undefined);
  await world.clock.advanceAsync(1_000);
  expect(world.mappings.get(UUID)['State']).toBe('Disabled');
  expect(world.mappings.stats(UUID)).toMatchObject({ inFlight: 0, deleted: 1, invocations: 1 });
  expect(bodies(world)).toEqual([['a']]);
});

test('a mapping shows for a while that it is being made or changed, where the account says so', async () => {
  const world = createMappingWorld({ transitionMs: 1_000 });
  const UUID = world.createMapping({ EventSourceArn: world.queue('jobs') });
  const states: unknown[] = [];
  const look = async () => {
    states.push(world.mappings.get(UUID)['State']);
    await world.clock.advanceAsync(1_000);
    states.push(world.mappings.get(UUID)['State']);
  };
  await look();
  for (const change of [{ Enabled: false }, { Enabled: true }, { BatchSize: 5 }]) {
    world.mappings.update({ UUID, ...change });
    await look();
  }
  expect(states).toEqual(['Creating', 'Enabled', 'Disabling', 'Disabled', 'Enabling', 'Enabled', 'Updating', 'Enabled']);
});

test('deleting a mapping stops it; the invocation that runs is still settled', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs');
  const uuid = world.createMapping({ EventSourceArn });
  const gate = deferred<undefined>();
  world.handle(() => gate.promise);
  world.send('jobs', 'a');
  await world.clock.advanceAsync(10);
  expect(world.mappings.delete(uuid)['State']).toBe('Deleting');
  world.send('jobs', 'b');
  gate.resolve(undefined);
  await world.clock.advanceAsync(10_000);
  expect(bodies(world)).toEqual([['a']]);
  expect(inQueue(world, EventSourceArn)).toBe(1);
  expect(() => world.mappings.get(uuid)).toThrow(/does not exist/);
});

test('a queue that was deleted is a problem that shows, and a new queue of the name is polled again', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs');
  const uuid = world.createMapping({ EventSourceArn });
  await world.clock.advanceAsync(10);
  world.send('jobs', 'lost');
  world.call('sqs', 'DeleteQueue', { QueueUrl: 'http://127.0.0.1:4566/000000000000/jobs' });
  await world.clock.advanceAsync(100);
  expect(world.mappings.get(uuid)['LastProcessingResult']).toMatch(/^PROBLEM/);
  await world.clock.advanceAsync(61_000);
  world.queue('jobs');
  await world.clock.advanceAsync(60_000);
  world.send('jobs', 'again');
  await world.clock.advanceAsync(10);
  expect(bodies(world)).toEqual([['again']]);
});
