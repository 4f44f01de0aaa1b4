import { CreateTableCommand, DeleteTableCommand, DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateTopicCommand, DeleteTopicCommand, type SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { OUTBOX_PENDING_INDEX } from '../../lib/outbox/outbox.contract.ts';
import { OrderNoted, OrderPlaced } from '../scenarios/order-stack.ts';
import type { ConsumerQueues, Deployment } from './protocol.ts';

/** Clients that no fault reaches: for setting up and for looking. */
export interface Clients {
  readonly dynamodb: DynamoDBClient;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
}

/** Shorter than production's six function timeouts: a message that was lost comes back while somebody waits for it. */
const VISIBILITY_SECONDS = 3;

/** The order pipeline of the scenarios by plain API calls, every name with a prefix. */
export async function deploy(clients: Clients, prefix: string): Promise<Deployment> {
  const name = (part: string) => `${prefix}-${part}`;
  const [streamArn] = await Promise.all([
    createOutboxTable(clients, name('outbox')),
    createTable(clients, name('inbox'), 'pk'),
    createTable(clients, name('orders'), 'id'),
    createTable(clients, name('effects'), 'id'),
  ]);
  const topic = async (part: string, Attributes = {}) =>
    String((await clients.sns.send(new CreateTopicCommand({ Name: name(part), Attributes }))).TopicArn);
  const topics = {
    orders: await topic('orders'),
    shipments: await topic('shipments'),
    'orders-ordered': await topic('orders-ordered.fifo', { FifoTopic: 'true', FifoThroughputScope: 'MessageGroup' }),
  };
  const consumers = await Promise.all([
    deployConsumer(clients, { prefix, name: 'audit-order', topicArn: topics.orders, fifo: false }),
    deployConsumer(clients, { prefix, name: 'project-order', topicArn: topics['orders-ordered'], fifo: true }),
  ]);
  const tables = { outbox: name('outbox'), inbox: name('inbox'), orders: name('orders'), effects: name('effects') };
  return { prefix, tables, topics, streamArn, consumers };
}

/** Deletes everything that `deploy` made, subscriptions with their topics; what fails is told, after the rest. */
export async function destroy({ dynamodb, sns, sqs }: Clients, { tables, topics, consumers }: Deployment): Promise<void> {
  const queues = consumers.flatMap(({ queueUrl, deadLetterQueueUrl, undeliveredUrl }) => [queueUrl, deadLetterQueueUrl, undeliveredUrl]);
  const results = await Promise.allSettled([
    ...Object.values(topics).map((TopicArn) => sns.send(new DeleteTopicCommand({ TopicArn }))),
    ...queues.map((QueueUrl) => sqs.send(new DeleteQueueCommand({ QueueUrl }))),
    ...Object.values(tables).map((TableName) => dynamodb.send(new DeleteTableCommand({ TableName }))),
  ]);
  const failed = results.filter((result) => result.status === 'rejected');
  if (failed.length > 0)
    throw new AggregateError(
      failed.map(({ reason }) => reason as unknown),
      `${failed.length} resources are left`,
    );
}

async function createTable(clients: Clients, TableName: string, key: string): Promise<void> {
  await clients.dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: key, AttributeType: 'S' }],
      KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
    }),
  );
  await tableIsActive(clients, TableName);
}

async function createOutboxTable(clients: Clients, TableName: string): Promise<string> {
  await clients.dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
        { AttributeName: 'state', AttributeType: 'S' },
        { AttributeName: 'committedAt', AttributeType: 'N' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: OUTBOX_PENDING_INDEX,
          KeySchema: [
            { AttributeName: 'state', KeyType: 'HASH' },
            { AttributeName: 'committedAt', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    }),
  );
  return tableIsActive(clients, TableName);
}

/** Waits for the table and resolves to its stream's ARN, if it has one. */
async function tableIsActive({ dynamodb }: Clients, TableName: string): Promise<string> {
  for (;;) {
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
    if (Table?.TableStatus === 'ACTIVE') return Table.LatestStreamArn ?? '';
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

interface ConsumerKind {
  readonly prefix: string;
  readonly name: string;
  readonly topicArn: string;
  readonly fifo: boolean;
}

async function deployConsumer(clients: Clients, { prefix, name, topicArn, fifo }: ConsumerKind): Promise<ConsumerQueues> {
  const queue = (part: string, attributes: Record<string, string> = {}) =>
    createQueue(clients, { name: `${prefix}-${name}${part}`, fifo, attributes });
  const deadLetters = await queue('-dlq');
  const undelivered = await queue('-undelivered', { Policy: allowTopic(topicArn) });
  const { url: queueUrl, arn: queueArn } = await queue('', {
    VisibilityTimeout: String(VISIBILITY_SECONDS),
    Policy: allowTopic(topicArn),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: fifo ? 1_000 : 100 }),
  });
  await clients.sns.send(
    new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: queueArn,
      Attributes: {
        RawMessageDelivery: 'true',
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn: undelivered.arn }),
        ...(!fifo && { FilterPolicy: JSON.stringify({ type: [OrderPlaced.name, OrderNoted.name] }) }),
      },
    }),
  );
  return { name, queueUrl, queueArn, deadLetterQueueUrl: deadLetters.url, undeliveredUrl: undelivered.url };
}

interface QueueKind {
  readonly name: string;
  readonly fifo: boolean;
  readonly attributes: Readonly<Record<string, string>>;
}

async function createQueue({ sqs }: Clients, { name, fifo, attributes }: QueueKind): Promise<{ url: string; arn: string }> {
  const kind = fifo ? { FifoQueue: 'true', DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' } : {};
  const QueueName = `${name}${fifo ? '.fifo' : ''}`;
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes: { ...kind, ...attributes } }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  return { url: QueueUrl, arn: Attributes?.['QueueArn'] ?? '' };
}

/** A topic is another service: the queue must let it in. Queue and dead-letter queue are named in no policy yet, so any is meant. */
function allowTopic(topicArn: string): string {
  const Statement = {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: '*',
    Condition: { ArnEquals: { 'aws:SourceArn': topicArn } },
  };
  return JSON.stringify({ Version: '2012-10-17', Statement: [Statement] });
}
