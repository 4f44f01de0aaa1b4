import { expect, test } from 'vitest';
import { AwsError, type Json } from '../../../lib/local/aws.ts';
import { retryDelayMs } from '../../../lib/local/sns/delivery-schedule.ts';
import { settled } from '../fake-clock.ts';
import { bodies, refused } from '../sqs/sqs-world.ts';
import { createSnsWorld, type SnsWorld } from './sns-world.ts';

const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:mail';
const RAW = { RawMessageDelivery: 'true' };
const text = (StringValue: string, DataType = 'String') => ({ DataType, StringValue });
const redriveTo = (arn: string) => ({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn }) });

function statsOf(world: SnsWorld, subscriptionArn: string) {
  const topicArn = subscriptionArn.slice(0, subscriptionArn.lastIndexOf(':'));
  return world.sns.stats(topicArn).subscriptions[subscriptionArn];
}

test('publishing brings the message in its envelope to every queue before the call returns', () => {
  const { call, queue, receive, subscribe, topic } = createSnsWorld();
  const TopicArn = topic('orders');
  const [a, b] = [queue('a'), queue('b')];
  const arn = subscribe(TopicArn, a);
  subscribe(TopicArn, b);
  const MessageAttributes = { n: text('99.12', 'Number'), bin: { DataType: 'Binary', BinaryValue: 'AgME' } };
  const { MessageId } = call('Publish', { TopicArn, Message: 'hello', Subject: 'greeting', MessageAttributes });
  expect(JSON.parse(receive(a)[0]?.Body ?? '')).toEqual({
    Type: 'Notification',
    MessageId,
    TopicArn,
    Subject: 'greeting',
    Message: 'hello',
    Timestamp: '2026-01-01T00:00:00.000Z',
    SignatureVersion: '1',
    Signature: expect.any(String),
    SigningCertURL: expect.any(String),
    UnsubscribeURL: `https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${arn}`,
    MessageAttributes: { n: { Type: 'Number', Value: '99.12' }, bin: { Type: 'Binary', Value: 'AgME' } },
  });
  expect(receive(b)).toHaveLength(1);
});

test('a raw delivery is the message itself with its attributes', () => {
  const { call, queue, receive, subscribe, topic } = createSnsWorld();
  const TopicArn = topic('orders');
  const mail = queue('mail');
  subscribe(TopicArn, mail, RAW);
  call('Publish', { TopicArn, Message: 'hello', MessageAttributes: { a: text('v') } });
  expect(receive(mail)).toMatchObject([{ Body: 'hello', MessageAttributes: { a: text('v') } }]);
});

test('the topic calls the queue as the service and names itself as the source', () => {
  const world = createSnsWorld();
  const TopicArn = world.topic('orders');
  world.subscribe(TopicArn, world.queue('mail'));
  world.call('Publish', { TopicArn, Message: 'x' });
  expect(world.calls[0]?.request.caller).toEqual({
    kind: 'service',
    principal: 'sns.amazonaws.com',
    sourceArn: TopicArn,
    sourceAccount: '000000000000',
  });
});

test('a message may have 256 KiB with its attributes unless the topic allows another size', () => {
  const { call, topic } = createSnsWorld();
  const publish = (TopicArn: string, length: number, MessageAttributes: Json = {}) =>
    call('Publish', { TopicArn, Message: 'x'.repeat(length), MessageAttributes });
  const orders = topic('orders');
  publish(orders, 262_144);
  expect(refused(() => publish(orders, 262_145), 'InvalidParameterException').message).toBe('Invalid parameter: Message too long');
  refused(() => publish(orders, 262_144 - 9, { abc: text('vvvv') }), 'InvalidParameterException');
  const large = topic('large', { MaximumMessageSize: '1048576' });
  publish(large, 1_048_576);
  refused(() => publish(large, 1_048_577), 'InvalidParameterException');
});

