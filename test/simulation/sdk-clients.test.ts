import { connect } from 'node:net';
import { DynamoDBClient, GetItemCommand, TransactWriteItemsCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, test } from 'vitest';
import { DEVELOPER, type Json } from '../../lib/local/aws.ts';
import { limitCalls } from '../../lib/retry/call-limit.ts';
import { CLIENT_SETTINGS } from '../../lib/retry/client-settings.ts';
import type { FaultKind } from '../../lib/simulation/fault.ts';
import { plannedFaults } from '../../lib/simulation/fault-plan.ts';
import { createWorld } from '../../lib/simulation/world.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:work';

/** Runs code once in a process of a world with a table and a queue, with faults at its first UpdateItem calls. */
async function inProcess(code: () => Promise<unknown>, ...kinds: FaultKind[]) {
  const faults = kinds.map((kind, nth) => ({ service: 'dynamodb' as const, action: 'UpdateItem', nth, kind }));
  const world = createWorld({ seed: 1, globals: true, faults: plannedFaults(faults) });
  world.call('dynamodb', 'CreateTable', {
    TableName: 'orders',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  });
  world.call('sqs', 'CreateQueue', { QueueName: 'work' });
  world.call('sns', 'CreateTopic', { Name: 'orders' });
  world.functions.deploy({ arn: ARN, name: 'work', timeoutMs: 60_000, caller: DEVELOPER, create: () => code });
  const outcome = world.functions.invoke(ARN, {});
  await world.run(120_000);
  const item = world.dynamodb.scanTable('orders')[0] as { readonly n?: { readonly N: string } } | undefined;
  return { world, outcome: await outcome, count: Number(item?.n?.N ?? 0) };
}

const add = new UpdateItemCommand({
  TableName: 'orders',
  Key: { id: { S: 'order-1' } },
  UpdateExpression: 'ADD n :one',
  ExpressionAttributeValues: { ':one': { N: '1' } },
});

test('clients that the code makes itself reach the services of its world, binary values and errors included', async () => {
  const { outcome } = await inProcess(async () => {
    const dynamodb = new DynamoDBClient({});
    const bytes = { S: { S: 'text' }, B: { B: new Uint8Array([1, 2]) } };
    await dynamodb.send(
      new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: 'orders', Item: { id: { S: 'a' }, ...bytes } } }] }),
    );
    const { Item } = await dynamodb.send(new GetItemCommand({ TableName: 'orders', Key: { id: { S: 'a' } } }));
    const put = { Put: { TableName: 'orders', Item: { id: { S: 'a' } }, ConditionExpression: 'attribute_not_exists(id)' } };
    const refused = await dynamodb.send(new TransactWriteItemsCommand({ TransactItems: [put] })).catch((error: unknown) => error);
    const sqs = new SQSClient({});
    const sent = await sqs.send(new SendMessageCommand({ QueueUrl: 'http://127.0.0.1:4566/000000000000/work', MessageBody: 'hello' }));
    const sns = new SNSClient({});
    const published = await sns.send(new PublishCommand({ TopicArn: 'arn:aws:sns:us-east-1:000000000000:orders', Message: 'hello' }));
    const { name, CancellationReasons } = refused as { readonly name: string; readonly CancellationReasons: readonly Json[] };
    return [[...(Item?.['B']?.B ?? [])], name, CancellationReasons[0]?.['Code'], typeof sent.MessageId, typeof published.MessageId];
  });
  expect(outcome).toEqual({
    kind: 'result',
    payload: [[1, 2], 'TransactionCanceledException', 'ConditionalCheckFailed', 'string', 'string'],
  });
});

test('a client retries as it does in production: a throttle unnoticed, a lost answer twice in effect', async () => {
  const once = async () => {
    await new DynamoDBClient({}).send(add);
  };
  expect(await inProcess(once, 'throttle')).toMatchObject({ outcome: { kind: 'result' }, count: 1 });
  expect(await inProcess(once, 'errorAfterEffect')).toMatchObject({ outcome: { kind: 'result' }, count: 2 });
  expect(await inProcess(once, 'throttle', 'throttle', 'throttle', 'throttle')).toMatchObject({ outcome: { kind: 'error' }, count: 0 });
  expect(await inProcess(once, 'crashAfter')).toMatchObject({ outcome: { errorType: 'crashAfter' }, count: 1 });
});

test('an answer that does not come is given up in virtual time', async () => {
  const { outcome } = await inProcess(
    async () => {
      const started = Date.now();
      const error = await limitCalls(new DynamoDBClient(CLIENT_SETTINGS))
        .send(add)
        .catch((thrown: Error) => thrown);
      const signal = AbortSignal.timeout(50);
      const aborted = await new DynamoDBClient({ maxAttempts: 1 }).send(add, { abortSignal: signal }).catch((thrown: Error) => thrown);
      return [(error as Error).name, Math.floor((Date.now() - started) / 1_000), (aborted as Error).name];
    },
    'slow',
    'slow',
  );
  expect(outcome).toEqual({ kind: 'result', payload: ['TimeoutError', 5, 'AbortError'] });
});

test('a connection to anywhere else is refused by name', async () => {
  const { outcome } = await inProcess(async () => {
    connect(5432, 'db.example.com');
  });
  expect(outcome).toMatchObject({ kind: 'error', errorType: 'SimulationNetworkError' });
  expect((outcome as { readonly errorMessage: string }).errorMessage).toContain('db.example.com');
});
