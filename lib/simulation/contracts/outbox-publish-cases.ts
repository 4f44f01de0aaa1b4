import { deepEqual, equal, ok } from 'node:assert/strict';
import { silentLogger } from '../../core/logger.ts';
import { silentMetrics } from '../../core/metrics.ts';
import { createSweeper, type SweepReport } from '../../outbox/outbox.sweeper.ts';
import type { Sender } from '../../topic/deliver.ts';
import { type Parcel, parseDestinations } from '../../topic/destination.ts';
import type { SendResult } from '../../topic/send-result.ts';
import { commitOrder, OrderLost, OrderPlaced, type OutboxCase, type OutboxInstance, parkedRows, pendingRows } from './outbox-instance.ts';
import { declared, type Given } from './suite.ts';

const SENT: SendResult = { status: 'sent', serviceId: 'taken' };
const REFUSED: SendResult = { status: 'failed', failure: 'rejected', code: 'InvalidParameter', message: 'not this one' };
const OUT: SendResult = { status: 'failed', failure: 'denied', code: 'AuthorizationError', message: 'not now' };

/** Publishes what waits as the sweeper does, to a destination that answers as told. */
function publisher(store: OutboxInstance['store'], { clock, rng }: Given) {
  const parcels: Parcel[] = [];
  let answer = (_: Parcel): SendResult => SENT;
  const take = (parcel: Parcel) => {
    const result = answer(parcel);
    if (result.status === 'sent') parcels.push(parcel);
    return result;
  };
  const sender: Sender = {
    sendBatch: (_, batch) => Promise.resolve(batch.map(take)),
    sendOne: (_, parcel) => Promise.resolve(take(parcel)),
  };
  const destinations = parseDestinations({ orders: 'arn:aws:sns:us-east-1:000000000000:orders' });
  const publishing = {
    store,
    senders: { topic: sender, queue: sender },
    destinations,
    clock,
    rng,
    log: silentLogger,
    metrics: silentMetrics,
  };
  return {
    /** What was confirmed, in its order. */
    sent: () => parcels.map(({ body }) => (JSON.parse(body) as { data: { orderId: string } }).data.orderId),
    parcels,
    answers(next: (parcel: Parcel) => SendResult) {
      answer = next;
    },
    // A row that was committed within this very millisecond is due as well.
    sweep: (): Promise<SweepReport> => createSweeper({ ...publishing, sweepAfterMs: -60_000 }).sweep({ deadline: clock.now() + 30_000 }),
  };
}

