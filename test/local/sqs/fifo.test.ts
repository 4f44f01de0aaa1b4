import { expect, test } from 'vitest';
import { bodies, createSqsWorld, type Received, refused, type TestQueue } from './sqs-world.ts';

function send(queue: TestQueue, group: string, body: string) {
  return queue.send(body, { MessageGroupId: group, MessageDeduplicationId: body });
}

test('a message needs a group and a deduplication id', () => {
  const { call, queue } = createSqsWorld();
  const orders = queue('orders.fifo');
  refused(() => orders.send('x', { MessageDeduplicationId: 'd' }), 'MissingRequiredParameterException');
  const error = refused(() => orders.send('x', { MessageGroupId: 'g' }), 'InvalidParameterValueException');
  expect(error.message).toBe(
    'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  );
  for (const id of ['a b', 'é', 'x'.repeat(129)]) {
    refused(() => orders.send('x', { MessageGroupId: id, MessageDeduplicationId: 'd' }), 'InvalidParameterValueException');
    refused(() => orders.send('x', { MessageGroupId: 'g', MessageDeduplicationId: id }), 'InvalidParameterValueException');
  }
  orders.send('x', { MessageGroupId: 'x'.repeat(128), MessageDeduplicationId: '!~{}' });
  const Entries = [
    { Id: 'a', MessageBody: 'a', MessageGroupId: 'g', MessageDeduplicationId: 'a' },
    { Id: 'b', MessageBody: 'b' },
  ];
  refused(() => call('SendMessageBatch', { QueueUrl: orders.url, Entries }), 'InvalidParameterValueException');
  expect(orders.counts().visible).toBe(1);
});

test('sequence numbers have 20 digits and grow', () => {
  const orders = createSqsWorld().queue('orders.fifo');
  const numbers = ['a', 'b', 'c'].map((body) => String(send(orders, 'g', body)['SequenceNumber']));
  expect(numbers.every((number) => /^\d{20}$/.test(number))).toBe(true);
  expect([...numbers].sort()).toEqual(numbers);
  const received = orders.receive({ AttributeNames: ['All'] }).map((message) => message.Attributes?.['SequenceNumber']);
  expect(received).toEqual(numbers);
});

test('one receive takes up to ten messages of a group, and nothing behind them until they are done', () => {
  const orders = createSqsWorld().queue('orders.fifo');
  for (let index = 0; index < 12; index += 1) send(orders, 'g', `m${index}`);
  const first = orders.receive();
  expect(bodies(first)).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7', 'm8', 'm9']);
  expect(orders.receive()).toEqual([]);
  for (const message of first.slice(1)) orders.delete(message);
  expect(orders.receive()).toEqual([]);
  orders.delete(first[0] as Received);
  expect(bodies(orders.receive())).toEqual(['m10', 'm11']);
});

test('groups do not wait for each other', () => {
  const orders = createSqsWorld().queue('orders.fifo');
  for (const [group, body] of [
    ['a', 'a1'],
    ['b', 'b1'],
    ['a', 'a2'],
    ['b', 'b2'],
    ['c', 'c1'],
  ] as const)
    send(orders, group, body);
  expect(bodies(orders.receive({ MaxNumberOfMessages: 1 }))).toEqual(['a1']);
  expect(bodies(orders.receive({ MaxNumberOfMessages: 3 }))).toEqual(['b1', 'b2', 'c1']);
  expect(orders.receive()).toEqual([]);
});

test('a message that comes back is received before the rest of its group, and the walk stops at one in flight', () => {
  const orders = createSqsWorld().queue('orders.fifo');
  for (const body of ['m1', 'm2', 'm3']) send(orders, 'g', body);
  const [first] = orders.receive({ MaxNumberOfMessages: 2 });
  orders.visibility(first as Received, 0);
  expect(bodies(orders.receive())).toEqual(['m1']);
});

test('order holds when a whole batch times out', () => {
  const { clock, queue } = createSqsWorld();
  const orders = queue('orders.fifo');
  for (const body of ['m1', 'm2', 'm3']) send(orders, 'g', body);
  orders.receive({ MaxNumberOfMessages: 2 });
  clock.advance(30_000);
  expect(bodies(orders.receive())).toEqual(['m1', 'm2', 'm3']);
});

test('a repeat within five minutes is accepted, answered as the first and not delivered, even after the first was deleted', () => {
  const { clock, queue, sqs } = createSqsWorld();
  const orders = queue('orders.fifo');
  const first = orders.send('one', { MessageGroupId: 'g', MessageDeduplicationId: 'd' });
  orders.delete(orders.receive()[0] as Received);
  clock.advance(299_999);
  const repeat = orders.send('two', { MessageGroupId: 'other', MessageDeduplicationId: 'd' });
  expect([repeat['MessageId'], repeat['SequenceNumber']]).toEqual([first['MessageId'], first['SequenceNumber']]);
  expect(orders.receive()).toEqual([]);
  clock.advance(1);
  orders.send('three', { MessageGroupId: 'g', MessageDeduplicationId: 'd' });
  expect(bodies(orders.receive())).toEqual(['three']);
  expect(sqs.stats(orders.arn)).toMatchObject({ sent: 2, deduplicated: 1 });
});

test('content-based deduplication goes by the body alone', () => {
  const orders = createSqsWorld().queue('orders.fifo', { ContentBasedDeduplication: 'true' });
  orders.send('Test', { MessageGroupId: 'a', MessageAttributes: { k: { DataType: 'String', StringValue: '1' } } });
  orders.send('Test', { MessageGroupId: 'b', MessageAttributes: { k: { DataType: 'String', StringValue: '2' } } });
  orders.send('Test', { MessageGroupId: 'c', MessageDeduplicationId: 'own' });
  expect(orders.receive({ AttributeNames: ['MessageDeduplicationId'] }).map((message) => message.Attributes)).toEqual([
    { MessageDeduplicationId: '532eaabd9574880dbf76b9b8cc00832c20a6ec113d682299550d7a6e0f345e25' },
    { MessageDeduplicationId: 'own' },
  ]);
});

test('with the scope messageGroup a deduplication id counts within its group', () => {
  const orders = createSqsWorld().queue('orders.fifo', { DeduplicationScope: 'messageGroup' });
  for (const group of ['a', 'b', 'a']) orders.send(group, { MessageGroupId: group, MessageDeduplicationId: 'd' });
  expect(bodies(orders.receive())).toEqual(['a', 'b']);
});

test('a FIFO queue delays all its messages alike; a delay of its own is refused, and a new delay applies to what is there', () => {
  const { call, clock, queue } = createSqsWorld();
  const orders = queue('orders.fifo', { DelaySeconds: '10' });
  send(orders, 'g', 'm1');
  const error = refused(
    () => orders.send('x', { MessageGroupId: 'g', MessageDeduplicationId: 'x', DelaySeconds: 2 }),
    'InvalidParameterValueException',
  );
  expect(error.message).toBe(
    'Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.',
  );
  clock.advance(5_000);
  expect(orders.receive()).toEqual([]);
  call('SetQueueAttributes', { QueueUrl: orders.url, Attributes: { DelaySeconds: '5' } });
  expect(bodies(orders.receive())).toEqual(['m1']);
});

test('a receipt whose visibility ended cannot delete', () => {
  const { clock, queue } = createSqsWorld();
  const orders = queue('orders.fifo');
  send(orders, 'g', 'm1');
  const [message] = orders.receive();
  clock.advance(30_000);
  const error = refused(() => orders.delete(message as Received), 'InvalidParameterValueException');
  expect(error.message).toBe(
    `Value ${message?.ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
  );
  const [again] = orders.receive();
  orders.delete(again as Received);
  orders.delete(again as Received);
});
