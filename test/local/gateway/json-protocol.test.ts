import { crc32 } from 'node:zlib';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient, GetItemCommand, PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { DescribeStreamCommand, DynamoDBStreamsClient, GetRecordsCommand } from '@aws-sdk/client-dynamodb-streams';
import { EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { GetQueueUrlCommand, ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AwsError } from '../../../lib/local/aws.ts';
import { type Recorded, recordingGateway } from './recording-aws.ts';

let aws: Recorded;
let sqs: SQSClient;
let dynamodb: DynamoDBClient;

beforeAll(async () => {
  aws = await recordingGateway();
  sqs = new SQSClient(aws.client);
  dynamodb = new DynamoDBClient(aws.client);
});
afterAll(() => aws.gateway.close());

const QUEUE = 'http://127.0.0.1:4566/000000000000/q';

test('a message with text and binary attributes arrives as the client sent it and its answer comes back', async () => {
  aws.answer = () => ({ MessageId: 'm1', MD5OfMessageBody: '098f6bcd4621d373cade4e832627b4f6', SequenceNumber: '18849496460467696128' });
  const sent = await sqs.send(
    new SendMessageCommand({
      QueueUrl: QUEUE,
      MessageBody: 'test',
      DelaySeconds: 3,
      MessageAttributes: {
        kind: { DataType: 'String', StringValue: 'a🙂' },
        raw: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) },
      },
    }),
  );
  expect(sent).toMatchObject({ MessageId: 'm1', SequenceNumber: '18849496460467696128' });
  expect(aws.last()).toMatchObject({
    service: 'sqs',
    action: 'SendMessage',
    caller: { kind: 'developer' },
    input: {
      QueueUrl: QUEUE,
      MessageBody: 'test',
      DelaySeconds: 3,
      MessageAttributes: { kind: { DataType: 'String', StringValue: 'a🙂' }, raw: { DataType: 'Binary', BinaryValue: 'AP8=' } },
    },
  });
});

test('binary attributes of a received message come back as bytes', async () => {
  aws.answer = () => ({
    Messages: [
      {
        MessageId: 'm',
        Body: 'test',
        MD5OfBody: '098f6bcd4621d373cade4e832627b4f6',
        MessageAttributes: { raw: { DataType: 'Binary', BinaryValue: 'AP8=' } },
        Attributes: { SentTimestamp: '1' },
      },
    ],
  });
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: QUEUE }));
  expect(Messages?.[0]?.MessageAttributes?.['raw']?.BinaryValue).toEqual(new Uint8Array([0, 255]));
});

test('a batch answers its successes and failures', async () => {
  aws.answer = () => ({
    Successful: [{ Id: 'a', MessageId: 'm', MD5OfMessageBody: '0cc175b9c0f1b6a831c399e269772661' }],
    Failed: [{ Id: 'b', Code: 'InternalError', SenderFault: false }],
  });
  const answer = await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: QUEUE,
      Entries: [
        { Id: 'a', MessageBody: 'a' },
        { Id: 'b', MessageBody: 'b' },
      ],
    }),
  );
  expect(answer.Failed).toEqual([{ Id: 'b', Code: 'InternalError', SenderFault: false }]);
});

test('a missing queue has its new name and, beside it, the error code of the query protocol', async () => {
  aws.answer = () => {
    throw new AwsError('QueueDoesNotExist', 'The specified queue does not exist.');
  };
  const failure = sqs.send(new GetQueueUrlCommand({ QueueName: 'none' }));
  await expect(failure).rejects.toMatchObject({
    name: 'QueueDoesNotExist',
    message: 'The specified queue does not exist.',
    Code: 'AWS.SimpleQueueService.NonExistentQueue',
    $metadata: { httpStatusCode: 400 },
  });
});

test('the access key id names the caller, and an unknown key is the developer', async () => {
  aws.answer = () => ({});
  const asRole = new SQSClient({ ...aws.client, credentials: { accessKeyId: 'ROLEKEY', secretAccessKey: 'x', sessionToken: 'ignored' } });
  await asRole.send(new ReceiveMessageCommand({ QueueUrl: QUEUE }));
  expect(aws.last().caller).toEqual({ kind: 'role', roleArn: 'arn:aws:iam::000000000000:role/r' });
});

