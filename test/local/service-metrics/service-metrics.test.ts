import { expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import { settled } from '../fake-clock.ts';
import { createRoleWorld, type RoleWorld } from '../role-world.ts';

const MINUTE = 60_000;

/** The statistic of each minute of the last hour that saw the metric, oldest first. */
async function byMinute(world: RoleWorld, metric: { Namespace: string; MetricName: string; of?: Json; Stat?: string }) {
  const { Namespace, MetricName, of = {}, Stat = 'Sum' } = metric;
  const Dimensions = Object.entries(of).map(([Name, Value]) => ({ Name, Value }));
  const { MetricDataResults } = await world.ask('cloudwatch', 'GetMetricData', {
    StartTime: world.clock.now() / 1_000 - 3_600,
    EndTime: world.clock.now() / 1_000 + 60,
    ScanBy: 'TimestampAscending',
    MetricDataQueries: [{ Id: 'm', MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Period: 60, Stat } }],
  });
  return ((MetricDataResults as Json[])[0]?.['Values'] ?? []) as number[];
}

const ofQueue = (world: RoleWorld, MetricName: string, Stat = 'Sum', QueueName = 'orders') =>
  byMinute(world, { Namespace: 'AWS/SQS', MetricName, of: { QueueName }, Stat });

test('a queue reports what went through it in each minute, and what it holds', async () => {
  using world = createRoleWorld();
  const { url: QueueUrl } = await world.queue('orders');
  await world.ask('sqs', 'SendMessage', { QueueUrl, MessageBody: 'one' });
  await world.ask('sqs', 'SendMessage', { QueueUrl, MessageBody: 'two' });
  await world.ask('sqs', 'SendMessage', { QueueUrl, MessageBody: 'later', DelaySeconds: 900 });
  const { Messages } = await world.ask('sqs', 'ReceiveMessage', { QueueUrl, VisibilityTimeout: 600 });
  world.clock.advance(MINUTE);
  await world.ask('sqs', 'DeleteMessage', { QueueUrl, ReceiptHandle: (Messages as Json[])[0]?.['ReceiptHandle'] });
  world.clock.advance(MINUTE);
  expect((await ofQueue(world, 'NumberOfMessagesSent')).slice(0, 2)).toEqual([3, 0]);
  expect((await ofQueue(world, 'NumberOfMessagesReceived')).slice(0, 2)).toEqual([1, 0]);
  expect((await ofQueue(world, 'NumberOfMessagesDeleted')).slice(0, 2)).toEqual([0, 1]);
  expect((await ofQueue(world, 'ApproximateNumberOfMessagesVisible', 'Maximum')).slice(0, 2)).toEqual([1, 1]);
  expect((await ofQueue(world, 'ApproximateNumberOfMessagesNotVisible', 'Maximum')).slice(0, 2)).toEqual([1, 0]);
  expect((await ofQueue(world, 'ApproximateNumberOfMessagesDelayed', 'Maximum')).slice(0, 2)).toEqual([1, 1]);
  expect((await ofQueue(world, 'ApproximateAgeOfOldestMessage', 'Maximum')).slice(0, 2)).toEqual([60, 120]);
});

test('the minute under way is there for whoever asks before it is over', async () => {
  using world = createRoleWorld();
  const { url: QueueUrl } = await world.queue('orders');
  await world.ask('sqs', 'SendMessage', { QueueUrl, MessageBody: 'one' });
  expect(await ofQueue(world, 'NumberOfMessagesSent')).toEqual([1]);
  await world.ask('sqs', 'SendMessage', { QueueUrl, MessageBody: 'two' });
  expect(await ofQueue(world, 'NumberOfMessagesSent')).toEqual([2]);
});

test('what SQS dead-letters was not sent to the dead-letter queue, and its age there starts with the move', async () => {
  using world = createRoleWorld();
  const dead = await world.queue('dead');
  const { url: QueueUrl } = await world.queue('orders');
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 });
  await world.ask('sqs', 'SetQueueAttributes', { QueueUrl, Attributes: { RedrivePolicy } });
  await world.ask('sqs', 'SendMessage', { QueueUrl, MessageBody: 'poison' });
  world.clock.advance(10 * MINUTE);
  await world.ask('sqs', 'ReceiveMessage', { QueueUrl, VisibilityTimeout: 0 });
  await world.ask('sqs', 'ReceiveMessage', { QueueUrl });
  world.clock.advance(2 * MINUTE);
  const visible = await ofQueue(world, 'ApproximateNumberOfMessagesVisible', 'Maximum', 'dead');
  expect(visible.slice(9, 12)).toEqual([0, 1, 1]);
  expect(new Set(await ofQueue(world, 'NumberOfMessagesSent', 'Sum', 'dead'))).toEqual(new Set([0]));
  expect((await ofQueue(world, 'ApproximateAgeOfOldestMessage', 'Maximum', 'dead')).slice(0, 2)).toEqual([60, 120]);
});

