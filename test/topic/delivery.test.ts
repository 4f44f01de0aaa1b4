import { expect, test } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import { createVirtualClock } from '../../lib/simulation/virtual-clock.ts';
import { createBreakers } from '../../lib/topic/breaker.ts';
import { deliver, type Sender } from '../../lib/topic/deliver.ts';
import { groupFields, parseDestinations } from '../../lib/topic/destination.ts';
import { readBatch, readError, type SendResult } from '../../lib/topic/send-result.ts';
import { queueUrlOf } from '../../lib/topic/topic.sqs.ts';

const destinations = parseDestinations({
  orders: 'arn:aws:sns:eu-west-1:123456789012:orders',
  ledger: 'arn:aws:sns:eu-west-1:123456789012:ledger.fifo',
});
const orders = destinations.get('orders');
const ledger = destinations.get('ledger');
const parcel = (id: string, more: object = {}) => ({ id, body: id, attributes: {}, ...more });
const failed = (failure: 'throttled' | 'rejected' | 'denied'): SendResult => ({ status: 'failed', failure, code: failure, message: 'no' });

// Waits between tries are over at once; the deadline never comes.
function soon(ms: number, callback: () => void): () => void {
  if (ms < 1_000) queueMicrotask(callback);
  return () => {};
}

function run(sender: Partial<Sender>, ids: string[]) {
  const calls: string[] = [];
  const full: Sender = {
    sendBatch: async (destination, parcels) => {
      calls.push(`batch ${parcels.map((one) => one.id).join('')}`);
      return sender.sendBatch?.(destination, parcels) ?? parcels.map(() => ({ status: 'sent' }) as const);
    },
    sendOne: async (destination, one) => {
      calls.push(`one ${one.id}`);
      return sender.sendOne?.(destination, one) ?? { status: 'sent' };
    },
  };
  const clock = { now: () => 0, after: soon };
  const options = { destination: orders as NonNullable<typeof orders>, parcels: ids.map((id) => parcel(id)) };
  const done = deliver({ sender: full, clock, rng: { next: () => 0 } }, options, { deadline: 100_000 });
  return done.then((deliveries) => ({ calls, states: deliveries.map((one) => one.status) }));
}

test('an entry that failed inside a successful answer is sent again, the others are not', async () => {
  let first = true;
  const flaky = async (_: unknown, parcels: readonly { id: string }[]) => {
    const results = parcels.map((one): SendResult => (first && one.id === 'b' ? failed('throttled') : { status: 'sent' }));
    first = false;
    return results;
  };
  expect(await run({ sendBatch: flaky }, ['a', 'b', 'c'])).toEqual({
    calls: ['batch abc', 'batch b'],
    states: ['delivered', 'delivered', 'delivered'],
  });
});

test('a rejected entry gets one try alone before it is refused', async () => {
  const sendBatch = async (_: unknown, parcels: readonly { id: string }[]) =>
    parcels.map((one): SendResult => (one.id === 'b' ? failed('rejected') : { status: 'sent' }));
  expect(await run({ sendBatch, sendOne: async () => failed('rejected') }, ['a', 'b'])).toEqual({
    calls: ['batch ab', 'one b'],
    states: ['delivered', 'refused'],
  });
  expect(await run({ sendBatch }, ['a', 'b'])).toMatchObject({ states: ['delivered', 'delivered'] });
});

test('a missing permission is not tried again and again, and condemns no message', async () => {
  expect(await run({ sendBatch: async () => ({ rejected: failed('denied') }) }, ['a'])).toEqual({
    calls: ['batch a'],
    states: ['unavailable'],
  });
});

