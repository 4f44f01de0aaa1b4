import { expect, test } from 'vitest';
import { matchesFilter } from '../../../lib/local/sns/filter-match.ts';
import { FilterPolicyError } from '../../../lib/local/sns/filter-matcher.ts';
import { parseFilterPolicy } from '../../../lib/local/sns/filter-policy.ts';
import type { MessageAttribute } from '../../../lib/local/sqs/message-attributes.ts';

const text = (StringValue: string, DataType = 'String'): MessageAttribute => ({ DataType, StringValue });

function onAttributes(policy: object, attributes: Record<string, MessageAttribute>): boolean {
  const parsed = parseFilterPolicy(JSON.stringify(policy), 'MessageAttributes');
  return matchesFilter(parsed, 'MessageAttributes', { message: 'x', attributes });
}

function onBody(policy: object, body: unknown): boolean {
  const message = typeof body === 'string' ? body : JSON.stringify(body);
  return matchesFilter(parseFilterPolicy(JSON.stringify(policy), 'MessageBody'), 'MessageBody', { message, attributes: {} });
}

function faultOf(policy: unknown, scope: 'MessageAttributes' | 'MessageBody' = 'MessageBody'): string {
  try {
    parseFilterPolicy(typeof policy === 'string' ? policy : JSON.stringify(policy), scope);
  } catch (error) {
    expect(error).toBeInstanceOf(FilterPolicyError);
    return (error as Error).message;
  }
  return 'accepted';
}

test.each<[string, unknown, readonly unknown[], readonly unknown[]]>([
  ['a text', 'a', ['a'], ['b', 'A', 1, null]],
  ['a number', 100, [100, 1e2], ['100', 101]],
  ['true', true, [true], [false, 'true', 1]],
  ['null', null, [null], ['null', 0, false]],
  ['a prefix', { prefix: 'ab' }, ['ab', 'abc'], ['a', 'xab', 1]],
  ['a suffix', { suffix: '.png' }, ['x.png', '.png'], ['png', 'x.png2']],
  ['text in any case', { 'equals-ignore-case': 'Tennis' }, ['tennis', 'TENNIS'], ['tenni', 'tenniss']],
  ['a wildcard', { wildcard: '*_a*.log' }, ['x_ab.log', '_a.log', 'x\n_a.log'], ['x_b.log', '_a.logs']],
  ['an escaped star', { wildcard: 'a\\*b' }, ['a*b'], ['axb', 'a\\*b']],
  ['wildcards next to special characters', { wildcard: '(a|b)+*' }, ['(a|b)+', '(a|b)+x'], ['a', 'aa']],
  ['anything but one', { 'anything-but': 'a' }, ['b', 1, true], ['a']],
  ['anything but several', { 'anything-but': ['a', 1] }, ['b', 2], ['a', 1]],
  ['anything but a prefix', { 'anything-but': { prefix: 'a' } }, ['b', 'ba'], ['a', 'ab']],
  ['anything but prefixes', { 'anything-but': { prefix: ['a', 'b'] } }, ['c'], ['ab', 'ba']],
  ['anything but a suffix', { 'anything-but': { suffix: 'z' } }, ['za'], ['az']],
  ['anything but wildcards', { 'anything-but': { wildcard: ['a*c', 'x*'] } }, ['b'], ['abc', 'x']],
  ['an equal number', { numeric: ['=', 3.5] }, [3.5], [3, '3.5']],
  ['a lower bound', { numeric: ['>', 3] }, [3.00001, 4], [3, 2]],
  ['a range', { numeric: ['>=', -1, '<', 2] }, [-1, 0, 1.99999], [2, -1.00001]],
  ['an IPv4 block', { cidr: '10.0.0.0/24' }, ['10.0.0.0', '10.0.0.255'], ['10.0.1.0', '10.0.0', 'x']],
  ['an IPv6 block', { cidr: '2001:db8::/32' }, ['2001:db8::1'], ['2001:db9::1', '10.0.0.1']],
  ['existence', { exists: true }, ['', 0, null, false], []],
])('%s is matched exactly', (_, condition, passing, failing) => {
  for (const value of passing) expect(onBody({ key: [condition] }, { key: value }), `${JSON.stringify(value)} passes`).toBe(true);
  for (const value of failing) expect(onBody({ key: [condition] }, { key: value }), `${JSON.stringify(value)} fails`).toBe(false);
});

