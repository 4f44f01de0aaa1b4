import {
  CreateTopicCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  PublishBatchCommand,
  PublishCommand,
  SetTopicAttributesCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AwsError } from '../../../lib/local/aws.ts';
import { type Recorded, recordingGateway } from './recording-aws.ts';

let aws: Recorded;
let sns: SNSClient;
const TOPIC = 'arn:aws:sns:us-east-1:000000000000:t';

beforeAll(async () => {
  aws = await recordingGateway();
  sns = new SNSClient(aws.client);
});
afterAll(() => aws.gateway.close());

test('a published message arrives with its attributes, and binary ones as base64', async () => {
  aws.answer = () => ({ MessageId: 'm', SequenceNumber: '10000000000000000000' });
  const answer = await sns.send(
    new PublishCommand({
      TopicArn: TOPIC,
      Message: 'a & b <c> "d"\r\n🙂',
      MessageGroupId: 'g',
      MessageAttributes: {
        kind: { DataType: 'String', StringValue: 'x.y' },
        list: { DataType: 'String.Array', StringValue: '["a"]' },
        raw: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) },
      },
    }),
  );
  expect(answer).toMatchObject({ MessageId: 'm', SequenceNumber: '10000000000000000000' });
  expect(aws.last()).toMatchObject({ service: 'sns', action: 'Publish' });
  expect(aws.last().input).toEqual({
    TopicArn: TOPIC,
    Message: 'a & b <c> "d"\r\n🙂',
    MessageGroupId: 'g',
    MessageAttributes: {
      kind: { DataType: 'String', StringValue: 'x.y' },
      list: { DataType: 'String.Array', StringValue: '["a"]' },
      raw: { DataType: 'Binary', BinaryValue: 'AP8=' },
    },
  });
});

test('eleven entries of a batch keep their order, and every entry of the answer is typed', async () => {
  const entries = Array.from({ length: 11 }, (_, i) => ({
    Id: `e${i}`,
    Message: String(i),
    MessageAttributes: { n: { DataType: 'Number', StringValue: `${i}` } },
  }));
  aws.answer = () => ({
    Successful: [{ Id: 'e0', MessageId: 'm0' }],
    Failed: [{ Id: 'e1', Code: 'InvalidParameter', Message: 'x < y', SenderFault: true }],
  });
  const answer = await sns.send(new PublishBatchCommand({ TopicArn: TOPIC, PublishBatchRequestEntries: entries }));
  expect(aws.last().input['PublishBatchRequestEntries']).toEqual(entries);
  expect(answer.Successful).toEqual([{ Id: 'e0', MessageId: 'm0' }]);
  expect(answer.Failed).toEqual([{ Id: 'e1', Code: 'InvalidParameter', Message: 'x < y', SenderFault: true }]);
});

test('an empty batch arrives as an empty list, so that the service can refuse it', async () => {
  aws.answer = () => {
    throw new AwsError('EmptyBatchRequestException', 'The batch request doesn’t contain any entries.');
  };
  const failure = sns.send(new PublishBatchCommand({ TopicArn: TOPIC, PublishBatchRequestEntries: [] }));
  await expect(failure).rejects.toMatchObject({ name: 'EmptyBatchRequestException' });
  expect(aws.last().input['PublishBatchRequestEntries']).toEqual([]);
});

test('maps of attributes cross both ways', async () => {
  aws.answer = () => ({ TopicArn: TOPIC });
  await sns.send(
    new CreateTopicCommand({ Name: 't', Attributes: { FifoTopic: 'true', DisplayName: '' }, Tags: [{ Key: 'k', Value: 'v' }] }),
  );
  expect(aws.last().input).toEqual({ Name: 't', Attributes: { FifoTopic: 'true', DisplayName: '' }, Tags: [{ Key: 'k', Value: 'v' }] });
  aws.answer = () => ({ Attributes: { Policy: '{"a":"<&>"}', Empty: '' } });
  const { Attributes } = await sns.send(new GetTopicAttributesCommand({ TopicArn: TOPIC }));
  expect(Attributes).toEqual({ Policy: '{"a":"<&>"}', Empty: '' });
});

test('a subscription is asked for with a boolean and listed as structures', async () => {
  aws.answer = () => ({ SubscriptionArn: `${TOPIC}:1` });
  await sns.send(
    new SubscribeCommand({
      TopicArn: TOPIC,
      Protocol: 'sqs',
      Endpoint: 'arn',
      ReturnSubscriptionArn: true,
      Attributes: { RawMessageDelivery: 'true' },
    }),
  );
  expect(aws.last().input).toEqual({
    TopicArn: TOPIC,
    Protocol: 'sqs',
    Endpoint: 'arn',
    ReturnSubscriptionArn: true,
    Attributes: { RawMessageDelivery: 'true' },
  });
  aws.answer = () => ({
    Subscriptions: [{ SubscriptionArn: `${TOPIC}:1`, Owner: '0', Protocol: 'sqs', Endpoint: 'arn', TopicArn: TOPIC }],
  });
  const { Subscriptions } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: TOPIC }));
  expect(Subscriptions).toHaveLength(1);
});

test('actions without an output succeed', async () => {
  aws.answer = () => ({});
  await sns.send(new UnsubscribeCommand({ SubscriptionArn: `${TOPIC}:1` }));
  await sns.send(new SetTopicAttributesCommand({ TopicArn: TOPIC, AttributeName: 'DisplayName', AttributeValue: 'x' }));
  expect(aws.last().action).toBe('SetTopicAttributes');
});