test.each<[Json, string, string]>([
  [{ Message: '' }, 'InvalidParameterException', 'Invalid parameter: Empty message'],
  [{ Subject: '' }, 'InvalidParameterException', 'Invalid parameter: Subject'],
  [{ Subject: 'x'.repeat(101) }, 'InvalidParameterException', 'Invalid parameter: Subject'],
  [{ MessageStructure: 'json' }, 'InvalidParameterException', 'Invalid parameter: Message Structure - JSON message body failed to parse'],
  [
    { MessageStructure: 'json', Message: '{"sqs":"x"}' },
    'InvalidParameterException',
    'Invalid parameter: Message Structure - No default entry in JSON message body',
  ],
  [
    { MessageAttributes: { attr1: text('') } },
    'InvalidParameterValueException',
    "The message attribute 'attr1' must contain non-empty message attribute value for message attribute type 'String'.",
  ],
  [
    { MessageAttributes: { 'a^b': text('v') } },
    'InvalidParameterValueException',
    "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.",
  ],
  [
    { MessageDeduplicationId: 'd' },
    'InvalidParameterException',
    'Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type',
  ],
])('publishing %j is refused in the words of the service', (input, code, message) => {
  const { call, topic } = createSnsWorld();
  const TopicArn = topic('orders');
  expect(refused(() => call('Publish', { TopicArn, Message: 'x', ...input }), code).message).toBe(message);
});

test('a message structure gives queues their own text', () => {
  const { call, queue, receive, subscribe, topic } = createSnsWorld();
  const TopicArn = topic('orders');
  const mail = queue('mail');
  subscribe(TopicArn, mail, RAW);
  call('Publish', { TopicArn, MessageStructure: 'json', Message: JSON.stringify({ default: 'd', sqs: 'for queues' }) });
  call('Publish', { TopicArn, MessageStructure: 'json', Message: JSON.stringify({ default: 'd' }) });
  expect(bodies(receive(mail))).toEqual(['for queues', 'd']);
});

test('a batch answers entry by entry, and the four faults of its envelope refuse it whole', () => {
  const { call, queue, receive, subscribe, topic } = createSnsWorld();
  const TopicArn = topic('orders');
  const mail = queue('mail');
  subscribe(TopicArn, mail, RAW);
  const publish = (entries: readonly Json[]) => call('PublishBatch', { TopicArn, PublishBatchRequestEntries: entries });
  const output = publish([
    { Id: 'a', Message: 'one' },
    { Id: 'b', Message: '' },
    { Id: 'c', Message: 'two' },
  ]);
  expect(output['Successful']).toMatchObject([{ Id: 'a' }, { Id: 'c' }]);
  expect(output['Failed']).toEqual([{ Id: 'b', Code: 'InvalidParameter', Message: 'Invalid parameter: Empty message', SenderFault: true }]);
  expect(bodies(receive(mail))).toEqual(['one', 'two']);
  refused(() => publish([]), 'EmptyBatchRequestException');
  refused(
    () => publish(Array.from({ length: 11 }, (_, index) => ({ Id: `${index}`, Message: 'x' }))),
    'TooManyEntriesInBatchRequestException',
  );
  refused(
    () =>
      publish([
        { Id: 'a', Message: 'x' },
        { Id: 'a', Message: 'x' },
      ]),
    'BatchEntryIdsNotDistinctException',
  );
  refused(() => publish([{ Id: 'a b', Message: 'x' }]), 'InvalidBatchEntryIdException');
  const half = 'x'.repeat(131_072);
  expect(
    publish([
      { Id: 'a', Message: half },
      { Id: 'b', Message: half },
    ])['Failed'],
  ).toEqual([]);
  refused(
    () =>
      publish([
        { Id: 'a', Message: half },
        { Id: 'b', Message: `${half}x` },
      ]),
    'BatchRequestTooLongException',
  );
});

test('what a filter rejects is counted and not delivered, and a changed filter works at once', () => {
  const world = createSnsWorld();
  const TopicArn = world.topic('orders');
  const mail = world.queue('mail');
  const arn = world.subscribe(TopicArn, mail, { ...RAW, FilterPolicy: '{"kind":["a"]}' });
  const publish = (kind: string) => world.call('Publish', { TopicArn, Message: kind, MessageAttributes: { kind: text(kind) } });
  publish('a');
  publish('b');
  world.call('SetSubscriptionAttributes', { SubscriptionArn: arn, AttributeName: 'FilterPolicy', AttributeValue: '{"kind":["b"]}' });
  publish('b');
  expect(bodies(world.receive(mail))).toEqual(['a', 'b']);
  expect(statsOf(world, arn)).toMatchObject({ delivered: 2, filteredOut: 1, failed: 0 });
});

