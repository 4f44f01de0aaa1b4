import { describe, expect, test } from 'vitest';
import type { Item } from '../../../lib/local/dynamodb/attribute-value.ts';
import { benchWithTable } from './dynamodb-harness.ts';

const ITEM: Item = {
  pk: { S: 'p' },
  text: { S: 'hello wörld' },
  clef: { S: 'é𝄞' },
  num: { N: '42' },
  big: { N: '12345678901234567890123456789012345678' },
  blob: { B: 'AQID' },
  yes: { BOOL: true },
  nil: { NULL: true },
  list: { L: [{ S: 'a' }, { N: '1' }, { M: { deep: { S: 'x' } } }] },
  map: { M: { one: { N: '1' }, 'dotted.name': { S: 'd' } } },
  texts: { SS: ['b', 'a'] },
  nums: { NS: ['2', '1'] },
  blobs: { BS: ['AQ==', 'Ag=='] },
  empty: { S: '' },
};

const { call, put, refusal } = benchWithTable({ hashOnly: true });
put('things', ITEM);

function attempt(condition: string, values?: Item, names?: Record<string, string>) {
  return {
    TableName: 'things',
    Item: ITEM,
    ConditionExpression: condition,
    ...(values && { ExpressionAttributeValues: values }),
    ...(names && { ExpressionAttributeNames: names }),
  };
}

const TRUE: [string, (Item | undefined)?, Record<string, string>?][] = [
  ['attribute_exists(pk)'],
  ['attribute_not_exists(absent)'],
  ['attribute_not_exists(#l[9])', undefined, { '#l': 'list' }],
  ['attribute_exists(#l[2].deep)', undefined, { '#l': 'list' }],
  ['attribute_exists(#map.#dotted)', undefined, { '#map': 'map', '#dotted': 'dotted.name' }],
  ['attribute_not_exists(#c)', undefined, { '#c': 'constructor' }],
  ['num = :v', { ':v': { N: '42.0' } }],
  ['num <> :v', { ':v': { S: '42' } }],
  ['absent <> :v', { ':v': { S: 'x' } }],
  ['num > :v', { ':v': { N: '9' } }],
  ['big < :v', { ':v': { N: '12345678901234567890123456789012345679' } }],
  ['num between :a and :b', { ':a': { N: '41.9' }, ':b': { N: '4.2e1' } }],
  ['#b < :v', { ':v': { B: 'AQIE' } }, { '#b': 'blob' }],
  ['begins_with(#t, :v)', { ':v': { S: 'hell' } }, { '#t': 'text' }],
  ['begins_with(#b, :v)', { ':v': { B: 'AQI=' } }, { '#b': 'blob' }],
  ['contains(#t, :v)', { ':v': { S: 'wör' } }, { '#t': 'text' }],
  ['contains(texts, :v)', { ':v': { S: 'a' } }],
  ['contains(nums, :v)', { ':v': { N: '1.0' } }],
  ['contains(blobs, :v)', { ':v': { B: 'Ag==' } }],
  ['contains(#l, :v)', { ':v': { M: { deep: { S: 'x' } } } }, { '#l': 'list' }],
  ['texts = :v', { ':v': { SS: ['a', 'b'] } }],
  ['#m = :v', { ':v': { M: { 'dotted.name': { S: 'd' }, one: { N: '1' } } } }, { '#m': 'map' }],
  ['attribute_type(yes, :v)', { ':v': { S: 'BOOL' } }],
  ['attribute_type(nil, :v)', { ':v': { S: 'NULL' } }],
  ['size(#l) = :v', { ':v': { N: '3' } }, { '#l': 'list' }],
  ['size(clef) = :v', { ':v': { N: '3' } }],
  ['size(#e) = :v', { ':v': { N: '0' } }, { '#e': 'empty' }],
  ['size(#b) >= :v', { ':v': { N: '3' } }, { '#b': 'blob' }],
  ['num in (:a, :b)', { ':a': { N: '1' }, ':b': { N: '42' } }],
  ['not (num = :a or attribute_exists(absent))', { ':a': { N: '1' } }],
  ['NOT num = :a AND yes = :t OR num = :a', { ':a': { N: '1' }, ':t': { BOOL: true } }],
  ['num = num2 or num < big', undefined],
];

const FALSE: typeof TRUE = [
  ['attribute_exists(absent)'],
  ['attribute_exists(#t.piece)', undefined, { '#t': 'text' }],
  ['num = :v', { ':v': { S: '42' } }],
  ['num < :v', { ':v': { S: 'zzz' } }],
  ['absent < :v', { ':v': { N: '1' } }],
  ['contains(texts, :v)', { ':v': { S: 'ab' } }],
  ['contains(absent, :v)', { ':v': { S: 'a' } }],
  ['size(num) > :v', { ':v': { N: '0' } }],
  ['size(absent) = :v', { ':v': { N: '0' } }],
  ['num in (:a)', { ':a': { S: '42' } }],
  ['texts = :v', { ':v': { SS: ['a', 'b', 'c'] } }],
];

