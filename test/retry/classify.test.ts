import { expect, test } from 'vitest';
import * as z from 'zod';
import { PosthasteError } from '../../lib/core/errors.ts';
import { charged, NO_ATTEMPTS, unsettled } from '../../lib/retry/attempts.ts';
import { classify } from '../../lib/retry/classify.ts';
import { Permanent, Transient } from '../../lib/retry/retry.errors.ts';

const aws = (name: string, more: object = {}) => Object.assign(new Error(name), { name, ...more });
const cancelled = (...codes: string[]) =>
  aws('TransactionCanceledException', { $fault: 'client', CancellationReasons: codes.map((Code) => ({ Code })) });

const zodError = () => z.string().safeParse(5).error;

test.each([
  ['Permanent', new Permanent('no'), 'permanent'],
  ['Transient', new Transient('later'), 'transient'],
  ['an error of this library that says it is not retryable', new PosthasteError('no', { code: 'UNIT_LIMIT' }), 'permanent'],
  ['one that says it is', new PosthasteError('no', { code: 'X', retryable: true }), 'transient'],
  ['a condition of a unit that does not hold', new PosthasteError('no', { code: 'UNIT_CONDITION_FAILED' }), 'transient'],
  ['a missing variable', new PosthasteError('no', { code: 'ENV_MISSING' }), 'transient'],
  ...['OUTBOX_MISSING', 'DESTINATION_INVALID', 'DESTINATIONS_UNREADABLE', 'PUBLISHER_CLOSED', 'UNIT_SEALED', 'MESSAGE_KIND'].map(
    (code) => [`${code}, which a deployment repairs,`, new PosthasteError('no', { code }), 'transient'] as const,
  ),
  ['a commit that met others', new PosthasteError('no', { code: 'UNIT_CONTENDED', retryable: true }), 'busy'],
  ['a commit whose outcome is unknown', new PosthasteError('no', { code: 'UNIT_UNKNOWN', retryable: true }), 'busy'],
  ['any other error', new TypeError('x is undefined'), 'transient'],
  ['what is no error', 'oops', 'transient'],
  ['undefined', undefined, 'transient'],
  ['a throttle of DynamoDB', aws('ProvisionedThroughputExceededException'), 'busy'],
  ['a throttle of SNS', aws('ThrottledException', { $fault: 'client' }), 'busy'],
  ['a status 429', aws('Weird', { $metadata: { httpStatusCode: 429 } }), 'busy'],
  ['a transaction conflict', aws('TransactionConflictException'), 'busy'],
  ['a transaction cancelled by conflicts alone', cancelled('None', 'TransactionConflict'), 'busy'],
  ['a transaction cancelled by throttles alone', cancelled('ThrottlingError', 'None'), 'busy'],
  ['a transaction cancelled by a condition, whatever else', cancelled('ConditionalCheckFailed', 'TransactionConflict'), 'transient'],
  ['a cancelled transaction without reasons', cancelled(), 'transient'],
  ['a failed condition of DynamoDB', aws('ConditionalCheckFailedException', { $fault: 'client' }), 'transient'],
  ['data that fits no schema of Zod', zodError(), 'permanent'],
  ['data that fits no schema of another library', Object.assign(new Error('no'), { issues: [{ message: 'too short' }] }), 'permanent'],
  ['an error with other issues', Object.assign(new Error('no'), { issues: ['#5'] }), 'transient'],
  ['a message that its schema refuses', new PosthasteError('no', { code: 'MESSAGE_INVALID' }), 'permanent'],
  ['a timeout of a callee', aws('TimeoutError'), 'transient'],
  ['a failing service', aws('InternalServerError', { $fault: 'server', $metadata: { httpStatusCode: 500 } }), 'transient'],
] as const)('%s is as it should be', (_, error, kind) => {
  expect(classify(error).kind).toBe(kind);
});

