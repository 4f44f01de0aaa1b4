import { expect, test } from 'vitest';
import { compilePattern } from '../../../lib/local/event-source-mapping/event-pattern.ts';
import { compileFilterCriteria } from '../../../lib/local/event-source-mapping/filter-criteria.ts';

const EVENT = {
  type: 'order',
  total: 12.5,
  tags: ['a', 'b'],
  empty: '',
  none: null,
  nested: { city: 'Graz', ip: '10.0.0.7' },
  rows: [
    { sku: 'x', n: 1 },
    { sku: 'y', n: 2 },
  ],
};

test.each<[string, unknown, boolean]>([
  ['a literal equals', { type: ['order'] }, true],
  ['one of several literals equals', { type: ['cart', 'order'] }, true],
  ['a number is not its text', { total: ['12.5'] }, false],
  ['null equals null only', { none: [null] }, true],
  ['null does not equal an absent field', { absent: [null] }, false],
  ['the empty text equals itself', { empty: [''] }, true],
  ['an array in the event matches by any element', { tags: ['b'] }, true],
  ['every field must match', { type: ['order'], total: [1] }, false],
  ['nested objects are descended into', { nested: { city: ['Graz'] } }, true],
  ['objects in an array are descended into', { rows: { sku: ['y'] } }, true],
  ['prefix', { type: [{ prefix: 'or' }] }, true],
  ['prefix that ignores case', { type: [{ prefix: { 'equals-ignore-case': 'OR' } }] }, true],
  ['suffix', { type: [{ suffix: 'er' }] }, true],
  ['suffix that is not there', { type: [{ suffix: 'ed' }] }, false],
  ['equals-ignore-case', { type: [{ 'equals-ignore-case': 'ORDER' }] }, true],
  ['wildcard', { type: [{ wildcard: 'o*r' }] }, true],
  ['wildcard with a dot is literal', { type: [{ wildcard: 'o.*r' }] }, false],
  ['numeric range with both bounds inside', { total: [{ numeric: ['>', 12, '<=', 12.5] }] }, true],
  ['numeric range with an open bound', { total: [{ numeric: ['<', 12.5] }] }, false],
  ['numeric never matches text', { type: [{ numeric: ['>', 0] }] }, false],
  ['exists', { type: [{ exists: true }] }, true],
  ['exists does not see an object', { nested: [{ exists: true }] }, false],
  ['exists false on an absent field', { absent: [{ exists: false }] }, true],
  ['exists false on a field below an absent one', { absent: { deep: [{ exists: false }] } }, true],
  ['anything-but a list', { type: [{ 'anything-but': ['cart', 'order'] }] }, false],
  ['anything-but another', { type: [{ 'anything-but': 'cart' }] }, true],
  ['anything-but does not match an absent field', { absent: [{ 'anything-but': 'cart' }] }, false],
  ['anything-but a prefix', { type: [{ 'anything-but': { prefix: 'or' } }] }, false],
  ['anything-but several suffixes', { type: [{ 'anything-but': { suffix: ['x', 'y'] } }] }, true],
  ['cidr', { nested: { ip: [{ cidr: '10.0.0.0/24' }] } }, true],
  ['$or over fields', { $or: [{ type: ['cart'] }, { total: [{ numeric: ['>', 10] }] }] }, true],
  ['$or beside another field', { type: ['cart'], $or: [{ type: ['order'] }] }, false],
  ['the empty pattern matches everything', {}, true],
])('event pattern: %s', (_name, pattern, expected) => {
  expect(compilePattern(pattern)(EVENT)).toBe(expected);
});

test.each<[string, unknown]>([
  ['a bare value', { type: 'order' }],
  ['an empty array', { type: [] }],
  ['an unknown operator', { type: [{ like: 'x' }] }],
  ['two operators in one rule', { type: [{ prefix: 'a', suffix: 'b' }] }],
  ['a text that is not an object', 'order'],
  ['a numeric rule with an unknown sign', { total: [{ numeric: ['!=', 1] }] }],
])('event pattern: %s is refused', (_name, pattern) => {
  expect(() => compilePattern(pattern)).toThrow();
});

const criteria = (...patterns: unknown[]) => ({ Filters: patterns.map((pattern) => ({ Pattern: JSON.stringify(pattern) })) });

test('filter criteria: a record passes when any filter matches, and without filters everything passes', () => {
  const passes = compileFilterCriteria(criteria({ body: { type: ['a'] } }, { body: { type: ['b'] } }));
  expect(passes({ body: '{"type":"b"}' })).toBe(true);
  expect(passes({ body: '{"type":"c"}' })).toBe(false);
  expect(compileFilterCriteria(undefined)({ body: 'x' })).toBe(true);
});

test('filter criteria: a body in the other form than the pattern does not pass', () => {
  expect(compileFilterCriteria(criteria({ body: { type: ['a'] } }))({ body: 'plain text' })).toBe(false);
  expect(compileFilterCriteria(criteria({ body: ['a'] }))({ body: '{"type":"a"}' })).toBe(false);
  expect(compileFilterCriteria(criteria({ body: ['a'] }))({ body: 'a' })).toBe(true);
});

test('filter criteria: more than ten filters, or a pattern that is not JSON, are refused as AWS names it', () => {
  expect(() => compileFilterCriteria(criteria(...Array(11).fill({})))).toThrow(/larger than 10/);
  expect(() => compileFilterCriteria({ Filters: [{ Pattern: '{' }] })).toThrow(/Invalid filter pattern definition/);
});
