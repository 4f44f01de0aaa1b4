import { on } from '../../lib/index.ts';
import { OrderMoved, OrderPlaced, orderOf, queueRecord, shipments } from '../orders.ts';
import { failingHops } from './failing-hops.ts';
import type { Hop } from './ledger.ts';
import { name } from './names.ts';
import { createCountingWorld, type World } from './world.ts';

/** A fixed time, so that sizes, and with them write units, are the same at every run. */
const CONTEXT = { getRemainingTimeInMillis: () => 30_000 };

/** Runs a message through each hop under the embedded engines, in process, and counts. Exact: no run differs from another. */
export async function countHops(): Promise<readonly Hop[]> {
  const world = createCountingWorld();
  try {
    return [...(await producerHops(world)), ...(await relayHops(world)), ...(await consumerHops(world)), ...(await failingHops(world))];
  } finally {
    world.close();
  }
}

async function producerHops({ ledger, outbox, streamed }: World): Promise<readonly Hop[]> {
  const commit = (definition: typeof OrderPlaced | typeof OrderMoved, idempotencyKey?: string) => async () => {
    const unit = outbox.unit();
    const order = orderOf(name());
    unit.put(shipments, { orderId: order.orderId, state: 'placed', total: order.total });
    unit.publish(definition as typeof OrderPlaced, order);
    await unit.commit(idempotencyKey === undefined ? {} : { idempotencyKey });
  };
  const hops = [
    { hop: 'commit, no ordering key', messages: 1, ...(await ledger.during(commit(OrderPlaced))) },
    { hop: 'commit, ordering key', messages: 1, ...(await ledger.during(commit(OrderMoved))) },
    { hop: 'commit, idempotency key', messages: 1, ...(await ledger.during(commit(OrderPlaced, 'request-1'))) },
  ];
  streamed();
  return hops;
}

async function relayHops({ ledger, outbox, relay, streamed }: World): Promise<readonly Hop[]> {
  const relayed = async (hop: string, messages: number, publish: (unit: ReturnType<typeof outbox.unit>, index: number) => void) => {
    for (let index = 0; index < messages; index += 1) {
      const unit = outbox.unit();
      publish(unit, index);
      await unit.commit();
    }
    const records = streamed();
    const spent = await ledger.during(async () => {
      const { batchItemFailures } = await relay.handle(records, { deadline: Date.now() + 60_000 });
      if (batchItemFailures.length > 0 || records.length !== messages) throw new Error(`${hop}: the relay did not publish its batch`);
    });
    return { hop, messages, ...spent };
  };
  return [
    await relayed('relay, no keys, batch of 10', 10, (unit) => unit.publish(OrderPlaced, orderOf(name()))),
    await relayed('relay, no keys, batch of 100', 100, (unit) => unit.publish(OrderPlaced, orderOf(name()))),
    await relayed('relay, 10 keys, batch of 10', 10, (unit) => unit.publish(OrderMoved, orderOf(name()))),
    await relayed('relay, one key, batch of 10', 10, (unit) => unit.publish(OrderMoved, orderOf(name(), 'customer-1'))),
  ];
}

async function consumerHops({ ledger, consumer }: World): Promise<readonly Hop[]> {
  const records = (count: number, receiveCount = 1) => Array.from({ length: count }, () => queueRecord(name(), Date.now(), receiveCount));
  const consumed = async (hop: string, handler: ReturnType<typeof consumer>, batch: ReturnType<typeof records>) => {
    const spent = await ledger.during(async () => {
      const { batchItemFailures } = await handler({ Records: batch }, CONTEXT as never);
      if (batchItemFailures.length > 0) throw new Error(`${hop}: ${batchItemFailures.length} records came back`);
    });
    return { hop, messages: batch.length, ...spent };
  };
  const callOut = on(OrderPlaced, () => {}, { effect: 'external' });
  const handled = records(1);
  return [
    await consumed('consume, packed, batch of 10', consumer(), records(10)),
    await consumed('consume, packed, batch of 100', consumer(), records(100)),
    await consumed('consume, one transaction each, batch of 10', consumer({ packing: false }), records(10)),
    await consumed('consume, external effect', consumer({ name: 'mail-order', handlers: [callOut] }), records(1)),
    await consumed('consume, second receive', consumer(), records(1, 2)),
    await consumed('consume, the first time', consumer(), handled),
    await consumed('consume, a duplicate of it', consumer(), handled),
    await consumed(
      'consume, a duplicate that came back',
      consumer(),
      handled.map((record) => ({ ...record, attributes: { ...record.attributes, ApproximateReceiveCount: '2' } })),
    ),
  ];
}