test('a destination that says what is wrong with a message is not out, however long it takes; one that says nothing is', async () => {
  const clock = createVirtualClock(createRng(1));
  const destination = orders as NonNullable<typeof orders>;
  const breakers = createBreakers(clock);
  const slow = async <T>(answer: T): Promise<T> => {
    await new Promise<void>((resolve) => void clock.after(3_000, resolve));
    return answer;
  };
  const load = { destination, parcels: [parcel('a')] };
  const send = (name: string, result: SendResult) => {
    const sender: Sender = { sendBatch: () => slow({ rejected: result }), sendOne: () => slow({ status: 'sent' } as const) };
    return deliver({ sender, clock, rng: createRng(2) }, load, { deadline: clock.now() + 20_000, breaker: breakers(name) });
  };
  const picky = send('picky', failed('rejected'));
  const silent = send('silent', failed('throttled'));
  await clock.run(clock.now() + 10_000);
  expect([(await picky)[0]?.status, (await silent)[0]?.status]).toEqual(['delivered', 'unavailable']);
  expect([breakers('picky').isOpen(), breakers('silent').isOpen()]).toEqual([false, true]);
  await clock.run(clock.now() + 30_000);
  expect(breakers('silent').isOpen()).toBe(false);
});

test('an answer that does not mention an entry is no success', async () => {
  expect(readBatch({ Successful: [{ Id: '1' }] }, 3).map((result) => result.status)).toEqual(['failed', 'sent', 'failed']);
  expect(readBatch({}, 1)).toMatchObject([{ failure: 'ambiguous', code: 'NO_RESULT' }]);
});

test.each([
  ['InvalidParameter', true, 'rejected'],
  ['AuthorizationError', true, 'denied'],
  ['KMSAccessDeniedException', true, 'denied'],
  ['ThrottledException', true, 'throttled'],
  ['InternalError', false, 'ambiguous'],
])('the entry code %s is read as what it means', (Code, SenderFault, failure) => {
  expect(readBatch({ Failed: [{ Id: '0', Code, SenderFault }] }, 1)).toMatchObject([{ status: 'failed', failure, code: Code }]);
});

test.each([
  ['Invalid parameter: TopicArn', 'denied'],
  ['Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1', 'denied'],
  ['Value https://sqs.eu-west-1.amazonaws.com/1/q for parameter QueueUrl is invalid', 'denied'],
  ['Invalid parameter: Message', 'rejected'],
  ['Invalid parameter: Message Reason: TopicArnless text', 'rejected'],
])('a refusal that says "%s" is %s: the address of a destination is no fault of the message', (message, failure) => {
  const error = Object.assign(new Error(message), {
    name: 'InvalidParameterException',
    $fault: 'client',
    $metadata: { httpStatusCode: 400 },
  });
  expect(readError(error).failure).toBe(failure);
  expect(readBatch({ Failed: [{ Id: '0', Code: 'InvalidParameter', Message: message, SenderFault: true }] }, 1)).toMatchObject([
    { failure },
  ]);
});

test('an unknown error is ambiguous', () => {
  expect(readError(new Error('socket hang up')).failure).toBe('ambiguous');
  expect(readError('text')).toMatchObject({ failure: 'ambiguous', code: 'Unknown' });
});

test('FIFO groups are the ordering key, deduplication the id; a key that is no group text is hashed one for one', () => {
  if (ledger === undefined || orders === undefined) throw new Error('no destinations');
  expect(groupFields(parcel('m', { key: 'a' }), ledger)).toEqual({ MessageGroupId: 'a', MessageDeduplicationId: 'm' });
  expect(groupFields(parcel('m'), ledger)).toEqual({ MessageGroupId: 'm', MessageDeduplicationId: 'm' });
  const hashed = groupFields(parcel('m', { key: 'two words' }), ledger).MessageGroupId;
  expect(hashed).toMatch(/^[0-9a-f]{64}$/);
  expect(groupFields(parcel('n', { key: 'two words' }), ledger).MessageGroupId).toBe(hashed);
  expect(groupFields(parcel('m', { key: 'a', tenant: 'acme' }), orders)).toEqual({ MessageGroupId: 'acme' });
  expect(groupFields(parcel('m', { key: 'a' }), orders)).toEqual({});
});

test('a queue URL follows from its ARN, in China too', () => {
  expect(queueUrlOf('arn:aws:sqs:eu-west-1:123456789012:q.fifo')).toBe('https://sqs.eu-west-1.amazonaws.com/123456789012/q.fifo');
  expect(queueUrlOf('arn:aws-cn:sqs:cn-north-1:123456789012:q')).toBe('https://sqs.cn-north-1.amazonaws.com.cn/123456789012/q');
});
