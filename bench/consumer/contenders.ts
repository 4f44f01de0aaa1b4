import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { parser } from '@aws-lambda-powertools/batch/parser';
import type { ParsedRecord } from '@aws-lambda-powertools/batch/types';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import middy from '@middy/core';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { createConsumer, createInbox, on } from '../../lib/index.ts';
import { type Order, OrderPlaced, orderSchema, shipments } from '../orders.ts';

/** A Lambda handler for a batch of a queue. */
export type BatchHandler = (event: SQSEvent, context: Context) => Promise<unknown>;

/** The contenders: the same message, the same validation, the same one business write. Made in the process that runs them. */
export const CONTENDERS: Readonly<Record<string, () => BatchHandler>> = {
  posthaste: () => posthasteConsumer(true),
  'posthaste unpacked': () => posthasteConsumer(false),
  powertools: powertoolsConsumer,
  'powertools without its parser': powertoolsWithoutParser,
  'middy + makeIdempotent': middyConsumer,
  'by hand, not idempotent': handConsumer,
};

/** As the README shows it: metrics and log included. */
function posthasteConsumer(packed: boolean): BatchHandler {
  const handler = createConsumer({
    name: 'ship-order',
    inbox: createInbox({ table: 'inbox' }),
    queueUrl: 'http://127.0.0.1:1/000000000000/bench',
    deadLetterQueueUrl: 'http://127.0.0.1:1/000000000000/bench-dlq',
    handlers: [on(OrderPlaced, (message, { unit }) => unit.put(shipments, itemOf(message.data)))],
    ...(!packed && { packing: false as const }),
  });
  return handler as unknown as BatchHandler;
}

const itemOf = (order: Order) => ({ orderId: order.orderId, state: 'waiting', total: order.total });

/** What the others validate of the same body. */
const envelopeSchema = z.object({ id: z.string(), type: z.string(), data: orderSchema });

type OrderEnvelope = z.infer<typeof envelopeSchema>;

function createPut() {
  const client = new DynamoDBClient({});
  return async (order: Order): Promise<void> => {
    await client.send(new PutItemCommand({ TableName: shipments.name, Item: marshall(itemOf(order)) }));
  };
}

/** Powertools for AWS Lambda (TypeScript), "Batch processing": parser and idempotency as the two pages show them together. */
function powertoolsConsumer(): BatchHandler {
  const handle = idempotently(async ({ body }: ParsedRecord<SQSRecord, OrderEnvelope>) => body);
  const processor = new BatchProcessor(EventType.SQS, { parser, innerSchema: envelopeSchema, transformer: 'json', logger: new Logger() });
  return processedBy(processor, handle);
}

/** The same with the body parsed in the handler: its parser puts the schema together anew for each record. */
function powertoolsWithoutParser(): BatchHandler {
  const handle = idempotently(async ({ body }: SQSRecord) => envelopeSchema.parse(JSON.parse(body)));
  return processedBy(new BatchProcessor(EventType.SQS), handle);
}

function processedBy<Handle extends Parameters<typeof processPartialResponse>[1]>(
  processor: BatchProcessor,
  { handle, config }: { readonly handle: Handle; readonly config: IdempotencyConfig },
): BatchHandler {
  return async (event, context) => {
    config.registerLambdaContext(context);
    return processPartialResponse(event, handle, processor, { context });
  };
}

function idempotently<Input extends { readonly messageId: string }>(read: (record: Input) => Promise<OrderEnvelope>) {
  const put = createPut();
  const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'idempotency' });
  const config = new IdempotencyConfig({ eventKeyJmesPath: 'messageId' });
  const handle = async (record: Input) => {
    const { data } = await read(record);
    await put(data);
    return { orderId: data.orderId };
  };
  return { handle: makeIdempotent(handle, { persistenceStore, config }), config };
}

/** The usual glue by hand: middy at the boundary, zod, one idempotent function for each record, a partial response. */
function middyConsumer(): BatchHandler {
  const put = createPut();
  const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'idempotency' });
  const config = new IdempotencyConfig({ eventKeyJmesPath: 'id' });
  const handle = makeIdempotent(
    async (envelope: OrderEnvelope) => {
      await put(envelope.data);
      return { orderId: envelope.data.orderId };
    },
    { persistenceStore, config },
  );
  return middy(async (event: SQSEvent, context: Context) => {
    config.registerLambdaContext(context);
    return partialResponse(event, async (record) => {
      await handle(envelopeSchema.parse(JSON.parse(record.body)));
    });
  }) as unknown as BatchHandler;
}

/** The write alone: what any at-least-once handler pays. */
function handConsumer(): BatchHandler {
  const put = createPut();
  return (event) => partialResponse(event, (record) => put(envelopeSchema.parse(JSON.parse(record.body)).data));
}

async function partialResponse(event: SQSEvent, handle: (record: SQSRecord) => Promise<void>) {
  const results = await Promise.allSettled(event.Records.map(handle));
  return {
    batchItemFailures: event.Records.filter((_, index) => results[index]?.status === 'rejected').map(({ messageId }) => ({
      itemIdentifier: messageId,
    })),
  };
}
