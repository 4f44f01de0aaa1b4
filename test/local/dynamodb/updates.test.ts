import { describe, expect, test } from 'vitest';
import type { Item } from '../../../lib/local/dynamodb/attribute-value.ts';
import { benchWithTable } from './dynamodb-harness.ts';

const KEY: Item = { pk: { S: 'p' } };

/** Applies an update to an item and returns what it became, without its key. */
function after(before: Item, expression: string, values?: Item, names?: Record<string, string>): Item {
  const { call, put, get } = benchWithTable({ hashOnly: true });
  put('things', { ...KEY, ...before });
  call('UpdateItem', update(expression, values, names));
  const { pk: _, ...rest } = get('things', KEY) as Item;
  return rest;
}

function update(expression: string, values?: Item, names?: Record<string, string>) {
  return {
    TableName: 'things',
    Key: KEY,
    UpdateExpression: expression,
    ...(values && { ExpressionAttributeValues: values }),
    ...(names && { ExpressionAttributeNames: names }),
  };
}

const abc = { L: [{ S: 'a' }, { S: 'b' }, { S: 'c' }] };

const CASES: [string, Item, string, Item | undefined, Item][] = [
  ['sets a new attribute', {}, 'SET a = :v', { ':v': { S: 'x' } }, { a: { S: 'x' } }],
  ['replaces with another type', { a: { N: '1' } }, 'SET a = :v', { ':v': { S: 'x' } }, { a: { S: 'x' } }],
  [
    'reads operands from the item as it was',
    { a: { N: '1' }, b: { N: '2' } },
    'SET a = b, b = a',
    undefined,
    { a: { N: '2' }, b: { N: '1' } },
  ],
  ['adds decimals exactly', { a: { N: '0.1' } }, 'SET a = a + :v', { ':v': { N: '0.2' } }, { a: { N: '0.3' } }],
  ['subtracts below zero', { a: { N: '1' } }, 'SET a = a - :v', { ':v': { N: '3.5' } }, { a: { N: '-2.5' } }],
  [
    'keeps 38 digits',
    { a: { N: '99999999999999999999999999999999999998' } },
    'SET a = a + :v',
    { ':v': { N: '1' } },
    { a: { N: '99999999999999999999999999999999999999' } },
  ],
  ['falls back when absent', {}, 'SET a = if_not_exists(a, :z) + :v', { ':z': { N: '0' }, ':v': { N: '5' } }, { a: { N: '5' } }],
  ['keeps what exists', { a: { N: '7' } }, 'SET a = if_not_exists(a, :z)', { ':z': { N: '0' } }, { a: { N: '7' } }],
  ['appends to a list', { a: abc }, 'SET a = list_append(a, :v)', { ':v': { L: [{ S: 'd' }] } }, { a: { L: [...abc.L, { S: 'd' }] } }],
  ['puts before a list', { a: abc }, 'SET a = list_append(:v, a)', { ':v': { L: [{ S: 'd' }] } }, { a: { L: [{ S: 'd' }, ...abc.L] } }],
  [
    'sets inside a map',
    { m: { M: { x: { N: '1' } } } },
    'SET m.y = :v',
    { ':v': { N: '2' } },
    { m: { M: { x: { N: '1' }, y: { N: '2' } } } },
  ],
  ['sets a list element', { a: abc }, 'SET a[1] = :v', { ':v': { S: 'B' } }, { a: { L: [{ S: 'a' }, { S: 'B' }, { S: 'c' }] } }],
  [
    'appends beyond the end, in order',
    { a: { L: [] } },
    'SET a[9] = :y, a[5] = :x',
    { ':x': { S: 'x' }, ':y': { S: 'y' } },
    { a: { L: [{ S: 'x' }, { S: 'y' }] } },
  ],
  ['removes attributes', { a: { N: '1' }, b: { N: '2' } }, 'REMOVE a, absent', undefined, { b: { N: '2' } }],
  ['removes list elements by their old positions', { a: abc }, 'REMOVE a[0], a[1]', undefined, { a: { L: [{ S: 'c' }] } }],
  ['sets and removes in one list', { a: abc }, 'SET a[2] = :v REMOVE a[0]', { ':v': { S: 'C' } }, { a: { L: [{ S: 'b' }, { S: 'C' }] } }],
  ['removes nothing beyond the end', { a: abc }, 'REMOVE a[7]', undefined, { a: abc }],
  ['adds to a number', { a: { N: '5' } }, 'ADD a :v', { ':v': { N: '-7' } }, { a: { N: '-2' } }],
  ['adds to nothing', {}, 'ADD a :v', { ':v': { N: '5' } }, { a: { N: '5' } }],
  ['adds members once', { a: { SS: ['x'] } }, 'ADD a :v', { ':v': { SS: ['x', 'y'] } }, { a: { SS: ['x', 'y'] } }],
  ['adds a set', {}, 'ADD a :v', { ':v': { NS: ['1'] } }, { a: { NS: ['1'] } }],
  ['deletes members', { a: { SS: ['x', 'y'] } }, 'DELETE a :v', { ':v': { SS: ['x', 'z'] } }, { a: { SS: ['y'] } }],
  ['drops a set that became empty', { a: { SS: ['x'] } }, 'DELETE a :v', { ':v': { SS: ['x'] } }, {}],
  ['reads the key', {}, 'SET a = pk', undefined, { a: { S: 'p' } }],
  [
    'nests functions',
    {},
    'SET a = list_append(if_not_exists(a, :e), :v)',
    { ':e': { L: [] }, ':v': { L: [{ S: 'x' }] } },
    { a: { L: [{ S: 'x' }] } },
  ],
  ['reads a sum in parentheses', { a: { N: '1' } }, 'SET a = (a + :v)', { ':v': { N: '2' } }, { a: { N: '3' } }],
  [
    'does all four at once',
    { b: { N: '1' }, c: { N: '1' }, d: { SS: ['x', 'y'] } },
    'SET a = :s ADD c :n DELETE d :x REMOVE b',
    { ':s': { S: '' }, ':n': { N: '1' }, ':x': { SS: ['x'] } },
    { a: { S: '' }, c: { N: '2' }, d: { SS: ['y'] } },
  ],
];

