import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRecord } from '../../lib/consumer/consumer.reading.ts';
import { createRouter, on, onAny } from '../../lib/consumer/consumer.routes.ts';
import { defineEvent } from '../../lib/message/define.ts';
import { bodyOf, countEffect, OrderPlaced } from './world.ts';

const DAY = 86_400_000;
const SENT = Date.UTC(2030, 0, 1);

const read = (body: string, options: { now?: number; routes?: Parameters<typeof createRouter>; receiveCount?: string } = {}) =>
  readRecord(
    {
      messageId: 'sqs-1',
      receiptHandle: 'handle',
      body,
      attributes: { ApproximateReceiveCount: options.receiveCount ?? '1' },
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:orders',
    },
    0,
    { router: createRouter(...(options.routes ?? [[countEffect], []])), now: options.now ?? SENT, maxAgeMs: 59 * DAY },
  );

const reasonOf = (...given: Parameters<typeof read>) => {
  const { reading } = read(...given);
  return reading.kind === 'park' ? reading.reason : reading.kind;
};

const edited = (change: Record<string, unknown>) => JSON.stringify({ ...JSON.parse(bodyOf('1')), ...change });

test('a message of a handled type and version runs, with what its schema makes of the data', () => {
  const { reading } = read(bodyOf('1'));
  expect(reading).toMatchObject({ kind: 'run', message: { id: 'message-1', data: { orderId: '1', total: 0 } } });
});

test.each([
  ['no JSON', '{"id":', 'BODY_INVALID'],
  ['an empty body', '', 'BODY_INVALID'],
  ['null', 'null', 'BODY_INVALID'],
  ['an id that is a number', edited({ id: 7 }), 'BODY_INVALID'],
  ['an unknown type', edited({ type: 'orders.order-lost', dataschema: 'urn:posthaste:schema:orders.order-lost:1' }), 'UNKNOWN_TYPE'],
  ['an unknown version', edited({ dataschema: 'urn:posthaste:schema:orders.order-placed:2' }), 'UNKNOWN_VERSION'],
  ['data that does not fit', edited({ data: { orderId: 7 } }), 'MESSAGE_INVALID'],
  ['a chain that is too long', edited({ hops: 33 }), 'HOPS_EXCEEDED'],
  ['the longest chain', edited({ hops: 32 }), 'run'],
])('%s', (_, body, reason) => {
  expect(reasonOf(body)).toBe(reason);
});

test('a message that is as old as a marker may be runs to the millisecond, an older one does not', () => {
  expect(reasonOf(bodyOf('1'), { now: SENT + 59 * DAY })).toBe('run');
  expect(reasonOf(bodyOf('1'), { now: SENT + 59 * DAY + 1 })).toBe('TOO_OLD');
});

test('what is parked says which message it is, as far as it could be read', () => {
  for (const body of [edited({ data: { orderId: 7 } }), edited({ hops: 33 }), bodyOf('1')]) {
    const { reading } = read(body, { now: body === bodyOf('1') ? SENT + 60 * DAY : SENT });
    expect(reading).toMatchObject({ kind: 'park', error: expect.any(Error), message: { id: 'message-1', correlationId: 'cause-1' } });
  }
  expect(read('{').reading).not.toHaveProperty('message');
  expect(read(bodyOf('1'), { now: SENT + 60 * DAY }).reading).toMatchObject({
    error: { message: expect.stringContaining('older than 59 days') },
  });
});

test('two bodies are one message when they say the same of the same thing, in whatever order', () => {
  const printOf = (change: Record<string, unknown>) => {
    const { reading } = read(edited(change));
    return reading.kind === 'run' ? reading.fingerprint : reading.kind;
  };
  const same = printOf({});
  expect(same).toMatch(/^[0-9a-f]{64}$/);
  expect([printOf({ time: '2029-12-31T00:00:00.000Z' }), printOf({ correlationid: 'other' }), printOf({ hops: 3 })]).toEqual([
    same,
    same,
    same,
  ]);
  const others = [{ data: { orderId: '2' } }, { data: { orderId: '1', total: 0 } }, { source: 'urn:other' }, { partitionkey: 'k' }].map(
    printOf,
  );
  expect(new Set([same, ...others]).size).toBe(5);
});

test('a declared type is ignored, onAny takes the rest', () => {
  const Cancelled = defineEvent({ name: 'orders.order-cancelled', version: 1, schema: OrderPlaced.schema });
  const body = edited({ type: Cancelled.name, dataschema: `urn:posthaste:schema:${Cancelled.name}:9` });
  expect(reasonOf(body, { routes: [[countEffect], [Cancelled]] })).toBe('ignore');
  expect(reasonOf(body, { routes: [[countEffect, onAny(() => {})], []] })).toBe('run');
  expect(reasonOf(edited({ data: 7 }), { routes: [[onAny(() => {})], []] })).toBe('run');
});

test('onAny is handed what no other handles, as it came', () => {
  const route = onAny(() => {});
  const { reading } = read(edited({ data: 7 }), { routes: [[route], []] });
  expect(reading).toMatchObject({ kind: 'run', message: { id: 'message-1', data: 7 } });
  expect(reading.kind === 'run' && reading.route).toBe(route);
});

test('a schema that cannot be used fails the run, not the message', async () => {
  const Async = defineEvent({
    name: 'orders.order-placed',
    version: 1,
    schema: { '~standard': { version: 1, vendor: 'test', validate: async (value: unknown) => ({ value }) } },
  });
  const { reading } = read(bodyOf('1'), { routes: [[on(Async, () => {})], []] });
  if (reading.kind !== 'run') throw new Error('it runs');
  expect(reading).toMatchObject({ message: { id: 'message-1' }, route: { definition: Async, effect: 'transaction' } });
  await expect(reading.route.handle(reading.message, {} as never)).rejects.toMatchObject({ code: 'MESSAGE_DEFINITION_INVALID' });
});

test.each([['0'], ['-1'], ['1.5'], ['x'], ['']])('a receive count of %j counts as the first', (receiveCount) => {
  expect(read(bodyOf('1'), { receiveCount }).receiveCount).toBe(1);
});

test('no body, however strange, throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.dictionary(fc.string(), fc.jsonValue()).map(edited)), (body) => {
      expect(['park', 'run', 'ignore']).toContain(read(body).reading.kind);
    }),
    { numRuns: 2_000 },
  );
});