test('every key must match, and one condition of a key is enough', () => {
  const policy = { store: ['a', 'b'], price: [{ numeric: ['>', 10] }] };
  expect(onAttributes(policy, { store: text('b'), price: text('11', 'Number') })).toBe(true);
  expect(onAttributes(policy, { store: text('b'), price: text('10', 'Number') })).toBe(false);
  expect(onAttributes(policy, { store: text('b') })).toBe(false);
});

test('the type of an attribute decides how its value is compared', () => {
  expect(onAttributes({ n: [100] }, { n: text('100.0', 'Number') })).toBe(true);
  expect(onAttributes({ n: [100] }, { n: text('100') })).toBe(false);
  expect(onAttributes({ n: ['100'] }, { n: text('100', 'Number') })).toBe(false);
  expect(onAttributes({ n: [{ exists: true }] }, { n: { DataType: 'Binary', BinaryValue: 'AA==' } })).toBe(false);
});

test('an array attribute matches when one of its elements does', () => {
  const array = { sports: text('["rugby", 7, null, true]', 'String.Array') };
  for (const condition of ['rugby', 7, null, true, { prefix: 'rug' }, { numeric: ['<', 8] }, { 'anything-but': 'rugby' }]) {
    expect(onAttributes({ sports: [condition] }, array)).toBe(true);
  }
  for (const condition of ['tennis', 8, { prefix: 'x' }]) expect(onAttributes({ sports: [condition] }, array)).toBe(false);
  expect(onAttributes({ sports: ['rugby'] }, { sports: text('["rugby"]') })).toBe(false);
  expect(onAttributes({ sports: ['x'] }, { sports: text('not json', 'String.Array') })).toBe(false);
});

test('an absent attribute passes "exists: false" and null, and nothing else', () => {
  expect(onAttributes({ a: [{ exists: false }] }, {})).toBe(true);
  expect(onAttributes({ a: [{ exists: false }] }, { a: text('v') })).toBe(false);
  expect(onAttributes({ a: [null, { 'anything-but': 'whatever' }] }, {})).toBe(true);
  expect(onAttributes({ a: [{ 'anything-but': 'x' }] }, {})).toBe(false);
  expect(onAttributes({ toString: ['x'] }, {})).toBe(false);
});

test('a policy on the body follows nesting and looks into arrays', () => {
  const policy = { order: { items: { sku: ['a'], count: [{ numeric: ['>', 1] }] } }, tags: ['red'] };
  const body = (items: unknown, tags: unknown = ['blue', 'red']) => ({ order: { items }, tags });
  expect(onBody(policy, body([{ sku: 'b' }, { sku: 'a', count: 2 }]))).toBe(true);
  expect(onBody(policy, body({ sku: 'a', count: 2 }))).toBe(true);
  // Both conditions hold, but for different elements.
  expect(
    onBody(
      policy,
      body([
        { sku: 'a', count: 1 },
        { sku: 'b', count: 2 },
      ]),
    ),
  ).toBe(false);
  expect(onBody(policy, body({ sku: 'a', count: 2 }, []))).toBe(false);
});

test('existence in a body is that of a value, not of an object around values', () => {
  expect(onBody({ a: [{ exists: true }] }, { a: { b: 1 } })).toBe(false);
  expect(onBody({ a: { b: [{ exists: true }] } }, { a: { b: 1 } })).toBe(true);
  expect(onBody({ a: { b: [{ exists: false }] } }, {})).toBe(true);
});

test('a body that is no JSON object passes no policy', () => {
  for (const body of ['text', '"text"', '[{"a":1}]', '1', 'null', '']) expect(onBody({ a: [1] }, body)).toBe(false);
  expect(onBody({ a: [{ exists: false }] }, 'text')).toBe(false);
});

test('$or needs one branch, together with the other keys', () => {
  const policy = { source: ['shop'], $or: [{ metric: ['cpu'] }, { namespace: ['ec2', 'es'], level: [1] }] };
  expect(onAttributes(policy, { source: text('shop'), metric: text('cpu') })).toBe(true);
  expect(onAttributes(policy, { source: text('shop'), namespace: text('es'), level: text('1', 'Number') })).toBe(true);
  expect(onAttributes(policy, { source: text('shop'), namespace: text('es') })).toBe(false);
  expect(onAttributes(policy, { metric: text('cpu') })).toBe(false);
  expect(onBody({ a: { $or: [{ b: [1] }, { c: [2] }] } }, { a: { c: 2 } })).toBe(true);
  // With a single element, or with operators inside, it is a key like any other.
  expect(onAttributes({ $or: ['x'] }, { $or: text('x') })).toBe(true);
});

