import { expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import { createSqsWorld, refused } from './sqs-world.ts';

test('a queue has a URL under the gateway and the defaults of the service', () => {
  const { call, queue } = createSqsWorld();
  const orders = queue('orders');
  expect(orders.url).toBe('http://127.0.0.1:4566/000000000000/orders');
  expect(call('GetQueueAttributes', { QueueUrl: orders.url, AttributeNames: ['All'] })['Attributes']).toEqual({
    ApproximateNumberOfMessages: '0',
    ApproximateNumberOfMessagesDelayed: '0',
    ApproximateNumberOfMessagesNotVisible: '0',
    CreatedTimestamp: '1767225600',
    DelaySeconds: '0',
    LastModifiedTimestamp: '1767225600',
    MaximumMessageSize: '1048576',
    MessageRetentionPeriod: '345600',
    QueueArn: 'arn:aws:sqs:us-east-1:000000000000:orders',
    ReceiveMessageWaitTimeSeconds: '0',
    SqsManagedSseEnabled: 'true',
    VisibilityTimeout: '30',
  });
  expect(call('GetQueueAttributes', { QueueUrl: orders.url })).toEqual({});
});

test('creating a queue again is the same queue when the given attributes are equal, and refused when one differs', () => {
  const { call, queue } = createSqsWorld();
  const { url } = queue('orders', { DelaySeconds: '5' });
  expect(call('CreateQueue', { QueueName: 'orders' })['QueueUrl']).toBe(url);
  expect(call('CreateQueue', { QueueName: 'orders', Attributes: { DelaySeconds: '5' } })['QueueUrl']).toBe(url);
  const error = refused(() => call('CreateQueue', { QueueName: 'orders', Attributes: { DelaySeconds: '6' } }), 'QueueNameExists');
  expect(error.message).toBe('A queue already exists with the same name and a different value for attribute DelaySeconds');
});

test('a queue name has 1 to 80 letters, digits, hyphens and underscores, and .fifo only on a FIFO queue', () => {
  const { call } = createSqsWorld();
  const create = (QueueName: string, Attributes: Json = {}) => call('CreateQueue', { QueueName, Attributes });
  expect(create('x'.repeat(80))).toBeDefined();
  refused(() => create('x'.repeat(81)), 'InvalidParameterValueException');
  refused(() => create('a b'), 'InvalidParameterValueException');
  refused(() => create('a.fifo'), 'InvalidParameterValueException');
  refused(() => create('a', { FifoQueue: 'true' }), 'InvalidParameterValueException');
  refused(() => create('a', { FifoQueue: 'false' }), 'InvalidAttributeName');
  expect(create(`${'x'.repeat(75)}.fifo`, { FifoQueue: 'true' })).toBeDefined();
  refused(() => create(`${'x'.repeat(76)}.fifo`, { FifoQueue: 'true' }), 'InvalidParameterValueException');
});

test.each([
  ['DelaySeconds', 0, 900],
  ['MaximumMessageSize', 1_024, 1_048_576],
  ['MessageRetentionPeriod', 60, 1_209_600],
  ['ReceiveMessageWaitTimeSeconds', 0, 20],
  ['VisibilityTimeout', 0, 43_200],
])('%s is a whole number from %d to %d', (name, minimum, maximum) => {
  const { call, queue } = createSqsWorld();
  const { url: QueueUrl } = queue('orders');
  const set = (value: unknown) => call('SetQueueAttributes', { QueueUrl, Attributes: { [name]: String(value) } });
  set(minimum);
  set(maximum);
  for (const value of [minimum - 1, maximum + 1, '1.5', 'x', '']) refused(() => set(value), 'InvalidAttributeValue');
});

test('unknown attributes and attributes of the other queue type are refused', () => {
  const { call, queue } = createSqsWorld();
  const standard = queue('orders');
  const fifo = queue('orders.fifo');
  const set = (QueueUrl: string, Attributes: Json) => call('SetQueueAttributes', { QueueUrl, Attributes });
  refused(() => set(standard.url, { Colour: 'red' }), 'InvalidAttributeName');
  refused(() => set(standard.url, { FifoQueue: 'true' }), 'InvalidAttributeName');
  const error = refused(() => set(fifo.url, { FifoQueue: 'false' }), 'InvalidAttributeValue');
  expect(error.message).toBe('Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.');
  refused(() => set(fifo.url, { FifoThroughputLimit: 'perMessageGroupId' }), 'InvalidAttributeValue');
  set(fifo.url, { FifoThroughputLimit: 'perMessageGroupId', DeduplicationScope: 'messageGroup' });
});

test('naming a KMS key ends the encryption by SQS, and both at once are refused', () => {
  const { call, queue } = createSqsWorld();
  const { url: QueueUrl } = queue('orders', { KmsMasterKeyId: 'alias/orders' });
  const AttributeNames = ['SqsManagedSseEnabled', 'KmsMasterKeyId'];
  expect(call('GetQueueAttributes', { QueueUrl, AttributeNames })['Attributes']).toEqual({
    SqsManagedSseEnabled: 'false',
    KmsMasterKeyId: 'alias/orders',
  });
  refused(() => call('SetQueueAttributes', { QueueUrl, Attributes: { SqsManagedSseEnabled: 'true' } }), 'InvalidAttributeName');
});

test('a queue is found by name, by a URL with any host, and by ARN', () => {
  const { call, queue, sqs } = createSqsWorld();
  const { url, arn } = queue('orders');
  expect(call('GetQueueUrl', { QueueName: 'orders' })).toEqual({ QueueUrl: url });
  refused(() => call('GetQueueUrl', { QueueName: 'missing' }), 'QueueDoesNotExist');
  refused(() => call('GetQueueUrl', { QueueName: 'orders', QueueOwnerAWSAccountId: '111111111111' }), 'QueueDoesNotExist');
  for (const QueueUrl of [url, 'https://sqs.us-east-1.amazonaws.com/000000000000/orders', 'http://localhost:9/000000000000/orders', arn]) {
    expect(call('SendMessage', { QueueUrl, MessageBody: 'x' })['MessageId']).toBeDefined();
  }
  refused(() => call('SendMessage', { QueueUrl: 'http://x/111111111111/orders', MessageBody: 'x' }), 'QueueDoesNotExist');
  expect(sqs.queueUrl(arn)).toBe(url);
  expect(sqs.has(arn)).toBe(true);
});

test('queues are listed by name, by prefix and in pages', () => {
  const { call, queue } = createSqsWorld();
  expect(call('ListQueues', {})).toEqual({});
  for (const name of ['b-1', 'a-1', 'b-2', 'b-3']) queue(name);
  const names = (output: Json) => (output['QueueUrls'] as string[]).map((url) => url.split('/').at(-1));
  expect(names(call('ListQueues', {}))).toEqual(['a-1', 'b-1', 'b-2', 'b-3']);
  const first = call('ListQueues', { QueueNamePrefix: 'b-', MaxResults: 2 });
  expect(names(first)).toEqual(['b-1', 'b-2']);
  const second = call('ListQueues', { QueueNamePrefix: 'b-', MaxResults: 2, NextToken: first['NextToken'] });
  expect(names(second)).toEqual(['b-3']);
  expect(second['NextToken']).toBeUndefined();
  refused(() => call('ListQueues', { MaxResults: 0 }), 'InvalidParameterValueException');
});

test('a deleted queue is gone with its messages, and its name can be used again', () => {
  const { call, queue } = createSqsWorld();
  const orders = queue('orders');
  orders.send('one');
  call('DeleteQueue', { QueueUrl: orders.url });
  refused(() => orders.send('two'), 'QueueDoesNotExist');
  expect(queue('orders').receive()).toEqual([]);
});

test('a purge empties the queue in every state, and only once a minute', () => {
  const { call, clock, queue, sqs } = createSqsWorld();
  const orders = queue('orders');
  orders.send('in flight');
  orders.receive();
  orders.send('visible');
  orders.send('delayed', { DelaySeconds: 10 });
  call('PurgeQueue', { QueueUrl: orders.url });
  expect(orders.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  expect(sqs.stats(orders.arn).purged).toBe(3);
  const error = refused(() => call('PurgeQueue', { QueueUrl: orders.url }), 'PurgeQueueInProgress');
  expect(error.status).toBe(403);
  clock.advance(60_000);
  call('PurgeQueue', { QueueUrl: orders.url });
});

test('tags are set at creation, added, replaced and removed', () => {
  const { call } = createSqsWorld();
  const { QueueUrl } = call('CreateQueue', { QueueName: 'orders', tags: { team: 'shop' } });
  call('TagQueue', { QueueUrl, Tags: { team: 'till', stage: 'test' } });
  expect(call('ListQueueTags', { QueueUrl })).toEqual({ Tags: { team: 'till', stage: 'test' } });
  call('UntagQueue', { QueueUrl, TagKeys: ['team', 'unknown'] });
  expect(call('ListQueueTags', { QueueUrl })).toEqual({ Tags: { stage: 'test' } });
});

test('permissions are statements of the queue policy', () => {
  const { call, queue, sqs } = createSqsWorld();
  const { url: QueueUrl, arn } = queue('orders');
  const add = (Label: string) => call('AddPermission', { QueueUrl, Label, AWSAccountIds: ['111111111111'], Actions: ['ReceiveMessage'] });
  add('partner');
  expect(JSON.parse(String(sqs.resourcePolicy(arn)))).toEqual({
    Version: '2008-10-17',
    Id: `${arn}/SQSDefaultPolicy`,
    Statement: [
      {
        Sid: 'partner',
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::111111111111:root' },
        Action: 'SQS:ReceiveMessage',
        Resource: arn,
      },
    ],
  });
  refused(() => add('partner'), 'InvalidParameterValueException');
  call('RemovePermission', { QueueUrl, Label: 'partner' });
  expect(sqs.resourcePolicy(arn)).toBeUndefined();
  refused(() => call('RemovePermission', { QueueUrl, Label: 'partner' }), 'InvalidParameterValueException');
});

test('an action that SQS does not have is refused', () => {
  const { call } = createSqsWorld();
  refused(() => call('Teleport', {}), 'UnknownOperationException');
  refused(() => call('toString', {}), 'UnknownOperationException');
});
