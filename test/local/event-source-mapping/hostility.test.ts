import { describe, expect, test } from 'vitest';
import { createRng } from '../../../lib/core/rng.ts';
import { createMappingWorld, deferred } from './mapping-world.ts';
import { putVersions, streamWorld, versionOf, versions } from './stream-world.ts';

const SECOND = 1_000;
const SHARES = [0, 0, 0, 0, 1, 2] as const;

test('fault: batches of a queue and of a stream are smaller than the batch size', async () => {
  const faults = { batchSize: () => 2 };
  const { world } = streamWorld({ BatchSize: 100 }, { faults });
  putVersions(world, 5);
  await world.clock.advanceAsync(SECOND);
  expect(versions(world)).toEqual([[1, 2], [3, 4], [5]]);

  const queues = createMappingWorld({ faults });
  const EventSourceArn = queues.queue('jobs');
  for (const body of ['a', 'b', 'c']) queues.send('jobs', body);
  queues.createMapping({ EventSourceArn });
  await queues.clock.advanceAsync(SECOND);
  expect(queues.batches.map((batch) => batch.length)).toEqual([2, 1]);
});

describe('a restarted mapping', () => {
  test('of a stream delivers again what has passed since the checkpoint before, and then what is new', async () => {
    const { world, uuid } = streamWorld();
    putVersions(world, 2);
    await world.clock.advanceAsync(SECOND);
    world.mappings.restart(uuid);
    await world.clock.advanceAsync(SECOND);
    expect(versions(world)).toEqual([
      [1, 2],
      [1, 2],
    ]);
    world.put('orders', 'k', { v: { N: '3' } });
    await world.clock.advanceAsync(SECOND);
    world.mappings.restart(uuid);
    await world.clock.advanceAsync(SECOND);
    expect(versions(world).slice(2)).toEqual([[3], [3]]);
  });

  test('of a stream from LATEST keeps its place, where going back could only lose', async () => {
    const { world, uuid } = streamWorld({ StartingPosition: 'LATEST' });
    await world.clock.advanceAsync(SECOND);
    world.mappings.restart(uuid);
    putVersions(world, 2);
    await world.clock.advanceAsync(SECOND);
    expect(versions(world)).toEqual([[1, 2]]);
  });

  test('of a queue forgets what it had received and not given away: it comes back once it is visible', async () => {
    const world = createMappingWorld();
    const EventSourceArn = world.queue('jobs', { VisibilityTimeout: '30' });
    const uuid = world.createMapping({ EventSourceArn, MaximumBatchingWindowInSeconds: 20 });
    world.send('jobs', 'a');
    await world.clock.advanceAsync(SECOND);
    world.mappings.restart(uuid);
    await world.clock.advanceAsync(29 * SECOND);
    expect(world.batches).toEqual([]);
    await world.clock.advanceAsync(21 * SECOND);
    expect(world.batches.map((batch) => batch.map(({ body }) => body))).toEqual([['a']]);
  });
});

describe('a stream whose shards roll over, split and seem empty', () => {
  test('delivers every record, those of an item in their order', async () => {
    const rng = createRng(3);
    const { world } = streamWorld(
      { BatchSize: 3, ParallelizationFactor: 2 },
      { tables: { splitsInto: () => SHARES[Math.floor(rng.next() * SHARES.length)] ?? 0, findsNothing: () => rng.next() < 0.3 } },
    );
    for (let v = 1; v <= 20; v += 1) {
      for (const id of ['a', 'b', 'c', 'd']) world.put('orders', id, { v: { N: String(v) } });
      await world.clock.advanceAsync(100);
    }
    await world.clock.advanceAsync(60 * SECOND);
    const all = Array.from({ length: 20 }, (_, index) => index + 1);
    for (const id of ['a', 'b', 'c', 'd']) {
      const seen = world.batches.flat().filter(({ dynamodb }) => dynamodb.Keys['id']?.S === id);
      expect(seen.map(versionOf)).toEqual(all);
    }
  });

  test('lets no child begin before its parent’s last batch has ended', async () => {
    const splits: (0 | 1 | 2)[] = [2];
    const gate = deferred<undefined>();
    const { world } = streamWorld({}, { tables: { splitsInto: () => splits.shift() ?? 0 } });
    world.handle(() => gate.promise);
    putVersions(world, 1);
    await world.clock.advanceAsync(SECOND);
    for (const v of ['2', '3', '4']) world.put('orders', 'k', { v: { N: v } });
    await world.clock.advanceAsync(30 * SECOND);
    expect(versions(world)).toEqual([[1]]);
    gate.resolve(undefined);
    await world.clock.advanceAsync(SECOND);
    expect(versions(world).flat()).toEqual([1, 2, 3, 4]);
  });
});

describe('messages of one FIFO group never run in two batches at the same time', () => {
  async function runGroup(count: number, bytes: number, faults = {}) {
    const world = createMappingWorld({ faults });
    const EventSourceArn = world.queue('jobs.fifo', { FifoQueue: 'true', VisibilityTimeout: '30', MaximumMessageSize: '1048576' });
    let running = 0;
    let most = 0;
    world.handle(async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => void world.clock.after(5 * SECOND, resolve));
      running -= 1;
    });
    const padding = 'x'.repeat(bytes);
    for (let n = 1; n <= count; n += 1) {
      world.send('jobs.fifo', `${n}:${padding}`, { MessageGroupId: 'ada', MessageDeduplicationId: String(n) });
    }
    world.createMapping({ EventSourceArn, BatchSize: 10 });
    await world.clock.advanceAsync(300 * SECOND);
    const seen = world.batches.flat().map(({ body }) => Number(body.slice(0, body.indexOf(':'))));
    return { seen, most };
  }

  test('when batches are smaller than they could be', async () => {
    expect(await runGroup(5, 1, { batchSize: () => 2 })).toEqual({ seen: [1, 2, 3, 4, 5], most: 1 });
  });

  test('when ten of them are more than an invocation carries', async () => {
    expect(await runGroup(8, 1_000_000)).toEqual({ seen: [1, 2, 3, 4, 5, 6, 7, 8], most: 1 });
  });
});