/** What relay and sweeper rely on: rows wait until they are confirmed, in their order. */
export const publishCases: readonly OutboxCase[] = [
  {
    name: 'a message is published as it was committed, and then forgotten',
    requires: ['publishes'],
    async run(instance, given) {
      const { messages } = await commitOrder(instance, { orderId: '1', note: 'naïve 🚚' });
      const [row] = await pendingRows(instance, given);
      const { sweep, parcels } = publisher(instance.store, given);
      equal((await sweep()).swept, 1, 'the message that waits was not published');
      deepEqual([parcels[0]?.id, parcels[0]?.body], [messages[0]?.id, row?.body], 'what was published is not what was committed');
      equal(parcels[0]?.attributes['type']?.StringValue, 'orders.order-placed', 'the attributes were lost on the way through the outbox');
      deepEqual(await pendingRows(instance, given), [], 'a confirmed message still waits');
      equal((await sweep()).swept, 0, 'a confirmed message was published again');
    },
  },
  {
    name: 'a message waits until it is confirmed, and keeps its id over every try',
    requires: ['publishes'],
    async run(instance, given) {
      const { messages } = await commitOrder(instance, { orderId: '1' });
      const { sweep, answers, parcels } = publisher(instance.store, given);
      answers(() => OUT);
      for (let time = 1; time <= 2; time += 1) equal((await sweep()).pending, 1, 'a message that nobody confirmed does not wait any more');
      answers(() => SENT);
      equal((await sweep()).swept, 1, 'a message was not published once its destination was back');
      equal(parcels[0]?.id, messages[0]?.id, 'a message changed its id between two tries');
    },
  },
  {
    name: 'the messages of a key leave in their order, and one that cannot leave holds those behind it and no other key',
    requires: ['publishes', 'ordered'],
    async run(instance, given) {
      for (const orderId of ['a1', 'a2', 'a3']) await commitOrder(instance, { orderId, customer: 'anna' });
      await commitOrder(instance, { orderId: 'b1', customer: 'bert' });
      const { sweep, answers, sent } = publisher(instance.store, given);
      answers(({ body }) => (body.includes('"a2"') ? { ...OUT, failure: 'throttled' } : SENT));
      await sweep();
      deepEqual(sent().sort(), ['a1', 'b1'], 'a message overtook an older one of its key, or waited for another key');
      answers(() => SENT);
      await sweep();
      deepEqual(sent().slice(2), ['a2', 'a3'], 'what had waited did not leave in its order');
    },
  },
  {
    name: 'a message that its destination refuses is parked with its bytes, holds its key, and no other',
    requires: ['publishes', 'ordered'],
    async run(instance, given) {
      for (const orderId of ['a1', 'a2']) await commitOrder(instance, { orderId, customer: 'anna' });
      await commitOrder(instance, { orderId: 'b1', customer: 'bert' });
      const { sweep, answers, sent } = publisher(instance.store, given);
      answers(({ body }) => (body.includes('"a1"') ? REFUSED : SENT));
      await sweep();
      // It is an operator who decides on it, not a destination that has changed its mind.
      answers(() => SENT);
      const report = await sweep();
      deepEqual(sent(), ['b1'], 'a message passed a parked one of its key, or was held by one of another');
      deepEqual([report.parked, report.pending], [1, 1], 'the refused message is not parked, or the one behind it does not wait');
      const [parked] = await parkedRows(instance, given);
      ok(parked?.body.includes('"a1"'), 'the parked message lost its body');
    },
  },
  {
    name: 'a message to a destination that nobody knows is parked, and not lost',
    requires: ['publishes'],
    async run(instance, given) {
      const unit = instance.outbox.unit();
      unit.publish(OrderLost, { orderId: '1' });
      unit.publish(OrderPlaced, { orderId: '2' });
      await unit.commit();
      const { sweep, sent } = publisher(instance.store, given);
      const report = await sweep();
      deepEqual([sent(), report.parked], [['2'], 1], 'a message without a destination was lost, or kept another from leaving');
    },
  },
  {
    name: 'what is confirmed may be confirmed twice, and parking it then brings nothing back',
    requires: ['publishes'],
    async run(instance, given) {
      await commitOrder(instance, { orderId: '1' });
      const rows = await pendingRows(instance, given);
      await instance.store.remove(rows);
      await instance.store.remove(rows);
      for (const row of rows) await instance.store.park(row, { reason: 'LATE', detail: 'somebody else has published it' });
      deepEqual([...(await pendingRows(instance, given)), ...(await parkedRows(instance, given))], [], 'a published message came back');
    },
  },
  {
    name: 'more rows than one call takes are read, published and forgotten',
    requires: ['publishes'],
    async run(instance, given) {
      for (let unitIndex = 0; unitIndex < 3; unitIndex += 1) {
        const unit = instance.outbox.unit();
        for (let index = 0; index < 40; index += 1) unit.publish(OrderPlaced, { orderId: `${unitIndex}-${index}` });
        await unit.commit();
      }
      const { sweep, sent } = publisher(instance.store, given);
      equal((await pendingRows(instance, given)).length, 120, 'not all committed rows wait');
      await sweep();
      equal(new Set(sent()).size, 120, 'not all rows were published');
      deepEqual(await pendingRows(instance, given), [], 'not all published rows were forgotten');
    },
  },
  {
    name: 'a key is read from its oldest row on, page by page',
    requires: ['publishes', 'ordered'],
    async run({ outbox, store }) {
      const unit = outbox.unit();
      for (let index = 1; index <= 5; index += 1) unit.publish(OrderPlaced, { orderId: String(index), customer: 'anna' });
      await unit.commit();
      const first = await store.oldestOf('anna', { limit: 2 });
      const after = first.items.at(-1);
      const rest = await store.oldestOf('anna', { limit: 10, ...(after && { after }) });
      deepEqual(
        [first.items, rest.items].map((rows) => rows.map(({ seq }) => seq)),
        [
          [1, 2],
          [3, 4, 5],
        ],
        'the pages of a key are not its rows in order',
      );
      ok(first.next !== undefined && rest.next === undefined, 'a page does not say whether there are more');
      deepEqual([...(await store.readHeads(['anna', 'bert']))], [['anna', 5]], 'the heads are not the last numbers given');
      deepEqual((await store.oldestOf('bert', { limit: 2 })).items, [], 'a key without rows has some');
    },
  },
  {
    name: 'a confirmation whose answer was lost leaves nothing behind',
    requires: ['publishes', 'lostAnswers'],
    async run(instance, given) {
      await commitOrder(instance, { orderId: '1' });
      declared(instance.loseNextAnswer?.bind(instance), 'lostAnswers', 'loseNextAnswer')();
      const { sweep } = publisher(instance.store, given);
      await sweep();
      deepEqual(await pendingRows(instance, given), [], 'a lost answer left a published row');
    },
  },
];
