import { describe, expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import type { Item } from '../../../lib/local/dynamodb/attribute-value.ts';
import { itemSize } from '../../../lib/local/dynamodb/item-size.ts';
import { benchWithTable } from './dynamodb-harness.ts';

const S = (text: string) => ({ S: text });

/** An item of exactly that many bytes. */
function itemOf(pk: string, bytes: number): Item {
  return { pk: S(pk), body: S('x'.repeat(bytes - 'pk'.length - pk.length - 'body'.length)) };
}

const INDEX = {
  AttributeDefinitions: ['pk', 'g'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  GlobalSecondaryIndexes: [
    { IndexName: 'by-g', KeySchema: [{ AttributeName: 'g', KeyType: 'HASH' }], Projection: { ProjectionType: 'KEYS_ONLY' } },
  ],
};

const plain = () => benchWithTable({ hashOnly: true });
const indexed = () => benchWithTable({ hashOnly: true, extra: INDEX });

function units(answer: Json): unknown {
  return (answer['ConsumedCapacity'] as Json)['CapacityUnits'];
}

describe('the size of an item', () => {
  test.each<[string, Item, number]>([
    ['text in UTF-8 bytes', { ab: S('é😀') }, 8],
    ['a number by its digits', { n: { N: '123' } }, 4],
    ['a blob by its bytes', { b: { B: 'AQID' } }, 4],
    ['a flag and a null by one', { t: { BOOL: false }, n: { NULL: true } }, 4],
    ['sets by their members', { s: { SS: ['ab', 'c'] }, n: { NS: ['1', '22'] } }, 9],
    [
      'documents with 3 bytes and 1 per element',
      { m: { M: { a: S('x'), b: { L: [S('y')] } } } },
      1 + 3 + (1 + 1 + 1) + (1 + 1 + 3 + 1 + 1),
    ],
  ])('counts %s', (_, item, bytes) => {
    expect(itemSize(item)).toBe(bytes);
  });
});

describe('a write costs', () => {
  test.each([
    [1024, 1],
    [1025, 2],
    [2048, 2],
    [400 * 1024, 400],
  ])('%i bytes: %i units', (bytes, expected) => {
    const { call } = plain();
    expect(units(call('PutItem', { TableName: 'things', Item: itemOf('a', bytes), ReturnConsumedCapacity: 'TOTAL' }))).toBe(expected);
  });

  test('as much as the larger of the old and the new item', () => {
    const { call, put } = plain();
    put('things', itemOf('a', 3000));
    expect(units(call('PutItem', { TableName: 'things', Item: itemOf('a', 100), ReturnConsumedCapacity: 'TOTAL' }))).toBe(3);
    expect(units(call('DeleteItem', { TableName: 'things', Key: { pk: S('a') }, ReturnConsumedCapacity: 'TOTAL' }))).toBe(1);
    expect(units(call('DeleteItem', { TableName: 'things', Key: { pk: S('a') }, ReturnConsumedCapacity: 'TOTAL' }))).toBe(1);
  });

  test('one more in an index it enters or leaves, two more in one where it moves, none where nothing changes', () => {
    const { call } = indexed();
    const put = (item: Item) =>
      call('PutItem', { TableName: 'things', Item: { pk: S('a'), ...item }, ReturnConsumedCapacity: 'INDEXES' })['ConsumedCapacity'];
    const cost = (index: number) => ({
      TableName: 'things',
      CapacityUnits: 1 + index,
      Table: { CapacityUnits: 1 },
      ...(index > 0 && { GlobalSecondaryIndexes: { 'by-g': { CapacityUnits: index } } }),
    });
    expect(put({})).toEqual(cost(0));
    expect(put({ g: S('1') })).toEqual(cost(1));
    expect(put({ g: S('1'), other: S('not projected') })).toEqual(cost(0));
    expect(put({ g: S('2') })).toEqual(cost(2));
    expect(put({})).toEqual(cost(1));
  });

  test('double in a transaction, indexes included', () => {
    const { call } = indexed();
    const TransactItems = [
      { Put: { TableName: 'things', Item: { pk: S('a'), g: S('1') } } },
      { Put: { TableName: 'things', Item: itemOf('b', 1025) } },
      { ConditionCheck: { TableName: 'things', Key: { pk: S('c') }, ConditionExpression: 'attribute_not_exists(pk)' } },
    ];
    expect(call('TransactWriteItems', { TransactItems, ReturnConsumedCapacity: 'INDEXES' })['ConsumedCapacity']).toEqual([
      {
        TableName: 'things',
        CapacityUnits: 10,
        WriteCapacityUnits: 10,
        Table: { CapacityUnits: 8, WriteCapacityUnits: 8 },
        GlobalSecondaryIndexes: { 'by-g': { CapacityUnits: 2, WriteCapacityUnits: 2 } },
      },
    ]);
  });
});

describe('a read costs', () => {
  test.each([
    [4096, true, 1],
    [4097, true, 2],
    [4096, false, 0.5],
    [4097, false, 1],
  ])('%i bytes, consistent %s: %d units', (bytes, ConsistentRead, expected) => {
    const { call, put } = plain();
    put('things', itemOf('a', bytes));
    const answer = call('GetItem', { TableName: 'things', Key: { pk: S('a') }, ConsistentRead, ReturnConsumedCapacity: 'TOTAL' });
    expect(answer['ConsumedCapacity']).toEqual({ TableName: 'things', CapacityUnits: expected });
  });

  test('as a small item when there is none', () => {
    const { call } = plain();
    expect(units(call('GetItem', { TableName: 'things', Key: { pk: S('a') }, ReturnConsumedCapacity: 'TOTAL' }))).toBe(0.5);
  });

  test('the sum of all items read, filtered out or not, rounded once', () => {
    const { call, put } = benchWithTable();
    for (let at = 0; at < 5; at++) put('things', { ...itemOf('a', 2000), sk: S(`${at}`) });
    const query = {
      TableName: 'things',
      KeyConditionExpression: 'pk = :p',
      FilterExpression: 'attribute_exists(absent)',
      ExpressionAttributeValues: { ':p': S('a') },
      ReturnConsumedCapacity: 'TOTAL',
    };
    expect(units(call('Query', query))).toBe(1.5);
    expect(units(call('Query', { ...query, ConsistentRead: true }))).toBe(3);
    expect(units(call('Query', { ...query, ExpressionAttributeValues: { ':p': S('nobody') } }))).toBe(0.5);
  });
});
