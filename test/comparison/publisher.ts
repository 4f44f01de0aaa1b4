import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PublishCommand } from '@aws-sdk/client-sns';
import { encodeEnvelope } from '../../lib/message/envelope.ts';
import { createOutbox } from '../../lib/outbox/create-outbox.ts';
import { retry } from '../../lib/retry/retry.ts';
import type { SimProcess } from '../../lib/simulation/process.ts';
import type { World } from '../../lib/simulation/world.ts';
import { OrderNoted, orders, SOURCE, topicArn } from '../scenarios/order-stack.ts';

/** One way to write an order and tell of it. */
export interface Publisher {
  readonly name: string;
  readonly title: string;
  /** Writes one order and publishes its message, in a process of its own; once, because its caller does not come back. */
  readonly place: (process: SimProcess, world: World, orderId: string) => Promise<unknown>;
}

/** Writes, then publishes. */
export const putThenPublish: Publisher = {
  name: 'put-then-publish',
  title: 'by hand: put, then publish',
  place: async (process, world, orderId) => {
    await put(process, world, orderId);
    await publish(process, world, orderId);
  },
};

/** Publishes, then writes. */
export const publishThenPut: Publisher = {
  name: 'publish-then-put',
  title: 'by hand: publish, then put',
  place: async (process, world, orderId) => {
    await publish(process, world, orderId);
    await put(process, world, orderId);
  },
};

/** Writes both in one transaction; the relay publishes. */
export const outbox: Publisher = {
  name: 'outbox',
  title: 'posthaste: outbox and relay',
  place: (process, { rng, ids }, orderId) => {
    const client = process.client('dynamodb');
    const unit = createOutbox({ client, table: 'outbox', source: SOURCE, clock: process.clock, rng, ids }).unit({ correlationId: orderId });
    unit.put(orders, { id: orderId });
    unit.publish(OrderNoted, { orderId });
    return unit.commit({ idempotencyKey: orderId });
  },
};

/** As often as the SDK tries by default, with its backoff ("Retry behavior", AWS SDKs and Tools Reference Guide). */
const tries = (process: SimProcess, { rng }: World) => ({ clock: process.clock, rng, tries: 3 });

function put(process: SimProcess, world: World, orderId: string): Promise<unknown> {
  const command = new PutItemCommand({ TableName: orders.name, Item: { id: { S: orderId } } });
  return retry(() => process.client('dynamodb').send(command), tries(process, world));
}

function publish(process: SimProcess, world: World, orderId: string): Promise<unknown> {
  const time = new Date(process.clock.now()).toISOString();
  const { name: type, version } = OrderNoted;
  const command = new PublishCommand({
    TopicArn: topicArn('orders'),
    Message: encodeEnvelope({ id: orderId, type, version, source: SOURCE, time, correlationId: orderId, hops: 0, data: { orderId } }),
    MessageAttributes: { type: { DataType: 'String', StringValue: type } },
  });
  return retry(() => process.client('sns').send(command), tries(process, world));
}
