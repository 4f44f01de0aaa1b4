import * as z from 'zod';
import { defineEvent, encodeEnvelope, type Table } from '../lib/index.ts';

const schema = z.object({
  orderId: z.string(),
  customer: z.object({ id: z.string(), name: z.string(), email: z.string() }),
  currency: z.string(),
  total: z.number(),
  lines: z.array(z.object({ sku: z.string(), title: z.string(), quantity: z.number(), price: z.number() })),
});

/** The data of an order, as every contender validates it. */
export const orderSchema = schema;

export type Order = z.infer<typeof schema>;

/** An event without an ordering key. */
export const OrderPlaced = defineEvent({ name: 'bench.order-placed', version: 1, schema });

/** The same data with an ordering key, on a FIFO topic. */
export const OrderMoved = defineEvent({
  name: 'bench.order-moved',
  version: 1,
  schema,
  key: (order) => order.customer.id,
  topics: ['bench-ordered'],
});

/** Where the handlers keep their one business item per message. */
export const shipments: Table = { name: 'shipments', partitionKey: 'orderId' };

/** An order whose envelope has about 950 bytes. */
export function orderOf(id: string, customer: string = id): Order {
  return {
    orderId: id,
    customer: { id: customer, name: 'Ada Lovelace', email: 'ada@example.org' },
    currency: 'EUR',
    total: 118.25,
    lines: Array.from({ length: 5 }, (_, line) => ({ sku: `SKU-${line}`, title: 'A thing worth having', quantity: line + 1, price: 7.95 })),
  };
}

/** The body of one message, as the topic delivers it. */
export function orderBody(id: string, now: number): string {
  return encodeEnvelope({
    id,
    type: OrderPlaced.name,
    version: OrderPlaced.version,
    source: 'urn:posthaste:bench',
    time: new Date(now).toISOString(),
    data: orderOf(id),
    correlationId: id,
    hops: 0,
  });
}

/** One record of an SQS event source mapping. */
export function queueRecord(id: string, now: number, receiveCount = 1) {
  return {
    messageId: id,
    receiptHandle: `handle-${id}`,
    body: orderBody(id, now),
    attributes: {
      ApproximateReceiveCount: String(receiveCount),
      SentTimestamp: String(now),
      SenderId: 'AROAEXAMPLE',
      ApproximateFirstReceiveTimestamp: String(now),
    },
    messageAttributes: {},
    md5OfBody: '00000000000000000000000000000000',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:bench',
    awsRegion: 'us-east-1',
  };
}