test('with a filter delay the old policy decides until the delay is over', () => {
  const { call, clock, queue, receive, subscribe, topic } = createSnsWorld({ filterPolicyDelayMs: 900_000 });
  const TopicArn = topic('orders');
  const mail = queue('mail');
  const SubscriptionArn = subscribe(TopicArn, mail, { ...RAW, FilterPolicy: '{"kind":["a"]}' });
  call('SetSubscriptionAttributes', { SubscriptionArn, AttributeName: 'FilterPolicy', AttributeValue: '' });
  clock.advance(899_999);
  call('Publish', { TopicArn, Message: 'early' });
  clock.advance(1);
  call('Publish', { TopicArn, Message: 'late' });
  expect(bodies(receive(mail))).toEqual(['late']);
});

test('a FIFO topic needs a group and a deduplication id and passes both to a FIFO queue, in order', () => {
  const { call, queue, receive, subscribe, topic } = createSnsWorld();
  const TopicArn = topic('orders.fifo');
  const [fifo, standard] = [queue('mail.fifo'), queue('audit')];
  subscribe(TopicArn, fifo);
  subscribe(TopicArn, standard, RAW);
  const missing = refused(() => call('Publish', { TopicArn, Message: 'x', MessageDeduplicationId: 'd' }), 'InvalidParameterException');
  expect(missing.message).toBe('Invalid parameter: The MessageGroupId parameter is required for FIFO topics');
  refused(() => call('Publish', { TopicArn, Message: 'x', MessageGroupId: 'g' }), 'InvalidParameterException');
  const sent = call('Publish', { TopicArn, Message: 'x', MessageGroupId: 'g', MessageDeduplicationId: 'd' });
  const [received] = receive(fifo);
  expect(received?.Attributes).toMatchObject({ MessageGroupId: 'g', MessageDeduplicationId: 'd' });
  expect(JSON.parse(received?.Body ?? '')).toMatchObject({ MessageId: sent['MessageId'], SequenceNumber: sent['SequenceNumber'] });
  expect(JSON.parse(received?.Body ?? '')).not.toHaveProperty('Signature');
  expect(receive(standard)[0]?.Attributes).not.toHaveProperty('MessageGroupId');
});

test('a FIFO topic accepts a repeat within five minutes without delivering it, and answers as it did the first time', () => {
  const world = createSnsWorld();
  const TopicArn = world.topic('orders.fifo', { ContentBasedDeduplication: 'true' });
  const mail = world.queue('mail.fifo');
  world.subscribe(TopicArn, mail, RAW);
  const publish = (MessageGroupId: string) => world.call('Publish', { TopicArn, Message: 'Test', MessageGroupId });
  const first = publish('g');
  world.clock.advance(299_999);
  expect(publish('other')).toEqual(first);
  world.clock.advance(1);
  expect(publish('g')).not.toEqual(first);
  expect(world.sns.stats(TopicArn)).toMatchObject({ published: 2, deduplicated: 1 });
  expect(world.receive(mail)[0]?.Attributes?.['MessageDeduplicationId']).toBe(
    '532eaabd9574880dbf76b9b8cc00832c20a6ec113d682299550d7a6e0f345e25',
  );
});

test('with the scope MessageGroup a deduplication id counts within its group', () => {
  const world = createSnsWorld();
  const TopicArn = world.topic('orders.fifo', { FifoThroughputScope: 'MessageGroup' });
  for (const MessageGroupId of ['a', 'b', 'a'])
    world.call('Publish', { TopicArn, Message: 'x', MessageGroupId, MessageDeduplicationId: 'd' });
  expect(world.sns.stats(TopicArn)).toMatchObject({ published: 2, deduplicated: 1 });
});

