import { expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import { FAKE_START } from '../fake-clock.ts';
import { bodies, createSqsWorld, refused, type SqsWorld, type TestQueue } from './sqs-world.ts';

const redriveTo = (target: TestQueue, maxReceiveCount: unknown = 2) => ({
  RedrivePolicy: JSON.stringify({ deadLetterTargetArn: target.arn, maxReceiveCount }),
});

/** Receives and lets the visibility end, `times` times. */
function fail(world: SqsWorld, queue: TestQueue, times: number): void {
  for (let time = 0; time < times; time += 1) {
    queue.receive();
    world.clock.advance(30_000);
  }
}

test('a message whose receive count passed maxReceiveCount moves to the dead-letter queue with its id and attributes', () => {
  const world = createSqsWorld();
  const dead = world.queue('dead');
  const orders = world.queue('orders', redriveTo(dead));
  const MessageAttributes = { k: { DataType: 'String', StringValue: 'v' } };
  const { MessageId } = orders.send('x', { MessageAttributes, MessageGroupId: 'tenant' });
  fail(world, orders, 2);
  expect(dead.counts().visible).toBe(0);
  expect(orders.receive()).toEqual([]);
  expect(dead.receive({ AttributeNames: ['All'], MessageAttributeNames: ['All'] })).toMatchObject([
    {
      MessageId,
      Body: 'x',
      MessageAttributes,
      Attributes: {
        ApproximateReceiveCount: '3',
        ApproximateFirstReceiveTimestamp: String(FAKE_START),
        DeadLetterQueueSourceArn: orders.arn,
        MessageGroupId: 'tenant',
        SentTimestamp: String(FAKE_START),
      },
    },
  ]);
  expect(world.sqs.stats(orders.arn)).toMatchObject({ sent: 1, deadLettered: 1, visible: 0 });
  expect(world.sqs.stats(dead.arn)).toMatchObject({ sent: 0, arrived: 1, inFlight: 1 });
});

test('one receive passes over dead messages and returns the living behind them', () => {
  const world = createSqsWorld();
  const dead = world.queue('dead');
  const orders = world.queue('orders', redriveTo(dead, 1));
  orders.send('poison');
  fail(world, orders, 1);
  orders.send('good');
  expect(bodies(orders.receive({ MaxNumberOfMessages: 1 }))).toEqual(['good']);
  expect(bodies(dead.receive())).toEqual(['poison']);
});

test('a standard dead-letter queue keeps the enqueue time, so its retention counts from the first send', () => {
  const world = createSqsWorld();
  const dead = world.queue('dead', { MessageRetentionPeriod: '60' });
  const orders = world.queue('orders', redriveTo(dead));
  orders.send('x');
  fail(world, orders, 2);
  orders.receive();
  expect(dead.receive()).toEqual([]);
  expect(world.sqs.stats(dead.arn)).toMatchObject({ arrived: 1, expired: 1 });
});

test('a FIFO dead-letter queue starts the time anew, keeps the group and deduplicates by message id', () => {
  const world = createSqsWorld();
  const dead = world.queue('dead.fifo', { MessageRetentionPeriod: '60' });
  const orders = world.queue('orders.fifo', redriveTo(dead, 1));
  const { MessageId } = orders.send('poison', { MessageGroupId: 'g', MessageDeduplicationId: 'd1' });
  orders.send('next', { MessageGroupId: 'g', MessageDeduplicationId: 'd2' });
  orders.receive({ MaxNumberOfMessages: 1 });
  world.clock.advance(30_000);
  expect(bodies(orders.receive())).toEqual(['next']);
  expect(dead.receive({ AttributeNames: ['All'] })).toMatchObject([
    { MessageId, Attributes: { MessageGroupId: 'g', MessageDeduplicationId: MessageId, SentTimestamp: String(FAKE_START + 30_000) } },
  ]);
});

test('a queue without its dead-letter queue goes on delivering', () => {
  const world = createSqsWorld();
  const dead = world.queue('dead');
  const orders = world.queue('orders', redriveTo(dead, 1));
  world.call('DeleteQueue', { QueueUrl: dead.url });
  orders.send('x');
  fail(world, orders, 3);
  expect(bodies(orders.receive())).toEqual(['x']);
});

test.each<[unknown]>([[0], [1_001], ['x'], [1.5], [null]])('maxReceiveCount %j is refused', (count) => {
  const world = createSqsWorld();
  const dead = world.queue('dead');
  refused(() => world.queue('orders', redriveTo(dead, count)), 'InvalidParameterValueException');
});

test('a redrive policy names an existing queue of the same type that allows it', () => {
  const world = createSqsWorld();
  const set = (policy: unknown) =>
    refused(
      () => world.queue('orders', { RedrivePolicy: typeof policy === 'string' ? policy : JSON.stringify(policy) }),
      'InvalidParameterValueException',
    ).message;
  expect(set({ deadLetterTargetArn: 'dummy', maxReceiveCount: 42 })).toBe(
    'Value {"deadLetterTargetArn":"dummy","maxReceiveCount":42} for parameter RedrivePolicy is invalid. Reason: Invalid value for deadLetterTargetArn.',
  );
  expect(set({ deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:none', maxReceiveCount: 1 })).toContain('does not exist');
  expect(set({ maxReceiveCount: 1 })).toContain('mandatory attribute: deadLetterTargetArn');
  expect(set({ deadLetterTargetArn: world.queue('dead').arn })).toContain('mandatory attribute: maxReceiveCount');
  expect(set({ deadLetterTargetArn: world.queue('dead.fifo').arn, maxReceiveCount: 1 })).toContain('same type');
  expect(set('{')).toContain('not valid JSON');
  const orders = world.queue('orders', redriveTo(world.queue('dead'), '1000'));
  expect(orders.url).toBeDefined();
});

test('a redrive allow policy decides which queues may use a dead-letter queue', () => {
  const world = createSqsWorld();
  const allow = (policy: Json) => ({ RedriveAllowPolicy: JSON.stringify(policy) });
  const closed = world.queue('closed', allow({ redrivePermission: 'denyAll' }));
  refused(() => world.queue('orders', redriveTo(closed)), 'InvalidParameterValueException');
  const sourceQueueArns = ['arn:aws:sqs:us-east-1:000000000000:orders'];
  const selective = world.queue('selective', allow({ redrivePermission: 'byQueue', sourceQueueArns }));
  world.queue('orders', redriveTo(selective));
  refused(() => world.queue('other', redriveTo(selective)), 'InvalidParameterValueException');
  for (const bad of [{ redrivePermission: 'some' }, { redrivePermission: 'byQueue' }, { redrivePermission: 'denyAll', sourceQueueArns }]) {
    refused(() => world.queue('bad', allow(bad)), 'InvalidParameterValueException');
  }
});

test('the sources of a dead-letter queue are listed', () => {
  const world = createSqsWorld();
  const dead = world.queue('dead');
  const sources = () => world.call('ListDeadLetterSourceQueues', { QueueUrl: dead.url })['queueUrls'];
  expect(sources()).toEqual([]);
  const urls = [world.queue('a', redriveTo(dead)).url, world.queue('b', redriveTo(dead)).url];
  expect(sources()).toEqual(urls);
});

/** A dead-letter queue with `count` dead messages of one source. */
function deadWorld(count: number) {
  const world = createSqsWorld();
  const dead = world.queue('dead');
  const orders = world.queue('orders', redriveTo(dead, 1));
  for (let index = 0; index < count; index += 1) orders.send(`m${index}`);
  while (orders.receive().length > 0);
  world.clock.advance(30_000);
  while (orders.counts().visible > 0) orders.receive();
  const start = (more: Json = {}) => world.call('StartMessageMoveTask', { SourceArn: dead.arn, ...more });
  const latest = () => (world.call('ListMessageMoveTasks', { SourceArn: dead.arn })['Results'] as Json[])[0];
  return { world, dead, orders, start, latest };
}

test('a move task brings messages back to their source as new messages', () => {
  const { world, dead, orders, start, latest } = deadWorld(2);
  expect(dead.counts().visible).toBe(2);
  const before = world.sqs.stats(dead.arn);
  expect(start()).toHaveProperty('TaskHandle');
  expect(latest()).toMatchObject({ Status: 'RUNNING', ApproximateNumberOfMessagesToMove: 2, TaskHandle: expect.any(String) });
  world.clock.advance(0);
  expect(latest()).toEqual({
    Status: 'COMPLETED',
    SourceArn: dead.arn,
    ApproximateNumberOfMessagesMoved: 2,
    ApproximateNumberOfMessagesToMove: 2,
    StartedTimestamp: FAKE_START + 30_000,
  });
  const [first] = orders.receive({ AttributeNames: ['All'] });
  expect(first?.Attributes).toMatchObject({ ApproximateReceiveCount: '1', SentTimestamp: String(FAKE_START + 30_000) });
  expect(first?.Attributes).not.toHaveProperty('DeadLetterQueueSourceArn');
  expect(world.sqs.stats(dead.arn)).toMatchObject({ arrived: before.arrived, redriven: 2, visible: 0 });
});

test('a move task with a rate moves that many messages a second and can be cancelled', () => {
  const { world, orders, start, latest } = deadWorld(5);
  const { TaskHandle } = start({ MaxNumberOfMessagesPerSecond: 2 });
  world.clock.advance(1_000);
  expect(latest()).toMatchObject({ Status: 'RUNNING', ApproximateNumberOfMessagesMoved: 4, MaxNumberOfMessagesPerSecond: 2 });
  expect(world.call('CancelMessageMoveTask', { TaskHandle })).toEqual({ ApproximateNumberOfMessagesMoved: 4 });
  world.clock.advance(10_000);
  expect(latest()).toMatchObject({ Status: 'CANCELLED', ApproximateNumberOfMessagesMoved: 4 });
  expect(orders.counts().visible).toBe(4);
  refused(() => world.call('CancelMessageMoveTask', { TaskHandle }), 'UnsupportedOperation');
});

test('a move task fails when its destination is gone or a message has no source', () => {
  const { world, dead, orders, start, latest } = deadWorld(1);
  start();
  world.call('DeleteQueue', { QueueUrl: orders.url });
  world.clock.advance(0);
  expect(latest()).toMatchObject({ Status: 'FAILED', FailureReason: 'AWS.SimpleQueueService.NonExistentQueue' });
  world.queue('orders', redriveTo(dead, 1));
  world.clock.advance(60_000);
  world.call('PurgeQueue', { QueueUrl: dead.url });
  dead.send('sent here directly');
  start();
  world.clock.advance(0);
  expect(latest()).toMatchObject({ Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' });
  expect(dead.counts().visible).toBe(1);
});

test('a move task is refused without a dead-letter queue, beside another, and with a wrong handle', () => {
  const { world, dead, orders, start } = deadWorld(1);
  const message = (act: () => unknown, code: string) => refused(act, code).message;
  const startFrom = (SourceArn: string) => world.call('StartMessageMoveTask', { SourceArn });
  expect(message(() => startFrom(orders.arn), 'InvalidParameterValueException')).toBe(
    'Source queue must be configured as a Dead Letter Queue.',
  );
  expect(message(() => startFrom(`${dead.arn}x`), 'ResourceNotFoundException')).toContain('SourceArn');
  expect(message(() => start({ DestinationArn: `${dead.arn}x` }), 'ResourceNotFoundException')).toContain('DestinationArn');
  refused(() => start({ DestinationArn: dead.arn }), 'InvalidParameterValueException');
  refused(() => start({ MaxNumberOfMessagesPerSecond: 501 }), 'InvalidParameterValueException');
  start();
  expect(message(() => start(), 'InvalidParameterValueException')).toContain('already a task running');
  const cancel = (value: unknown) => () =>
    world.call('CancelMessageMoveTask', { TaskHandle: Buffer.from(JSON.stringify(value)).toString('base64') });
  refused(() => world.call('CancelMessageMoveTask', { TaskHandle: 'garbage' }), 'InvalidParameterValueException');
  expect(message(cancel({ taskId: 'x', sourceArn: `${dead.arn}x` }), 'ResourceNotFoundException')).toContain('SourceArn');
  expect(message(cancel({ taskId: 'x', sourceArn: dead.arn }), 'ResourceNotFoundException')).toBe('Task does not exist.');
});
