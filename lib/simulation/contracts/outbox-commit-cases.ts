import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { commitOrder, OrderPlaced, type OutboxCase, pending, place, refused } from './outbox-instance.ts';
import { declared } from './suite.ts';

/** The core of the port: writes and messages are one. */
export const commitCases: readonly OutboxCase[] = [
  {
    name: 'a commit writes the order and its message',
    async run(instance, given) {
      const result = await commitOrder(instance, { orderId: '1', note: 'naïve 🚚 \u2028' });
      equal(result.status, 'committed', 'a fresh unit was not committed');
      equal((await instance.order('1'))?.['note'], 'naïve 🚚 \u2028', 'a committed unit has not written its order');
      const messages = await pending(instance, given);
      deepEqual(
        messages.map(({ id, type }) => ({ id, type })),
        result.messages,
        'the message that was committed is not the one that waits',
      );
      deepEqual(messages[0]?.data, { orderId: '1', note: 'naïve 🚚 \u2028' }, 'the message does not say what was sent');
    },
  },
  {
    name: 'a unit that is never committed leaves nothing',
    async run(instance, given) {
      place(instance.outbox.unit(), instance.orders, { orderId: '1' });
      await given.wait(50);
      equal(await instance.order('1'), undefined, 'a unit wrote before its commit');
      deepEqual(await pending(instance, given), [], 'a unit stored a message before its commit');
    },
  },
  {
    name: 'a unit whose condition fails leaves neither its order nor its message',
    async run(instance, given) {
      await commitOrder(instance, { orderId: '1', note: 'first' });
      const unit = place(instance.outbox.unit(), instance.orders, { orderId: '1', note: 'second' });
      unit.put(instance.orders, { id: '2' });
      await refused(unit.commit(), 'UNIT_CONDITION_FAILED', 'a unit whose condition does not hold');
      equal((await instance.order('1'))?.['note'], 'first', 'a refused unit wrote over an order');
      equal(await instance.order('2'), undefined, 'a refused unit wrote another order');
      equal((await pending(instance, given)).length, 1, 'a refused unit left its message');
    },
  },
  {
    name: 'of two commits that write one order the first stores its message, and only that',
    async run(instance, given) {
      const attempts = ['a', 'b', 'c'].map((note) => commitOrder(instance, { orderId: '1', note }));
      const outcomes = await Promise.allSettled(attempts);
      equal(
        outcomes.filter(({ status }) => status === 'fulfilled').length,
        1,
        'not exactly one of three commits on one order was accepted',
      );
      const [message, ...more] = await pending(instance, given);
      equal(more.length, 0, 'a refused commit stored its message');
      const { note } = (message?.data ?? {}) as { note?: string };
      equal(note, (await instance.order('1'))?.['note'], 'order and message are of different commits');
    },
  },
  {
    name: 'a unit of writes alone stores no message, and one of messages alone needs no writes',
    async run(instance, given) {
      const writes = instance.outbox.unit();
      writes.put(instance.orders, { id: '1' });
      deepEqual((await writes.commit()).messages, [], 'a unit without messages committed some');
      deepEqual(await pending(instance, given), [], 'a unit without messages stored one');
      const messages = instance.outbox.unit();
      messages.publish(OrderPlaced, { orderId: '1' });
      await messages.commit();
      equal((await pending(instance, given)).length, 1, 'a unit without writes did not store its message');
    },
  },
  {
    name: 'the messages of a unit have ids of their own, one correlation, and all are there',
    async run(instance, given) {
      const unit = instance.outbox.unit({ correlationId: 'checkout-7', tenant: 'acme' });
      for (let index = 0; index < 20; index += 1) unit.publish(OrderPlaced, { orderId: String(index) });
      const { messages } = await unit.commit();
      equal(new Set(messages.map(({ id }) => id)).size, 20, 'two messages of a unit share an id');
      const stored = await pending(instance, given);
      deepEqual(new Set(stored.map(({ id }) => id)), new Set(messages.map(({ id }) => id)), 'not all messages of a unit were stored');
      for (const { correlationId, tenant } of stored)
        deepEqual([correlationId, tenant], ['checkout-7', 'acme'], 'the context is not that of the unit');
    },
  },
  {
    name: 'a message that does not fit its schema is refused where it is sent, and the rest commits',
    async run(instance, given) {
      const unit = place(instance.outbox.unit(), instance.orders, { orderId: '1' });
      throws(() => unit.publish(OrderPlaced, { orderId: 2 as never }), 'a message that does not fit its schema was collected');
      await unit.commit();
      equal((await pending(instance, given)).length, 1, 'a message that was refused is stored all the same');
    },
  },
  {
    name: 'what the sender changes after sending does not change the message',
    async run(instance, given) {
      const unit = instance.outbox.unit();
      const placed = { orderId: '1' };
      unit.publish(OrderPlaced, placed);
      placed.orderId = '2';
      await unit.commit();
      deepEqual((await pending(instance, given))[0]?.data, { orderId: '1' }, 'a later change of an object changed the message');
    },
  },
  {
    name: 'a unit commits once: a second commit, or a write after the first, is refused',
    async run(instance, given) {
      const unit = place(instance.outbox.unit(), instance.orders, { orderId: '1' });
      await unit.commit();
      await refused(unit.commit(), 'UNIT_SEALED', 'the second commit of a unit');
      throws(() => unit.put(instance.orders, { id: '2' }), 'a write after the commit was accepted, and lost');
      throws(() => unit.publish(OrderPlaced, { orderId: '2' }), 'a message after the commit was accepted, and lost');
      equal((await pending(instance, given)).length, 1, 'a unit stored its message twice');
    },
  },
  {
    name: 'two commits of one unit at the same time write once, and one of them is refused',
    async run(instance, given) {
      const unit = instance.outbox.unit();
      unit.publish(OrderPlaced, { orderId: '1', customer: 'anna' });
      const outcomes = await Promise.allSettled([unit.commit(), unit.commit()]);
      deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'], 'a unit was committed twice at the same time');
      equal((await pending(instance, given)).length, 1, 'a unit stored its message twice');
    },
  },
  {
    name: 'a commit whose answer was lost has written once, and says so',
    requires: ['lostAnswers'],
    async run(instance, given) {
      declared(instance.loseNextAnswer?.bind(instance), 'lostAnswers', 'loseNextAnswer')();
      equal(
        (await commitOrder(instance, { orderId: '1', customer: 'anna' })).status,
        'committed',
        'a commit with a lost answer was not recognised',
      );
      ok(await instance.order('1'), 'a commit with a lost answer has not written its order');
      equal((await pending(instance, given)).length, 1, 'a lost answer made the message appear twice, or not at all');
    },
  },
  {
    name: 'what was committed waits for a relay that is started later',
    requires: ['restarts'],
    async run(instance, given) {
      const { messages } = await commitOrder(instance, { orderId: '1' });
      const reopened = await declared(instance.reopen?.bind(instance), 'restarts', 'reopen')();
      deepEqual(
        (await pending(reopened, given)).map(({ id }) => id),
        messages.map(({ id }) => id),
        'a restart lost a committed message',
      );
    },
  },
];
