import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, CfnResource, Duration, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { DynamoEventSource, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import * as sns from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AwsError, type Json } from '../../../lib/local/aws.ts';
import { bootstrap } from '../../../lib/local/cloudformation/bootstrap.ts';
import type { DeployProgress } from '../../../lib/local/cloudformation/cloudformation.ts';
import { deployAssembly } from '../../../lib/local/cloudformation/deploy-assembly.ts';
import { createWorld } from './world.ts';

const folders: string[] = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'assembly-'));
  folders.push(made);
  return made;
};
afterAll(() => {
  for (const each of folders) rmSync(each, { recursive: true, force: true });
});

/** Synthesizes an app without the checks that cost seconds. */
function synthesize(build: (app: App) => void): string {
  const outdir = folder();
  const app = new App({ outdir, analyticsReporting: false, treeMetadata: false, builtinCloudFormationValidation: false });
  build(app);
  app.synth();
  return outdir;
}

function messaging(app: App): void {
  const base = new Stack(app, 'Base');
  const key = new kms.Key(base, 'Key', { alias: 'alias/events' });
  const topic = new sns.Topic(base, 'Topic', { masterKey: key, enforceSSL: true });
  const stack = new Stack(app, 'Work');
  const dlq = new sqs.Queue(stack, 'Dlq');
  const queue = new sqs.Queue(stack, 'Queue', {
    deadLetterQueue: { queue: dlq, maxReceiveCount: 3 },
    visibilityTimeout: Duration.seconds(90),
  });
  topic.addSubscription(
    new SqsSubscription(queue, {
      rawMessageDelivery: true,
      filterPolicy: { type: sns.SubscriptionFilter.stringFilter({ allowlist: ['a'] }) },
    }),
  );
  const table = new dynamodb.TableV2(stack, 'Table', {
    partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
    dynamoStream: dynamodb.StreamViewType.NEW_IMAGE,
    timeToLiveAttribute: 'expires',
    globalSecondaryIndexes: [{ indexName: 'by-day', partitionKey: { name: 'day', type: dynamodb.AttributeType.STRING } }],
  });
  const code = folder();
  writeFileSync(join(code, 'index.js'), 'exports.handler = async () => {}');
  const fn = new lambda.Function(stack, 'Worker', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(code),
    timeout: Duration.seconds(15),
    reservedConcurrentExecutions: 5,
  });
  fn.addEventSource(new SqsEventSource(queue, { batchSize: 10, reportBatchItemFailures: true, maxConcurrency: 4 }));
  fn.addEventSource(
    new DynamoEventSource(table as dynamodb.ITable, {
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      retryAttempts: 3,
      bisectBatchOnError: true,
    }),
  );
  table.grantReadWriteData(fn);
  fn.addAlias('live').addAutoScaling({ maxCapacity: 2 });
  fn.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.NONE });
  new scheduler.Schedule(stack, 'Sweep', {
    schedule: scheduler.ScheduleExpression.rate(Duration.minutes(1)),
    target: new LambdaInvoke(fn),
  });
  new s3.Bucket(stack, 'Files', { enforceSSL: true, versioned: true, lifecycleRules: [{ expiration: Duration.days(3), prefix: 'tmp/' }] });
  new CfnOutput(stack, 'QueueUrl', { value: queue.queueUrl });
}

