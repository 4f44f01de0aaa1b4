import { expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import { createRoleWorld, type Grant, type RoleWorld } from '../role-world.ts';

const QUEUE_ACTIONS = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
const STREAM_ACTIONS = ['dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:DescribeStream', 'dynamodb:ListStreams'];
const without = (actions: readonly string[], missing: string) => actions.filter((action) => action !== missing);

const refusal = (message: string) => expect.objectContaining({ code: 'InvalidParameterValueException', message });

async function withWorker(...grants: readonly Grant[]): Promise<RoleWorld> {
  const world = createRoleWorld();
  const role = await world.role('worker', 'lambda.amazonaws.com');
  if (grants.length > 0) await world.grant('worker', ...grants);
  await world.define('worker', role);
  return world;
}

const map = (world: RoleWorld, EventSourceArn: string, settings: Json = {}) =>
  world.ask('lambda', 'CreateEventSourceMapping', { FunctionName: 'worker', EventSourceArn, ...settings });

async function stream({ ask, clock }: RoleWorld): Promise<string> {
  const { TableDescription } = await ask('dynamodb', 'CreateTable', {
    TableName: 'orders',
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  });
  clock.advance(0);
  return String((TableDescription as Json)['LatestStreamArn']);
}

test.each(QUEUE_ACTIONS)('a queue is not mapped to a function whose role lacks %s', async (missing) => {
  using world = await withWorker({ actions: without(QUEUE_ACTIONS, missing), resource: '*' });
  const { arn } = await world.queue('jobs');
  const message = `The function execution role does not have permissions to call ${missing.slice('sqs:'.length)} on SQS`;
  await expect(map(world, arn)).rejects.toEqual(refusal(message));
  expect(await world.ask('lambda', 'ListEventSourceMappings', {})).toEqual({ EventSourceMappings: [] });
});

test('a queue is mapped when the role has all three actions on it, by a policy of its own or the managed one', async () => {
  using world = await withWorker({ actions: QUEUE_ACTIONS, resource: 'arn:aws:sqs:us-east-1:000000000000:jobs' });
  const [jobs, other] = [await world.queue('jobs'), await world.queue('other')];
  expect(await map(world, jobs.arn)).toMatchObject({ State: 'Creating' });
  await expect(map(world, other.arn)).rejects.toThrow('ReceiveMessage on SQS');
  const PolicyArn = 'arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole';
  await world.ask('iam', 'AttachRolePolicy', { RoleName: 'worker', PolicyArn });
  expect(await map(world, other.arn)).toMatchObject({ State: 'Creating' });
});

test('a queue that does not exist is told in the words of its first receive', async () => {
  using world = await withWorker({ actions: QUEUE_ACTIONS, resource: '*' });
  await expect(map(world, 'arn:aws:sqs:us-east-1:000000000000:gone')).rejects.toThrow(
    /^Error occurred while ReceiveMessage\. SQS Error Code: AWS\.SimpleQueueService\.NonExistentQueue\. SQS Error Message: /,
  );
});

test.each(STREAM_ACTIONS)('a stream is not mapped to a function whose role lacks %s', async (missing) => {
  using world = await withWorker({ actions: without(STREAM_ACTIONS, missing), resource: '*' });
  const arn = await stream(world);
  const actions = 'GetRecords, GetShardIterator, DescribeStream, and ListStreams';
  const message = `Cannot access stream ${arn}. Please ensure the role can perform the ${actions} Actions on your stream in IAM.`;
  await expect(map(world, arn, { StartingPosition: 'LATEST' })).rejects.toEqual(refusal(message));
});

test('a stream is mapped when the role has all four actions; one that does not exist is not found', async () => {
  using world = await withWorker({ actions: STREAM_ACTIONS, resource: '*' });
  const arn = await stream(world);
  expect(await map(world, arn, { StartingPosition: 'LATEST' })).toMatchObject({ State: 'Creating' });
  const gone = arn.replace('orders', 'gone');
  await expect(map(world, gone, { StartingPosition: 'LATEST' })).rejects.toEqual(refusal(`Stream not found: ${gone}`));
});

const DESTINATIONS = [
  ['SendMessage on SQS', 'arn:aws:sqs:us-east-1:000000000000:failures', 'sqs:SendMessage', []],
  ['Publish on SNS', 'arn:aws:sns:us-east-1:000000000000:failures', 'sns:Publish', []],
  ['PutObject on S3', 'arn:aws:s3:::failures', 's3:PutObject', ['s3:ListBucket']],
  ['ListBucket on S3', 'arn:aws:s3:::failures', 's3:ListBucket', ['s3:PutObject']],
] as const;

test.each(DESTINATIONS)('an on-failure destination needs %s', async (lacking, Destination, action, others) => {
  const source = { actions: STREAM_ACTIONS, resource: '*' };
  using world = await withWorker(source, { actions: [...others, 's3:GetObject'], resource: '*' });
  const settings = { StartingPosition: 'LATEST', DestinationConfig: { OnFailure: { Destination } } };
  const arn = await stream(world);
  const message = `The function execution role does not have permissions to call ${lacking}`;
  await expect(map(world, arn, settings)).rejects.toEqual(refusal(message));
  await world.grant('worker', source, { actions: [action, ...others], resource: '*' });
  expect(await map(world, arn, settings)).toMatchObject({ State: 'Creating' });
});

test('an update is refused when the role has lost an action, and the mapping stays as it was', async () => {
  using world = await withWorker({ actions: QUEUE_ACTIONS, resource: '*' });
  const { UUID } = await map(world, (await world.queue('jobs')).arn, { BatchSize: 5 });
  await world.grant('worker', { actions: ['sqs:ReceiveMessage', 'sqs:GetQueueAttributes'], resource: '*' });
  const update = () => world.ask('lambda', 'UpdateEventSourceMapping', { UUID, BatchSize: 7 });
  await expect(update()).rejects.toThrow('does not have permissions to call DeleteMessage on SQS');
  world.clock.advance(1_000);
  expect(await world.ask('lambda', 'GetEventSourceMapping', { UUID })).toMatchObject({ BatchSize: 5, State: 'Enabled' });
  await world.grant('worker', { actions: QUEUE_ACTIONS, resource: '*' });
  expect(await update()).toMatchObject({ BatchSize: 7 });
});
