import { expect, test } from 'vitest';
import { receiveCountOf } from '../../lib/consumer/consumer.event.ts';
import { errorText } from '../../lib/consumer/error-text.ts';
import { decodeFailureRecord, failureRecord } from '../../lib/dlq/failure-record.ts';
import { decodeEnvelope } from '../../lib/message/decode-envelope.ts';
import { fromItem } from '../../lib/outbox/row.ts';
import { awsFailure } from '../../lib/retry/aws-failure.ts';
import { classify } from '../../lib/retry/classify.ts';
import { parseDestinations } from '../../lib/topic/destination.ts';
import { readBatch, readError } from '../../lib/topic/send-result.ts';
import { bodyOf } from '../consumer/world.ts';

const noText: unknown = Object.create(null);

test.each(['9999-12-31T23:59:59-23:59', '0000-01-01T00:00:00+23:59'])('a time that leaves RFC 3339 in UTC is refused: %s', (time) => {
  expect(() => decodeEnvelope(JSON.stringify({ ...JSON.parse(bodyOf('1')), time }))).toThrow('it is an RFC 3339 time');
});

test('a receive count that no counter reaches counts as the first receive', () => {
  expect(receiveCountOf({ attributes: { ApproximateReceiveCount: '9'.repeat(20) } } as never)).toBe(1);
});

test('lines in a message that look like frames of a stack do not give a failure a group of its own', () => {
  const failure = (message: string) => new Error(message);
  const fingerprints = ['no such order', 'no such order\n    at forged (/var/task/index.js:1:1)', ''].map(
    (message) =>
      failureRecord({
        reason: 'HANDLER_PERMANENT',
        error: failure(message),
        consumer: 'ship-order',
        body: '',
        attributes: {},
        sqsMessageId: 'sqs-1',
        receiveCount: 1,
        attempts: [],
        failedAt: 0,
      }).fingerprint,
  );
  expect(new Set(fingerprints).size).toBe(1);
});

test.each([
  ['attributes', null],
  ['attributes', []],
  ['attributes', { type: 'String' }],
  ['attempts', [null]],
  ['attempts', [{ at: 7 }]],
  ['receiveCount', '5'],
  ['stack', 7],
  ['droppedAttributes', 'big'],
])('a failure record whose %s are %j is none', (member, value) => {
  const texts = { reason: '', type: '', message: '', fingerprint: '', consumer: '', failedAt: '' };
  const record = { ...texts, receiveCount: 1, attempts: [], attributes: {} };
  expect(decodeFailureRecord(JSON.stringify(record))).toEqual(record);
  expect(decodeFailureRecord(JSON.stringify({ ...record, [member]: value }))).toBeUndefined();
});

test.each([noText, { toString: 1 }, Object.assign(new Error('a'), { message: noText }), Object.assign(new Error('a'), { name: noText })])(
  'a thrown value without text is classified and described like any other',
  (thrown) => {
    expect(classify(thrown).kind).toBe('transient');
    expect(errorText(thrown)).toEqual(expect.any(String));
    expect(readError(thrown)).toMatchObject({ status: 'failed', failure: 'ambiguous' });
  },
);

test.each(['None', { length: 1 }, [null], [{ Code: 7 }]])(
  'a cancellation whose reasons are no list of reasons is no throttle: %j',
  (CancellationReasons) => {
    const error = Object.assign(new Error('cancelled'), {
      name: 'TransactionCanceledException',
      $fault: 'client',
      $metadata: {},
      CancellationReasons,
    });
    expect(awsFailure(error)).toBe('rejected');
    expect(classify(error).kind).toBe('transient');
  },
);

const KEYED = {
  ...{ pk: 'KEY#a', sk: 'SEQ#1', id: 'm', type: 't', body: '{}', attributes: {}, destinations: [], key: 'a', seq: 1, first: 1 },
  ...{ state: 'PENDING#0', committedAt: 1 },
};

test.each([
  { key: 'b' },
  { key: 7 },
  { seq: 0 },
  { seq: 1.5 },
  { first: 'one' },
  { pk: 'UNIT#u' },
  { attributes: [] },
  { attributes: new Set() },
  { attributes: new Uint8Array(2) },
])('an outbox item with %j is no row, so that it cannot lead the relay to another key', (change) => {
  expect(fromItem(KEYED)).toBeDefined();
  expect(fromItem({ ...KEYED, ...change })).toBeUndefined();
});

test('an answer about entries that nobody sent says nothing about those that were', () => {
  const results = readBatch({ Successful: [{ Id: '7' }, { Id: '' }, { Id: '1.0' }], Failed: [{ Id: '-1' }] }, 2);
  expect(results).toHaveLength(2);
  expect(results).toMatchObject([{ code: 'NO_RESULT' }, { code: 'NO_RESULT' }]);
});

test('a destination that has no text is refused as one that is no ARN', () => {
  expect(() => parseDestinations({ orders: JSON.parse('{"toString":1,"valueOf":1}') })).toThrow('destination orders is of the type object');
});