test('an error keeps the name that the SDK shows and the status of the service', async () => {
  aws.answer = () => {
    throw new AwsError('NotFoundException', 'Topic does not exist');
  };
  await expect(sns.send(new GetTopicAttributesCommand({ TopicArn: TOPIC }))).rejects.toMatchObject({
    name: 'NotFoundException',
    message: 'Topic does not exist',
    $metadata: { httpStatusCode: 404 },
  });
});

test('credentials of an assumed role come back with a date', async () => {
  const sts = new STSClient(aws.client);
  aws.answer = () => ({ Account: '000000000000', Arn: 'arn:aws:iam::000000000000:root', UserId: 'u' });
  expect((await sts.send(new GetCallerIdentityCommand())).Account).toBe('000000000000');
  aws.answer = () => ({
    Credentials: { AccessKeyId: 'a', SecretAccessKey: 's', SessionToken: 't', Expiration: 1_700_000_000 },
    AssumedRoleUser: { AssumedRoleId: 'i', Arn: 'arn' },
  });
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: 'arn', RoleSessionName: 's', DurationSeconds: 900, Tags: [] }));
  expect(Credentials?.Expiration).toEqual(new Date(1_700_000_000_000));
  expect(aws.last().input).toEqual({ RoleArn: 'arn', RoleSessionName: 's', DurationSeconds: 900, Tags: [] });
});

test('the query protocol of older SQS tools reaches the same actions', async () => {
  const form = new URLSearchParams({
    Action: 'SendMessageBatch',
    Version: '2012-11-05',
    'SendMessageBatchRequestEntry.1.Id': 'a',
    'SendMessageBatchRequestEntry.1.MessageBody': 'x',
    'SendMessageBatchRequestEntry.1.DelaySeconds': '5',
    'SendMessageBatchRequestEntry.1.MessageAttribute.1.Name': 'kind',
    'SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType': 'String',
    'SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue': 'v',
  });
  aws.answer = () => ({ Successful: [{ Id: 'a', MessageId: 'm' }], Failed: [] });
  const response = await fetch(`${aws.gateway.url}/000000000000/q`, { method: 'POST', body: form });
  expect(aws.last().input).toEqual({
    QueueUrl: `${aws.gateway.url}/000000000000/q`,
    Entries: [{ Id: 'a', MessageBody: 'x', DelaySeconds: 5, MessageAttributes: { kind: { DataType: 'String', StringValue: 'v' } } }],
  });
  expect(await response.text()).toContain(
    '<SendMessageBatchResult><SendMessageBatchResultEntry><Id>a</Id><MessageId>m</MessageId></SendMessageBatchResultEntry></SendMessageBatchResult>',
  );
});

test('the query protocol of SQS shows attributes as name and value', async () => {
  aws.answer = () => ({ Attributes: { VisibilityTimeout: '30' } });
  const form = new URLSearchParams({ Action: 'GetQueueAttributes', Version: '2012-11-05', QueueUrl: 'u', 'AttributeName.1': 'All' });
  const response = await fetch(aws.gateway.url, { method: 'POST', body: form });
  expect(aws.last().input).toEqual({ QueueUrl: 'u', AttributeNames: ['All'] });
  expect(await response.text()).toContain('<Attribute><Name>VisibilityTimeout</Name><Value>30</Value></Attribute>');
});

test('a query error of SQS has the old code, and an unknown service is named', async () => {
  aws.answer = () => {
    throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
  };
  const missing = await fetch(aws.gateway.url, {
    method: 'POST',
    body: new URLSearchParams({ Action: 'GetQueueUrl', Version: '2012-11-05', QueueName: 'q' }),
  });
  expect([missing.status, await missing.text()]).toEqual([
    400,
    expect.stringContaining('<Code>AWS.SimpleQueueService.NonExistentQueue</Code>'),
  ]);
  const unknown = await fetch(aws.gateway.url, {
    method: 'POST',
    body: new URLSearchParams({ Action: 'DescribeInstances', Version: '2016-11-15' }),
  });
  expect([unknown.status, await unknown.text()]).toEqual([501, expect.stringContaining('DescribeInstances')]);
});

test('a role crosses both ways with its tags and dates', async () => {
  const Role = { Path: '/', RoleName: 'r', RoleId: 'AROA', Arn: 'arn', CreateDate: 1_700_000_000, Tags: [{ Key: 'a', Value: 'b' }] };
  aws.answer = () => ({ Role });
  const form = {
    Action: 'CreateRole',
    Version: '2010-05-08',
    RoleName: 'r',
    AssumeRolePolicyDocument: '{}',
    MaxSessionDuration: '3600',
    'Tags.member.1.Key': 'a',
    'Tags.member.1.Value': 'b',
  };
  const text = await (await fetch(aws.gateway.url, { method: 'POST', body: new URLSearchParams(form) })).text();
  expect(aws.last()).toMatchObject({ service: 'iam', action: 'CreateRole' });
  expect(aws.last().input).toEqual({
    RoleName: 'r',
    AssumeRolePolicyDocument: '{}',
    MaxSessionDuration: 3600,
    Tags: [{ Key: 'a', Value: 'b' }],
  });
  expect(text).toContain('<CreateDate>2023-11-14T22:13:20.000Z</CreateDate><Tags><member><Key>a</Key><Value>b</Value></member></Tags>');
});
