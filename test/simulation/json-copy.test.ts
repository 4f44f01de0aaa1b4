import { expect, test } from 'vitest';
import { jsonCopy } from '../../lib/simulation/json-copy.ts';

test.each([
  ['nothing', null],
  ['texts, with halves of surrogate pairs', ['', 'ö', '\ud800', '"\\\n']],
  ['numbers that JSON does not know', [1, -0, 1.5e300, Number.NaN, Number.POSITIVE_INFINITY]],
  ['what JSON leaves out', { a: undefined, b: () => 1, c: Symbol('c'), d: [undefined, () => 1] }],
  ['holes', Object.assign(Array(3), { 0: 1, 2: 2 })],
  [
    'dates and whatever else has its own JSON',
    { at: new Date(0), own: { toJSON: () => ({ b: 1 }) }, nothing: { toJSON: () => undefined } },
  ],
  [
    'maps, bytes, classes and boxes',
    [
      new Map([[1, 2]]),
      new Uint8Array([1, 2]),
      Buffer.from('a'),
      new (class A {
        x = 1;
      })(),
      Object('text'),
    ],
  ],
  ['what is inherited, hidden or without prototype', [Object.create({ a: 1 }), Object.create(null, { a: { value: 1, enumerable: true } })]],
  ['an own member named __proto__', JSON.parse('{"__proto__":{"a":1},"b":2}')],
])('%s arrive as JSON would carry them', (_, value) => {
  expect(jsonCopy(value)).toStrictEqual(JSON.parse(JSON.stringify(value)));
});

test('nothing is shared with the copy, and what has no text at all is nothing', () => {
  const event = { records: [{ body: 'a' }] };
  const copy = jsonCopy(event) as typeof event;
  for (const record of copy.records) record.body = 'b';
  expect(event.records[0]?.body).toBe('a');
  expect(jsonCopy(undefined)).toBeUndefined();
});

test('a value that contains itself, and a bigint, are refused as JSON refuses them', () => {
  const loop: { self?: object } = {};
  loop.self = loop;
  expect(() => jsonCopy(loop)).toThrow();
  expect(() => jsonCopy({ big: 1n })).toThrow(TypeError);
});