const REFUSED: [string, Item, string, Item | undefined, string][] = [
  [
    'a path without a parent',
    {},
    'SET a.b = :v',
    { ':v': { S: 'x' } },
    'The document path provided in the update expression is invalid for update',
  ],
  [
    'a position in a map',
    { a: { M: {} } },
    'SET a[0] = :v',
    { ':v': { S: 'x' } },
    'The document path provided in the update expression is invalid for update',
  ],
  [
    'an operand that is not there',
    {},
    'SET a = b',
    undefined,
    'The provided expression refers to an attribute that does not exist in the item',
  ],
  [
    'arithmetic on a text',
    { a: { S: 'x' } },
    'SET a = a + :v',
    { ':v': { N: '1' } },
    'An operand in the update expression has an incorrect data type',
  ],
  [
    'appending to a text',
    { a: { S: 'x' } },
    'SET a = list_append(a, :v)',
    { ':v': { L: [] } },
    'An operand in the update expression has an incorrect data type',
  ],
  [
    'ADD across types',
    { a: { S: 'x' } },
    'ADD a :v',
    { ':v': { N: '1' } },
    'An operand in the update expression has an incorrect data type',
  ],
  [
    'DELETE across types',
    { a: { SS: ['x'] } },
    'DELETE a :v',
    { ':v': { NS: ['1'] } },
    'An operand in the update expression has an incorrect data type',
  ],
  [
    'a sum of 39 digits',
    { a: { N: '99999999999999999999999999999999999999' } },
    'SET a = a + :v',
    { ':v': { N: '0.5' } },
    'Attempting to store more than 38 significant digits in a Number',
  ],
  [
    'a key attribute',
    {},
    'SET pk = :v',
    { ':v': { S: 'x' } },
    'One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key',
  ],
  [
    'overlapping paths',
    {},
    'SET a = :v, a.b = :v',
    { ':v': { S: 'x' } },
    '1 validation error detected: Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a, b]',
  ],
  [
    'a section twice',
    {},
    'SET a = :v SET b = :v',
    { ':v': { S: 'x' } },
    '1 validation error detected: Invalid UpdateExpression: The "SET" section can only be used once in an update expression;',
  ],
  [
    'DELETE of a text',
    {},
    'DELETE a :v',
    { ':v': { S: 'x' } },
    '1 validation error detected: Invalid UpdateExpression: Incorrect operand type for operator or function; operator: DELETE, operand type: STRING',
  ],
  [
    'nonsense',
    {},
    'INVALID SYNTAX HERE',
    undefined,
    '1 validation error detected: Invalid UpdateExpression: Syntax error; token: "INVALID", near: "INVALID SYNTAX"',
  ],
];

