import { describe, expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import type { Item } from '../../../lib/local/dynamodb/attribute-value.ts';
import { benchWithTable, shardIds } from './dynamodb-harness.ts';

const S = (text: string) => ({ S: text });
const key = (pk: string): Item => ({ pk: S(pk) });
const HOUR = 3_600_000;
const bench = (stream = 'NEW_AND_OLD_IMAGES', engine = {}) => benchWithTable({ hashOnly: true, stream }, engine);

/** A bench with one shard, and shortcuts to read it. */
function oneShard() {
  const made = bench('NEW_AND_OLD_IMAGES', { shards: 1 });
  const [ShardId] = shardIds(made.streams, made.streamArn);
  const at = (ShardIteratorType: string, SequenceNumber?: string) =>
    made.streams('GetShardIterator', { StreamArn: made.streamArn, ShardId, ShardIteratorType, ...(SequenceNumber && { SequenceNumber }) })[
      'ShardIterator'
    ];
  const read = (ShardIterator: unknown, more: Json = {}) => {
    const { Records, NextShardIterator } = made.streams('GetRecords', { ShardIterator, ...more }) as {
      Records: { dynamodb: { Keys: Item; SequenceNumber: string } }[];
      NextShardIterator?: string;
    };
    return { pks: Records.map((record) => record.dynamodb.Keys['pk']?.S), records: Records, next: NextShardIterator };
  };
  return { ...made, ShardId, at, read, add: (pk: string) => made.put('things', key(pk)) };
}

describe('a stream record', () => {
  test('tells what happened to an item, in order', () => {
    const { call, put, records, streamArn } = bench();
    put('things', { ...key('a'), n: { N: '1' } });
    put('things', { ...key('a'), n: { N: '2' } });
    call('DeleteItem', { TableName: 'things', Key: key('a') });
    const events = records(streamArn).flat();
    expect(events.map((event) => event.eventName)).toEqual(['INSERT', 'MODIFY', 'REMOVE']);
    expect(events[1]).toEqual({
      eventID: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventName: 'MODIFY',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'us-east-1',
      dynamodb: {
        ApproximateCreationDateTime: Date.UTC(2026, 0, 1) / 1000,
        Keys: key('a'),
        NewImage: { ...key('a'), n: { N: '2' } },
        OldImage: { ...key('a'), n: { N: '1' } },
        SequenceNumber: expect.stringMatching(/^\d{21}$/),
        SizeBytes: 3 + 6 + 6,
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
    });
    const numbers = events.map((event) => event.dynamodb.SequenceNumber);
    expect(numbers.toSorted()).toEqual(numbers);
    expect(new Set(events.map((event) => event.eventID)).size).toBe(3);
  });

  test.each([
    ['KEYS_ONLY', false, false],
    ['NEW_IMAGE', true, false],
    ['OLD_IMAGE', false, true],
    ['NEW_AND_OLD_IMAGES', true, true],
  ])('of view type %s carries its images', (view, hasNew, hasOld) => {
    const { put, records, streamArn } = bench(view);
    put('things', key('a'));
    put('things', { ...key('a'), n: { N: '1' } });
    const change = records(streamArn).flat()[1]?.dynamodb;
    expect(['NewImage' in (change ?? {}), 'OldImage' in (change ?? {})]).toEqual([hasNew, hasOld]);
  });

  test('is not written by a write that changes nothing', () => {
    const { call, put, records, streamArn } = bench();
    put('things', { ...key('a'), s: { SS: ['x', 'y'] }, n: { N: '1' } });
    put('things', { ...key('a'), s: { SS: ['y', 'x'] }, n: { N: '1.0' } });
    call('UpdateItem', {
      TableName: 'things',
      Key: key('a'),
      UpdateExpression: 'SET n = :n',
      ExpressionAttributeValues: { ':n': { N: '1' } },
    });
    call('DeleteItem', { TableName: 'things', Key: key('absent') });
    call('TransactWriteItems', {
      TransactItems: [{ ConditionCheck: { TableName: 'things', Key: key('a'), ConditionExpression: 'attribute_exists(pk)' } }],
    });
    expect(records(streamArn).flat()).toHaveLength(1);
  });

  test('lands in the shard of its partition key', () => {
    const { put, records, streamArn } = bench();
    for (let at = 0; at < 100; at++) put('things', { ...key(`p${at % 25}`), n: { N: `${at}` } });
    const shards = records(streamArn);
    expect(shards).toHaveLength(4);
    for (const shard of shards) expect(shard.length).toBeGreaterThan(0);
    const owners = shards.map((shard) => new Set(shard.map((record) => record.dynamodb.Keys['pk']?.S)));
    expect(owners.reduce((sum, owner) => sum + owner.size, 0)).toBe(25);
    for (const shard of shards) {
      const numbers = shard.map((record) => record.dynamodb.SequenceNumber);
      expect(numbers.toSorted()).toEqual(numbers);
    }
  });

  test('of one transaction may come in any order across items', () => {
    const reversed = (n: number) => Array.from({ length: n }, (_, at) => n - 1 - at);
    const { call, records, streamArn } = bench('KEYS_ONLY', { shards: 1, shuffleTransaction: reversed });
    call('TransactWriteItems', { TransactItems: ['a', 'b', 'c'].map((pk) => ({ Put: { TableName: 'things', Item: key(pk) } })) });
    expect(records(streamArn)[0]?.map((record) => record.dynamodb.Keys['pk']?.S)).toEqual(['c', 'b', 'a']);
  });
});

describe('reading a shard', () => {
  test('starts at the horizon, at the latest, at or after a record', () => {
    const { at, read, add } = oneShard();
    add('a');
    add('b');
    const latest = at('LATEST');
    add('c');
    const [, second] = read(at('TRIM_HORIZON')).records;
    const number = second?.dynamodb.SequenceNumber as string;
    expect(read(at('TRIM_HORIZON')).pks).toEqual(['a', 'b', 'c']);
    expect(read(latest).pks).toEqual(['c']);
    expect(read(at('AT_SEQUENCE_NUMBER', number)).pks).toEqual(['b', 'c']);
    expect(read(at('AFTER_SEQUENCE_NUMBER', number)).pks).toEqual(['c']);
  });

  test('goes on from page to page and waits at the end', () => {
    const { at, read, add } = oneShard();
    for (const pk of ['a', 'b', 'c']) add(pk);
    const first = read(at('TRIM_HORIZON'), { Limit: 2 });
    const second = read(first.next);
    const third = read(second.next);
    expect([first.pks, second.pks, third.pks]).toEqual([['a', 'b'], ['c'], []]);
    add('d');
    expect(read(third.next).pks).toEqual(['d']);
  });

  test('returns at most 1000 records', () => {
    const { at, read, add } = oneShard();
    for (let n = 0; n < 1001; n++) add(`${n}`);
    const first = read(at('TRIM_HORIZON'));
    expect([first.pks.length, read(first.next).pks.length]).toEqual([1000, 1]);
  });

  test('expires its iterators after 15 minutes', () => {
    const { at, read, clock, refusal } = oneShard();
    const iterator = at('TRIM_HORIZON');
    clock.advance(15 * 60_000);
    expect(() => read(iterator)).not.toThrow();
    clock.advance(1);
    expect(refusal('GetRecords', { ShardIterator: iterator }).code).toBe('ExpiredIteratorException');
    expect(refusal('GetRecords', { ShardIterator: 'nonsense' }).code).toBe('ValidationException');
  });

  test('finds no record older than 24 hours, and says so', () => {
    const { at, read, add, clock, refusal, streamArn, ShardId } = oneShard();
    add('a');
    const [first] = read(at('TRIM_HORIZON')).records;
    clock.advance(23 * HOUR);
    add('b');
    expect(read(at('TRIM_HORIZON')).pks).toEqual(['a', 'b']);
    const before = at('TRIM_HORIZON');
    clock.advance(10 * 60_000);
    expect(read(before).pks).toEqual(['a', 'b']);
    clock.advance(HOUR);
    expect(read(at('TRIM_HORIZON')).pks).toEqual(['b']);
    const again = {
      StreamArn: streamArn,
      ShardId,
      ShardIteratorType: 'AT_SEQUENCE_NUMBER',
      SequenceNumber: first?.dynamodb.SequenceNumber,
    };
    expect(refusal('GetShardIterator', again).code).toBe('TrimmedDataAccessException');
  });
});

describe('a stream', () => {
  test('calls its listeners after the commit, with the shard', () => {
    const { db, put, streamArn, streams } = bench();
    const calls: string[] = [];
    const cancel = db.streams.onRecords(streamArn, (shardId) => calls.push(shardId));
    put('things', key('a'));
    put('things', key('a'));
    expect(calls).toHaveLength(1);
    expect(shardIds(streams, streamArn)).toContain(calls[0]);
    cancel();
    put('things', key('b'));
    expect(calls).toHaveLength(1);
  });

  test('that is disabled closes its shards and stays readable; enabling again starts a new one', () => {
    const { call, streams, put, records, streamArn, at, read } = oneShard();
    put('things', key('a'));
    const open = at('TRIM_HORIZON');
    call('UpdateTable', { TableName: 'things', StreamSpecification: { StreamEnabled: false } });
    put('things', key('b'));
    expect(read(open)).toMatchObject({ pks: ['a'], next: undefined });
    expect(streams('DescribeStream', { StreamArn: streamArn })).toMatchObject({
      StreamDescription: { StreamStatus: 'DISABLED', Shards: [{ SequenceNumberRange: { EndingSequenceNumber: expect.any(String) } }] },
    });
    const { TableDescription } = call('UpdateTable', {
      TableName: 'things',
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' },
    });
    const fresh = (TableDescription as { LatestStreamArn: string }).LatestStreamArn;
    expect(fresh).not.toBe(streamArn);
    put('things', key('c'));
    expect(records(fresh).flat()).toHaveLength(1);
    expect(streams('ListStreams', { TableName: 'things' })['Streams']).toHaveLength(2);
  });

  test('outlives its table', () => {
    const { call, put, records, streamArn } = bench();
    put('things', key('a'));
    call('DeleteTable', { TableName: 'things' });
    expect(records(streamArn).flat()).toHaveLength(1);
  });

  test('that does not exist is not found', () => {
    const { refusal } = bench();
    expect(refusal('DescribeStream', { StreamArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/x/stream/y' }).code).toBe(
      'ResourceNotFoundException',
    );
  });
});
