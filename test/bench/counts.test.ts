import { beforeAll, describe, expect, test } from 'vitest';
import { countHops } from '../../bench/counts/hops.ts';
import type { Hop } from '../../bench/counts/ledger.ts';
import { callsOf, livesOf } from '../../bench/counts/lives.ts';

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

describe('a message that fails', () => {
  test('writes one item at its first failure, two at each other, and tells the queue once', () => {
    expect(costs('fail, first receive')).toEqual({
      calls: { 'dynamodb:UpdateItem': 1, 'sqs:ChangeMessageVisibilityBatch': 1 },
      writeUnits: 1,
      readUnits: 0,
    });
    expect(costs('fail, second receive')).toEqual({
      calls: { 'dynamodb:BatchGetItem': 1, 'dynamodb:UpdateItem': 2, 'sqs:ChangeMessageVisibilityBatch': 1 },
      writeUnits: 2,
      readUnits: 2,
    });
  });

  test('is looked up and entered in the books before the run that handles it', () => {
    expect(costs('handle, third receive, after two failures')).toEqual({
      calls: { 'dynamodb:BatchGetItem': 1, 'dynamodb:UpdateItem': 1, 'dynamodb:TransactWriteItems': 1 },
      writeUnits: 5,
      readUnits: 2,
    });
  });

  test('is dead-lettered by one call, and forgotten by another if it was in the books', () => {
    expect(costs('dead letter, permanent failure')).toEqual({ calls: { 'sqs:SendMessage': 1 }, writeUnits: 0, readUnits: 0 });
    expect(costs('dead letter, fifth attempt')).toEqual({
      calls: { 'dynamodb:BatchGetItem': 1, 'dynamodb:UpdateItem': 1, 'dynamodb:DeleteItem': 1, 'sqs:SendMessage': 1 },
      writeUnits: 2,
      readUnits: 2,
    });
  });
});

describe('the failure store', () => {
  test.each([
    ['index, one letter', 10, 2],
    ['index, 10 letters of one cause', 82, 11],
  ])('takes in %s by one read and one transaction, %i write units in all', (hop, writeUnits, readUnits) => {
    expect(costs(hop)).toEqual({ calls: { 'dynamodb:BatchGetItem': 1, 'dynamodb:TransactWriteItems': 1 }, writeUnits, readUnits });
  });

  test('sends back ten failures by one claim, one batch and one settlement, and the books of the redrive', () => {
    expect(costs('redrive, 10 failures')).toEqual({
      calls: {
        ...{ 'dynamodb:PutItem': 1, 'dynamodb:GetItem': 1, 'dynamodb:UpdateItem': 6, 'dynamodb:Query': 2 },
        ...{ 'dynamodb:BatchGetItem': 2, 'dynamodb:TransactWriteItems': 2, 'sqs:SendMessageBatch': 1 },
      },
      writeUnits: 191,
      readUnits: 32.5,
    });
  });

  test('sends back a hundred failures by a third of a call each', () => {
    const { calls, writeUnits } = costs('redrive, 100 failures');
    expect(calls).toMatchObject({ 'dynamodb:TransactWriteItems': 8, 'sqs:SendMessageBatch': 10, 'dynamodb:UpdateItem': 6 });
    expect([callsOf(calls), writeUnits]).toEqual([33, 1_829]);
  });

  test('leaves a copy that was redriven to cost what a fresh message costs', () => {
    expect(costs('consume, 10 copies that were redriven')).toEqual(costs('consume, packed, batch of 10'));
  });
});

test('a life is the sum of its hops', () => {
  const lives = new Map(livesOf([...hops.values()]).map((life) => [life.life, life]));
  expect(lives.get('fails five times, until it is in the failure store')).toMatchObject({ calls: 20, writeUnits: 19, readUnits: 10 });
  expect(lives.get('fails twice, then is handled')).toMatchObject({ calls: 9, writeUnits: 8, readUnits: 4 });
});
