import fc from 'fast-check';
import { expect, test } from 'vitest';
import { whereOf, whereText } from '../../../lib/cli/operator/where.ts';

const NOW = Date.parse('2026-11-23T14:30:00Z');

test.each([
  ['consumer=ship-order', { consumer: 'ship-order' }],
  [' type = orders.order-placed , since=2h ', { type: 'orders.order-placed', since: NOW - 7_200_000 }],
  ['message=m-1,status=parked,id=3f2a', { messageId: 'm-1', status: 'parked', id: '3f2a' }],
  ['key="a,b=\\"c\\"",reason=X', { key: 'a,b="c"', reason: 'X' }],
  ['key=a\\,b\\\\', { key: 'a,b\\' }],
  ['key=a=b', { key: 'a=b' }],
  ['key=" a "', { key: ' a ' }],
  ['since=2026-11-23,until=2026-11-23T10:00', { since: Date.parse('2026-11-23'), until: Date.parse('2026-11-23T10:00Z') }],
  ['since=2026-11-23T10:00:00.5+02:00', { since: Date.parse('2026-11-23T08:00:00.500Z') }],
])('%s is read as a filter', (text, filter) => {
  expect(whereOf(text, NOW)).toEqual(filter);
});

test.each([
  ['colour=red', /has no field "colour"; its fields are id, fingerprint, consumer, type, reason, key, message, since, until, status/],
  ['toString=1', /has no field "toString"/],
  ['', /cannot be read from "" on/],
  ['consumer', /cannot be read from "consumer" on; it is field=value/],
  ['consumer=a,', /cannot be read from "" on/],
  ['consumer=a,,key=b', /cannot be read from ",key=b" on/],
  ['key="a', /cannot be read from "key=\\"a" on/],
  ['key=a"b"', /cannot be read/],
  ['key=', /gives key no value/],
  ['key=a,key=b', /names key twice/],
  ['status=new', /status is one of open, parked, redriving, redriven, done, archived, replaced, not "new"/],
  ['since=yesterday', /since takes a time span before now .* not "yesterday"/],
  ['until=2026-13-01', /until takes a time span/],
])('%s is refused with a sentence', (text, sentence) => {
  const refusal = expect.objectContaining({ code: 'ARGUMENT_INVALID', message: expect.stringMatching(sentence) });
  expect(() => whereOf(text, NOW)).toThrow(refusal);
});

test('any value at all can be said in quotes', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'binary' }), (key) => {
      const quoted = `"${key.replace(/["\\]/g, '\\$&')}"`;
      expect(whereOf(`consumer=a,key=${quoted}`, NOW)).toEqual({ consumer: 'a', key });
      expect(whereOf(whereText({ key, since: NOW, status: 'parked' }), 0)).toEqual({ key, since: NOW, status: 'parked' });
    }),
  );
});
