import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudWatchClient, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateTopicCommand, PublishBatchCommand, SNSClient } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { readBytes } from '../../lib/local/gateway/request-body.ts';
import { type LocalAws, type ServiceName, startLocalAws } from '../../lib/local.ts';
import { awsFailure } from '../../lib/retry/aws-failure.ts';
import { CLIENT_SETTINGS, SQS_CLIENT_SETTINGS } from '../../lib/retry/client-settings.ts';
import { type ChaosProxy, type ChaosProxyOptions, startChaosProxy } from '../../lib/simulation/wire/chaos-proxy.ts';
import { type PlannedWireFault, plannedWireFaults, type WireFaultKind } from '../../lib/simulation/wire/wire-fault.ts';

/** Of clients that are meant to give up. */
const SHORT_MS = 400;

let local: LocalAws;
const direct = () => clientsOf(local.endpoint);
const closing: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  local = await startLocalAws({ port: 0 });
  const { dynamodb } = direct();
  await dynamodb.send(
    new CreateTableCommand({
      TableName: 'things',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(() => local.close());

function clientsOf(endpoint: string, { userAgentAppId = 'tester-1', requestTimeout = 10_000 } = {}) {
  const requestHandler = { ...CLIENT_SETTINGS.requestHandler, requestTimeout };
  const settings = { endpoint, userAgentAppId, region: 'us-east-1', credentials: { accessKeyId: 'key', secretAccessKey: 'secret' } };
  const clients = {
    dynamodb: new DynamoDBClient({ ...CLIENT_SETTINGS, ...settings, requestHandler }),
    sns: new SNSClient({ ...CLIENT_SETTINGS, ...settings, requestHandler }),
    sqs: new SQSClient({ ...SQS_CLIENT_SETTINGS, ...settings, requestHandler }),
  };
  closing.push(() => Object.values(clients).forEach((client) => void client.destroy()));
  return clients;
}

async function proxied(
  faults: readonly PlannedWireFault[],
  { requestTimeout, ...options }: Partial<ChaosProxyOptions> & { requestTimeout?: number } = {},
) {
  const proxy = await startChaosProxy({ target: new URL(local.endpoint), faults: plannedWireFaults(faults), delayMs: 60, ...options });
  closing.push(() => proxy.close());
  return { proxy, ...clientsOf(proxy.url, requestTimeout === undefined ? {} : { requestTimeout }) };
}

const putting = (id: string) => new PutItemCommand({ TableName: 'things', Item: { id: { S: id }, text: { S: 'x'.repeat(50) } } });
const isThere = (id: string): boolean => local.scan('things').some((item) => (item['id'] as { S: string }).S === id);

/** The nth PutItem is hit; resolves to the failure. */
async function failureOf(kind: WireFaultKind, id: string): Promise<{ failure: unknown; proxy: ChaosProxy }> {
  const waits = kind === 'slow' || kind === 'effectAfterError' ? { requestTimeout: SHORT_MS } : {};
  const { proxy, dynamodb } = await proxied([{ service: 'dynamodb', action: 'PutItem', nth: 0, kind }], waits);
  const failure = await dynamodb.send(putting(id)).catch((error: unknown) => error);
  return { failure, proxy };
}

const REPLY_LOST = ['errorAfterEffect', 'slow', 'reset', 'crashAfter'] as const;
const NEVER_SENT = ['refuse', 'errorWithoutEffect', 'crashBefore', 'serverError'] as const;

test.each(REPLY_LOST)('after %s the effect is there, and the client cannot know', async (kind) => {
  const { failure } = await failureOf(kind, kind);
  expect(failure).toBeInstanceOf(Error);
  expect(awsFailure(failure)).toBe('ambiguous');
  expect(isThere(kind)).toBe(true);
});

test.each(NEVER_SENT)('after %s there is no effect, and the client cannot know', async (kind) => {
  const { failure } = await failureOf(kind, kind);
  expect(awsFailure(failure)).toBe('ambiguous');
  expect(isThere(kind)).toBe(false);
});

test('a late effect comes after its caller has given up', async () => {
  const { failure, proxy } = await failureOf('effectAfterError', 'late');
  expect(awsFailure(failure)).toBe('ambiguous');
  expect([isThere('late'), proxy.held()]).toEqual([false, 1]);
  await expect.poll(() => proxy.held()).toBe(0);
  expect(isThere('late')).toBe(true);
});

test('a body cut in half is an answer that cannot be read, whose effect may be there', async () => {
  const { dynamodb } = await proxied([{ service: 'dynamodb', action: 'GetItem', kind: 'truncate' }]);
  await dynamodb.send(putting('cut'));
  const failure = await dynamodb
    .send(new GetItemCommand({ TableName: 'things', Key: { id: { S: 'cut' } } }))
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(SyntaxError);
  expect(awsFailure(failure)).toBe('ambiguous');
});

test.each([
  ['throttle', 'ThrottlingException', 'throttled'],
  ['deny', 'AccessDeniedException', 'denied'],
] as const)('DynamoDB refuses with %s as %s', async (kind, name, failure) => {
  const refused = (await failureOf(kind, kind)).failure as Error;
  expect([refused.name, awsFailure(refused)]).toEqual([name, failure]);
  expect(isThere(kind)).toBe(false);
});

test('every protocol is refused in its own words', async () => {
  const twiceOver = (service: ServiceName, action: string): PlannedWireFault[] => [
    { service, action, nth: 0, kind: 'throttle' },
    { service, action, nth: 1, kind: 'serverError' },
  ];
  const { proxy, sns, sqs } = await proxied([
    ...twiceOver('sns', 'CreateTopic'),
    ...twiceOver('sqs', 'CreateQueue'),
    ...twiceOver('cloudwatch', 'ListMetrics'),
    ...twiceOver('lambda', 'ListFunctions'),
    ...twiceOver('s3', 'ListBuckets'),
  ]);
  const settings = {
    endpoint: proxy.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    maxAttempts: 1,
  };
  const [cloudwatch, lambda, s3] = [
    new CloudWatchClient(settings),
    new LambdaClient(settings),
    new S3Client({ ...settings, forcePathStyle: true }),
  ];
  const calls: Record<string, () => Promise<unknown>> = {
    'a form': () => sns.send(new CreateTopicCommand({ Name: 'refused' })),
    JSON: () => sqs.send(new CreateQueueCommand({ QueueName: 'refused' })),
    CBOR: () => cloudwatch.send(new ListMetricsCommand({})),
    'REST with JSON': () => lambda.send(new ListFunctionsCommand({})),
    'REST with XML': () => s3.send(new ListBucketsCommand({})),
  };
  for (const [protocol, call] of Object.entries(calls)) {
    const failures = [await failed(call()), await failed(call())] as const;
    expect(failures.map(awsFailure), protocol).toEqual(['throttled', 'ambiguous']);
    expect(failures[1].$metadata.httpStatusCode, protocol).toBe(500);
    await call();
  }
  for (const client of [cloudwatch, lambda, s3]) client.destroy();
});

const failed = async (call: Promise<unknown>) =>
  (await call.then(
    () => expect.fail('it was answered'),
    (error: unknown) => error,
  )) as { readonly $metadata: { readonly httpStatusCode?: number } };

test('a transaction in conflict is cancelled with a reason for each of its actions', async () => {
  const { dynamodb } = await proxied([{ service: 'dynamodb', action: 'TransactWriteItems', kind: 'conflict' }]);
  const TransactItems = ['a', 'b'].map((id) => ({ Put: { TableName: 'things', Item: { id: { S: `conflict-${id}` } } } }));
  const failure = await dynamodb.send(new TransactWriteItemsCommand({ TransactItems })).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    name: 'TransactionCanceledException',
    CancellationReasons: [{ Code: 'TransactionConflict' }, { Code: 'None' }],
  });
  expect(isThere('conflict-a')).toBe(false);
});

test('a call that is sent twice has its effect twice', async () => {
  const { sqs, proxy } = await proxied([{ service: 'sqs', action: 'SendMessage', kind: 'twice' }]);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'doubled' }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'one' }));
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  expect(Messages.map(({ Body }) => Body)).toEqual(['one', 'one']);
  expect(proxy.history.events.filter(({ kind }) => kind === 'fault')).toHaveLength(1);
});