test.each<[unknown, string]>([
  [{ key: [['value']] }, 'Match value must be String, number, true, false, or null'],
  [{ key: [{ 'wrong-operator': true }] }, 'Unrecognized match type wrong-operator'],
  [{ key: [{ suffix: 'value', prefix: 'value2' }] }, 'Only one key allowed in match expression'],
  [{ key: [{ suffix: 100 }] }, 'suffix match pattern must be a string'],
  [{ key: [{ suffix: ['a'] }] }, 'suffix match pattern must be a string'],
  [{ key: { suffix: 'value' } }, '"suffix" must be an object or an array'],
  [{ key_a: 'value_one' }, '"key_a" must be an object or an array'],
  [{ key: [{ numeric: [] }] }, 'Invalid member in numeric match: ]'],
  [{ key: [{ numeric: ['operator'] }] }, 'Unrecognized numeric range operator: operator'],
  [{ key: [{ numeric: [1, '<='] }] }, 'Invalid member in numeric match: 1'],
  [{ key: [{ numeric: ['=', '000'] }] }, 'Value of equals must be numeric'],
  [{ key: [{ numeric: ['>='] }] }, 'Value of >= must be numeric'],
  [{ key: [{ numeric: ['<', 100, '>', 10] }] }, 'Too many elements in numeric expression'],
  [{ key: [{ numeric: ['>=', 1, '>', 2] }] }, 'Bad numeric range operator: >'],
  [{ key: [{ numeric: ['>', 3, '<', 1] }] }, 'Bottom must be less than top'],
  [{ key: [{ numeric: ['>', 20, '<='] }] }, 'Value of <= must be numeric'],
  [{ key: [{ numeric: ['>', 20, 30] }] }, 'Bad value in numeric range: 30'],
  [{ key: [{ numeric: ['>', 20, 'test'] }] }, 'Bad numeric range operator: test'],
  [{ key: [{ numeric: ['>', 20, '<', 30, '<', 50] }] }, 'Too many terms in numeric range expression'],
  [{ key: [{ exists: 'no' }] }, 'exists match pattern must be either true or false.'],
])('%j is refused in the words of the service', (policy, reason) => {
  expect(faultOf(policy)).toBe(`FilterPolicy: ${reason}`);
});

test('a policy has five keys and 150 combinations at most', () => {
  const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, ['v']]));
  const values = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`);
  expect(faultOf(keys(5))).toBe('accepted');
  expect(faultOf(keys(6))).toBe('FilterPolicy: Filter policy can not have more than 5 keys');
  expect(faultOf({ a: values(150) })).toBe('accepted');
  expect(faultOf({ a: values(151) })).toBe('FilterPolicy: Filter policy is too complex');
  expect(faultOf({ a: values(15), b: values(10) })).toBe('accepted');
  expect(faultOf({ a: values(16), b: values(10) })).toBe('FilterPolicy: Filter policy is too complex');
  // The example of the developer guide: (4 values × level 3) × (3 × 2) × (3 × 1) = 216.
  const nested = { key_a: { key_b: { key_c: values(4) } }, key_d: { key_e: values(3) }, key_f: values(3) };
  expect(faultOf(nested)).toBe('FilterPolicy: Filter policy is too complex');
  expect(faultOf({ $or: [{ a: values(75) }, { b: values(75) }] })).toBe('accepted');
  expect(faultOf({ $or: [{ a: values(75) }, { b: values(76) }] })).toBe('FilterPolicy: Filter policy is too complex');
});

test('a policy on attributes cannot nest, and text that is no JSON object is no policy', () => {
  expect(faultOf({ a: { b: ['v'] } }, 'MessageAttributes')).toBe(
    'Filter policy scope MessageAttributes does not support nested filter policy',
  );
  expect(faultOf('{invalid')).toContain('FilterPolicy: failed to parse JSON.');
  expect(faultOf('[]')).toBe('FilterPolicy: Filter policy must be a JSON object');
});
