import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import { on, type Route } from '../../../lib/consumer/consumer.routes.ts';
import { defineCommand, defineEvent } from '../../../lib/message/define.ts';
import { Permanent } from '../../../lib/retry/retry.errors.ts';
import { message } from '../../../lib/simulation/subject/test-message.ts';

export const OrderPlaced = defineEvent({
  name: 'orders.order-placed',
  version: 1,
  schema: z.object({ orderId: z.string() }),
  key: (order) => order.orderId,
});
export const OrderShipped = defineEvent({ name: 'shipping.order-shipped', version: 1, schema: z.object({ orderId: z.string() }) });
export const PrintLabel = defineCommand({ name: 'shipping.print-label', version: 1, schema: z.object({ orderId: z.string() }) });

export const shipments = { name: 'shipments', partitionKey: 'orderId' };
export const addOne = { update: { expression: 'ADD shipped :one', values: { ':one': 1 } } };

export const threeOrders = [1, 2, 3].map((number) => message(OrderPlaced, { orderId: `order-${number}` }));

/** All of it in the unit: right. */
export const shipInUnit = (): readonly Route[] => [
  on(OrderPlaced, ({ data }, { unit }) => {
    if (data.orderId === 'order-refused') throw new Permanent('nobody ships this');
    if (data.orderId === 'order-delayed') throw new Error('no truck is free');
    unit.update(shipments, { orderId: data.orderId }, addOne);
    unit.publish(OrderShipped, data);
    unit.send(PrintLabel, data);
  }),
];

/** Through a client of its own, beside the unit: twice after a crash. */
export const shipBesideUnit = (): readonly Route[] => {
  const client = new DynamoDBClient({});
  return [on(OrderPlaced, ({ data }) => addShipped(client, data.orderId))];
};

export async function addShipped(client: DynamoDBClient, orderId: string): Promise<void> {
  const UpdateExpression = 'ADD shipped :one';
  const ExpressionAttributeValues = { ':one': { N: '1' } };
  await client.send(
    new UpdateItemCommand({ TableName: 'shipments', Key: { orderId: { S: orderId } }, UpdateExpression, ExpressionAttributeValues }),
  );
}
