import { createConsumer, createInbox, on, requiredEnv } from '../../lib/index.ts';
import { OrderPlaced } from '../orders.ts';
import { CHAIN } from './chain.contract.ts';

const shipments = { name: requiredEnv(CHAIN.effectsTable, 'ChainStack'), partitionKey: 'orderId' };

/** The first of two deliveries of each event. */
export const handler = createConsumer({
  name: 'ship-order',
  inbox: createInbox(),
  handlers: [on(OrderPlaced, ({ data }, { unit }) => unit.put(shipments, { orderId: data.orderId, state: 'waiting' }))],
});
