import { type AttributeValue, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { on, type Route } from '../../lib/consumer/consumer.routes.ts';
import { OrderNoted, OrderPlaced } from '../scenarios/order-stack.ts';

type Unit = Parameters<Route['handle']>[1]['unit'];

interface Applied {
  readonly orderId: string;
  readonly customer?: string;
  readonly sequence?: number | undefined;
}

/** One effect per message, in its unit; a second one shows as 2, an order as a list. */
export function properHandlers(consumer: string, table: string): readonly Route[] {
  const effects = { name: table, partitionKey: 'id' };
  const apply = (unit: Unit, { orderId, customer, sequence = 0 }: Applied) => {
    unit.update(effects, { id: `${consumer}#${orderId}` }, { update: { expression: 'ADD n :one', values: { ':one': 1 } } });
    if (customer === undefined) return;
    const expression = 'SET applied = list_append(if_not_exists(applied, :none), :next)';
    unit.update(effects, { id: `${consumer}##${customer}` }, { update: { expression, values: { ':none': [], ':next': [sequence] } } });
  };
  return [
    on(OrderPlaced, ({ data, sequence }, { unit }) => apply(unit, { ...data, sequence })),
    on(OrderNoted, ({ data }, { unit }) => apply(unit, data)),
  ];
}

/** The same effect by a call of its own, beside the unit: what happens when the inbox is bypassed. */
export function carelessHandlers(consumer: string, table: string, client: Pick<DynamoDBClient, 'send'>): readonly Route[] {
  const apply = async (orderId: string) => {
    const Key: Record<string, AttributeValue> = { id: { S: `${consumer}#${orderId}` } };
    const ExpressionAttributeValues: Record<string, AttributeValue> = { ':one': { N: '1' } };
    await client.send(new UpdateItemCommand({ TableName: table, Key, UpdateExpression: 'ADD n :one', ExpressionAttributeValues }));
  };
  return [on(OrderPlaced, ({ data }) => apply(data.orderId)), on(OrderNoted, ({ data }) => apply(data.orderId))];
}