test('a message that was received three times and is still there does not count as the oldest', async () => {
  using world = createRoleWorld();
  const { url: QueueUrl } = await world.queue('orders');
  await world.ask('sqs', 'SendMessage', { QueueUrl, MessageBody: 'poison' });
  for (let receive = 0; receive < 3; receive += 1) await world.ask('sqs', 'ReceiveMessage', { QueueUrl, VisibilityTimeout: 0 });
  world.clock.advance(5 * MINUTE);
  expect(await ofQueue(world, 'ApproximateAgeOfOldestMessage')).toEqual([]);
  await world.ask('sqs', 'SendMessage', { QueueUrl, MessageBody: 'fine' });
  world.clock.advance(MINUTE);
  expect((await ofQueue(world, 'ApproximateAgeOfOldestMessage')).at(0)).toBe(60);
});

test('a queue that nobody has used for six hours reports no more', async () => {
  using world = createRoleWorld();
  await world.queue('orders');
  world.clock.advance(7 * 60 * MINUTE);
  expect(await ofQueue(world, 'ApproximateNumberOfMessagesVisible')).toEqual([]);
  await world.ask('sqs', 'SendMessage', { QueueUrl: 'http://x/000000000000/orders', MessageBody: 'one' });
  expect(await ofQueue(world, 'ApproximateNumberOfMessagesVisible')).toEqual([1]);
});

test('a topic reports what was published, delivered, filtered out, given up and lost', async () => {
  using world = createRoleWorld();
  const { TopicArn } = await world.ask('sns', 'CreateTopic', { Name: 'orders' });
  const refusing = await world.queue('refusing');
  const other = await world.queue('other');
  const dead = await world.queue('dead');
  const subscribe = (Endpoint: string, Attributes: Json = {}) =>
    world.ask('sns', 'Subscribe', { TopicArn, Protocol: 'sqs', Endpoint, Attributes });
  await subscribe(refusing.arn, { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn }) });
  await subscribe(other.arn, { FilterPolicy: JSON.stringify({ kind: ['none'] }) });
  await world.ask('sns', 'Publish', { TopicArn, Message: 'one' });
  const ofTopic = (MetricName: string) => byMinute(world, { Namespace: 'AWS/SNS', MetricName, of: { TopicName: 'orders' } });
  expect(await ofTopic('NumberOfMessagesPublished')).toEqual([1]);
  expect(await ofTopic('NumberOfNotificationsFilteredOut')).toEqual([1]);
  expect(await ofTopic('NumberOfNotificationsDelivered')).toEqual([]);
  // Neither queue has a policy that lets the topic in.
  expect(await ofTopic('NumberOfNotificationsFailed')).toEqual([1]);
  expect(await ofTopic('NumberOfNotificationsFailedToRedriveToDlq')).toEqual([1]);
  expect(await ofTopic('NumberOfNotificationsRedrivenToDlq')).toEqual([]);
});

test('a function reports its runs, errors and throttles, by itself, by alias and for the account', async () => {
  using world = createRoleWorld();
  const role = await world.role('runner', 'lambda.amazonaws.com');
  await world.define('echo', role);
  await world.ask('lambda', 'PublishVersion', { FunctionName: 'echo' });
  await world.ask('lambda', 'CreateAlias', { FunctionName: 'echo', Name: 'live', FunctionVersion: '1' });
  await world.ask('lambda', 'Invoke', { FunctionName: 'echo', Payload: Buffer.from('{}').toString('base64') });
  await world.ask('lambda', 'Invoke', { FunctionName: 'echo', Qualifier: 'live', Payload: Buffer.from('{}').toString('base64') });
  await world.ask('lambda', 'PutFunctionConcurrency', { FunctionName: 'echo', ReservedConcurrentExecutions: 0 });
  await world.ask('lambda', 'Invoke', { FunctionName: 'echo' }).catch(() => settled());
  const ofLambda = (MetricName: string, of: Json, Stat = 'Sum') => byMinute(world, { Namespace: 'AWS/Lambda', MetricName, of, Stat });
  expect(await ofLambda('Invocations', { FunctionName: 'echo' })).toEqual([2]);
  expect(await ofLambda('Invocations', { FunctionName: 'echo', Resource: 'echo:live' })).toEqual([1]);
  expect(await ofLambda('Invocations', {})).toEqual([2]);
  expect(await ofLambda('Errors', { FunctionName: 'echo' })).toEqual([0]);
  expect(await ofLambda('Throttles', { FunctionName: 'echo' })).toEqual([1]);
  expect(await ofLambda('Duration', { FunctionName: 'echo' }, 'SampleCount')).toEqual([2]);
  expect(await ofLambda('ConcurrentExecutions', { FunctionName: 'echo' }, 'Maximum')).toEqual([0]);
});
