import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { defineEvent } from '../../lib/message/define.ts';
import { encodeEnvelope } from '../../lib/message/envelope.ts';

/** The message that every contender consumes. */
export const OrderPlaced = defineEvent({ name: 'orders.order-placed', version: 1, schema: z.object({ orderId: z.string() }) });

/** Its body, for all contenders the same. */
export function orderBody(orderId: string, now: number): string {
  return encodeEnvelope({
    id: orderId,
    type: OrderPlaced.name,
    version: OrderPlaced.version,
    source: 'urn:posthaste:orders',
    time: new Date(now).toISOString(),
    correlationId: orderId,
    hops: 0,
    data: { orderId },
  });
}

/** The order that a record of a queue tells of. */
export const orderIdOf = ({ body }: Pick<SQSRecord, 'body'>): string => (JSON.parse(body) as { data: { orderId: string } }).data.orderId;

/** Where effects are counted: one item per order. */
export const effects = { name: 'effects', partitionKey: 'id' };

/**
 * The effect, one more on the order's count. Doing it twice shows, as a second mail or payment does
 * ("atomic counters … are not idempotent", Amazon DynamoDB Developer Guide).
 */
export const effectOf = (orderId: string) => ({
  TableName: effects.name,
  Key: { id: { S: orderId } },
  UpdateExpression: 'ADD n :one',
  ExpressionAttributeValues: { ':one': { N: '1' } },
});

/** The effect as a call of its own. */
export async function applyEffect(client: DynamoDBClient, record: SQSRecord): Promise<void> {
  await client.send(new UpdateItemCommand(effectOf(orderIdOf(record))));
}

/** A batch in a loop that reports what failed ("Handling errors for an SQS event source in Lambda", partial batch response). */
export async function handleEach(event: SQSEvent, handle: (record: SQSRecord) => Promise<void>) {
  const batchItemFailures: { itemIdentifier: string }[] = [];
  for (const record of event.Records) {
    try {
      await handle(record);
    } catch {
      batchItemFailures.push({ itemIdentifier: record.messageId });
    }
  }
  return { batchItemFailures };
}
