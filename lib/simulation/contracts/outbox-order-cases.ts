import { deepEqual, equal } from 'node:assert/strict';
import { createUnit } from '../../unit-of-work/create-unit.ts';
import { commitOrder, OrderPlaced, type OutboxCase, pending, pendingRows, place, refused } from './outbox-instance.ts';

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** Messages of one ordering key are numbered in the order of their commits. */
export const orderCases: readonly OutboxCase[] = [
  {
    name: 'the messages of one key are numbered from one in the order of their commits, and every key for itself',
    requires: ['ordered'],
    async run(instance, given) {
      for (const orderId of ['1', '2', '3']) await commitOrder(instance, { orderId, customer: 'anna' });
      await commitOrder(instance, { orderId: '4', customer: 'bert' });
      const found = (await pending(instance, given)).map(({ key, sequence, data }) => [
        key,
        sequence,
        (data as { orderId: string }).orderId,
      ]);
      const expected = [
        ['anna', 1, '1'],
        ['anna', 2, '2'],
        ['anna', 3, '3'],
        ['bert', 1, '4'],
      ];
      deepEqual(found, expected, 'numbers do not follow the commits of their key');
    },
  },
  {
    name: 'several messages of a key in one unit have consecutive numbers, in the order in which they were sent',
    requires: ['ordered'],
    async run(instance, given) {
      await commitOrder(instance, { orderId: '0', customer: 'anna' });
      const unit = instance.outbox.unit();
      for (const orderId of ['1', '2', '3']) unit.publish(OrderPlaced, { orderId, customer: 'anna' });
      await unit.commit();
      const found = (await pending(instance, given)).map(({ sequence, data }) => [sequence, (data as { orderId: string }).orderId]);
      deepEqual(
        found,
        [0, 1, 2, 3].map((index) => [index + 1, String(index)]),
        'the messages of one unit are not in the order of their sending',
      );
    },
  },
  {
    name: 'commits on one key at the same time give numbers without gaps and without doubles',
    requires: ['ordered'],
    async run(instance, given) {
      await Promise.all(upTo(4).map((index) => commitOrder(instance, { orderId: String(index), customer: 'anna' })));
      const sequences = (await pending(instance, given)).map(({ sequence }) => sequence);
      deepEqual(sequences, upTo(4), 'commits at the same time left a gap, or gave one number twice');
    },
  },
  {
    name: 'a number that was planned before another commit of its key is refused, also when the other message has left',
    requires: ['ordered', 'publishes'],
    async run(instance, given) {
      const { outbox, store } = instance;
      await commitOrder(instance, { orderId: '0', customer: 'anna' });
      const late = createUnit({ unitId: given.ids.next(), source: 'urn:posthaste:contract', time: given.clock.now() });
      late.publish(OrderPlaced, { orderId: '2', customer: 'anna' });
      const { writes } = await outbox.plan([late]);
      await commitOrder(instance, { orderId: '1', customer: 'anna' });
      await store.remove(await pendingRows(instance, given));
      const stale = outbox.unit();
      for (const write of writes) {
        if (write.kind === 'put') stale.put(write.table, write.item, write.condition);
        if (write.kind === 'update') stale.update(write.table, write.key, write);
      }
      await refused(stale.commit(), 'UNIT_CONDITION_FAILED', 'a number that another commit was given meanwhile');
    },
  },
  {
    name: 'a unit that fails leaves no gap in the numbers of its key',
    requires: ['ordered'],
    async run(instance, given) {
      await commitOrder(instance, { orderId: '1', customer: 'anna' });
      const failing = place(instance.outbox.unit(), instance.orders, { orderId: '1', customer: 'anna' });
      await refused(failing.commit(), 'UNIT_CONDITION_FAILED', 'a unit whose condition does not hold');
      await commitOrder(instance, { orderId: '2', customer: 'anna' });
      const sequences = (await pending(instance, given)).map(({ sequence }) => sequence);
      deepEqual(sequences, [1, 2], 'a failed unit used up a number');
    },
  },
  {
    name: 'keys are compared character by character, and a message without a key has no number',
    requires: ['ordered'],
    async run(instance, given) {
      const customers = ['anna', 'Anna', 'anna ', 'an#na', '№ 1 🚚', '__proto__', 'x'.repeat(1_000)];
      for (const [index, customer] of customers.entries()) await commitOrder(instance, { orderId: String(index), customer });
      await commitOrder(instance, { orderId: 'without' });
      const found = await pending(instance, given);
      for (const { key, sequence } of found)
        equal(sequence, key === undefined ? undefined : 1, `the first number of ${JSON.stringify(key)} is wrong`);
      equal(found.length, customers.length + 1, 'two keys share their rows');
    },
  },
];
