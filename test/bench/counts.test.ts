import { beforeAll, describe, expect, test } from 'vitest';
import { countHops, type Hop } from '../../bench/counts/hops.ts';

let hops: ReadonlyMap<string, Hop>;

beforeAll(async () => {
  hops = new Map((await countHops()).map((hop) => [hop.hop, hop]));
});

const costs = (hop: string) => {
  const { calls, writeUnits, readUnits } = hops.get(hop) as Hop;
  return { calls, writeUnits, readUnits };
};

describe('a producer', () => {
  test('commits its write and its message in one call, four units above the write alone', () => {
    // Business item 2, a row of two KB 4, its entry in the sparse index 2: transactions cost double.
    expect(costs('commit, no ordering key')).toEqual({ calls: { 'dynamodb:TransactWriteItems': 1 }, writeUnits: 8, readUnits: 0 });
  });

  test('reads the head of an ordering key and moves it: one call and two units more', () => {
    expect(costs('commit, ordering key')).toEqual({
      calls: { 'dynamodb:BatchGetItem': 1, 'dynamodb:TransactWriteItems': 1 },
      writeUnits: 10,
      readUnits: 1,
    });
  });

  test('pays two units for an idempotency key and no call', () => {
    expect(costs('commit, idempotency key')).toEqual({ calls: { 'dynamodb:TransactWriteItems': 1 }, writeUnits: 10, readUnits: 0 });
  });
});

describe('the relay', () => {
  test('publishes ten rows without keys in one call and forgets them in another', () => {
    expect(costs('relay, no keys, batch of 10')).toEqual({
      calls: { 'dynamodb:BatchWriteItem': 1, 'sns:PublishBatch': 1 },
      writeUnits: 30,
      readUnits: 0,
    });
  });

  test('publishes a hundred rows without keys in ten calls and forgets them in four', () => {
    expect(costs('relay, no keys, batch of 100')).toEqual({
      calls: { 'dynamodb:BatchWriteItem': 4, 'sns:PublishBatch': 10 },
      writeUnits: 300,
      readUnits: 0,
    });
  });

  test('asks once for each key and publishes the keys together', () => {
    expect(costs('relay, 10 keys, batch of 10')).toEqual({
      calls: { 'dynamodb:BatchWriteItem': 1, 'dynamodb:Query': 10, 'sns:PublishBatch': 1 },
      writeUnits: 30,
      readUnits: 10,
    });
  });

  test('publishes the messages of one key one after the other, from one read', () => {
    expect(costs('relay, one key, batch of 10')).toEqual({
      calls: { 'dynamodb:BatchWriteItem': 1, 'dynamodb:Query': 1, 'sns:PublishBatch': 10 },
      writeUnits: 30,
      readUnits: 3,
    });
  });
});

describe('a consumer', () => {
  test.each([
    ['consume, packed, batch of 10', 1, 40],
    ['consume, packed, batch of 100', 2, 400],
    ['consume, one transaction each, batch of 10', 10, 40],
  ])('%s takes %i transactions and four units a message', (hop, transactions, writeUnits) => {
    expect(costs(hop)).toEqual({ calls: { 'dynamodb:TransactWriteItems': transactions }, writeUnits, readUnits: 0 });
  });

  test('claims and completes an external effect, without a transaction', () => {
    expect(costs('consume, external effect')).toEqual({
      calls: { 'dynamodb:PutItem': 1, 'dynamodb:UpdateItem': 1 },
      writeUnits: 2,
      readUnits: 0,
    });
  });

  test('looks before it runs a message that came back, and keeps its books', () => {
    expect(costs('consume, second receive')).toEqual({
      calls: { 'dynamodb:BatchGetItem': 1, 'dynamodb:UpdateItem': 1, 'dynamodb:TransactWriteItems': 1 },
      writeUnits: 5,
      readUnits: 2,
    });
  });

  test('knows a duplicate by the one transaction that is refused', () => {
    expect(costs('consume, a duplicate of it').calls).toEqual({ 'dynamodb:TransactWriteItems': 1 });
  });

  test('knows a duplicate that came back by one read', () => {
    expect(costs('consume, a duplicate that came back')).toEqual({ calls: { 'dynamodb:BatchGetItem': 1 }, writeUnits: 0, readUnits: 2 });
  });
});
