import { describe, expect, test } from 'vitest';
import type { Item } from '../../../lib/local/dynamodb/attribute-value.ts';
import { createBench } from './dynamodb-harness.ts';

const S = (text: string) => ({ S: text });

/** Orders by customer and number; found by status (global, sparse), by day (local). */
function orders() {
  const bench = createBench();
  bench.call('CreateTable', {
    TableName: 'orders',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['customer', 'number', 'state', 'day'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'customer', KeyType: 'HASH' },
      { AttributeName: 'number', KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-state',
        KeySchema: [
          { AttributeName: 'state', KeyType: 'HASH' },
          { AttributeName: 'day', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['total'] },
      },
    ],
    LocalSecondaryIndexes: [
      {
        IndexName: 'by-day',
        KeySchema: [
          { AttributeName: 'customer', KeyType: 'HASH' },
          { AttributeName: 'day', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
  });
  return bench;
}

function order(number: string, more: Item = {}): Item {
  return { customer: S('c'), number: S(number), ...more };
}

const byState = (state: string, more = {}) => ({
  TableName: 'orders',
  IndexName: 'by-state',
  KeyConditionExpression: '#s = :s',
  ExpressionAttributeNames: { '#s': 'state' },
  ExpressionAttributeValues: { ':s': S(state) },
  ...more,
});

describe('a global index', () => {
  test('follows puts, updates and deletes, and carries what it projects', () => {
    const { call, put } = orders();
    put('orders', order('1', { state: S('open'), day: S('2'), total: { N: '5' }, note: S('n') }));
    put('orders', order('2', { state: S('open'), day: S('1') }));
    put('orders', order('3', { state: S('open') }));
    const found = () => (call('Query', byState('open'))['Items'] as Item[]).map((item) => item['number']?.S);
    expect(found()).toEqual(['2', '1']);
    expect(call('Query', byState('open', { ScanIndexForward: false, Limit: 1 }))).toMatchObject({
      Items: [order('1', { state: S('open'), day: S('2'), total: { N: '5' } })],
      LastEvaluatedKey: order('1', { state: S('open'), day: S('2') }),
    });
    call('UpdateItem', {
      TableName: 'orders',
      Key: order('1'),
      UpdateExpression: 'SET #s = :s',
      ExpressionAttributeNames: { '#s': 'state' },
      ExpressionAttributeValues: { ':s': S('shut') },
    });
    expect(found()).toEqual(['2']);
    call('DeleteItem', { TableName: 'orders', Key: order('2') });
    expect(found()).toEqual([]);
  });

  test('pages through entries with equal keys', () => {
    const { call, put } = orders();
    for (let at = 0; at < 9; at++) put('orders', order(`${at}`, { state: S('open'), day: S('1') }));
    const seen: unknown[] = [];
    let ExclusiveStartKey: unknown;
    do {
      const page = call('Query', byState('open', { Limit: 4, ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}) }));
      seen.push(...(page['Items'] as Item[]).map((item) => item['number']?.S));
      ExclusiveStartKey = page['LastEvaluatedKey'];
    } while (ExclusiveStartKey);
    expect(seen).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
  });

  test('is never strongly consistent, and never returns what it does not carry', () => {
    const { refusal } = orders();
    expect(refusal('Query', byState('open', { ConsistentRead: true })).message).toBe(
      'Consistent reads are not supported on global secondary indexes',
    );
    expect(refusal('Query', byState('open', { Select: 'ALL_ATTRIBUTES' })).message).toBe(
      'One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index by-state because its projection type is not ALL',
    );
  });

  test('refuses keys of the wrong type and empty keys', () => {
    const { refusal } = orders();
    const put = (state: Item[string]) => refusal('PutItem', { TableName: 'orders', Item: order('1', { state }) }).message;
    expect(put({ N: '1' })).toBe(
      'One or more parameter values were invalid: Type mismatch for Index Key state Expected: S Actual: N IndexName: by-state',
    );
    expect(put(S(''))).toBe(
      'One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty string value. IndexName: by-state, IndexKey: state',
    );
  });

  test('can be added to a table with items, and removed', () => {
    const { call, put, refusal } = orders();
    put('orders', order('1', { region: S('eu') }));
    put('orders', order('2', { region: { N: '7' } }));
    call('UpdateTable', {
      TableName: 'orders',
      AttributeDefinitions: [{ AttributeName: 'region', AttributeType: 'S' }],
      GlobalSecondaryIndexUpdates: [
        {
          Create: {
            IndexName: 'by-region',
            KeySchema: [{ AttributeName: 'region', KeyType: 'HASH' }],
            Projection: { ProjectionType: 'ALL' },
          },
        },
      ],
    });
    expect(call('Scan', { TableName: 'orders', IndexName: 'by-region' })).toMatchObject({
      Items: [order('1', { region: S('eu') })],
      Count: 1,
    });
    call('UpdateTable', { TableName: 'orders', GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'by-region' } }] });
    expect(refusal('Scan', { TableName: 'orders', IndexName: 'by-region' }).message).toBe(
      'The table does not have the specified index: by-region',
    );
    expect(
      (call('DescribeTable', { TableName: 'orders' })['Table'] as { AttributeDefinitions: unknown[] }).AttributeDefinitions,
    ).toHaveLength(4);
  });
});

describe('a local index', () => {
  const byDay = {
    TableName: 'orders',
    IndexName: 'by-day',
    KeyConditionExpression: 'customer = :c',
    ExpressionAttributeValues: { ':c': S('c') },
  };

  test('reads strongly consistently in its own order', () => {
    const { call, put } = orders();
    put('orders', order('1', { day: S('2'), note: S('n') }));
    put('orders', order('2', { day: S('1') }));
    const page = call('Query', { ...byDay, ConsistentRead: true });
    expect(page['Items']).toEqual([order('2', { day: S('1') }), order('1', { day: S('2') })]);
  });

  test('fetches from the table what it does not carry', () => {
    const { call, put } = orders();
    put('orders', order('1', { day: S('2'), note: S('n') }));
    expect(call('Query', { ...byDay, Select: 'ALL_ATTRIBUTES' })['Items']).toEqual([order('1', { day: S('2'), note: S('n') })]);
    const projected = call('Query', { ...byDay, ProjectionExpression: 'note', ReturnConsumedCapacity: 'INDEXES', ConsistentRead: true });
    expect(projected['Items']).toEqual([{ note: S('n') }]);
    expect(projected['ConsumedCapacity']).toEqual({
      TableName: 'orders',
      CapacityUnits: 2,
      Table: { CapacityUnits: 1 },
      LocalSecondaryIndexes: { 'by-day': { CapacityUnits: 1 } },
    });
  });

  test('gives its table item collections', () => {
    const { call } = orders();
    const answer = call('PutItem', { TableName: 'orders', Item: order('1'), ReturnItemCollectionMetrics: 'SIZE' });
    expect(answer).toEqual({ ItemCollectionMetrics: { ItemCollectionKey: { customer: S('c') }, SizeEstimateRangeGB: [0, 1] } });
  });
});
