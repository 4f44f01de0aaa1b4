import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import middy from '@middy/core';
import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import { expect, test } from 'vitest';
import { createOutbox } from '../../../lib/outbox/create-outbox.ts';
import { createConsumer } from '../../../lib/runtime/create-consumer.ts';
import { findDivergence } from '../../../lib/simulation/search/determinism.ts';
import { sweepFaults } from '../../../lib/simulation/subject/exactly-once.ts';
import { createExperiment } from '../../../lib/simulation/subject/experiment.ts';
import { addShipped, OrderShipped, PrintLabel, shipInUnit, shipments, threeOrders } from './shop.ts';

/** As the documentation of Powertools composes batch and idempotency, with clients that each process makes. */
const withPowertools = () => {
  const client = new DynamoDBClient({});
  const config = new IdempotencyConfig({ eventKeyJmesPath: 'body', throwOnNoIdempotencyKey: true });
  const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'idempotency', awsSdkV3Client: client });
  const processor = new BatchProcessor(EventType.SQS);
  const ship = makeIdempotent(
    async (record: SQSRecord) => {
      await addShipped(client, JSON.parse(record.body).orderId);
      return record.messageId;
    },
    { persistenceStore, config },
  );
  return async (event: SQSEvent, context: Context) => {
    config.registerLambdaContext(context);
    return processPartialResponse(event, ship, processor, { context });
  };
};

const naiveOrder = {
  name: 'ship-order',
  messages: [{ orderId: 'order-1' }],
  tables: [shipments, { name: 'idempotency', partitionKey: 'id' }],
  effects: ({ items }: { readonly items: Readonly<Record<string, readonly unknown[]>> }) => items['shipments'],
};

test('a handler of Powertools runs as it is: a second delivery is recognised, a crash behind the effect is not', async () => {
  const failure: unknown = await sweepFaults(withPowertools, naiveOrder).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'NOT_EXACTLY_ONCE',
    replay: expect.stringMatching(/^ship-order\/1\/calm\/\w+@ship-order:dynamodb:\w+#\d$/),
  });
  expect((await sweepFaults(withPowertools, { ...naiveOrder, replay: 'ship-order/1/calm/' })).schedules).toBe(1);
});

test('middleware around a consumer runs with it', async () => {
  let batches = 0;
  const before = () => {
    batches += 1;
  };
  const wrapped = () =>
    middy()
      .use({ before })
      .handler(createConsumer({ name: 'ship-order', handlers: shipInUnit(), outbox: createOutbox() }) as never);
  const shop = { name: 'ship-order', messages: threeOrders.slice(0, 1), tables: [shipments], publishes: [OrderShipped, PrintLabel] };
  expect((await sweepFaults(wrapped, { ...shop, replay: 'ship-order/1/calm/' })).schedules).toBe(1);
  expect(batches).toBeGreaterThanOrEqual(4);
});

test('the same conditions give the same history, call by call', async () => {
  const consumer = () => createConsumer({ name: 'ship-order', handlers: shipInUnit(), outbox: createOutbox() });
  const shop = { messages: threeOrders, tables: [shipments], publishes: [OrderShipped, PrintLabel] };
  for (const experiment of [await createExperiment(withPowertools, naiveOrder), await createExperiment(consumer, shop)])
    for (const seed of [3, 4, 5]) expect(await findDivergence(experiment, seed)).toBeUndefined();
});
