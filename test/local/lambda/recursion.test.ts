import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { DEVELOPER, type Json, type ServiceName } from '../../../lib/local/aws.ts';
import { type LocalAws, startLocalAws } from '../../../lib/local/local-aws.ts';
import { trusting } from '../role-world.ts';

/** An embedded AWS with a role that may do everything, and what its functions complained of. */
async function startLooping() {
  const troubles: string[] = [];
  const local = await startLocalAws({ port: 0, onTrouble: (name, trouble) => troubles.push(`${name} ${trouble}`) });
  const ask = (service: ServiceName, action: string, input: Json) => local.aws.call({ service, action, input, caller: DEVELOPER });
  await ask('iam', 'CreateRole', { RoleName: 'loop', AssumeRolePolicyDocument: trusting('lambda.amazonaws.com') });
  const Statement = [{ Effect: 'Allow', Action: '*', Resource: '*' }];
  await ask('iam', 'PutRolePolicy', {
    RoleName: 'loop',
    PolicyName: 'all',
    PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
  });
  const define = (source: string, more: Json = {}) =>
    ask('lambda', 'CreateFunction', {
      FunctionName: 'loop',
      Role: 'arn:aws:iam::000000000000:role/loop',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Timeout: 1,
      Code: { ZipFile: Buffer.from(zipSync({ 'index.mjs': Buffer.from(source) })).toString('base64') },
      ...more,
    });
  const queue = async (QueueName: string, Attributes: Json = {}) => {
    const { QueueUrl } = await ask('sqs', 'CreateQueue', { QueueName, Attributes });
    return { url: String(QueueUrl), arn: `arn:aws:sqs:us-east-1:000000000000:${QueueName}` };
  };
  const runs = () => local.statistics().invocations['loop'] ?? 0;
  return { local, ask, define, queue, runs, troubles, [Symbol.asyncDispose]: () => local.close() };
}

/** Waits until a queue holds a message, which stays there. */
async function inQueue(local: LocalAws, url: string): Promise<string> {
  const { Messages } = (await local.aws.call({
    service: 'sqs',
    action: 'ReceiveMessage',
    input: { QueueUrl: url, WaitTimeSeconds: 20, VisibilityTimeout: 0 },
    caller: DEVELOPER,
  })) as { Messages?: readonly { Body: string }[] };
  return Messages?.[0]?.Body ?? 'nothing';
}

test('a loop through topic and queue is stopped after sixteen runs, its message ends in the dead-letter queue, and a metric counts it', async () => {
  await using world = await startLooping();
  const { local, ask } = world;
  const dead = await world.queue('dead');
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 });
  const Statement = [{ Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: '*' }];
  const work = await world.queue('work', {
    RedrivePolicy,
    VisibilityTimeout: '1',
    Policy: JSON.stringify({ Version: '2012-10-17', Statement }),
  });
  const { TopicArn } = await ask('sns', 'CreateTopic', { Name: 'again' });
  await ask('sns', 'Subscribe', { TopicArn, Protocol: 'sqs', Endpoint: work.arn, Attributes: { RawMessageDelivery: 'true' } });
  await world.define(`
    import { SNSClient, PublishCommand } from '@aws-sdk/client-sns';
    const sns = new SNSClient({});
    export const handler = async ({ Records }) => {
      for (const { body } of Records) await sns.send(new PublishCommand({ TopicArn: ${JSON.stringify(TopicArn)}, Message: String(Number(body) + 1) }));
    };`);
  await ask('lambda', 'CreateEventSourceMapping', { FunctionName: 'loop', EventSourceArn: work.arn });
  await ask('sns', 'Publish', { TopicArn, Message: '1' });
  expect(await inQueue(local, dead.url)).toBe('17');
  expect(world.troubles).toEqual([expect.stringMatching(/^loop RecursiveInvocationException: Lambda has detected/)]);
  const { Datapoints } = await ask('cloudwatch', 'GetMetricStatistics', {
    Namespace: 'AWS/Lambda',
    MetricName: 'RecursiveInvocationsDropped',
    Dimensions: [{ Name: 'FunctionName', Value: 'loop' }],
    Statistics: ['Sum'],
    Period: 3_600,
    StartTime: 0,
    EndTime: Date.now() / 1_000 + 60,
  });
  expect((Datapoints as Json[]).reduce((sum, point) => sum + Number(point['Sum']), 0)).toBe(1);
});

const CALLS_ITSELF = `
  import { LambdaClient, InvokeCommand } from '@aws-sdk/client-lambda';
  const lambda = new LambdaClient({});
  export const handler = async ({ n, last }) => {
    if (n === last) throw new Error('enough');
    await lambda.send(new InvokeCommand({ FunctionName: 'loop', InvocationType: 'Event', Payload: JSON.stringify({ n: n + 1, last }) }));
  };`;

async function callLoop(RecursiveLoop: 'Allow' | 'Terminate', last: number) {
  await using world = await startLooping();
  const dead = await world.queue('dead');
  await world.define(CALLS_ITSELF, { DeadLetterConfig: { TargetArn: dead.arn } });
  await world.ask('lambda', 'PutFunctionRecursionConfig', { FunctionName: 'loop', RecursiveLoop });
  await world.ask('lambda', 'PutFunctionEventInvokeConfig', { FunctionName: 'loop', MaximumRetryAttempts: 0 });
  const Payload = Buffer.from(JSON.stringify({ n: 1, last })).toString('base64');
  await world.ask('lambda', 'Invoke', { FunctionName: 'loop', InvocationType: 'Event', Payload });
  return JSON.parse(await inQueue(world.local, dead.url));
}

test('a function that invokes itself is stopped, and the event ends in its dead-letter queue', async () => {
  expect(await callLoop('Terminate', 30)).toEqual({ n: 17, last: 30 });
});

test('a function that may loop goes on', async () => {
  expect(await callLoop('Allow', 30)).toEqual({ n: 30, last: 30 });
});
