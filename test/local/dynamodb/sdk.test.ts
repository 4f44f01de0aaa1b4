import { Readable } from 'node:stream';
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { DescribeStreamCommand, DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-dynamodb-streams';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { expect, test } from 'vitest';
import { AwsError, DEVELOPER, type Json } from '../../../lib/local/aws.ts';
import type { SynchronousEngine } from '../../../lib/local/dynamodb/dynamodb.ts';
import { benchWithTable } from './dynamodb-harness.ts';

interface WireRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

function textOf(body: unknown): string {
  return ArrayBuffer.isView(body) ? new TextDecoder().decode(body as Uint8Array) : String(body);
}

/** Answers an SDK client from an engine, in AWS JSON, without a socket. */
function inProcess(engine: SynchronousEngine) {
  const answer = ({ headers, body }: WireRequest): { statusCode: number; json: Json } => {
    const target = Object.entries(headers).find(([name]) => name.toLowerCase() === 'x-amz-target')?.[1] ?? '';
    const action = target.split('.')[1] ?? '';
    try {
      return {
        statusCode: 200,
        json: engine.call({ service: engine.service, action, input: JSON.parse(textOf(body)), caller: DEVELOPER }),
      };
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return {
        statusCode: error.status,
        json: { __type: `com.amazonaws.dynamodb.v20120810#${error.code}`, message: error.message, ...error.details },
      };
    }
  };
  return {
    handle: async (request: WireRequest) => {
      const { statusCode, json } = answer(request);
      const body = Readable.from([Buffer.from(JSON.stringify(json))]);
      return { response: { statusCode, headers: { 'content-type': 'application/x-amz-json-1.0' }, body } };
    },
  };
}

function clients() {
  const bench = benchWithTable({ stream: 'NEW_AND_OLD_IMAGES' });
  const options = { region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' }, maxAttempts: 1 };
  const tables = new DynamoDBClient({ ...options, requestHandler: inProcess(bench.db.dynamodb) as never });
  const streams = new DynamoDBStreamsClient({ ...options, requestHandler: inProcess(bench.db.streams) as never });
  return { ...bench, tables, streams };
}

const item = {
  pk: 'p',
  sk: 's',
  n: 12.5,
  big: 12345678901234567890n,
  blob: new Uint8Array([0, 255]),
  set: new Set(['a']),
  list: [null, true, { x: '' }],
};

test('the SDK client writes and reads what it marshals, blobs included', async () => {
  const { tables } = clients();
  await tables.send(new PutItemCommand({ TableName: 'things', Item: marshall(item) }));
  const got = await tables.send(new GetItemCommand({ TableName: 'things', Key: marshall({ pk: 'p', sk: 's' }) }));
  expect(unmarshall(got.Item ?? {})).toEqual(item);
  const page = await tables.send(
    new QueryCommand({ TableName: 'things', KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: marshall({ ':p': 'p' }) }),
  );
  expect([page.Count, page.Items?.map((each) => unmarshall(each))]).toEqual([1, [item]]);
});

test('the SDK client throws its own classes, with the item and the reasons', async () => {
  const { tables } = clients();
  const put = {
    TableName: 'things',
    Item: marshall(item),
    ConditionExpression: 'attribute_not_exists(pk)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  } as const;
  await tables.send(new PutItemCommand(put));
  const failed = await tables.send(new PutItemCommand(put)).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(ConditionalCheckFailedException);
  expect(unmarshall((failed as ConditionalCheckFailedException).Item ?? {})).toEqual(item);
  const cancelled = await tables.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: put }] })).catch((error: unknown) => error);
  expect(cancelled).toBeInstanceOf(TransactionCanceledException);
  const [reason] = (cancelled as TransactionCanceledException).CancellationReasons ?? [];
  expect([reason?.Code, unmarshall(reason?.Item ?? {})]).toEqual(['ConditionalCheckFailed', item]);
});

test('the SDK streams client follows a shard', async () => {
  const { tables, streams, streamArn } = clients();
  await tables.send(new PutItemCommand({ TableName: 'things', Item: marshall(item) }));
  const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: streamArn }));
  const images: unknown[] = [];
  for (const { ShardId } of StreamDescription?.Shards ?? []) {
    const { ShardIterator } = await streams.send(
      new GetShardIteratorCommand({ StreamArn: streamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
    );
    const { Records = [] } = await streams.send(new GetRecordsCommand({ ShardIterator }));
    for (const { dynamodb } of Records) {
      expect(dynamodb?.ApproximateCreationDateTime).toEqual(new Date(Date.UTC(2026, 0, 1)));
      images.push(unmarshall((dynamodb?.NewImage ?? {}) as Parameters<typeof unmarshall>[0]));
    }
  }
  expect(images).toEqual([item]);
});