test('the group of a message on a standard topic reaches standard queues', () => {
  const { call, queue, receive, subscribe, topic } = createSnsWorld();
  const TopicArn = topic('orders');
  const mail = queue('mail');
  subscribe(TopicArn, mail);
  call('Publish', { TopicArn, Message: 'x', MessageGroupId: 'tenant-1' });
  expect(receive(mail)[0]?.Attributes).toMatchObject({ MessageGroupId: 'tenant-1' });
});

test('a client-side error is not retried: the message goes to the dead-letter queue of the subscription', () => {
  const world = createSnsWorld();
  const TopicArn = world.topic('orders');
  const dead = world.queue('dead');
  const arn = world.subscribe(TopicArn, 'arn:aws:sqs:us-east-1:000000000000:missing', { ...RAW, ...redriveTo(dead) });
  world.call('Publish', { TopicArn, Message: 'x', MessageAttributes: { a: text('v') } });
  expect(world.calls).toHaveLength(2);
  expect(world.receive(dead)).toMatchObject([{ Body: 'x', MessageAttributes: { a: text('v') } }]);
  expect(statsOf(world, arn)).toMatchObject({ delivered: 0, failed: 1, redrivenToDlq: 1, dropped: 0, pending: 0 });
});

test('a refused delivery without a dead-letter queue is dropped and counted, and publishing succeeds', () => {
  const world = createSnsWorld();
  const TopicArn = world.topic('orders');
  const arn = world.subscribe(TopicArn, world.queue('mail'));
  world.refuse = () => {
    throw new AwsError('AccessDenied', 'no', { status: 403 });
  };
  expect(world.call('Publish', { TopicArn, Message: 'x' })).toHaveProperty('MessageId');
  expect(world.calls).toHaveLength(1);
  expect(statsOf(world, arn)).toMatchObject({ failed: 1, redrivenToDlq: 0, dropped: 1 });
});

test('a raw delivery with eleven attributes fails; the dead-letter queue gets it in the envelope', () => {
  const world = createSnsWorld();
  const TopicArn = world.topic('orders');
  const [mail, dead] = [world.queue('mail'), world.queue('dead')];
  world.subscribe(TopicArn, mail, { ...RAW, ...redriveTo(dead) });
  const attributes = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, text('v')]));
  world.call('Publish', { TopicArn, Message: 'ten', MessageAttributes: attributes(10) });
  world.call('Publish', { TopicArn, Message: 'eleven', MessageAttributes: attributes(11) });
  expect(bodies(world.receive(mail))).toEqual(['ten']);
  const envelope = JSON.parse(world.receive(dead)[0]?.Body ?? '{}');
  expect([envelope.Message, Object.keys(envelope.MessageAttributes)]).toEqual(['eleven', expect.objectContaining({ length: 11 })]);
});

test('server-side errors are retried: three times at once, twice a second apart, ten times slower and slower, then every 20 seconds', () => {
  expect([1, 2, 3, 4, 5, 6, 15, 16, 100_015].map(retryDelayMs)).toEqual([0, 0, 0, 1_000, 1_000, 1_000, 20_000, 20_000, 20_000]);
  expect(retryDelayMs(100_016)).toBeUndefined();
  const backoff = Array.from({ length: 10 }, (_, index) => retryDelayMs(6 + index) ?? 0);
  expect(backoff).toEqual([...backoff].sort((a, b) => a - b));

  const world = createSnsWorld();
  const TopicArn = world.topic('orders');
  const mail = world.queue('mail');
  const arn = world.subscribe(TopicArn, mail);
  let failures = 6;
  world.refuse = () => {
    failures -= 1;
    if (failures >= 0) throw new AwsError('InternalError', 'later', { status: 500 });
  };
  world.call('Publish', { TopicArn, Message: 'x' });
  expect(statsOf(world, arn)).toMatchObject({ delivered: 0, pending: 1 });
  world.clock.advance(10_000);
  const start = world.calls[0]?.at ?? 0;
  expect(world.calls.map(({ at }) => at - start)).toEqual([0, 0, 0, 0, 1_000, 2_000, 3_000]);
  expect(statsOf(world, arn)).toMatchObject({ delivered: 1, failed: 0, pending: 0 });
});