describe('an assembly of two stacks', () => {
  const world = createWorld();
  const progress: DeployProgress[] = [];
  let deployed: Awaited<ReturnType<typeof deployAssembly>>;
  const one = (name: string, index = 0): Json => world.aws.inputs(name)[index] ?? {};

  beforeAll(async () => {
    const directory = synthesize(messaging);
    deployed = await deployAssembly({
      directory,
      aws: world.aws,
      cloudformation: world.cloudformation,
      onProgress: (step) => progress.push(step),
    });
  });

  test('is deployed in dependency order, with its outputs and the types that do nothing', () => {
    expect(deployed.stacks).toEqual(['Base', 'Work']);
    expect(deployed.outputs['Work']).toEqual({ QueueUrl: expect.stringMatching(/\/000000000000\/Work-Queue/) });
    expect(deployed.ignoredTypes).toEqual(['AWS::ApplicationAutoScaling::ScalableTarget']);
    expect(progress[0]).toEqual({
      stackName: 'Base',
      constructPath: 'Base/Key/Resource',
      type: 'AWS::KMS::Key',
      status: 'CREATE_COMPLETE',
    });
  });

  test('gives queues and subscriptions the attributes of their templates as text', () => {
    const attributes = one('sqs:CreateQueue', 1)['Attributes'] as Json;
    expect(attributes['VisibilityTimeout']).toBe('90');
    expect(JSON.parse(String(attributes['RedrivePolicy']))).toEqual({
      deadLetterTargetArn: expect.stringContaining('Work-Dlq'),
      maxReceiveCount: 3,
    });
    expect(one('sns:Subscribe')).toMatchObject({
      Protocol: 'sqs',
      Attributes: { RawMessageDelivery: 'true', FilterPolicy: '{"type":["a"]}' },
      ReturnSubscriptionArn: true,
    });
    const policy = JSON.parse(String((one('sqs:SetQueueAttributes')['Attributes'] as Json)['Policy']));
    expect(policy.Statement[0].Condition.ArnEquals['aws:SourceArn']).toBe(
      deployed.outputs['Base'] && Object.values(deployed.outputs['Base']).find((value) => value.includes(':sns:')),
    );
  });

  test('makes a global table of one replica a table with stream, index and time to live', () => {
    expect(one('dynamodb:CreateTable')).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [{ IndexName: 'by-day', Projection: { ProjectionType: 'ALL' } }],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    });
    expect(one('dynamodb:UpdateTimeToLive')['TimeToLiveSpecification']).toEqual({ AttributeName: 'expires', Enabled: true });
  });

  test('runs functions from their asset folder, and maps their sources', () => {
    expect(one('lambda:CreateFunction')).toMatchObject({
      Handler: 'index.handler',
      Timeout: 15,
      Code: { LocalDirectory: expect.stringMatching(/\/asset\.[0-9a-f]{64}$/) },
    });
    expect(one('lambda:PutFunctionConcurrency')['ReservedConcurrentExecutions']).toBe(5);
    expect(one('lambda:CreateEventSourceMapping')).toMatchObject({
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 4 },
    });
    expect(one('lambda:CreateEventSourceMapping', 1)).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      MaximumRetryAttempts: 3,
      BisectBatchOnFunctionError: true,
      EventSourceArn: expect.stringContaining('/stream/'),
    });
    expect(one('lambda:CreateAlias')).toMatchObject({ Name: 'live', FunctionVersion: '1' });
    expect(one('lambda:AddPermission')).toMatchObject({ Principal: '*', FunctionUrlAuthType: 'NONE' });
  });

  test('gives roles their policies before the function exists', () => {
    const order = world.aws.calls.map((call) => call.name);
    expect(order.indexOf('iam:PutRolePolicy')).toBeLessThan(order.indexOf('lambda:CreateFunction'));
    expect(one('iam:AttachRolePolicy')['PolicyArn']).toBe('arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole');
  });

  test('makes schedules, and buckets with their lifecycle in the shape of the API', () => {
    expect(one('scheduler:CreateSchedule')).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      Target: { RoleArn: expect.stringContaining(':role/') },
    });
    expect(one('s3:PutBucketLifecycleConfiguration')['LifecycleConfiguration']).toEqual({
      Rules: [{ Status: 'Enabled', Filter: { Prefix: 'tmp/' }, Expiration: { Days: 3 } }],
    });
    expect(one('s3:PutBucketVersioning')['VersioningConfiguration']).toEqual({ Status: 'Enabled' });
  });
});

const onlyQueue = (app: App) => void new sqs.Queue(new Stack(app, 'One'), 'Queue');

test('deploying the same assembly again changes nothing', async () => {
  const { aws, cloudformation } = createWorld();
  const directory = synthesize(onlyQueue);
  await deployAssembly({ directory, aws, cloudformation });
  aws.calls.length = 0;
  await deployAssembly({ directory, aws, cloudformation });
  expect(aws.calls.map((call) => call.name).filter((name) => !name.startsWith('s3:'))).toEqual([]);
});

test('a resource that fails is named by its construct path', async () => {
  const { aws, cloudformation } = createWorld();
  aws.fail('sqs:CreateQueue', new AwsError('InvalidAttributeValue', 'Invalid value for the parameter DelaySeconds.'));
  await expect(deployAssembly({ directory: synthesize(onlyQueue), aws, cloudformation })).rejects.toThrow(
    'stack One could not be deployed: One/Queue/Resource: Invalid value for the parameter DelaySeconds.',
  );
});

test('an unknown type is named by its construct path before anything is made', async () => {
  const { aws, cloudformation } = createWorld();
  const directory = synthesize((app) => {
    const stack = new Stack(app, 'One');
    new sqs.Queue(stack, 'Queue');
    new CfnResource(stack, 'Stream', { type: 'AWS::Kinesis::Stream' });
  });
  await expect(deployAssembly({ directory, aws, cloudformation })).rejects.toThrow('One/Stream (AWS::Kinesis::Stream)');
  expect(aws.inputs('sqs:CreateQueue')).toEqual([]);
});

test('an assembly of another region, or no assembly at all, is refused with what to do', async () => {
  const { aws, cloudformation } = createWorld();
  const directory = synthesize(
    (app) => void new sqs.Queue(new Stack(app, 'One', { env: { account: '000000000000', region: 'eu-west-1' } }), 'Queue'),
  );
  await expect(deployAssembly({ directory, aws, cloudformation })).rejects.toThrow('was synthesized for aws://000000000000/eu-west-1');
  await expect(deployAssembly({ directory: '/nowhere', aws, cloudformation })).rejects.toThrow('run `cdk synth` first');
});

test('bootstrap makes the bucket, the version and the roles that `cdk deploy` asks for', () => {
  const { aws } = createWorld();
  bootstrap(aws);
  expect(aws.inputs('s3:CreateBucket')).toEqual([{ Bucket: 'cdk-hnb659fds-assets-000000000000-us-east-1' }]);
  expect(aws.inputs('ssm:PutParameter')[0]).toMatchObject({ Name: '/cdk-bootstrap/hnb659fds/version', Value: '30' });
  expect(aws.inputs('iam:CreateRole').map((input) => input['RoleName'])).toContain('cdk-hnb659fds-deploy-role-000000000000-us-east-1');
});
