import { expect, test } from 'vitest';
import * as z from 'zod';
import { attributesOf, wireBytes } from '../../lib/message/attributes.ts';
import { assertSource, composeMessage, composeUnchecked, type MessageFields } from '../../lib/message/compose.ts';
import { decodeEnvelope } from '../../lib/message/decode-envelope.ts';
import { defineCommand, defineEvent } from '../../lib/message/define.ts';
import { encodeEnvelope } from '../../lib/message/envelope.ts';
import { validateMessage } from '../../lib/message/validate.ts';

const schema = z.object({ id: z.string(), amount: z.coerce.number().optional(), text: z.string().optional() });
const Booked = defineEvent({
  name: 'ledger.booked',
  version: 1,
  schema,
  key: (data) => data.id,
  routing: { amount: (data) => data.amount, id: (data) => data.id },
});
const fields: MessageFields = { id: 'm', source: 'urn:x', time: 0, correlationId: 'c', hops: 0 };

test('the wire carries what was given, while key and routing see what the schema made of it', () => {
  const message = composeMessage(Booked, { id: 'a', amount: '12.5' }, fields);
  expect(message).toMatchObject({
    data: { id: 'a', amount: '12.5' },
    key: 'a',
    routing: { amount: 12.5, id: 'a' },
    time: '1970-01-01T00:00:00.000Z',
  });
  expect(attributesOf(message)).toEqual({
    type: { DataType: 'String', StringValue: 'ledger.booked' },
    source: { DataType: 'String', StringValue: 'urn:x' },
    amount: { DataType: 'Number', StringValue: '12.5' },
    id: { DataType: 'String', StringValue: 'a' },
  });
});

test.each(['id', 'correlationId', 'causationId'] as const)('%s is taken exactly as far as a reader takes it', (field) => {
  const compose = (value: string) => composeMessage(Booked, { id: 'a' }, { ...fields, [field]: value });
  for (const value of ['x'.repeat(257), '', 'a\ud800', 'a\uffff', 'a\u0000']) {
    expect(() => compose(value)).toThrow(expect.objectContaining({ code: 'MESSAGE_FIELD_INVALID', field }));
  }
  const longest = '𠜎'.repeat(128);
  expect(decodeEnvelope(encodeEnvelope(compose(longest)))[field]).toBe(longest);
});

test('a source that no reader takes is refused where it is configured', () => {
  expect(() => assertSource(`urn:${'x'.repeat(252)}`)).not.toThrow();
  expect(() => assertSource(`urn:${'x'.repeat(253)}`)).toThrow('at most 256 characters');
});

test('data as deep as a sender may send is as deep as a reader takes', () => {
  const nested = (levels: number) => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
  const deepest = composeUnchecked(Booked, nested(500), fields);
  expect(decodeEnvelope(encodeEnvelope(deepest)).data).toEqual(nested(500));
  expect(() => composeUnchecked(Booked, nested(501), fields)).toThrow('deeper than 500');
});

test('what the sender changes afterwards does not change the message', () => {
  const data = { id: 'a' };
  const message = composeMessage(Booked, data, fields);
  data.id = 'b';
  expect(message.data).toEqual({ id: 'a' });
});

test.each<[object, Partial<MessageFields>, string]>([
  [{ id: '' }, {}, 'MESSAGE_FIELD_INVALID'],
  [{ id: 'a\uffff' }, {}, 'MESSAGE_FIELD_INVALID'],
  [{ id: 'a\u0001' }, {}, 'MESSAGE_FIELD_INVALID'],
  [{ id: 'a\ud800' }, {}, 'MESSAGE_FIELD_INVALID'],
  [{ id: 'a', amount: 1_000_000_001 }, {}, 'MESSAGE_FIELD_INVALID'],
  [{ id: 'é'.repeat(513) }, {}, 'MESSAGE_FIELD_INVALID'],
  [{ id: 'a' }, { tenant: 'two words' }, 'MESSAGE_FIELD_INVALID'],
  [{ id: 'a' }, { tenant: '' }, 'MESSAGE_FIELD_INVALID'],
  [{ id: 1 }, {}, 'MESSAGE_INVALID'],
  [{}, {}, 'MESSAGE_INVALID'],
])('%j with %j is refused with %s', (data, more, code) => {
  expect(() => composeMessage(Booked, data, { ...fields, ...more })).toThrow(expect.objectContaining({ code }));
});

test('an event fills SNS to the last byte and not one further, attributes counted', () => {
  const bytes = (text: string) => {
    const message = composeMessage(Booked, { id: 'a', text }, fields);
    return wireBytes(encodeEnvelope({ ...message, sequence: 1 }), attributesOf(message));
  };
  const room = 262_144 - bytes('');
  expect(bytes('x'.repeat(room))).toBe(262_144);
  expect(() => bytes('x'.repeat(room + 1))).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE', bytes: 262_145, limit: 262_144 }));
});

test('a command may have a mebibyte', () => {
  const Charge = defineCommand({ name: 'billing.charge', version: 1, schema });
  expect(() => composeMessage(Charge, { id: 'a', text: 'x'.repeat(1_000_000) }, fields)).not.toThrow();
  expect(() => composeMessage(Charge, { id: 'a', text: 'x'.repeat(1_048_576) }, fields)).toThrow(/SQS takes 1048576/);
});

test('foreign data is published as it is; routing fields that cannot be read are left out', () => {
  const foreign = { nothing: ['as', 'declared'] };
  expect(composeUnchecked(Booked, foreign, fields)).toMatchObject({ data: foreign, routing: {} });
  expect(composeUnchecked(Booked, null, { ...fields, key: 'k' })).toMatchObject({ data: null, key: 'k', routing: {} });
});

test('a schema that validates asynchronously, or throws, is refused in words', () => {
  const later = defineEvent({ name: 'a.b', version: 1, schema: z.string().refine(async () => true) });
  const broken = defineEvent({
    name: 'a.b',
    version: 1,
    schema: {
      '~standard': {
        version: 1,
        vendor: 'x',
        validate: () => {
          throw new Error('boom');
        },
      },
    },
  });
  expect(() => validateMessage(broken, 1)).toThrow(/the schema threw: boom/);
  expect(() => validateMessage(later, 'x')).toThrow(expect.objectContaining({ code: expect.stringMatching(/MESSAGE_/) }));
});

test('every issue is named with its path', () => {
  const Order = defineEvent({
    name: 'a.b',
    version: 1,
    schema: z.object({ lines: z.array(z.object({ sku: z.string() })), total: z.number() }),
  });
  try {
    validateMessage(Order, { lines: [{ sku: 'a' }, { sku: 2 }], total: 'x' });
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code: 'MESSAGE_INVALID', issues: [{ path: ['lines', 1, 'sku'] }, { path: ['total'] }] });
    expect(String(error)).toContain('lines[1].sku');
  }
});
