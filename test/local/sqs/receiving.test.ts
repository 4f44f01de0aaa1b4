import { expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import { FAKE_START } from '../fake-clock.ts';
import { bodies, createSqsWorld, type Received, refused } from './sqs-world.ts';

const text = (StringValue: string) => ({ DataType: 'String', StringValue });

function one(messages: readonly Received[]): Received {
  expect(messages).toHaveLength(1);
  return messages[0] as Received;
}

test('a receive returns nothing but id, receipt, body and digest unless more is asked for', () => {
  const orders = createSqsWorld().queue('orders');
  orders.send('msg', { MessageAttributes: { Hello: text('There') } });
  expect(Object.keys(one(orders.receive())).sort()).toEqual(['Body', 'MD5OfBody', 'MessageId', 'ReceiptHandle']);
});

test('message attributes are selected by name, prefix or all, and the digest covers what is returned', () => {
  const orders = createSqsWorld().queue('orders');
  orders.send('msg', { MessageAttributes: { Hello: text('There'), General: text('Kenobi'), 'Help.Me': text('Me') } });
  const ask = (...MessageAttributeNames: string[]) => one(orders.receive({ MessageAttributeNames, VisibilityTimeout: 0 }));
  for (const all of ['All', '.*']) expect(ask(all).MD5OfMessageAttributes).toBe('4c360f3fdafd970e05fae2f149d997f5');
  expect(ask('Hello', 'General').MD5OfMessageAttributes).toBe('fca026605781cb4126a1e9044df24232');
  expect(ask('Hello', 'Missing')).toMatchObject({
    MessageAttributes: { Hello: text('There') },
    MD5OfMessageAttributes: 'a311262e065454b75da111d535b8dacd',
  });
  expect(ask('Hel.*').MD5OfMessageAttributes).toBe('83fee93c1bcd8b9a5a923ffacdc636c7');
  expect(ask('Missing')).toMatchObject({ MessageAttributes: {} });
});

test('system attributes come by either list of names, and an unknown name is refused', () => {
  const { clock, queue } = createSqsWorld();
  const orders = queue('orders');
  orders.send('msg');
  clock.advance(5);
  const message = one(orders.receive({ AttributeNames: ['SentTimestamp'], MessageSystemAttributeNames: ['ApproximateReceiveCount'] }));
  expect(message.Attributes).toEqual({ SentTimestamp: String(FAKE_START), ApproximateReceiveCount: '1' });
  clock.advance(30_000);
  expect(one(orders.receive({ AttributeNames: ['All'] })).Attributes).toEqual({
    ApproximateFirstReceiveTimestamp: String(FAKE_START + 5),
    ApproximateReceiveCount: '2',
    SenderId: expect.stringMatching(/^AIDA/),
    SentTimestamp: String(FAKE_START),
  });
  refused(() => orders.receive({ AttributeNames: ['Mood'] }), 'InvalidAttributeName');
});

test.each<[string, Json]>([
  ['MaxNumberOfMessages', { MaxNumberOfMessages: 0 }],
  ['MaxNumberOfMessages', { MaxNumberOfMessages: 11 }],
  ['WaitTimeSeconds', { WaitTimeSeconds: 21 }],
  ['WaitTimeSeconds', { WaitTimeSeconds: -1 }],
  ['VisibilityTimeout', { VisibilityTimeout: 43_201 }],
])('a receive with %s out of range is refused: %j', (parameter, input) => {
  const orders = createSqsWorld().queue('orders');
  expect(refused(() => orders.receive(input), 'InvalidParameterValueException').message).toContain(`for parameter ${parameter} is invalid`);
});

test('a received message is hidden for the visibility timeout and then comes back with a new receipt', () => {
  const { clock, queue } = createSqsWorld();
  const orders = queue('orders', { VisibilityTimeout: '30' });
  orders.send('msg');
  const first = one(orders.receive());
  expect(orders.counts()).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
  clock.advance(29_999);
  expect(orders.receive()).toEqual([]);
  clock.advance(1);
  const second = one(orders.receive({ VisibilityTimeout: 5 }));
  expect(second.MessageId).toBe(first.MessageId);
  expect(second.ReceiptHandle).not.toBe(first.ReceiptHandle);
  clock.advance(5_000);
  expect(orders.counts().visible).toBe(1);
});

test('a deleted message never comes back, and deleting it again succeeds', () => {
  const { clock, queue, sqs } = createSqsWorld();
  const orders = queue('orders');
  orders.send('msg');
  const message = one(orders.receive());
  orders.delete(message);
  orders.delete(message);
  clock.advance(60_000);
  expect(orders.receive()).toEqual([]);
  expect(sqs.stats(orders.arn)).toMatchObject({ sent: 1, received: 1, deleted: 1, visible: 0 });
});

test('an old receipt succeeds without deleting what someone else has received since', () => {
  const { clock, queue } = createSqsWorld();
  const orders = queue('orders');
  orders.send('msg');
  const first = one(orders.receive());
  clock.advance(30_000);
  const second = one(orders.receive());
  orders.delete(first);
  expect(orders.counts().inFlight).toBe(1);
  orders.delete(second);
  expect(orders.counts().inFlight).toBe(0);
});

test('the latest receipt deletes a standard message even after its visibility ended', () => {
  const { clock, queue } = createSqsWorld();
  const orders = queue('orders');
  orders.send('msg');
  const message = one(orders.receive());
  clock.advance(30_000);
  orders.delete(message);
  expect(orders.receive()).toEqual([]);
});

test('a text that is no receipt of this queue is refused', () => {
  const { call, queue } = createSqsWorld();
  const orders = queue('orders');
  const other = queue('other');
  other.send('msg');
  const foreign = one(other.receive()).ReceiptHandle;
  for (const ReceiptHandle of ['garbage', foreign, Buffer.from('orders\nid\nx\ny').toString('base64')]) {
    refused(() => call('DeleteMessage', { QueueUrl: orders.url, ReceiptHandle }), 'ReceiptHandleIsInvalid');
    refused(() => call('ChangeMessageVisibility', { QueueUrl: orders.url, ReceiptHandle, VisibilityTimeout: 1 }), 'ReceiptHandleIsInvalid');
  }
  refused(() => call('DeleteMessage', { QueueUrl: orders.url }), 'MissingRequiredParameterException');
});

test('visibility is changed from now, and zero gives the message back at once', () => {
  const { clock, queue } = createSqsWorld();
  const orders = queue('orders');
  orders.send('msg');
  const message = one(orders.receive());
  clock.advance(20_000);
  orders.visibility(message, 20);
  clock.advance(19_999);
  expect(orders.receive()).toEqual([]);
  orders.visibility(message, 0);
  expect(bodies(orders.receive())).toEqual(['msg']);
});

test('visibility is at most twelve hours from the receive, whatever is extended', () => {
  const { clock, queue } = createSqsWorld();
  const orders = queue('orders');
  orders.send('msg');
  const message = one(orders.receive());
  clock.advance(10_000);
  const error = refused(() => orders.visibility(message, 43_191), 'InvalidParameterValueException');
  expect(error.message).toContain('Total VisibilityTimeout for the message is beyond the limit [43200 seconds]');
  orders.visibility(message, 43_190);
  refused(() => orders.visibility(message, 43_201), 'InvalidParameterValueException');
  refused(() => orders.visibility(message, -1), 'InvalidParameterValueException');
});

test('visibility cannot be changed when the message is no longer in flight, was received again, or is gone', () => {
  const { clock, queue } = createSqsWorld();
  const orders = queue('orders');
  orders.send('msg');
  const first = one(orders.receive());
  clock.advance(30_000);
  refused(() => orders.visibility(first, 10), 'MessageNotInflight');
  const second = one(orders.receive());
  refused(() => orders.visibility(first, 10), 'InvalidParameterValueException');
  orders.delete(second);
  refused(() => orders.visibility(second, 10), 'InvalidParameterValueException');
});

test('batches of deletions and visibility changes answer entry by entry', () => {
  const { call, queue } = createSqsWorld();
  const orders = queue('orders');
  orders.send('a');
  orders.send('b');
  const [a, b] = orders.receive() as [Received, Received];
  const changed = call('ChangeMessageVisibilityBatch', {
    QueueUrl: orders.url,
    Entries: [
      { Id: 'a', ReceiptHandle: a.ReceiptHandle, VisibilityTimeout: 0 },
      { Id: 'bad', ReceiptHandle: 'garbage', VisibilityTimeout: 0 },
    ],
  });
  expect(changed['Successful']).toEqual([{ Id: 'a' }]);
  expect(changed['Failed']).toMatchObject([{ Id: 'bad', SenderFault: true, Code: 'ReceiptHandleIsInvalid' }]);
  const deleted = call('DeleteMessageBatch', {
    QueueUrl: orders.url,
    Entries: [
      { Id: 'a', ReceiptHandle: a.ReceiptHandle },
      { Id: 'b', ReceiptHandle: b.ReceiptHandle },
    ],
  });
  expect(deleted).toEqual({ Successful: [{ Id: 'a' }, { Id: 'b' }], Failed: [] });
  expect(orders.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  refused(() => call('DeleteMessageBatch', { QueueUrl: orders.url, Entries: [] }), 'EmptyBatchRequest');
});

test('messages older than the retention vanish, in flight or not', () => {
  const { clock, queue, sqs } = createSqsWorld();
  const orders = queue('orders', { MessageRetentionPeriod: '60' });
  orders.send('in flight');
  orders.receive({ VisibilityTimeout: 600 });
  orders.send('delayed', { DelaySeconds: 600 });
  clock.advance(30_000);
  orders.send('young');
  clock.advance(29_999);
  expect(orders.counts()).toEqual({ visible: 1, inFlight: 1, delayed: 1 });
  clock.advance(1);
  expect(orders.counts()).toEqual({ visible: 1, inFlight: 0, delayed: 0 });
  expect(sqs.stats(orders.arn)).toMatchObject({ expired: 2, oldestSentAt: FAKE_START + 30_000 });
});

test('at the in-flight limit a standard receive is refused until a message is deleted', () => {
  const orders = createSqsWorld({ maxInFlight: 12 }).queue('orders');
  for (let sent = 0; sent < 13; sent += 1) orders.send('x');
  orders.receive();
  const last = orders.receive();
  expect(last).toHaveLength(2);
  expect(refused(() => orders.receive(), 'OverLimit').status).toBe(403);
  orders.delete(last[0] as Received);
  expect(orders.receive()).toHaveLength(1);
});

test('with a shuffle the order of a standard queue is not the order of arrival, and nothing is lost', () => {
  const orders = createSqsWorld({ shuffle: 20 }).queue('orders');
  const sent = Array.from({ length: 40 }, (_, index) => `m${index}`);
  for (const body of sent) orders.send(body);
  const received = [1, 2, 3, 4].flatMap(() => bodies(orders.receive()));
  expect(received).not.toEqual(sent);
  expect([...received].sort()).toEqual([...sent].sort());
});
