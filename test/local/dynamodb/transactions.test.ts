import { describe, expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import type { Item } from '../../../lib/local/dynamodb/attribute-value.ts';
import { itemInTransaction, throttled, transactionConflict } from '../../../lib/local/dynamodb/refusals.ts';
import { benchWithTable } from './dynamodb-harness.ts';

const S = (text: string) => ({ S: text });
const key = (pk: string): Item => ({ pk: S(pk) });
const put = (pk: string, more: Json = {}, item: Item = {}) => ({ Put: { TableName: 'things', Item: { ...key(pk), ...item }, ...more } });
const NEW = { ConditionExpression: 'attribute_not_exists(pk)' };
const bench = () => benchWithTable({ hashOnly: true, stream: 'NEW_AND_OLD_IMAGES' });

describe('a write transaction', () => {
  test('applies all four kinds of action', () => {
    const { call, put: store, get } = bench();
    store('things', { ...key('old'), n: { N: '1' } });
    store('things', key('gone'));
    call('TransactWriteItems', {
      TransactItems: [
        put('new', NEW),
        {
          Update: {
            TableName: 'things',
            Key: key('old'),
            UpdateExpression: 'ADD n :one',
            ExpressionAttributeValues: { ':one': { N: '1' } },
          },
        },
        { Delete: { TableName: 'things', Key: key('gone') } },
        { ConditionCheck: { TableName: 'things', Key: key('absent'), ConditionExpression: 'attribute_not_exists(pk)' } },
      ],
    });
    expect(get('things', key('new'))).toEqual(key('new'));
    expect(get('things', key('old'))).toEqual({ ...key('old'), n: { N: '2' } });
    expect(get('things', key('gone'))).toBeUndefined();
    expect(get('things', key('absent'))).toBeUndefined();
  });

  test('applies nothing when one condition fails, and gives one reason per action', () => {
    const { put: store, refusal, db, records, streamArn } = bench();
    store('things', { ...key('b'), v: S('here') });
    const error = refusal('TransactWriteItems', {
      TransactItems: [put('a'), put('b', { ...NEW, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }), put('c'), put('b2', NEW)],
    });
    expect([error.code, error.message]).toEqual([
      'TransactionCanceledException',
      'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, None, None]',
    ]);
    expect(error.details).toEqual({
      CancellationReasons: [
        { Code: 'None' },
        { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed', Item: { ...key('b'), v: S('here') } },
        { Code: 'None' },
        { Code: 'None' },
      ],
    });
    expect(db.dynamodb.scanTable('things')).toEqual([{ ...key('b'), v: S('here') }]);
    expect(records(streamArn).flat()).toHaveLength(1);
  });

  test('names every failed condition, and hides the item unless asked', () => {
    const { put: store, refusal } = bench();
    store('things', key('a'));
    store('things', key('b'));
    const error = refusal('TransactWriteItems', { TransactItems: [put('a', NEW), put('b', NEW)] });
    const reason = { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' };
    expect(error.details).toEqual({ CancellationReasons: [reason, reason] });
  });

  test('reports what the engine refuses while it runs as a validation reason', () => {
    const { put: store, refusal, db } = bench();
    store('things', { ...key('t'), n: S('text') });
    const add = {
      Update: { TableName: 'things', Key: key('t'), UpdateExpression: 'ADD n :one', ExpressionAttributeValues: { ':one': { N: '1' } } },
    };
    expect(refusal('TransactWriteItems', { TransactItems: [put('a'), add] }).details).toEqual({
      CancellationReasons: [
        { Code: 'None' },
        { Code: 'ValidationError', Message: 'An operand in the update expression has an incorrect data type' },
      ],
    });
    expect(db.dynamodb.scanTable('things')).toHaveLength(1);
  });

  test('is cancelled by a key of the wrong type, but refused for an empty key', () => {
    const { refusal } = bench();
    const wrong = refusal('TransactWriteItems', { TransactItems: [put('a'), { Put: { TableName: 'things', Item: { pk: { N: '1' } } } }] });
    expect(wrong.message).toBe('Transaction cancelled, please refer cancellation reasons for specific reasons [None, ValidationError]');
    expect(wrong.details).toMatchObject({
      CancellationReasons: [{}, { Message: 'One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N' }],
    });
    const lookup = refusal('TransactWriteItems', { TransactItems: [{ Delete: { TableName: 'things', Key: { pk: { N: '1' } } } }] });
    expect(lookup.details).toEqual({
      CancellationReasons: [{ Code: 'ValidationError', Message: 'The provided key element does not match the schema' }],
    });
    const empty = refusal('TransactWriteItems', { TransactItems: [put('')] });
    expect([empty.code, empty.message]).toEqual([
      'ValidationException',
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk',
    ]);
  });

  test('takes one action per item, 100 actions and 4 MB', () => {
    const { call, refusal } = bench();
    const actions = (count: number, body = '') => Array.from({ length: count }, (_, at) => put(`k${at}`, {}, { body: S(body) }));
    expect(refusal('TransactWriteItems', { TransactItems: [put('a'), { Delete: { TableName: 'things', Key: key('a') } }] }).message).toBe(
      'Transaction request cannot include multiple operations on one item',
    );
    expect(() => call('TransactWriteItems', { TransactItems: actions(100) })).not.toThrow();
    expect(refusal('TransactWriteItems', { TransactItems: actions(101) }).message).toMatch(
      /Member must have length less than or equal to 100$/,
    );
    expect(refusal('TransactWriteItems', { TransactItems: [] }).message).toMatch(/Member must have length greater than or equal to 1$/);
    const body = 'x'.repeat(400_000);
    expect(() => call('TransactWriteItems', { TransactItems: actions(10, body) })).not.toThrow();
    expect(refusal('TransactWriteItems', { TransactItems: actions(11, body) }).code).toBe('ValidationException');
  });

  test('reports a broken expression before a missing table', () => {
    const { refusal } = bench();
    const error = refusal('TransactWriteItems', {
      TransactItems: [{ Put: { TableName: 'missing', Item: key('a') } }, put('b', { ConditionExpression: 'attribute_not_exists(' })],
    });
    expect(error.message).toBe('Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "("');
    const missing = refusal('TransactWriteItems', { TransactItems: [{ Put: { TableName: 'missing', Item: key('a') } }] });
    expect([missing.code, missing.message]).toEqual(['ResourceNotFoundException', 'Requested resource not found']);
  });

  test('with a token runs once in ten minutes and bills the repeat as a read', () => {
    const { call, clock, get } = bench();
    const input = {
      ClientRequestToken: 'token-1',
      ReturnConsumedCapacity: 'TOTAL',
      TransactItems: [
        {
          Update: {
            TableName: 'things',
            Key: key('a'),
            UpdateExpression: 'ADD n :one SET body = if_not_exists(body, :body)',
            ExpressionAttributeValues: { ':one': { N: '1' }, ':body': S('x'.repeat(1500)) },
          },
        },
      ],
    };
    const count = () => get('things', key('a'))?.['n'];
    expect(call('TransactWriteItems', input)['ConsumedCapacity']).toEqual([
      { TableName: 'things', CapacityUnits: 4, WriteCapacityUnits: 4 },
    ]);
    clock.advance(10 * 60_000 - 1);
    expect(call('TransactWriteItems', input)['ConsumedCapacity']).toEqual([
      { TableName: 'things', CapacityUnits: 2, ReadCapacityUnits: 2 },
    ]);
    expect(count()).toEqual({ N: '1' });
    clock.advance(1);
    call('TransactWriteItems', input);
    expect(count()).toEqual({ N: '2' });
  });

  test('with a token refuses other content, but forgets a cancelled attempt', () => {
    const { call, refusal, put: store } = bench();
    store('things', key('taken'));
    const attempt = (pk: string) => ({ ClientRequestToken: 'token-1', TransactItems: [put(pk, NEW)] });
    expect(refusal('TransactWriteItems', attempt('taken')).code).toBe('TransactionCanceledException');
    call('TransactWriteItems', attempt('a'));
    expect(refusal('TransactWriteItems', attempt('b')).code).toBe('IdempotentParameterMismatchException');
    expect(() => call('TransactWriteItems', attempt('a'))).not.toThrow();
    expect(refusal('TransactWriteItems', { ...attempt('c'), ClientRequestToken: 'x'.repeat(37) }).message).toMatch(
      /less than or equal to 36$/,
    );
  });
});

describe('a read transaction', () => {
  test('returns one answer per get, projected, also for what is missing', () => {
    const { call, put: store } = bench();
    store('things', { ...key('a'), x: S('1'), y: S('2') });
    const get = (pk: string, more: Json = {}) => ({ Get: { TableName: 'things', Key: key(pk), ...more } });
    expect(
      call('TransactGetItems', { TransactItems: [get('a', { ProjectionExpression: 'y' }), get('b')], ReturnConsumedCapacity: 'INDEXES' }),
    ).toEqual({
      Responses: [{ Item: { y: S('2') } }, {}],
      ConsumedCapacity: [
        { TableName: 'things', CapacityUnits: 4, ReadCapacityUnits: 4, Table: { CapacityUnits: 4, ReadCapacityUnits: 4 } },
      ],
    });
  });

  test('refuses an item twice and cancels for a wrong key', () => {
    const { refusal } = bench();
    const get = (pk: Item[string]) => ({ Get: { TableName: 'things', Key: { pk } } });
    expect(refusal('TransactGetItems', { TransactItems: [get(S('a')), get(S('a'))] }).message).toBe(
      'Transaction request cannot include multiple operations on one item',
    );
    expect(refusal('TransactGetItems', { TransactItems: [get(S('a')), get({ N: '1' })] }).message).toBe(
      'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ValidationError]',
    );
  });
});

describe('faults for injection', () => {
  test('look as AWS writes them', () => {
    const conflict = transactionConflict(3, 1);
    expect(conflict.message).toBe(
      'Transaction cancelled, please refer cancellation reasons for specific reasons [None, TransactionConflict, None]',
    );
    expect(conflict.details).toEqual({
      CancellationReasons: [
        { Code: 'None' },
        { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' },
        { Code: 'None' },
      ],
    });
    expect(itemInTransaction().code).toBe('TransactionConflictException');
    expect(throttled().code).toBe('ProvisionedThroughputExceededException');
  });
});
