import { expect, test } from 'vitest';
import { createRng } from '../../../lib/core/rng.ts';
import { type Aws, AwsError, type AwsRequest, type Json, LOCAL_PLACE } from '../../../lib/local/aws.ts';
import { createEventSourceMappings } from '../../../lib/local/event-source-mapping/event-source-mappings.ts';
import { createFakeClock, settled } from '../fake-clock.ts';

const STREAM = 'arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-01-01T00:00:00.000';

interface FakeShard {
  readonly ShardId: string;
  readonly ParentShardId?: string;
  readonly sequences: number[];
  closed: boolean;
}

/** A stream whose shards the test arranges; an iterator is `shard/position`. */
function shardWorld(shards: FakeShard[]) {
  const clock = createFakeClock();
  let expireIterators = false;
  const find = (id: unknown) => shards.find((shard) => shard.ShardId === id) as FakeShard;
  const actions: Record<string, (input: Json) => Json> = {
    DescribeStream: ({ ExclusiveStartShardId: after }) => {
      const at = after === undefined ? 0 : shards.findIndex((shard) => shard.ShardId === after) + 1;
      const last = at + 1 < shards.length ? { LastEvaluatedShardId: shards[at]?.ShardId } : {};
      return { StreamDescription: { Shards: shards.slice(at, at + 1), KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }], ...last } };
    },
    GetShardIterator: ({ ShardId, ShardIteratorType: type, SequenceNumber }) => {
      const { sequences } = find(ShardId);
      const position = { TRIM_HORIZON: 0, LATEST: sequences.length, AFTER_SEQUENCE_NUMBER: sequences.indexOf(Number(SequenceNumber)) + 1 };
      return { ShardIterator: `${ShardId}/${position[type as 'LATEST']}` };
    },
    GetRecords: ({ ShardIterator, Limit }) => {
      if (expireIterators) {
        expireIterators = false;
        throw new AwsError('ExpiredIteratorException', 'old');
      }
      const [id, from] = String(ShardIterator).split('/');
      const shard = find(id);
      const records = shard.sequences.slice(Number(from), Number(from) + Number(Limit)).map((sequence) => ({
        eventID: String(sequence),
        eventName: 'INSERT',
        dynamodb: { SequenceNumber: String(sequence), ApproximateCreationDateTime: clock.now() / 1_000, Keys: { id: { S: 'k' } } },
      }));
      const next = Number(from) + records.length;
      return { Records: records, ...(shard.closed && next >= shard.sequences.length ? {} : { NextShardIterator: `${id}/${next}` }) };
    },
  };
  const callNow = ({ action, input }: AwsRequest): Json => actions[action]?.(input) ?? {};
  const aws: Aws = { place: LOCAL_PLACE, callNow, call: async (request) => callNow(request) };
  const batches: string[][] = [];
  let gate: Promise<unknown> = Promise.resolve();
  let signal = (_shardId: string) => {};
  const ids = { next: () => 'mapping-1' };
  const mappings = createEventSourceMappings({
    clock,
    rng: createRng(1),
    ids,
    place: LOCAL_PLACE,
    aws: () => aws,
    invoker: () => ({
      invoke: async (_arn, event) => {
        batches.push((event as { Records: { eventID: string }[] }).Records.map(({ eventID }) => eventID));
        await gate;
        return { kind: 'result', payload: undefined };
      },
    }),
    sqs: { onAvailable: () => () => {} },
    streams: {
      onRecords: (_arn, listener) => {
        signal = listener;
        return () => {};
      },
    },
    functionRole: () => 'role',
  });
  return {
    clock,
    batches,
    shards,
    create: (StartingPosition: string) =>
      mappings.create('arn:aws:lambda:us-east-1:000000000000:function:f', { EventSourceArn: STREAM, StartingPosition }),
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    wake: () => {
      for (const { ShardId } of shards) signal(ShardId);
    },
    expire: () => {
      expireIterators = true;
    },
  };
}

const parentAndChild = (): FakeShard[] => [
  { ShardId: 'parent', sequences: [1, 2], closed: true },
  { ShardId: 'child', ParentShardId: 'parent', sequences: [3], closed: false },
];

test('a child shard is read when its parent is done and not before', async () => {
  const world = shardWorld(parentAndChild());
  const release = world.hold();
  world.create('TRIM_HORIZON');
  await world.clock.advanceAsync(1_000);
  expect(world.batches).toEqual([['1', '2']]);
  release();
  await settled();
  await world.clock.advanceAsync(10);
  expect(world.batches).toEqual([['1', '2'], ['3']]);
});

test('an empty closed parent makes way for its child at once', async () => {
  const world = shardWorld([{ ShardId: 'parent', sequences: [], closed: true }, ...parentAndChild().slice(1)]);
  world.create('TRIM_HORIZON');
  await world.clock.advanceAsync(10);
  expect(world.batches).toEqual([['3']]);
});

test('LATEST means the end of every shard when the mapping begins; a shard that appears later is read from its start', async () => {
  const world = shardWorld(parentAndChild());
  world.create('LATEST');
  await world.clock.advanceAsync(10);
  expect(world.batches).toEqual([]);
  const child = world.shards[1] as FakeShard;
  child.sequences.push(4);
  child.closed = true;
  world.shards.push({ ShardId: 'grandchild', ParentShardId: 'child', sequences: [5, 6], closed: false });
  world.wake();
  await world.clock.advanceAsync(10);
  expect(world.batches).toEqual([['4'], ['5', '6']]);
});

test('an expired iterator is replaced by one behind the last record read', async () => {
  const world = shardWorld([{ ShardId: 'only', sequences: [1], closed: false }]);
  world.create('TRIM_HORIZON');
  await world.clock.advanceAsync(10);
  world.shards[0]?.sequences.push(2);
  world.expire();
  world.wake();
  await world.clock.advanceAsync(10);
  expect(world.batches).toEqual([['1'], ['2']]);
});