test.each([1, 3, 10])('a part of a batch of %i reaches the queue, and the rest is reported', async (size) => {
  const { sqs } = await proxied([{ service: 'sqs', action: 'SendMessageBatch', kind: 'partialBatch' }]);
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: `partial-${size}` }));
  const Entries = Array.from({ length: size }, (_, index) => ({ Id: `e${index}`, MessageBody: `body-${index}` }));
  const { Successful = [], Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  expect(Failed.length).toBeGreaterThan(0);
  expect([...Successful, ...Failed].map(({ Id }) => Id).sort()).toEqual(Entries.map(({ Id }) => Id).sort());
  expect(
    local
      .peek(QueueUrl)
      .map(({ body }) => body.replace('body-', 'e'))
      .sort(),
  ).toEqual(Successful.map(({ Id }) => Id).sort());
});

test.each([1, 3, 10])('a part of a publication of %i reaches the topic, and the rest is reported', async (size) => {
  const { sns } = await proxied([{ service: 'sns', action: 'PublishBatch', kind: 'partialBatch' }]);
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: `partial-${size}` }));
  const PublishBatchRequestEntries = Array.from({ length: size }, (_, index) => ({
    Id: `e${index}`,
    Message: `<body & ${index}>`,
    MessageAttributes: { type: { DataType: 'String', StringValue: 'a=b' } },
  }));
  const { Successful = [], Failed = [] } = await sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries }));
  expect(Failed.length).toBeGreaterThan(0);
  expect(Failed[0]).toMatchObject({ Code: 'InternalError', SenderFault: false });
  expect(Successful.every(({ MessageId }) => MessageId !== undefined)).toBe(true);
  expect([...Successful, ...Failed].map(({ Id }) => Id).sort()).toEqual(PublishBatchRequestEntries.map(({ Id }) => Id).sort());
});

