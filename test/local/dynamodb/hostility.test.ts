import { describe, expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import type { DynamoDbHostility } from '../../../lib/local/dynamodb/hostility.ts';
import type { DynamoDbOptions } from '../../../lib/local/dynamodb/world.ts';
import { benchWithTable, shardIds } from './dynamodb-harness.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

const BY_STATE = {
  extra: {
    AttributeDefinitions: ['pk', 'sk', 'state'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    GlobalSecondaryIndexes: [
      { IndexName: 'by-state', KeySchema: [{ AttributeName: 'state', KeyType: 'HASH' }], Projection: { ProjectionType: 'ALL' } },
    ],
  },
};

const item = (pk: string, more: Json = {}) => ({ pk: { S: pk }, sk: { S: '1' }, ...more }) as Record<string, { S: string }>;
const inState = (state: string) => ({ state: { S: state } });

/** The keys that a Query or Scan finds, page after page, and the number of pages. */
function readAll(call: (action: string, input: Json) => Json, action: string, input: Json) {
  const keys: string[] = [];
  let pages = 0;
  let start: unknown;
  do {
    const page = call(action, { TableName: 'things', ...input, ...(start !== undefined && { ExclusiveStartKey: start }) });
    keys.push(...((page['Items'] ?? []) as { pk: { S: string }; sk: { S: string } }[]).map(({ pk, sk }) => `${pk.S}/${sk.S}`));
    start = page['LastEvaluatedKey'];
    pages += 1;
  } while (start !== undefined);
  return { keys, pages };
}

describe('an index that lags', () => {
  function laggingIndex(lags: number[]) {
    const bench = benchWithTable(BY_STATE, { hostility: { indexLagMs: () => lags.shift() ?? 0 } });
    const inIndex = (state: string) =>
      readAll(bench.call, 'Query', {
        IndexName: 'by-state',
        KeyConditionExpression: '#s = :s',
        ExpressionAttributeNames: { '#s': 'state' },
        ExpressionAttributeValues: { ':s': { S: state } },
      }).keys;
    return { ...bench, inIndex };
  }

  test('misses a new item, and shows a deleted one, until its time is over', () => {
    const { clock, put, call, get, inIndex } = laggingIndex([3 * SECOND, 2 * SECOND]);
    put('things', item('a', inState('new')));
    expect(inIndex('new')).toEqual([]);
    clock.advance(3 * SECOND);
    expect(inIndex('new')).toEqual(['a/1']);
    call('DeleteItem', { TableName: 'things', Key: item('a') });
    expect(get('things', item('a'))).toBeUndefined();
    expect(inIndex('new')).toEqual(['a/1']);
    clock.advance(2 * SECOND);
    expect(inIndex('new')).toEqual([]);
  });

  test('follows the writes of one item in their order, and those of another item whenever it likes', () => {
    const { clock, put, inIndex } = laggingIndex([5 * SECOND, 1 * SECOND, 1 * SECOND]);
    put('things', item('a', inState('new')));
    put('things', item('a', inState('paid')));
    put('things', item('b', inState('new')));
    clock.advance(1 * SECOND);
    expect(inIndex('new').sort()).toEqual(['a/1', 'b/1']);
    clock.advance(4 * SECOND);
    expect([inIndex('new'), inIndex('paid')]).toEqual([['b/1'], ['a/1']]);
  });
});

describe('a replica that lags', () => {
  test('answers eventually consistent reads of every kind, and never a strongly consistent or transactional one', () => {
    const { clock, put, call } = benchWithTable({}, { hostility: { replicaLagMs: () => SECOND, readsReplica: () => true } });
    put('things', item('a'));
    const get = (more: Json) => call('GetItem', { TableName: 'things', Key: item('a'), ...more })['Item'];
    const batchGet = (more: Json) => call('BatchGetItem', { RequestItems: { things: { Keys: [item('a')], ...more } } })['Responses'];
    const scan = (more: Json) => readAll(call, 'Scan', more).keys;
    const strongly = { ConsistentRead: true };
    expect([get({}), batchGet({}), scan({})]).toEqual([undefined, { things: [] }, []]);
    expect([get(strongly), batchGet(strongly), scan(strongly)]).toEqual([item('a'), { things: [item('a')] }, ['a/1']]);
    expect(call('TransactGetItems', { TransactItems: [{ Get: { TableName: 'things', Key: item('a') } }] })['Responses']).toEqual([
      { Item: item('a') },
    ]);
    clock.advance(SECOND);
    expect([get({}), batchGet({}), scan({})]).toEqual([item('a'), { things: [item('a')] }, ['a/1']]);
  });
});

describe('a batch of which parts are left over', () => {
  const others: DynamoDbHostility = { leavesOver: () => true };

  test('gives back unprocessed keys that can be asked for again, and always answers one', () => {
    const { put, call } = benchWithTable({}, { hostility: others });
    for (const pk of ['a', 'b', 'c']) put('things', item(pk));
    let request: unknown = { things: { Keys: ['a', 'b', 'c'].map((pk) => item(pk)), ConsistentRead: true } };
    const found: unknown[] = [];
    for (let round = 0; round < 3; round += 1) {
      const output = call('BatchGetItem', { RequestItems: request as Json });
      found.push(...((output['Responses'] as { things: unknown[] }).things ?? []));
      request = output['UnprocessedKeys'];
    }
    expect(found).toEqual([item('a'), item('b'), item('c')]);
    expect(request).toEqual({});
  });

  test('gives back unprocessed writes, of which nothing has happened', () => {
    const { get, put, call } = benchWithTable({}, { hostility: others });
    put('things', item('b'));
    const writes = [{ PutRequest: { Item: item('a') } }, { DeleteRequest: { Key: item('b') } }];
    const output = call('BatchWriteItem', { RequestItems: { things: writes } });
    expect(output['UnprocessedItems']).toEqual({ things: [writes[1]] });
    expect([get('things', item('a')), get('things', item('b'))]).toEqual([item('a'), item('b')]);
    expect(call('BatchWriteItem', { RequestItems: output['UnprocessedItems'] as Json })['UnprocessedItems']).toEqual({});
    expect(get('things', item('b'))).toBeUndefined();
  });
});

test('short pages lead to every item of a query and of a scan all the same', () => {
  const { put, call } = benchWithTable({}, { hostility: { pageLimit: () => 2 } });
  for (const sk of ['1', '2', '3', '4', '5']) put('things', { pk: { S: 'a' }, sk: { S: sk } });
  const ofA = { KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': { S: 'a' } }, Limit: 100 };
  const all = ['a/1', 'a/2', 'a/3', 'a/4', 'a/5'];
  expect(readAll(call, 'Query', ofA)).toEqual({ keys: all, pages: 3 });
  expect(readAll(call, 'Scan', {})).toEqual({ keys: all, pages: 3 });
});

describe('a hostile stream', () => {
  interface Shard {
    readonly ShardId: string;
    readonly ParentShardId?: string;
    readonly SequenceNumberRange: { readonly EndingSequenceNumber?: string };
  }

  function hostileStream(options: Partial<DynamoDbOptions>) {
    const bench = benchWithTable({ stream: 'NEW_IMAGE' }, { shards: 1, ...options });
    const shards = () =>
      (bench.streams('DescribeStream', { StreamArn: bench.streamArn })['StreamDescription'] as { Shards: Shard[] }).Shards;
    const write = (pk: string, n: number) => bench.put('things', item(pk, { n: { N: String(n) } }));
    return { ...bench, shards, write };
  }

  test('splits a shard: it is at its end, two others name it as their parent, and each item is in one of them from then on', () => {
    const splits: (0 | 1 | 2)[] = [0, 2, 0];
    const { write, shards, records, streamArn } = hostileStream({ hostility: { splitsInto: () => splits.shift() ?? 0 } });
    const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
    write('a', 0);
    write('b', 0);
    for (const pk of keys) for (const n of [1, 2]) write(pk, n);
    const [parent, ...children] = shards();
    expect(children.map(({ ParentShardId }) => ParentShardId)).toEqual([parent?.ShardId, parent?.ShardId]);
    expect(shards().map(({ SequenceNumberRange: { EndingSequenceNumber: end } }) => end !== undefined)).toEqual([true, false, false]);
    const [ofParent, ...ofChildren] = records(streamArn).map((list) =>
      list.map(({ dynamodb }) => `${dynamodb.Keys['pk']?.S}${(dynamodb.NewImage?.['n'] as { N: string } | undefined)?.N}`),
    );
    expect(ofParent).toEqual(['a0', 'b0']);
    for (const seen of ofChildren) {
      expect(seen.length).toBeGreaterThan(0);
      for (const pk of keys) expect(['', `${pk}1,${pk}2`]).toContain(seen.filter((one) => one.startsWith(pk)).join());
    }
    expect(ofChildren.flat()).toHaveLength(12);
  });

  test('rolls over, and lists a closed shard no longer than its records live', () => {
    const { clock, write, shards } = hostileStream({ hostility: { splitsInto: () => 1 } });
    for (const n of [1, 2, 3]) write('a', n);
    expect(shards()).toHaveLength(3);
    clock.advance(24 * HOUR);
    expect(shards()).toHaveLength(1);
    write('a', 4);
    expect(shards()).toHaveLength(1);
  });

  test('trims what is older than its retention, which a simulation may shorten', () => {
    const { clock, write, records, streams, streamArn, refusal } = hostileStream({ streamRetentionMs: 60 * SECOND });
    write('a', 1);
    const [ShardId] = shardIds(streams, streamArn);
    const horizon = { StreamArn: streamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' };
    const { ShardIterator } = streams('GetShardIterator', horizon);
    clock.advance(60 * SECOND);
    write('a', 2);
    expect(records(streamArn).flat()).toHaveLength(1);
    expect(refusal('GetRecords', { ShardIterator: ShardIterator as string }).code).toBe('TrimmedDataAccessException');
  });

  test('finds nothing though there is something, and tells its readers again', () => {
    const answers = [true, false];
    const { db, clock, write, streams, streamArn } = hostileStream({ hostility: { findsNothing: () => answers.shift() ?? false } });
    write('a', 1);
    let signals = 0;
    db.streams.onRecords(streamArn, () => {
      signals += 1;
    });
    const [ShardId] = shardIds(streams, streamArn);
    const { ShardIterator } = streams('GetShardIterator', { StreamArn: streamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' });
    const empty = streams('GetRecords', { ShardIterator }) as { Records: unknown[]; NextShardIterator: string };
    expect(empty.Records).toEqual([]);
    clock.advance(SECOND);
    expect(signals).toBe(1);
    expect(streams('GetRecords', { ShardIterator: empty.NextShardIterator })['Records']).toHaveLength(1);
  });

  test('lets iterators expire after a life that a simulation may shorten', () => {
    const { clock, streams, streamArn, refusal } = hostileStream({ iteratorLifeMs: SECOND });
    const [ShardId] = shardIds(streams, streamArn);
    const { ShardIterator } = streams('GetShardIterator', { StreamArn: streamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' });
    clock.advance(SECOND);
    expect(streams('GetRecords', { ShardIterator })['Records']).toEqual([]);
    clock.advance(1);
    expect(refusal('GetRecords', { ShardIterator: ShardIterator as string }).code).toBe('ExpiredIteratorException');
  });
});
