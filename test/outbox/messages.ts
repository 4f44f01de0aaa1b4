import * as z from 'zod';
import { defineCommand, defineEvent } from '../../lib/message/define.ts';

export const OrderPlaced = defineEvent({
  name: 'orders.order-placed',
  version: 1,
  schema: z.object({ orderId: z.string(), note: z.string().optional() }),
  routing: { order: (data) => data.orderId },
});

export const OrderChanged = defineEvent({
  name: 'orders.order-changed',
  version: 1,
  schema: z.object({ orderId: z.string(), change: z.number() }),
  key: (data) => data.orderId,
});

export const AccountBooked = defineEvent({
  name: 'ledger.account-booked',
  version: 2,
  schema: z.object({ account: z.string(), amount: z.number() }),
  key: (data) => data.account,
});

export const OrderAudited = defineEvent({
  name: 'audit.order-audited',
  version: 1,
  schema: z.object({ orderId: z.string() }),
  topics: ['orders', 'audit'],
});

export const LostSoul = defineEvent({
  name: 'lost.soul-lost',
  version: 1,
  schema: z.object({ orderId: z.string() }),
  key: (data) => data.orderId,
  topics: ['nowhere'],
});

export const ChargeCard = defineCommand({ name: 'billing.charge-card', version: 1, schema: z.object({ orderId: z.string() }) });
