import { CloudEvent, HTTP } from 'cloudevents';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeEnvelope } from '../../lib/message/decode-envelope.ts';
import { type Encodable, encodeEnvelope } from '../../lib/message/envelope.ts';
import { EnvelopeInvalidError } from '../../lib/message/message.errors.ts';

const message: Encodable = {
  id: '5f0c9f5e-0000-8000-8000-000000000001',
  type: 'orders.order-placed',
  version: 3,
  source: 'urn:posthaste:orders',
  time: '2026-01-01T00:00:00.000Z',
  data: { orderId: '42', lines: [1, null, true, { text: 'é😀' }] },
  key: 'order 42',
  sequence: 12,
  correlationId: 'c-1',
  causationId: 'm-0',
  hops: 2,
  tenant: 'acme',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

const raw = (changes: Record<string, unknown> = {}) => JSON.stringify({ ...JSON.parse(encodeEnvelope(message)), ...changes });

function reasonOf(body: string): string {
  try {
    decodeEnvelope(body);
  } catch (error) {
    if (error instanceof EnvelopeInvalidError) return error.reason;
    throw error;
  }
  return 'accepted';
}

test('what is encoded is decoded as it was', () => {
  expect(decodeEnvelope(encodeEnvelope(message))).toEqual(message);
});

test('the body is a CloudEvent that the official schema accepts and the official SDK reads back', () => {
  const body = encodeEnvelope(message);
  const event = new CloudEvent<unknown>(JSON.parse(body));
  expect(event.validate()).toBe(true);
  const read = HTTP.toEvent({ headers: { 'content-type': 'application/cloudevents+json' }, body }) as CloudEvent<unknown>;
  expect(read).toMatchObject({
    id: message.id,
    type: message.type,
    data: message.data,
    sequence: '0000000000000012',
    hops: 2,
    partitionkey: 'order 42',
  });
  expect(read['dataschema']).toBe('urn:posthaste:schema:orders.order-placed:3');
});

test('fields that a message does not have are absent, not null', () => {
  const { key: _key, sequence: _sequence, causationId: _causation, tenant: _tenant, traceparent: _trace, ...bare } = message;
  expect(Object.keys(JSON.parse(encodeEnvelope(bare)))).toEqual(
    expect.not.arrayContaining(['partitionkey', 'sequence', 'causationid', 'tenant', 'traceparent']),
  );
  expect(decodeEnvelope(encodeEnvelope(bare))).toEqual(bare);
});

test('whatever JSON can say survives, in characters that SQS takes', () => {
  const allowed = /^[\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (data) => {
      fc.pre(JSON.stringify(data).isWellFormed() && !/__proto__|constructor|\\ud[89a-f]/i.test(JSON.stringify(data)));
      const body = encodeEnvelope({ ...message, data });
      expect(body).toMatch(allowed);
      expect(decodeEnvelope(body).data).toEqual(JSON.parse(JSON.stringify(data)));
    }),
    { numRuns: 100 },
  );
});

test.each<[string, unknown, RegExp]>([
  ['a date', { at: new Date(0) }, /at: a Date is not JSON/],
  ['a bigint', { deep: [{ n: 1n }] }, /deep\[0\]\.n: a bigint/],
  ['NaN', [Number.NaN], /\[0\]: NaN/],
  ['undefined in a list', [undefined], /undefined is not JSON/],
  ['a function', { f() {} }, /function/],
  ['half of a surrogate pair', { a: ['x\ud800'] }, /a\[0\]: .*surrogate/],
  ['half of a surrogate pair in a key', { 'x\udc00': 1 }, /key.*surrogate/],
  ['a key that reaches a prototype', JSON.parse('{"a":{"__proto__":{"admin":true}}}'), /a: the key __proto__/],
  ['endless depth', JSON.parse(`${'['.repeat(600)}${']'.repeat(600)}`), /deeper than 500/],
])('%s is refused with its place', (_, data, expected) => {
  expect(() => encodeEnvelope({ ...message, data })).toThrow(expected);
});

test.each<[string, string]>([
  ['', 'not-json'],
  ['{"specversion":"1.0"', 'not-json'],
  [`${raw()} x`, 'not-json'],
  [`\ufeff${raw()}`, 'not-json'],
  ['null', 'not-an-object'],
  ['[]', 'not-an-object'],
  [JSON.stringify(raw()), 'not-an-object'],
  [JSON.stringify({ Type: 'Notification', TopicArn: 'arn', Message: raw() }), 'specversion'],
  [raw({ specversion: '0.3' }), 'specversion'],
  [raw({ id: 7 }), 'id'],
  [raw({ id: '' }), 'id'],
  [raw({ id: 'x'.repeat(257) }), 'id'],
  [raw({ id: 'a\uffff' }), 'id'],
  [raw({ id: 'a\u0000' }), 'id'],
  [raw({ source: 'not a uri' }), 'source'],
  [raw({ source: undefined }), 'source'],
  [raw({ type: 'orders.other' }), 'dataschema'],
  [raw({ dataschema: 'urn:posthaste:schema:orders.order-placed:0' }), 'dataschema'],
  [raw({ dataschema: 'urn:posthaste:schema:orders.order-placed:1 ' }), 'dataschema'],
  [raw({ dataschema: undefined }), 'dataschema'],
  [raw({ datacontenttype: 'text/html' }), 'datacontenttype'],
  [raw({ time: 'yesterday' }), 'time'],
  [raw({ time: '2026-13-01T00:00:00Z' }), 'time'],
  [raw({ time: 1_767_225_600 }), 'time'],
  [raw({ correlationid: undefined }), 'correlationid'],
  [raw({ causationid: 1 }), 'causationid'],
  [raw({ partitionkey: '' }), 'partitionkey'],
  [raw({ sequence: '0' }), 'sequence'],
  [raw({ sequence: '0000000000000000' }), 'sequence'],
  [raw({ sequence: '9999999999999999' }), 'sequence'],
  [raw({ hops: -1 }), 'hops'],
  [raw({ hops: 1.5 }), 'hops'],
  [raw({ hops: 1e12 }), 'hops'],
  [raw({ hops: '1' }), 'hops'],
  [raw({ tenant: 'a b' }), 'tenant'],
  [raw().replace('"42"', '1e999'), 'data'],
  [raw().replace('"42"', '"\\ud800"'), 'ill-formed-text'],
  [raw().replace('"42"', '{"__proto__":1}'), 'prototype-key'],
  [raw().replace('"42"', '{"\\u005f_proto__":1}'), 'prototype-key'],
  [raw().replace('"42"', '{"constructor":{"prototype":{}}}'), 'prototype-key'],
  [raw().replace('"42"', `${'['.repeat(100_000)}${']'.repeat(100_000)}`), 'too-deep'],
])('a hostile body is refused with a reason: %.60s', (body, reason) => {
  expect(reasonOf(body)).toBe(reason);
});

test('decoding pollutes nothing, and the last of two equal keys counts', () => {
  reasonOf('{"__proto__":{"polluted":true}}');
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  expect(decodeEnvelope(raw().replace('"hops":2', '"hops":1,"hops":3')).hops).toBe(3);
});

test('a newer sender may add attributes, and a broken trace context is dropped', () => {
  expect(decodeEnvelope(raw({ somethingnew: 'x', traceparent: 'garbage' }))).toEqual({ ...message, traceparent: undefined });
});

test('a time with an offset is read as the moment it is', () => {
  expect(decodeEnvelope(raw({ time: '2026-01-01T02:00:00+02:00' })).time).toBe('2026-01-01T00:00:00.000Z');
});