test('throttling is a server-side error', () => {
  const world = createSnsWorld();
  const TopicArn = world.topic('orders');
  const arn = world.subscribe(TopicArn, world.queue('mail'));
  world.refuse = () => {
    if (world.calls.length === 1) throw new AwsError('RequestThrottled', 'slow down', { status: 403 });
  };
  world.call('Publish', { TopicArn, Message: 'x' });
  expect(statsOf(world, arn)).toMatchObject({ delivered: 1 });
});

test('while a message of a FIFO group is being retried, the next of the group waits and other groups do not', () => {
  const world = createSnsWorld();
  const TopicArn = world.topic('orders.fifo');
  const mail = world.queue('mail.fifo');
  const subscription = world.subscribe(TopicArn, mail, RAW);
  let down = true;
  world.refuse = ({ input }) => {
    if (down && input['MessageGroupId'] === 'a') throw new AwsError('InternalError', 'later', { status: 500 });
  };
  const publish = (MessageGroupId: string, Message: string) =>
    world.call('Publish', { TopicArn, Message, MessageGroupId, MessageDeduplicationId: Message });
  publish('a', 'a1');
  down = false;
  // The queue would take it now, but a1 is not there yet.
  publish('a', 'a2');
  publish('b', 'b1');
  expect(bodies(world.receive(mail))).toEqual(['b1']);
  world.clock.advance(1_000);
  expect(bodies(world.receive(mail))).toEqual(['a1', 'a2']);
  publish('a', 'a3');
  expect(world.sns.stats(TopicArn).subscriptions[subscription]).toMatchObject({ delivered: 4, pending: 0 });
});

test('a function gets the event of an SNS trigger', async () => {
  const world = createSnsWorld();
  const TopicArn = world.topic('orders');
  const arn = world.subscribe(TopicArn, FUNCTION);
  const { MessageId } = world.call('Publish', { TopicArn, Message: 'hello', MessageAttributes: { a: text('v') } });
  await settled();
  expect(world.invocations).toMatchObject([
    {
      functionArn: FUNCTION,
      event: {
        Records: [
          {
            EventSource: 'aws:sns',
            EventVersion: '1.0',
            EventSubscriptionArn: arn,
            Sns: { MessageId, Message: 'hello', Subject: null, TopicArn, MessageAttributes: { a: { Type: 'String', Value: 'v' } } },
          },
        ],
      },
    },
  ]);
  expect(statsOf(world, arn)).toMatchObject({ delivered: 1, pending: 0 });
});

test('a function that fails runs again after one and two minutes, and then the message is delivered all the same', async () => {
  const world = createSnsWorld();
  const TopicArn = world.topic('orders');
  const arn = world.subscribe(TopicArn, FUNCTION);
  const failed = { kind: 'error', errorType: 'Error', errorMessage: 'no' } as const;
  world.outcomes.push(failed, failed, failed);
  world.call('Publish', { TopicArn, Message: 'x' });
  await world.clock.advanceAsync(600_000);
  const start = world.invocations[0]?.at ?? 0;
  expect(world.invocations.map(({ at }) => at - start)).toEqual([0, 60_000, 180_000]);
  expect(statsOf(world, arn)).toMatchObject({ delivered: 1, failed: 0, pending: 0 });
});

test('a throttled function is retried, and one that does not exist sends the message to the dead-letter queue', async () => {
  const world = createSnsWorld();
  const TopicArn = world.topic('orders');
  const dead = world.queue('dead');
  const arn = world.subscribe(TopicArn, FUNCTION, redriveTo(dead));
  world.outcomes.push({ kind: 'throttled' });
  world.call('Publish', { TopicArn, Message: 'throttled' });
  await world.clock.advanceAsync(0);
  expect(world.invocations).toHaveLength(2);
  world.outcomes.push(new AwsError('ResourceNotFoundException', 'no function', { status: 404 }));
  world.call('Publish', { TopicArn, Message: 'missing' });
  await settled();
  expect(JSON.parse(world.receive(dead)[0]?.Body ?? '{}')).toMatchObject({ Message: 'missing' });
  expect(statsOf(world, arn)).toMatchObject({ delivered: 1, failed: 1, redrivenToDlq: 1 });
});