test('the thrower may name the failure and the wait', () => {
  expect(classify(new Permanent('no', { code: 'CARD_EXPIRED' }))).toEqual({ kind: 'permanent', code: 'CARD_EXPIRED' });
  expect(classify(new Transient('later', { retryAfterMs: 900_000 }))).toEqual({
    kind: 'transient',
    code: 'TRANSIENT',
    retryAfterMs: 900_000,
  });
  expect(classify(new Transient('now', { retryAfterMs: 0 }))).toMatchObject({ retryAfterMs: 0 });
  const strange = Object.assign(new PosthasteError('later', { code: 'X', retryable: true }), { retryAfterMs: '5' });
  expect(classify(strange)).toEqual({ kind: 'transient', code: 'X' });
  expect(classify(new Transient('later', { retryAfterMs: -1 }))).toEqual({ kind: 'transient', code: 'TRANSIENT' });
});

test('a failure has its code, its name, or is unknown', () => {
  expect(
    [new Permanent('no', { code: 'CARD_EXPIRED' }), new TypeError('no'), 'text', undefined].map((error) => classify(error).code),
  ).toEqual(['CARD_EXPIRED', 'TypeError', 'UNKNOWN_ERROR', 'UNKNOWN_ERROR']);
});

test('a class of another bundle classifies as its own', () => {
  class Copy extends PosthasteError {}
  expect(classify(new Copy('no', { code: 'PERMANENT' })).kind).toBe('permanent');
});

test('crashes are charged, throttles are not', () => {
  expect(charged(NO_ATTEMPTS)).toBe(0);
  expect(charged({ started: 5, settled: 3, failed: 1, history: [] })).toBe(3);
  expect(charged({ started: 4, settled: 4, failed: 0, history: [] })).toBe(0);
  expect(unsettled({ started: 1, settled: 2, failed: 0, history: [] })).toBe(0);
});

test.each([
  ['a timeout of the SDK', aws('TimeoutError')],
  ['an abort', new DOMException('This operation was aborted', 'AbortError')],
  ['a socket that takes too long', Object.assign(new Error('no'), { code: 'ETIMEDOUT' })],
  ['a socket that idles', Object.assign(new Error('no'), { code: 'ESOCKETTIMEDOUT' })],
  ['a connection that is reset', Object.assign(new Error('no'), { code: 'ECONNRESET' })],
  ['a fetch without an answer', Object.assign(new Error('no'), { code: 'UND_ERR_HEADERS_TIMEOUT' })],
  ['a fetch that was cut off', new TypeError('fetch failed', { cause: Object.assign(new Error('no'), { code: 'UND_ERR_SOCKET' }) })],
] as const)('%s is a timeout', (_, error) => expect(classify(error)).toEqual({ kind: 'transient', code: 'TIMEOUT' }));

test('a condition is told apart from other refusals, in a transaction too', () => {
  expect(
    [aws('ConditionalCheckFailedException'), cancelled('None', 'ConditionalCheckFailed')].map((error) => classify(error).code),
  ).toEqual(['CONDITION_FAILED', 'CONDITION_FAILED']);
});

test.each([
  ['the header of the answer', { $response: { headers: { 'retry-after': '30' } } }, 30_000],
  ['its member', { retryAfterSeconds: '7' }, 7_000],
  ['a member that is a number', { retryAfterSeconds: 0.5 }, 500],
  ['a date, which is not read', { $response: { headers: { 'retry-after': 'Fri, 31 Dec 2027 23:59:59 GMT' } } }, undefined],
  ['an empty header', { $response: { headers: { 'retry-after': '' } } }, undefined],
  ['a negative wait', { retryAfterSeconds: -1 }, undefined],
])('a throttle is waited out as it asks, by %s', (_, more, retryAfterMs) => {
  expect(classify(aws('ThrottlingException', more))).toEqual({
    kind: 'busy',
    code: 'ThrottlingException',
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
});