test('what is left of a publication is numbered without gaps, as AWS wants it', async () => {
  const forms: URLSearchParams[] = [];
  const target = await serviceThat((body, response) => {
    forms.push(new URLSearchParams(body));
    response.end('<PublishBatchResponse><PublishBatchResult><Successful/><Failed/></PublishBatchResult></PublishBatchResponse>');
  });
  const { sns } = await proxied([{ service: 'sns', action: 'PublishBatch', kind: 'partialBatch' }], { target });
  const PublishBatchRequestEntries = ['a', 'b', 'c', 'd'].map((Id) => ({ Id, Message: `message ${Id}` }));
  await sns.send(new PublishBatchCommand({ TopicArn: 'arn:aws:sns:us-east-1:000000000000:t', PublishBatchRequestEntries }));
  const entries = [...(forms[0] ?? [])].filter(([name]) => name.startsWith('PublishBatchRequestEntries.'));
  expect(entries.map(([name, value]) => `${name.slice(27)}=${value}`)).toEqual([
    'member.1.Id=b',
    'member.1.Message=message b',
    'member.2.Id=d',
    'member.2.Message=message d',
  ]);
});

test('faults count the calls of an action and, if they name a role, those of its processes', async () => {
  const { proxy } = await proxied([
    { service: 'dynamodb', action: 'PutItem', role: 'relay', nth: 1, kind: 'throttle' },
    { service: 'dynamodb', action: 'PutItem', nth: 4, kind: 'deny' },
  ]);
  const [relay1, relay2, other] = ['relay-1', 'relay-2', 'other-7'].map((name) => clientsOf(proxy.url, { userAgentAppId: name }).dynamodb);
  const outcomes: string[] = [];
  for (const client of [other, relay1, relay2, other, other]) {
    const error = await client?.send(putting('counted')).then(
      () => undefined,
      (failure: Error) => failure.name,
    );
    outcomes.push(error ?? 'done');
  }
  expect(outcomes).toEqual(['done', 'done', 'ThrottlingException', 'done', 'AccessDeniedException']);
  expect(proxy.history.events.filter(({ kind }) => kind === 'fault').map(({ detail }) => detail['process'])).toEqual([
    'relay-2',
    'other-7',
  ]);
});

test('a crash names the process before its connection is lost, and after a healing there are no more', async () => {
  const crashed: string[] = [];
  const { proxy, dynamodb } = await proxied([{ service: 'dynamodb', action: 'PutItem', kind: 'crashBefore' }], {
    onCrash: async (process) => void crashed.push(process),
  });
  await expect(dynamodb.send(putting('crash'))).rejects.toThrow();
  expect(crashed).toEqual(['tester-1']);
  proxy.heal();
  await dynamodb.send(putting('healed'));
  expect(isThere('healed')).toBe(true);
});

test('what is no call of an AWS service passes untouched', async () => {
  const { proxy } = await proxied([]);
  const response = await fetch(`${proxy.url}/_posthaste/health`);
  expect(await response.json()).toMatchObject({ status: 'ok' });
  expect(proxy.history.events).toEqual([]);
});

test('a client that leaves during a long poll leaves the service, too', async () => {
  let left = 0;
  const target = await serviceThat((_body, response) => response.once('close', () => (left += 1)));
  const { sqs } = await proxied([], { target, requestTimeout: SHORT_MS });
  const polling = sqs.send(new ReceiveMessageCommand({ QueueUrl: 'http://sqs/000000000000/polled', WaitTimeSeconds: 20 }));
  await expect(polling).rejects.toThrow(/timeout|timed out/i);
  await expect.poll(() => left).toBe(1);
});

/** A service of one's own. */
async function serviceThat(serve: (body: string, response: ServerResponse) => unknown): Promise<URL> {
  const service = createServer(async (message, response) => serve((await readBytes(message)).toString(), response));
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  closing.push(() => void service.close());
  return new URL(`http://127.0.0.1:${(service.address() as AddressInfo).port}`);
}
