import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { changedInteger, parsePayload } from '../../../lib/app/github/parse-payload.ts';

test('a body is one JSON value in UTF-8, or nothing', () => {
  expect(parsePayload(Buffer.from('null'))).toEqual({ text: 'null', value: null });
  expect(parsePayload(Buffer.from('\ufeff{"a":1}'))?.value).toEqual({ a: 1 });
  for (const broken of ['', ' ', '{', '{}{}', '{"a":undefined}']) expect(parsePayload(Buffer.from(broken))).toBeUndefined();
  expect(parsePayload(Buffer.from([0x22, 0xff, 0x22]))).toBeUndefined();
});

test.each([
  ['{"id":9007199254740993}', '9007199254740993'],
  ['[1, -9007199254740993]', '-9007199254740993'],
  ['{"text":"9007199254740993","id":12345678901234567891}', '12345678901234567891'],
  ['{"a\\"9007199254740993":1,"b":9007199254740995}', '9007199254740995'],
  [`[${'9'.repeat(400)}]`, '9'.repeat(400)],
])('%s holds an integer that a double does not', (json, digits) => {
  expect(changedInteger(json)).toBe(digits);
});

test.each([
  '{"id":9007199254740991}',
  '[9007199254740992, 10000000000000000, -18014398509481984]',
  '{"id":"9007199254740993","a\\"":"\\\\","b":"\\"9007199254740993"}',
  '[0.12345678901234567890, 1e400, 1.2345678901234567890e30]',
  '"9007199254740993"',
])('%s holds none', (json) => {
  expect(changedInteger(json)).toBeUndefined();
});

test('what JavaScript wrote itself is never suspected', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(changedInteger(JSON.stringify(value))).toBeUndefined();
    }),
    { numRuns: 2_000 },
  );
});

test('long strings and deep nesting cost neither stack nor time', () => {
  const text = 'x\\"'.repeat(500_000);
  expect(changedInteger(`["${text}",${'['.repeat(200_000)}${']'.repeat(200_000)},9007199254740993]`)).toBe('9007199254740993');
});