const REFUSED: [string, string, (Item | undefined)?, Record<string, string>?][] = [
  ['attribute_not_exists(', 'Syntax error; token: "<EOF>", near: "("'],
  ['num = :v AND AND', 'Syntax error; token: "AND", near: "AND AND"', { ':v': { N: '1' } }],
  ['', 'The expression can not be empty;'],
  ['size = :v', 'Attribute name is a reserved keyword; reserved keyword: size', { ':v': { N: '1' } }],
  ['num = :v', 'An expression attribute value used in expression is not defined; attribute value: :v'],
  ['#n = num', 'An expression attribute name used in the document path is not defined; attribute name: #n'],
  ['exists(num)', 'Invalid function name; function: exists'],
  ['size(num2)', 'The function is not allowed to be used this way in an expression; function: size'],
  ['contains(num)', 'Incorrect number of operands for operator or function; operator or function: contains, number of operands: 1'],
  [
    'begins_with(num, :v)',
    'Incorrect operand type for operator or function; operator or function: begins_with, operand type: N',
    { ':v': { N: '1' } },
  ],
  ['num < :v', 'Incorrect operand type for operator or function; operator or function: <, operand type: BOOL', { ':v': { BOOL: false } }],
  [
    'attribute_type(num, :v)',
    'Invalid attribute type name found; type: X, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}',
    { ':v': { S: 'X' } },
  ],
  ['attribute_exists(:v)', 'Operator or function requires a document path; operator or function: attribute_exists', { ':v': { S: 'X' } }],
  ['((num = big))', 'The expression has redundant parentheses;'],
  [
    'contains(num, num)',
    'The first operand must be distinct from the remaining operands for this operator or function; operator: contains, first operand: [num]',
  ],
  [
    'num between :b and :a',
    'The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}',
    { ':a': { N: '1' }, ':b': { N: '2' } },
  ],
  [
    'num between :b and :a',
    'The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {S:low}, upper bound operand: AttributeValue: {N:1}',
    { ':a': { N: '1' }, ':b': { S: 'low' } },
  ],
];

describe('a condition expression', () => {
  test.each(TRUE)('%s holds', (text, values, names) => {
    expect(() => call('PutItem', attempt(text, values, names))).not.toThrow();
  });

  test.each(FALSE)('%s fails the write', (text, values, names) => {
    const error = refusal('PutItem', attempt(text, values, names));
    expect([error.code, error.message]).toEqual(['ConditionalCheckFailedException', 'The conditional request failed']);
  });

  test.each(REFUSED)('%s is refused: %s', (text, message, values, names) => {
    const error = refusal('PutItem', attempt(text, values, names));
    expect([error.code, error.message]).toEqual([
      'ValidationException',
      `1 validation error detected: Invalid ConditionExpression: ${message}`,
    ]);
  });

  test('is decided anew for every request, though it is parsed once', () => {
    const ask = (value: string) => attempt('num = :v', { ':v': { N: value } });
    expect(() => call('PutItem', ask('42'))).not.toThrow();
    expect(refusal('PutItem', ask('43')).code).toBe('ConditionalCheckFailedException');
    expect(() => call('PutItem', ask('42'))).not.toThrow();
  });

  test('is checked for content on every request, though it is parsed once', () => {
    const ask = (low: string, high: string) => attempt('num between :low and :high', { ':low': { N: low }, ':high': { N: high } });
    expect(() => call('PutItem', ask('1', '50'))).not.toThrow();
    expect(refusal('PutItem', ask('50', '1')).message).toContain('requires upper bound to be greater');
  });

  test('is read in linear time, however deeply it nests', () => {
    const nest = (depth: number): string => (depth === 0 ? 'num = :v' : `(NOT (num = big OR ${nest(depth - 1)}))`);
    const started = performance.now();
    call('PutItem', attempt(nest(100), { ':v': { N: '42' } }));
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test('takes up to 100 candidates for IN', () => {
    const among = (count: number) => {
      const refs = Array.from({ length: count }, (_, at) => `:v${at}`);
      return attempt(`num IN (${refs.join(', ')})`, Object.fromEntries(refs.map((ref, at) => [ref, { N: String(at) }])));
    };
    expect(() => call('PutItem', among(100))).not.toThrow();
    expect(refusal('PutItem', among(101)).message).toContain('The IN operator is provided with too many operands; number of operands: 101');
  });

  test('may have 4096 bytes and not one more', () => {
    const padded = (length: number) => `attribute_exists(pk)${' '.repeat(length - 20)}`;
    expect(() => call('PutItem', attempt(padded(4096)))).not.toThrow();
    expect(refusal('PutItem', attempt(padded(4097))).message).toContain(
      'Expression size has exceeded the maximum allowed size; expression size: 4097',
    );
  });

  test('leaves no given name or value unused', () => {
    const values = refusal('PutItem', attempt('attribute_exists(pk)', { ':unused': { N: '1' } }));
    expect(values.message).toContain('Value provided in ExpressionAttributeValues unused in expressions: keys: {:unused}');
    const names = refusal('PutItem', attempt('attribute_exists(pk)', undefined, { '#unused': 'x' }));
    expect(names.message).toContain('Value provided in ExpressionAttributeNames unused in expressions: keys: {#unused}');
    const without = refusal('PutItem', { TableName: 'things', Item: ITEM, ExpressionAttributeValues: { ':v': { N: '1' } } });
    expect(without.message).toBe('1 validation error detected: ExpressionAttributeValues can only be specified when using expressions');
  });
});
