import { createConsumer, createInbox, on, requiredEnv } from '../../lib/index.ts';
import { OrderPlaced } from '../orders.ts';
import { CHAIN } from './chain.contract.ts';

const invoices = { name: requiredEnv(CHAIN.effectsTable, 'ChainStack'), partitionKey: 'orderId' };

/** The second of two deliveries of each event. */
export const handler = createConsumer({
  name: 'bill-order',
  inbox: createInbox(),
  handlers: [on(OrderPlaced, ({ data }, { unit }) => unit.put(invoices, { orderId: data.orderId, total: data.total }))],
});
