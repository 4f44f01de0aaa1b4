import { describe, expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import type { Item } from '../../../lib/local/dynamodb/attribute-value.ts';
import { benchWithTable } from './dynamodb-harness.ts';

const S = (text: string) => ({ S: text });
const key = (pk: string): Item => ({ pk: S(pk) });
const put = (pk: string, more: Item = {}) => ({ PutRequest: { Item: { ...key(pk), ...more } } });
const remove = (pk: string) => ({ DeleteRequest: { Key: key(pk) } });
const writes = (...things: Json[]) => ({ RequestItems: { things } });
const gets = (pks: readonly string[], more: Json = {}) => ({ RequestItems: { things: { Keys: pks.map(key), ...more } } });

describe('a batch of writes', () => {
  test('puts and deletes', () => {
    const { call, put: store, db } = benchWithTable({ hashOnly: true });
    store('things', key('old'));
    const answer = call('BatchWriteItem', {
      ...writes(put('a'), put('b'), remove('old'), remove('absent')),
      ReturnConsumedCapacity: 'TOTAL',
    });
    expect(answer).toEqual({ UnprocessedItems: {}, ConsumedCapacity: [{ TableName: 'things', CapacityUnits: 4 }] });
    expect(
      db.dynamodb
        .scanTable('things')
        .map((item) => item['pk']?.S)
        .toSorted(),
    ).toEqual(['a', 'b']);
  });

  test('takes 25 requests, and no item twice', () => {
    const { call, refusal, db } = benchWithTable({ hashOnly: true });
    const many = (count: number) => writes(...Array.from({ length: count }, (_, at) => put(`${at}`)));
    expect(refusal('BatchWriteItem', many(26)).message).toMatch(
      /^1 validation error detected: .*less than or equal to 25, Member must have length greater than or equal to 1]$/,
    );
    expect(refusal('BatchWriteItem', writes(put('a'), remove('a'))).message).toBe('Provided list of item keys contains duplicates');
    expect(refusal('BatchWriteItem', { RequestItems: {} }).code).toBe('ValidationException');
    expect(db.dynamodb.scanTable('things')).toEqual([]);
    expect(() => call('BatchWriteItem', many(25))).not.toThrow();
  });

  test('is refused as a whole for one wrong key', () => {
    const { refusal, db } = benchWithTable({ hashOnly: true });
    const wrong = writes(put('a'), { PutRequest: { Item: { pk: { N: '1' } } } });
    expect(refusal('BatchWriteItem', wrong).message).toBe('The provided key element does not match the schema');
    expect(refusal('BatchWriteItem', writes(put(''))).message).toContain('cannot contain an empty string value. Key: pk');
    expect(refusal('BatchWriteItem', { RequestItems: { missing: [put('a')] } }).code).toBe('ResourceNotFoundException');
    expect(db.dynamodb.scanTable('things')).toEqual([]);
  });
});

describe('a batch of gets', () => {
  test('returns what there is', () => {
    const { call, put: store } = benchWithTable({ hashOnly: true });
    store('things', { ...key('a'), x: S('1') });
    store('things', { ...key('b'), x: S('2') });
    const answer = call('BatchGetItem', { ...gets(['a', 'absent', 'b'], { ProjectionExpression: 'x' }), ReturnConsumedCapacity: 'TOTAL' });
    expect(answer).toEqual({
      Responses: { things: [{ x: S('1') }, { x: S('2') }] },
      UnprocessedKeys: {},
      ConsumedCapacity: [{ TableName: 'things', CapacityUnits: 1.5 }],
    });
  });

  test('leaves the keys beyond 16 MB unprocessed, with their options', () => {
    const { call, put: store } = benchWithTable({ hashOnly: true });
    const pks = Array.from({ length: 45 }, (_, at) => `${at}`);
    for (const pk of pks) store('things', { ...key(pk), body: S('x'.repeat(400_000)) });
    const answer = call('BatchGetItem', gets(pks, { ConsistentRead: true })) as {
      Responses: { things: Item[] };
      UnprocessedKeys: { things: { Keys: Item[]; ConsistentRead: boolean } };
    };
    expect(answer.Responses.things).toHaveLength(41);
    expect(answer.UnprocessedKeys.things).toEqual({ Keys: pks.slice(41).map(key), ConsistentRead: true });
  });

  test('takes 100 keys, and no key twice', () => {
    const { call, refusal } = benchWithTable({ hashOnly: true });
    const many = (count: number) => gets(Array.from({ length: count }, (_, at) => `${at}`));
    expect(() => call('BatchGetItem', many(100))).not.toThrow();
    expect(refusal('BatchGetItem', many(101)).message).toContain('Member must have length less than or equal to 100');
    expect(refusal('BatchGetItem', gets(['a', 'a'])).message).toBe('Provided list of item keys contains duplicates');
  });
});
