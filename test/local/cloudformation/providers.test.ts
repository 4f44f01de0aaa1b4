import { describe, expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import { PROVIDERS } from '../../../lib/local/cloudformation/providers/registry.ts';
import { createWorld } from './world.ts';

/** The calls that an update of one resource makes, after its creation. */
async function update(Type: string, before: Json, after: Json): Promise<string[]> {
  const { deploy, aws } = createWorld();
  await deploy({ Resources: { R: { Type, Properties: before } } });
  aws.calls.length = 0;
  const stack = await deploy({ Resources: { R: { Type, Properties: after } } });
  expect(stack['StackStatus']).toBe('UPDATE_COMPLETE');
  return aws.calls.map((call) => call.name);
}

const TRUST = { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } }] };
const code = (S3Key: string) => ({ Code: { S3Bucket: 'b', S3Key }, Role: 'arn:aws:iam::0:role/r', Handler: 'i.h', Runtime: 'nodejs24.x' });
const table = (...names: string[]) => ({
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  AttributeDefinitions: names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  GlobalSecondaryIndexes: names.slice(1).map((name) => ({ IndexName: name, KeySchema: [{ AttributeName: name, KeyType: 'HASH' }] })),
  Replicas: [{ Region: 'us-east-1' }],
});

describe('an update in place', () => {
  test.each<[string, Json, Json, string[]]>([
    ['AWS::KMS::Key', { KeyPolicy: { Statement: [] } }, { KeyPolicy: { Statement: [TRUST.Statement[0]] } }, ['kms:PutKeyPolicy']],
    ['AWS::SNS::Topic', { DisplayName: 'a' }, { DisplayName: 'b' }, ['sns:SetTopicAttributes']],
    [
      'AWS::SNS::Subscription',
      { TopicArn: 't', Protocol: 'sqs', Endpoint: 'q', FilterPolicy: { a: ['x'] } },
      { TopicArn: 't', Protocol: 'sqs', Endpoint: 'q' },
      ['sns:SetSubscriptionAttributes'],
    ],
    ['AWS::Logs::LogGroup', { RetentionInDays: 7 }, {}, ['logs:DeleteRetentionPolicy']],
    ['AWS::Lambda::Function', code('one.zip'), code('two.zip'), ['lambda:UpdateFunctionCode']],
    ['AWS::Lambda::Function', code('one.zip'), { ...code('one.zip'), Timeout: 9 }, ['lambda:UpdateFunctionConfiguration']],
    ['AWS::Lambda::Function', { ...code('o'), ReservedConcurrentExecutions: 1 }, code('o'), ['lambda:DeleteFunctionConcurrency']],
    ['AWS::Lambda::Function', code('o'), { ...code('o'), RecursiveLoop: 'Allow' }, ['lambda:PutFunctionRecursionConfig']],
    ['AWS::Lambda::Function', { ...code('o'), RecursiveLoop: 'Allow' }, code('o'), ['lambda:PutFunctionRecursionConfig']],
    [
      'AWS::Lambda::EventSourceMapping',
      { EventSourceArn: 'q', FunctionName: 'f', BatchSize: 1 },
      { EventSourceArn: 'q', FunctionName: 'f', BatchSize: 2 },
      ['lambda:UpdateEventSourceMapping'],
    ],
    [
      'AWS::Scheduler::Schedule',
      { ScheduleExpression: 'rate(1 minute)' },
      { ScheduleExpression: 'rate(2 minutes)' },
      ['scheduler:UpdateSchedule'],
    ],
    ['AWS::CloudWatch::Alarm', { Threshold: 1 }, { Threshold: 2 }, ['cloudwatch:PutMetricAlarm']],
    [
      'AWS::DynamoDB::GlobalTable',
      table('pk', 'a'),
      table('pk', 'b'),
      ['dynamodb:UpdateTable', 'dynamodb:UpdateTable', 'dynamodb:DescribeTable'],
    ],
    [
      'AWS::IAM::Role',
      { AssumeRolePolicyDocument: TRUST, ManagedPolicyArns: ['a', 'b'] },
      { AssumeRolePolicyDocument: TRUST, ManagedPolicyArns: ['b', 'c'] },
      ['iam:DetachRolePolicy', 'iam:AttachRolePolicy'],
    ],
    [
      'AWS::IAM::ManagedPolicy',
      { PolicyDocument: TRUST },
      { PolicyDocument: { Statement: [] } },
      ['iam:GetPolicy', 'iam:CreatePolicyVersion', 'iam:DeletePolicyVersion'],
    ],
  ])('%s %o → %o', async (type, before, after, calls) => {
    expect(await update(type, before, after)).toEqual(calls);
  });
});

test('a permission never changes: it is added anew and the old one removed', async () => {
  const permission = (SourceArn: string) => ({
    FunctionName: 'f',
    Action: 'lambda:InvokeFunction',
    Principal: 'sns.amazonaws.com',
    SourceArn,
  });
  expect(await update('AWS::Lambda::Permission', permission('a'), permission('b'))).toEqual([
    'lambda:AddPermission',
    'lambda:RemovePermission',
  ]);
});

test('inline code travels as the zip that the runtime expects', async () => {
  const { deploy, aws } = createWorld();
  const Properties = { ...code('x'), Code: { ZipFile: 'exports.handler = async () => 1' } };
  await deploy({ Resources: { F: { Type: 'AWS::Lambda::Function', Properties } } });
  const [created] = aws.inputs('lambda:CreateFunction') as { Code: { ZipFile: string } }[];
  const archive = Buffer.from(created?.Code.ZipFile ?? '', 'base64');
  expect(archive.subarray(0, 2).toString()).toBe('PK');
  expect(archive.includes('index.js')).toBe(true);
});

test('a replica in another region is refused by property', async () => {
  const { deploy } = createWorld();
  const Properties = { ...table('pk'), Replicas: [{ Region: 'us-east-1' }, { Region: 'eu-west-1' }] };
  const stack = await deploy({ Resources: { T: { Type: 'AWS::DynamoDB::GlobalTable', Properties } } });
  expect(stack['StackStatusReason']).toContain('T: Replicas: a replica in eu-west-1 cannot exist here');
});

test('the bucket of autoDeleteObjects is emptied before it goes', async () => {
  let left = [{ Key: 'a' }, { Key: 'b' }];
  const world = createWorld({
    's3:ListObjectsV2': () => ({ Contents: left }),
    's3:DeleteObjects': () => {
      left = [];
      return {};
    },
  });
  const Resources = {
    Bucket: { Type: 'AWS::S3::Bucket' },
    Empty: { Type: 'Custom::S3AutoDeleteObjects', Properties: { ServiceToken: 'arn', BucketName: { Ref: 'Bucket' } } },
  };
  await world.deploy({ Resources });
  await world.remove();
  const names = world.aws.calls.map((call) => call.name);
  expect(world.aws.inputs('s3:DeleteObjects')[0]?.['Delete']).toEqual({ Objects: [{ Key: 'a' }, { Key: 'b' }], Quiet: true });
  expect(names.indexOf('s3:DeleteObjects')).toBeLessThan(names.indexOf('s3:DeleteBucket'));
});

test('every type that an application of queues, topics, tables and functions synthesizes has a provider', () => {
  expect([...PROVIDERS.keys()]).toEqual(
    expect.arrayContaining([
      'AWS::SNS::Subscription',
      'AWS::Lambda::Url',
      'AWS::Scheduler::ScheduleGroup',
      'AWS::CloudWatch::CompositeAlarm',
      'AWS::Events::Rule',
    ]),
  );
});
