import { CreateTableCommand, DeleteTableCommand, DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateTopicCommand, DeleteTopicCommand, type SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { keyedTable, outboxTable, type TableInput } from '../../lib/simulation/table-inputs.ts';
import { OrderNoted, OrderPlaced } from '../scenarios/order-stack.ts';
import type { ConsumerQueues, Deployment } from './protocol.ts';

/** Clients that no fault reaches: for setting up and for looking. */
export interface Clients {
  readonly dynamodb: DynamoDBClient;
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
}

/** Shorter than production's six function timeouts: a message that was lost comes back while somebody waits for it. */
const VISIBILITY_SECONDS = 2;

/** How what was made is deleted, in the order in which it was made. */
export type Undo = (() => Promise<unknown>)[];

interface Deploying extends Clients {
  readonly undo: Undo;
}

/** The order pipeline of the scenarios by plain API calls, every name with a prefix. What has been made is in `undo`, also after a failure. */
export async function deploy(clients: Clients, prefix: string, undo: Undo): Promise<Deployment> {
  const deploying = { ...clients, undo };
  const name = (part: string) => `${prefix}-${part}`;
  const tables = { outbox: name('outbox'), inbox: name('inbox'), orders: name('orders'), effects: name('effects') };
  const [streamArn] = await Promise.all([
    createTable(deploying, outboxTable(tables.outbox)),
    createTable(deploying, keyedTable(tables.inbox, 'pk')),
    createTable(deploying, keyedTable(tables.orders, 'id')),
    createTable(deploying, keyedTable(tables.effects, 'id')),
  ]);
  const topics = {
    orders: await createTopic(deploying, name('orders')),
    shipments: await createTopic(deploying, name('shipments')),
    'orders-ordered': await createTopic(deploying, name('orders-ordered.fifo'), { FifoTopic: 'true', FifoThroughputScope: 'MessageGroup' }),
  };
  const consumers = await Promise.all([
    deployConsumer(deploying, { prefix, name: 'audit-order', topicArn: topics.orders, fifo: false }),
    deployConsumer(deploying, { prefix, name: 'project-order', topicArn: topics['orders-ordered'], fifo: true }),
  ]);
  return { prefix, tables, topics, streamArn, consumers };
}

/** Deletes everything that `deploy` made, subscriptions with their topics; what fails is told, after the rest. */
export async function destroy(undo: Undo): Promise<void> {
  const results = await Promise.allSettled(undo.map((deletes) => deletes()));
  const failed = results.filter((result) => result.status === 'rejected');
  if (failed.length > 0)
    throw new AggregateError(
      failed.map(({ reason }) => reason as unknown),
      `${failed.length} resources are left`,
    );
}

async function createTopic({ sns, undo }: Deploying, Name: string, Attributes = {}): Promise<string> {
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name, Attributes }));
  undo.push(() => sns.send(new DeleteTopicCommand({ TopicArn })));
  return TopicArn;
}

/** Waits until the table can be used, and resolves to its stream's ARN, if it has one. */
async function createTable({ dynamodb, undo }: Deploying, table: TableInput): Promise<string> {
  const { TableName } = table;
  await dynamodb.send(new CreateTableCommand(table));
  undo.push(() => dynamodb.send(new DeleteTableCommand({ TableName })));
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

async function deployConsumer(clients: Deploying, { prefix, name, topicArn, fifo }: ConsumerKind): Promise<ConsumerQueues> {
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

async function createQueue({ sqs, undo }: Deploying, { name, fifo, attributes }: QueueKind): Promise<{ url: string; arn: string }> {
  const kind = fifo ? { FifoQueue: 'true', DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' } : {};
  const QueueName = `${name}${fifo ? '.fifo' : ''}`;
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes: { ...kind, ...attributes } }));
  undo.push(() => sqs.send(new DeleteQueueCommand({ QueueUrl })));
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
