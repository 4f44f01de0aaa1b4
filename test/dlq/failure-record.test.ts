import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAILURE_RECORD_MAX_BYTES, FAILURE_STACK_MAX_BYTES } from '../../lib/dlq/dlq.contract.ts';
import { decodeFailureRecord, failureRecord } from '../../lib/dlq/failure-record.ts';
import { encodeFailureRecord } from '../../lib/dlq/fit-failure-record.ts';
import type { DeadLetter } from '../../lib/retry/dead-letter.ts';
import { Permanent } from '../../lib/retry/retry.errors.ts';

const letter = (change: Partial<DeadLetter> = {}): DeadLetter => ({
  reason: 'HANDLER_PERMANENT',
  error: new Permanent('the card has expired', { code: 'CARD_EXPIRED' }),
  consumer: 'ship-order',
  handlerVersion: '42',
  body: '{}',
  attributes: { type: { dataType: 'String', stringValue: 'orders.order-placed' } },
  sqsMessageId: 'sqs-1',
  receiveCount: 3,
  messageId: 'message-1',
  messageType: 'orders.order-placed',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  attempts: [{ at: '2030-01-01T00:00:00.000Z', type: 'Error', message: 'no' }],
  failedAt: Date.UTC(2030, 0, 1),
  ...change,
});

test('a record tells what failed, where, why and how often', () => {
  expect(decodeFailureRecord(encodeFailureRecord(failureRecord(letter())) ?? '')).toMatchObject({
    reason: 'HANDLER_PERMANENT',
    type: 'CARD_EXPIRED',
    message: 'the card has expired',
    stack: expect.stringContaining('failure-record.test.ts'),
    consumer: 'ship-order',
    handlerVersion: '42',
    traceId: '0af7651916cd43dd8448eb211c80319c',
    failedAt: '2030-01-01T00:00:00.000Z',
    receiveCount: 3,
    messageId: 'message-1',
    attributes: { type: { dataType: 'String', stringValue: 'orders.order-placed' } },
    attempts: [{ type: 'Error' }],
  });
});

test('causes stand in the stack', () => {
  const error = new Error('outer', { cause: new Error('inner') });
  expect(failureRecord(letter({ error })).stack).toMatch(/outer[\s\S]*caused by Error: inner/);
});

describe('the fingerprint', () => {
  const fail = () => new Error('no');
  const print = (change: Partial<DeadLetter>) => failureRecord(letter(change)).fingerprint;

  test('is equal for one cause, whatever the text, the line or the message id', () => {
    const moved = fail();
    moved.stack = moved.stack?.replace(/:\d+:\d+/g, ':999:9') ?? '';
    moved.message = 'no, order 4711';
    expect(print({ error: moved, messageId: 'message-2', receiveCount: 9 })).toBe(print({ error: fail() }));
  });

  test('differs by consumer, error and message type', () => {
    const error = fail();
    const prints = [
      { error },
      { error, consumer: 'bill-order' },
      { error, messageType: 'orders.order-lost' },
      { error: new TypeError('no') },
    ];
    expect(new Set(prints.map(print)).size).toBe(4);
  });
});

describe('whatever it has to tell, it fits', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.nat(20_000).map((length) => 'é'.repeat(length)),
    fc.nat(12_000).map((length) => '\ud83d\ude00'.repeat(length)),
    fc.constant('\ufffe\uffff\u0000\u0001\ud800'.repeat(500)),
  );
  const letters = fc.record({
    message: text,
    stack: text,
    attempts: fc.array(fc.record({ at: fc.constant('2030-01-01T00:00:00.000Z'), type: text, message: text }), { maxLength: 10 }),
    attributes: fc.dictionary(
      fc.string({ minLength: 1, maxLength: 256 }).filter((name) => name !== '__proto__'),
      text.map((stringValue) => ({ dataType: 'String', stringValue })),
      { maxKeys: 10 },
    ),
    limit: fc.oneof(fc.constant(FAILURE_RECORD_MAX_BYTES), fc.integer({ min: 512, max: FAILURE_RECORD_MAX_BYTES })),
  });

  test('in the limit, in characters that SQS takes, and reads back', () => {
    fc.assert(
      fc.property(letters, ({ message, stack, attempts, attributes, limit }) => {
        const error = Object.assign(new Error(message), { stack });
        const encoded = encodeFailureRecord(failureRecord(letter({ error, attempts, attributes })), limit) ?? '';
        expect(Buffer.byteLength(encoded)).toBeLessThanOrEqual(limit);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: the set that SQS refuses
        expect(encoded).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
        expect(encoded.isWellFormed()).toBe(true);
        expect(decodeFailureRecord(encoded)).toMatchObject({ reason: 'HANDLER_PERMANENT', consumer: 'ship-order' });
      }),
      { numRuns: 100 },
    );
  });

  test('the stack gives way before the history, the history before the attributes', () => {
    const big = (bytes: number) => 'x'.repeat(bytes);
    const error = Object.assign(new Error('no'), { stack: big(20_000) });
    const attempts = Array.from({ length: 10 }, () => ({ at: '2030-01-01T00:00:00.000Z', type: 'Error', message: big(500) }));
    const attributes = {
      type: { dataType: 'String', stringValue: 'orders.order-placed' },
      note: { dataType: 'String', stringValue: big(9_000) },
    };
    const fitted = (limit: number) =>
      decodeFailureRecord(encodeFailureRecord(failureRecord(letter({ error, attempts, attributes })), limit) ?? '');
    expect(fitted(32_768)).toMatchObject({ stack: big(FAILURE_STACK_MAX_BYTES), attempts });
    expect(fitted(18_000)).toMatchObject({ stack: big(2_048), attempts });
    expect(fitted(13_000)?.attempts).toHaveLength(3);
    expect(fitted(10_500)).toMatchObject({ attempts: [], attributes });
    expect(fitted(9_000)).toMatchObject({ attributes: { type: { stringValue: 'orders.order-placed' } }, droppedAttributes: ['note'] });
  });
});