test('items cross both ways with every attribute type', async () => {
  const Item = {
    id: { S: 'a' },
    n: { N: '1.5' },
    b: { B: Buffer.from('bytes') },
    bs: { BS: [Buffer.from('x')] },
    m: { M: { l: { L: [{ NULL: true }, { BOOL: false }] } } },
  };
  aws.answer = () => ({});
  await dynamodb.send(new PutItemCommand({ TableName: 't', Item }));
  expect(aws.last().input['Item']).toEqual({ ...Item, b: { B: 'Ynl0ZXM=' }, bs: { BS: ['eA=='] } });
  aws.answer = () => ({ Item: aws.last().input['Key'] });
  const { Item: back } = await dynamodb.send(new GetItemCommand({ TableName: 't', Key: { b: { B: Buffer.from('bytes') } } }));
  expect(Buffer.from(back?.['b']?.B as Uint8Array).toString()).toBe('bytes');
});

test('a cancelled transaction shows its reasons with the items asked for', async () => {
  aws.answer = () => {
    throw new AwsError(
      'TransactionCanceledException',
      'Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed, None]',
      {
        details: {
          CancellationReasons: [
            { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed', Item: { id: { S: 'a' } } },
            { Code: 'None' },
          ],
        },
      },
    );
  };
  const failure = dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [] }));
  await expect(failure).rejects.toMatchObject({
    name: 'TransactionCanceledException',
    message: expect.stringContaining('[ConditionalCheckFailed, None]'),
    CancellationReasons: [{ Code: 'ConditionalCheckFailed', Item: { id: { S: 'a' } } }, { Code: 'None' }],
  });
});

test('a failed condition shows the item it met', async () => {
  aws.answer = () => {
    throw new AwsError('ConditionalCheckFailedException', 'The conditional request failed', { details: { Item: { id: { S: 'a' } } } });
  };
  const failure = dynamodb.send(new PutItemCommand({ TableName: 't', Item: {} }));
  await expect(failure).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', Item: { id: { S: 'a' } } });
});

test('streams have their own service although they sign as dynamodb, and their times are dates', async () => {
  const streams = new DynamoDBStreamsClient(aws.client);
  aws.answer = () => ({ StreamDescription: { StreamArn: 'arn', CreationRequestDateTime: 1_700_000_000.5 } });
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: 'arn' }));
  expect(aws.last().service).toBe('dynamodbstreams');
  expect(StreamDescription?.CreationRequestDateTime).toEqual(new Date(1_700_000_000_500));
  aws.answer = () => ({ Records: [{ eventID: '1', dynamodb: { Keys: { id: { S: 'a' } }, ApproximateCreationDateTime: 1_700_000_000 } }] });
  const { Records } = await streams.send(new GetRecordsCommand({ ShardIterator: 'i' }));
  expect(Records?.[0]?.dynamodb?.Keys).toEqual({ id: { S: 'a' } });
});

test('the other JSON services are told apart by their targets', async () => {
  aws.answer = ({ service }) => (service === 'ssm' ? { Parameter: { Value: '21' } } : service === 'kms' ? { CiphertextBlob: 'AP8=' } : {});
  const { Parameter } = await new SSMClient(aws.client).send(new GetParameterCommand({ Name: '/cdk-bootstrap/hnb659fds/version' }));
  expect(Parameter?.Value).toBe('21');
  const { CiphertextBlob } = await new KMSClient(aws.client).send(new EncryptCommand({ KeyId: 'k', Plaintext: Buffer.from('p') }));
  expect(CiphertextBlob).toEqual(new Uint8Array([0, 255]));
  expect(aws.last().input).toEqual({ KeyId: 'k', Plaintext: 'cA==' });
  const Timestamp = new Date(1_700_000_000_000);
  await new CloudWatchClient(aws.client).send(
    new PutMetricDataCommand({ Namespace: 'n', MetricData: [{ MetricName: 'm', Value: 1, Timestamp }] }),
  );
  expect(aws.last()).toMatchObject({
    service: 'cloudwatch',
    input: { MetricData: [{ MetricName: 'm', Value: 1, Timestamp: 1_700_000_000 }] },
  });
});

test('an answer of DynamoDB carries the CRC32 of its body, refusals included', async () => {
  const ask = () => fetch(aws.gateway.url, { method: 'POST', headers: { 'x-amz-target': 'DynamoDB_20120810.GetItem' }, body: '{}' });
  aws.answer = () => ({ Item: { id: { S: 'ü' } } });
  const found = await ask();
  expect(found.headers.get('x-amz-crc32')).toBe(String(crc32(await found.text())));
  aws.answer = () => {
    throw new AwsError('ValidationException', 'The table name is missing');
  };
  const refused = await ask();
  const body = await refused.text();
  expect(refused.headers.get('x-amz-crc32')).toBe(String(crc32(body)));
  expect(JSON.parse(body)).toEqual({ __type: 'com.amazon.coral.validate#ValidationException', message: 'The table name is missing' });
});
