import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../lib/core/canonical-json.ts';

/** The same value with the properties of every object in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, part]) => [name, reversed(part)]),
  );
}

test('the order of properties does not show, and nothing is lost', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(text).toBe(canonicalJson(reversed(value)));
      expect(JSON.parse(text ?? '')).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('what differs in content differs in text', () => {
  const texts = [1, '1', null, [], {}, [1], ['1'], { a: 1 }, { a: '1' }, { b: 1 }, [[1], 2], [1, [2]], { a: { b: 1 } }].map(canonicalJson);
  expect(new Set(texts).size).toBe(texts.length);
});

test('dates, bytes and bigints have a text, what JSON cannot hold is left out', () => {
  expect(canonicalJson({ d: new Date(0), b: new Uint8Array([1, 2]), n: 2n ** 64n, f: () => 1, u: undefined })).toBe(
    '{"b":"AQI=","d":"1970-01-01T00:00:00.000Z","n":"18446744073709551616"}',
  );
  expect(canonicalJson([undefined, () => 1])).toBe('[null,null]');
  expect([canonicalJson(undefined), canonicalJson(() => 1)]).toEqual([undefined, undefined]);
});

test('a value that contains itself is refused', () => {
  const loop: unknown[] = [];
  loop.push(loop);
  expect(() => canonicalJson(loop)).toThrow(RangeError);
});