test.each([[''], ['null'], ['[]'], ['{"reason":1}'], ['{"reason":"X"']])('%j is no record', (text) => {
  expect(decodeFailureRecord(text)).toBeUndefined();
});

test.each([
  ...['reason', 'type', 'message', 'fingerprint', 'consumer', 'failedAt'].flatMap((name) => [
    [name, undefined],
    [name, 7],
  ]),
  ...['stack', 'handlerVersion', 'traceId', 'messageId', 'messageType'].map((name) => [name, 7]),
  ...[undefined, '3', 1.5].map((value) => ['receiveCount', value]),
  ...[undefined, {}, ['x'], [null], [{ at: 'then', type: 'Error' }]].map((value) => ['attempts', value]),
  ...[undefined, null, [], 'x', { a: null }, { a: {} }, { a: { dataType: 'String', stringValue: 7 } }].map((value) => [
    'attributes',
    value,
  ]),
  ...['x', [7]].map((value) => ['droppedAttributes', value]),
] as [string, unknown][])('a record whose %s is %j is none', (name, value) => {
  const record = { ...failureRecord(letter()), droppedAttributes: ['note'] };
  expect(decodeFailureRecord(JSON.stringify(record))).toMatchObject({ reason: 'HANDLER_PERMANENT' });
  expect(decodeFailureRecord(JSON.stringify({ ...record, [name]: value }))).toBeUndefined();
});

test('what is unknown is absent, and what is no error has its type', () => {
  const { handlerVersion: _, messageId: __, messageType: ___, traceparent: ____, ...bare } = letter({ error: 'text' });
  const record = failureRecord(bare);
  expect(Object.keys(record).sort()).toEqual(
    ['attempts', 'attributes', 'consumer', 'failedAt', 'fingerprint', 'message', 'reason', 'receiveCount', 'sqsMessageId', 'type'].sort(),
  );
  expect([record.type, record.message, record.fingerprint]).toEqual(['string', 'text', expect.stringMatching(/^[0-9a-f]{16}$/)]);
  expect(failureRecord(letter())).toMatchObject({ messageType: 'orders.order-placed' });
  expect(failureRecord(letter({ error: Object.assign(new TypeError('no'), { code: '' }) })).type).toBe('TypeError');
});

test('binary attributes are kept, and no more than three causes', () => {
  const attributes = { blob: { dataType: 'Binary', binaryValue: 'AAA=' } };
  expect(failureRecord(letter({ attributes })).attributes).toEqual({
    blob: { dataType: 'Binary', stringValue: undefined, binaryValue: 'AAA=' },
  });
  const chain = ['e', 'd', 'c', 'b', 'a'].reduce<Error | undefined>((cause, name) => new Error(name, { cause }), undefined);
  const stack = failureRecord(letter({ error: chain })).stack ?? '';
  expect(stack.match(/caused by Error: \w/g)).toEqual(['b', 'c', 'd'].map((name) => `caused by Error: ${name}`));
});

test('one place that throws is one cause, another is another', () => {
  const thrower = (file: string) =>
    Object.assign(new Error('no'), { stack: `Error: no\n    at ship (${file}:1:2)\n    at run (run.ts:3:4)` });
  const print = (error: Error) => failureRecord(letter({ error })).fingerprint;
  expect(print(thrower('a.ts'))).not.toBe(print(thrower('b.ts')));
  const forged = Object.assign(new Error('\n    at forged (x.ts:1:1)'), {
    stack: 'Error: \n    at forged (x.ts:1:1)\n    at ship (a.ts:9:9)',
  });
  expect(print(forged)).toBe(print(thrower('a.ts')));
});

test('the smallest room still tells the reason, less tells nothing', () => {
  const huge = 'é'.repeat(10_000);
  const error = Object.assign(new Error(huge), { name: huge });
  const record = failureRecord(letter({ error, consumer: huge, attributes: { note: { dataType: 'String', stringValue: huge } } }));
  const smallest = encodeFailureRecord(record, 700) ?? '';
  expect(decodeFailureRecord(smallest)).toMatchObject({
    ...{ reason: 'HANDLER_PERMANENT', message: '', attributes: {}, attempts: [] },
    ...{ type: 'é'.repeat(32), consumer: 'é'.repeat(64) },
  });
  expect(encodeFailureRecord(record, Buffer.byteLength(smallest))).toBe(smallest);
  expect(encodeFailureRecord(record, 100)).toBeUndefined();
  const note = { dataType: 'String', stringValue: huge };
  const wordy = failureRecord(letter({ error: Object.assign(new Error(huge), { stack: 'at a.ts' }), attributes: { note } }));
  const roomy = decodeFailureRecord(encodeFailureRecord(wordy, 12_000) ?? '');
  expect([roomy?.message, roomy?.droppedAttributes]).toEqual(['é'.repeat(256), ['note']]);
});
