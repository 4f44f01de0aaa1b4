import { randomUUID } from 'node:crypto';
import {
  CreateTableCommand,
  DeleteTableCommand,
  GetItemCommand,
  ListTablesCommand,
  TransactWriteItemsCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { CreateTopicCommand, ListTopicsCommand, PublishCommand, SubscribeCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GITHUB_OUTPUTS, GITHUB_STACK } from '../../lib/app/github/github.contract.ts';
import { decodeEnvelope } from '../../lib/index.ts';
import { type GithubWorld, startGithubWorld } from './github-world.ts';

let world: GithubWorld;
beforeAll(async () => {
  world = await startGithubWorld();
}, 60_000);
afterAll(() => world?.close());

interface OwnQueue {
  readonly url: string;
  readonly arn: string;
}

async function createQueue(name: string): Promise<OwnQueue> {
  const { QueueUrl: url = '' } = await world.sqs.send(new CreateQueueCommand({ QueueName: name }));
  const { Attributes } = await world.sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }));
  return { url, arn: Attributes?.QueueArn ?? '' };
}

async function letTopicSend(queue: OwnQueue, topicArn: string): Promise<void> {
  const statement = { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: queue.arn };
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ ...statement, Condition: { ArnEquals: { 'aws:SourceArn': topicArn } } }],
  });
  await world.sqs.send(new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes: { Policy } }));
}

async function receive({ url }: OwnQueue): Promise<Message | undefined> {
  const { Messages = [] } = await world.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 5, MessageAttributeNames: ['All'] }),
  );
  const [message] = Messages;
  if (message) await world.sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message.ReceiptHandle }));
  return message;
}

const webhook = (sender: string) => ({ body: JSON.stringify({ sender: { login: sender } }) });

test("a queue of one's own, subscribed to the stack's topic, receives the envelopes that the filter lets through", async () => {
  const topicArn = world.physicalId('githubTopic');
  const queue = await createQueue('own-listener');
  await letTopicSend(queue, topicArn);
  const { SubscriptionArn } = await world.sns.send(
    new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: queue.arn,
      ReturnSubscriptionArn: true,
      Attributes: { RawMessageDelivery: 'true', FilterPolicy: JSON.stringify({ type: ['github.star', 'github.fork'] }) },
    }),
  );
  await world.post({ ...webhook('nobody'), event: 'push' });
  const { delivery } = await world.post({ ...webhook('octocat'), event: 'star' });

  const message = await receive(queue);
  expect(decodeEnvelope(message?.Body ?? '')).toMatchObject({
    type: 'github.star',
    correlationId: delivery,
    data: { sender: { login: 'octocat' } },
  });
  expect(message?.MessageAttributes).toMatchObject({ type: { DataType: 'String', StringValue: 'github.star' } });
  await world.eventually(() => expect(world.audit(delivery)).toMatchObject({ recorded: 1 }));

  await world.sns.send(new UnsubscribeCommand({ SubscriptionArn }));
  await world.post({ ...webhook('octocat'), event: 'star' });
  await world.settled();
  expect(world.local.peek(queue.url)).toEqual([]);
});

test('a queue whose policy forgets the topic receives nothing, and the stack does not mind', async () => {
  const topicArn = world.physicalId('githubTopic');
  const queue = await createQueue('own-forgotten');
  await world.sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: 'sqs', Endpoint: queue.arn }));
  const { delivery } = await world.post(webhook('octocat'));
  await world.eventually(() => expect(world.audit(delivery)).toMatchObject({ recorded: 1 }));
  expect(world.local.peek(queue.url)).toEqual([]);
});

test("a topic of one's own fans out to one's own queue, as a notification", async () => {
  const { TopicArn = '' } = await world.sns.send(new CreateTopicCommand({ Name: 'own-topic' }));
  const queue = await createQueue('own-subscriber');
  await letTopicSend(queue, TopicArn);
  await world.sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: queue.arn }));
  const { MessageId } = await world.sns.send(new PublishCommand({ TopicArn, Message: 'hello 🚀', Subject: 'greeting' }));
  const message = await receive(queue);
  expect(JSON.parse(message?.Body ?? '')).toMatchObject({
    Type: 'Notification',
    MessageId,
    TopicArn,
    Message: 'hello 🚀',
    Subject: 'greeting',
  });
});

test("a table of one's own takes part in transactions with the tables of the stack", async () => {
  const TableName = 'own-table';
  await world.dynamodb.send(
    new CreateTableCommand({
      TableName,
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  await waitUntilTableExists({ client: world.dynamodb, maxWaitTime: 5, minDelay: 1 }, { TableName });
  const auditTable = world.local.output(GITHUB_STACK, GITHUB_OUTPUTS.auditTable);
  const { delivery } = await world.post(webhook('octocat'));
  await world.eventually(() => expect(world.audit(delivery)).toBeDefined());

  const noteIf = (recorded: string) =>
    world.dynamodb.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          { Put: { TableName, Item: { id: { S: recorded }, note: { S: 'seen' } } } },
          {
            ConditionCheck: {
              TableName: auditTable,
              Key: { pk: { S: `DELIVERY#${delivery}` } },
              ConditionExpression: 'recorded = :n',
              ExpressionAttributeValues: { ':n': { N: recorded } },
            },
          },
        ],
      }),
    );
  await noteIf('1');
  await expect(noteIf('2')).rejects.toThrow(/\[None, ConditionalCheckFailed\]/);
  const get = (id: string) => world.dynamodb.send(new GetItemCommand({ TableName, Key: { id: { S: id } } }));
  expect((await get('1')).Item).toMatchObject({ note: { S: 'seen' } });
  expect((await get('2')).Item).toBeUndefined();

  await world.dynamodb.send(new DeleteTableCommand({ TableName }));
  await expect(get('1')).rejects.toThrow(expect.objectContaining({ name: 'ResourceNotFoundException' }));
});

test('listings show what the stack made beside what others made', async () => {
  const name = `own-${randomUUID()}`;
  const queue = await createQueue(name);
  const { QueueUrls = [] } = await world.sqs.send(new ListQueuesCommand({}));
  expect(QueueUrls).toContain(queue.url);
  expect(QueueUrls).toContain(world.queueUrl('record-audit-trail'));
  expect(QueueUrls.every((url) => url.startsWith(world.local.endpoint))).toBe(true);
  const { Topics = [] } = await world.sns.send(new ListTopicsCommand({}));
  expect(Topics.map(({ TopicArn }) => TopicArn)).toContain(world.physicalId('githubTopic'));
  const { TableNames = [] } = await world.dynamodb.send(new ListTablesCommand({}));
  expect(TableNames).toContain(world.local.output(GITHUB_STACK, GITHUB_OUTPUTS.auditTable));
  await expect(world.sqs.send(new SendMessageCommand({ QueueUrl: `${queue.url}-other`, MessageBody: 'x' }))).rejects.toThrow(
    expect.objectContaining({ name: 'QueueDoesNotExist' }),
  );
});
