import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { encodeEnvelope } from '../../../lib/index.ts';
import { failureTable, keyedTable } from '../../../lib/simulation/table-inputs.ts';
import { type ConsumerEntry, type QueueAddress, topologyPath } from '../../../lib/topology/topology.contract.ts';
import { OrderNoted, SOURCE } from '../../scenarios/order-stack.ts';
import { KEYS, REGION } from './protocol.ts';

/** Where everything of one run is. */
export interface Stage {
  readonly endpoint: string;
  readonly stack: string;
  readonly dynamodb: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly ssm: SSMClient;
  readonly tables: { readonly failures: string; readonly inbox: string; readonly effects: string };
  readonly consumer: ConsumerEntry;
  close(): void;
}

/** Tables, queues and the topology of one consumer, by plain API calls; every name with a prefix. */
export async function setStage(endpoint: string, stack: string): Promise<Stage> {
  const place = { endpoint, region: REGION, credentials: KEYS };
  const dynamodb = new DynamoDBClient(place);
  const sqs = new SQSClient({ ...place, useQueueUrlAsEndpoint: false });
  const ssm = new SSMClient(place);
  const tables = { failures: `${stack}-failures`, inbox: `${stack}-inbox`, effects: `${stack}-effects` };
  for (const table of [failureTable(tables.failures), keyedTable(tables.inbox, 'pk'), keyedTable(tables.effects, 'id')]) {
    await dynamodb.send(new CreateTableCommand(table));
  }
  const consumer: ConsumerEntry = {
    ...{ kind: 'consumer', name: 'audit-order', ordered: false, indexed: true, undelivered: [] },
    queue: await createQueue(sqs, `${stack}-audit-order`),
    deadLetterQueue: await createQueue(sqs, `${stack}-audit-order-dlq`),
    ...{ functionName: 'audit-order', mappingId: 'none' },
    inbox: { table: tables.inbox, scope: 'audit-order', retentionDays: 60 },
  };
  const Name = `${topologyPath(stack)}/consumer/audit-order`;
  await ssm.send(new PutParameterCommand({ Name, Value: JSON.stringify(consumer), Type: 'String' }));
  const close = () => {
    for (const client of [dynamodb, sqs, ssm]) client.destroy();
  };
  return { endpoint, stack, dynamodb, sqs, ssm, tables, consumer, close };
}

async function createQueue(sqs: SQSClient, QueueName: string): Promise<QueueAddress> {
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout: '2' } }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  return { url: QueueUrl, arn: Attributes?.['QueueArn'] ?? '' };
}

/** Sends one message for each order. */
export async function sendOrders({ sqs, consumer }: Stage, orderIds: readonly string[]): Promise<void> {
  for (let at = 0; at < orderIds.length; at += 10) {
    const Entries = orderIds.slice(at, at + 10).map((orderId, index) => ({ Id: String(index), MessageBody: bodyOf(orderId) }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: consumer.queue.url, Entries }));
  }
}

function bodyOf(orderId: string): string {
  return encodeEnvelope({
    ...{ id: orderId, type: OrderNoted.name, version: OrderNoted.version, source: SOURCE },
    ...{ time: new Date().toISOString(), data: { orderId }, correlationId: orderId, hops: 0 },
  });
}

/** Messages in both queues, in flight or not. */
export async function inQueues({ sqs, consumer }: Stage): Promise<number> {
  const counts = await Promise.all(
    [consumer.queue, consumer.deadLetterQueue].map(async ({ url }) => {
      const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] });
      const { Attributes = {} } = await sqs.send(command);
      return Number(Attributes['ApproximateNumberOfMessages']) + Number(Attributes['ApproximateNumberOfMessagesNotVisible']);
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