describe('an update expression', () => {
  test.each(CASES)('%s', (_, before, expression, values, expected) => {
    expect(after(before, expression, values)).toEqual(expected);
  });

  test.each(REFUSED)('refuses %s', (_, before, expression, values, message) => {
    const { refusal, put, get } = benchWithTable({ hashOnly: true });
    put('things', { ...KEY, ...before });
    const error = refusal('UpdateItem', update(expression, values));
    expect([error.code, error.message]).toEqual(['ValidationException', message]);
    expect(get('things', KEY)).toEqual({ ...KEY, ...before });
  });

  test('creates the item with its key when there is none', () => {
    const { call, get } = benchWithTable({ hashOnly: true });
    call('UpdateItem', { TableName: 'things', Key: KEY });
    expect(get('things', KEY)).toEqual(KEY);
  });

  test('does not let the item grow beyond 400 KB', () => {
    const { call, refusal, put } = benchWithTable({ hashOnly: true });
    put('things', { ...KEY, a: { S: 'x'.repeat(200_000) } });
    const room = 400 * 1024 - 200_000 - 'pkpab'.length;
    expect(refusal('UpdateItem', update('SET b = :v', { ':v': { S: 'x'.repeat(room + 1) } })).message).toBe(
      'Item size to update has exceeded the maximum allowed size',
    );
    expect(() => call('UpdateItem', update('SET b = :v', { ':v': { S: 'x'.repeat(room) } }))).not.toThrow();
  });

  test('stores an attribute named __proto__ as data', () => {
    const { call, get } = benchWithTable({ hashOnly: true });
    call('UpdateItem', update('SET #p = :v', { ':v': { S: 'x' } }, { '#p': '__proto__' }));
    expect(Object.keys(get('things', KEY) as Item)).toEqual(['pk', '__proto__']);
  });
});

describe('return values', () => {
  const before: Item = { ...KEY, a: { N: '1' }, m: { M: { x: { N: '1' }, y: { N: '2' } } }, l: { L: [{ N: '0' }, { N: '1' }] } };
  const expression = 'SET a = a + :one, m.x = :one, l[1] = :one, fresh = :one';
  const cases: [string, Item][] = [
    ['ALL_OLD', before],
    [
      'ALL_NEW',
      { ...before, a: { N: '2' }, m: { M: { x: { N: '1' }, y: { N: '2' } } }, l: { L: [{ N: '0' }, { N: '1' }] }, fresh: { N: '1' } },
    ],
    ['UPDATED_OLD', { a: { N: '1' }, m: { M: { x: { N: '1' } } }, l: { L: [{ N: '1' }] } }],
    ['UPDATED_NEW', { a: { N: '2' }, m: { M: { x: { N: '1' } } }, l: { L: [{ N: '1' }] }, fresh: { N: '1' } }],
  ];

  test.each(cases)('%s of an update', (ReturnValues, expected) => {
    const { call, put } = benchWithTable({ hashOnly: true });
    put('things', before);
    const answer = call('UpdateItem', { ...update(expression, { ':one': { N: '1' } }), ReturnValues });
    expect(answer['Attributes']).toEqual(expected);
  });

  test('ALL_OLD is absent when the write created the item', () => {
    const { call } = benchWithTable({ hashOnly: true });
    expect(call('PutItem', { TableName: 'things', Item: KEY, ReturnValues: 'ALL_OLD' })).toEqual({});
    expect(call('PutItem', { TableName: 'things', Item: KEY, ReturnValues: 'ALL_OLD' })).toEqual({ Attributes: KEY });
    expect(call('DeleteItem', { TableName: 'things', Key: KEY, ReturnValues: 'ALL_OLD' })).toEqual({ Attributes: KEY });
    expect(call('DeleteItem', { TableName: 'things', Key: KEY, ReturnValues: 'ALL_OLD' })).toEqual({});
  });

  test('a put returns the old item or nothing', () => {
    const { refusal } = benchWithTable({ hashOnly: true });
    const error = refusal('PutItem', { TableName: 'things', Item: KEY, ReturnValues: 'ALL_NEW' });
    expect(error.message).toBe('1 validation error detected: ReturnValues can only be ALL_OLD or NONE');
  });

  test('a failed condition shows the item when asked to', () => {
    const { refusal, put } = benchWithTable({ hashOnly: true });
    put('things', before);
    const condition = { TableName: 'things', Item: KEY, ConditionExpression: 'attribute_not_exists(pk)' };
    expect(refusal('PutItem', condition).details).toEqual({});
    expect(refusal('PutItem', { ...condition, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }).details).toEqual({ Item: before });
  });
});
