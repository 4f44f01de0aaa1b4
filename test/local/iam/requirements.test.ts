import { describe, expect, test } from 'vitest';
import { DEVELOPER, LOCAL_PLACE, type ServiceName } from '../../../lib/local/aws.ts';
import { requirements } from '../../../lib/local/iam/requirements.ts';

const ACCOUNT = '000000000000';
const TABLE = `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/orders`;
const QUEUE = `arn:aws:sqs:us-east-1:${ACCOUNT}:jobs`;
const QUEUE_URL = `http://127.0.0.1:4566/${ACCOUNT}/jobs`;
const TOPIC = `arn:aws:sns:us-east-1:${ACCOUNT}:orders`;

function needs(service: ServiceName, action: string, input: Record<string, unknown>): string[] {
  const found = requirements({ service, action, input, caller: DEVELOPER }, LOCAL_PLACE);
  return found.map((requirement) => `${requirement.action} ${requirement.resource ?? '?'}`);
}

describe('what a request needs', () => {
  test.each<[ServiceName, string, Record<string, unknown>, string[]]>([
    ['sqs', 'SendMessage', { QueueUrl: QUEUE_URL }, [`sqs:SendMessage ${QUEUE}`]],
    ['sqs', 'SendMessageBatch', { QueueUrl: QUEUE_URL, Entries: [] }, [`sqs:SendMessage ${QUEUE}`]],
    ['sqs', 'DeleteMessageBatch', { QueueUrl: QUEUE_URL }, [`sqs:DeleteMessage ${QUEUE}`]],
    ['sqs', 'ChangeMessageVisibilityBatch', { QueueUrl: QUEUE_URL }, [`sqs:ChangeMessageVisibility ${QUEUE}`]],
    [
      'sqs',
      'GetQueueUrl',
      { QueueName: 'jobs', QueueOwnerAWSAccountId: '111111111111' },
      ['sqs:GetQueueUrl arn:aws:sqs:us-east-1:111111111111:jobs'],
    ],
    ['sns', 'Publish', { TopicArn: TOPIC }, [`sns:Publish ${TOPIC}`]],
    ['sns', 'PublishBatch', { TopicArn: TOPIC }, [`sns:Publish ${TOPIC}`]],
    ['sns', 'SetSubscriptionAttributes', { SubscriptionArn: `${TOPIC}:1234` }, [`sns:SetSubscriptionAttributes ${TOPIC}`]],
    ['dynamodb', 'Query', { TableName: 'orders', IndexName: 'by-day' }, [`dynamodb:Query ${TABLE}/index/by-day`]],
    ['dynamodb', 'PutItem', { TableName: TABLE }, [`dynamodb:PutItem ${TABLE}`]],
    ['dynamodb', 'BatchWriteItem', { RequestItems: { orders: [] } }, [`dynamodb:BatchWriteItem ${TABLE}`]],
    ['dynamodb', 'ExecuteStatement', { Statement: 'SELECT * FROM "orders"."by-day"' }, [`dynamodb:PartiQLSelect ${TABLE}/index/by-day`]],
    ['dynamodbstreams', 'GetRecords', { ShardIterator: `${TABLE}/stream/1|1|abc` }, [`dynamodb:GetRecords ${TABLE}/stream/1`]],
    ['lambda', 'Invoke', { FunctionName: 'fn' }, [`lambda:InvokeFunction arn:aws:lambda:us-east-1:${ACCOUNT}:function:fn`]],
    [
      'lambda',
      'Invoke',
      { FunctionName: 'fn', Qualifier: 'live' },
      [`lambda:InvokeFunction arn:aws:lambda:us-east-1:${ACCOUNT}:function:fn:live`],
    ],
    ['s3', 'GetObject', { Bucket: 'b', Key: 'k/1' }, ['s3:GetObject arn:aws:s3:::b/k/1']],
    ['s3', 'HeadObject', { Bucket: 'b', Key: 'k' }, ['s3:GetObject arn:aws:s3:::b/k']],
    ['s3', 'ListObjectsV2', { Bucket: 'b' }, ['s3:ListBucket arn:aws:s3:::b']],
    [
      's3',
      'CopyObject',
      { Bucket: 'b', Key: 'k', CopySource: '/a/x%20y' },
      ['s3:GetObject arn:aws:s3:::a/x y', 's3:PutObject arn:aws:s3:::b/k'],
    ],
    [
      's3',
      'DeleteObjects',
      { Bucket: 'b', Delete: { Objects: [{ Key: '1' }, { Key: '2' }] } },
      ['s3:DeleteObject arn:aws:s3:::b/1', 's3:DeleteObject arn:aws:s3:::b/2'],
    ],
    [
      'scheduler',
      'GetSchedule',
      { Name: 's', GroupName: 'g' },
      [`scheduler:GetSchedule arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule/g/s`],
    ],
    [
      'ssm',
      'GetParameters',
      { Names: ['/a/b', 'c'] },
      [
        `ssm:GetParameters arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/a/b`,
        `ssm:GetParameters arn:aws:ssm:us-east-1:${ACCOUNT}:parameter/c`,
      ],
    ],
    [
      'logs',
      'PutLogEvents',
      { logGroupName: '/g', logStreamName: 's' },
      [`logs:PutLogEvents arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/g:log-stream:s`],
    ],
    ['sts', 'GetCallerIdentity', {}, []],
    ['sts', 'AssumeRole', { RoleArn: 'arn:aws:iam::000000000000:role/r' }, ['sts:AssumeRole arn:aws:iam::000000000000:role/r']],
    ['cloudwatch', 'PutMetricData', { Namespace: 'app' }, ['cloudwatch:PutMetricData *']],
  ])('%s %s %o', (service, action, input, expected) => {
    expect(needs(service, action, input)).toEqual(expected);
  });

  test('a transaction needs the permission of every item, and no permission of its own', () => {
    const items = {
      TransactItems: [
        { Put: { TableName: 'orders' } },
        { Update: { TableName: 'orders' } },
        { Delete: { TableName: 'other' } },
        { ConditionCheck: { TableName: 'orders' } },
      ],
    };
    expect(needs('dynamodb', 'TransactWriteItems', items)).toEqual([
      `dynamodb:PutItem ${TABLE}`,
      `dynamodb:UpdateItem ${TABLE}`,
      `dynamodb:DeleteItem arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/other`,
      `dynamodb:ConditionCheckItem ${TABLE}`,
    ]);
  });

  test('handing a role to a service needs iam:PassRole', () => {
    const input = { Name: 's', Target: { RoleArn: 'arn:aws:iam::000000000000:role/r' } };
    expect(needs('scheduler', 'CreateSchedule', input)).toContain('iam:PassRole arn:aws:iam::000000000000:role/r');
  });

  test('redriving needs to read from the dead-letter queue and to write to the destination', () => {
    expect(needs('sqs', 'StartMessageMoveTask', { SourceArn: `${QUEUE}-dlq`, DestinationArn: QUEUE })).toEqual([
      `sqs:StartMessageMoveTask ${QUEUE}-dlq`,
      `sqs:ReceiveMessage ${QUEUE}-dlq`,
      `sqs:DeleteMessage ${QUEUE}-dlq`,
      `sqs:GetQueueAttributes ${QUEUE}-dlq`,
      `sqs:SendMessage ${QUEUE}`,
    ]);
  });
});
