import { deepEqual, equal } from 'node:assert/strict';
import { COMMIT_MARKER_RETENTION_DAYS } from '../../outbox/outbox.contract.ts';
import { OrderPlaced, type OutboxCase, type OutboxInstance, pending, refused } from './outbox-instance.ts';
import { declared } from './suite.ts';

const DAY = 86_400_000;

/** One order under an idempotency key, written whatever was there. */
function request({ outbox, orders }: Pick<OutboxInstance, 'outbox' | 'orders'>, idempotencyKey: string, orderId = '1') {
  const unit = outbox.unit();
  unit.put(orders, { id: orderId });
  unit.publish(OrderPlaced, { orderId });
  return unit.commit({ idempotencyKey });
}

/** Callers repeat themselves; an idempotency key names what they repeat. */
export const keyCases: readonly OutboxCase[] = [
  {
    name: 'the same work under one idempotency key is committed once, and its repetition is told the same ids',
    requires: ['idempotencyKeys'],
    async run(instance, given) {
      const first = await request(instance, 'checkout-7');
      const second = await request(instance, 'checkout-7');
      deepEqual([first.status, second.status], ['committed', 'duplicate'], 'a repetition was not recognised');
      deepEqual(second.messages, first.messages, 'a repetition names other messages than the first commit');
      equal((await pending(instance, given)).length, 1, 'a repetition stored its message again');
    },
  },
  {
    name: 'of five commits under one idempotency key at the same time one writes',
    requires: ['idempotencyKeys'],
    async run(instance, given) {
      const results = await Promise.all(Array.from({ length: 5 }, () => request(instance, 'checkout-7')));
      equal(results.filter(({ status }) => status === 'committed').length, 1, 'not exactly one of five commits under one key has written');
      equal((await pending(instance, given)).length, 1, 'commits under one key stored more than one message');
    },
  },
  {
    name: 'other work under a used idempotency key is refused, and writes nothing',
    requires: ['idempotencyKeys'],
    async run(instance, given) {
      await request(instance, 'checkout-7', '1');
      await refused(request(instance, 'checkout-7', '2'), 'IDEMPOTENCY_KEY_REUSED', 'other work under a used key');
      for (const [written, said] of [
        ['2', '1'],
        ['1', '2'],
      ] as const) {
        const unit = instance.outbox.unit();
        unit.put(instance.orders, { id: written });
        unit.publish(OrderPlaced, { orderId: said });
        await refused(unit.commit({ idempotencyKey: 'checkout-7' }), 'IDEMPOTENCY_KEY_REUSED', 'work of which a part is other work');
      }
      equal(await instance.order('2'), undefined, 'refused work has written its order');
      equal((await pending(instance, given)).length, 1, 'refused work stored its message');
    },
  },
  {
    name: 'a key that named a unit whose condition failed is free for the work that succeeds',
    requires: ['idempotencyKeys'],
    async run(instance) {
      const { outbox, orders } = instance;
      const unit = outbox.unit();
      unit.check(orders, { id: '1' }, { expression: 'attribute_exists(id)' });
      await refused(unit.commit({ idempotencyKey: 'checkout-7' }), 'UNIT_CONDITION_FAILED', 'a unit whose condition does not hold');
      equal((await request(instance, 'checkout-7')).status, 'committed', 'a commit that wrote nothing used up its key');
    },
  },
  {
    name: 'idempotency keys are compared case by case and character by character, and none is empty',
    requires: ['idempotencyKeys'],
    async run(instance, given) {
      const keys = ['checkout-7', 'Checkout-7', 'checkout-7 ', 'checkout#7', 'e\u0301', '\u00e9', '__proto__'];
      for (const key of keys)
        equal((await request(instance, key)).status, 'committed', `the key ${JSON.stringify(key)} was taken for another`);
      equal((await pending(instance, given)).length, keys.length, 'commits under different keys share their messages');
      await refused(request(instance, ''), 'IDEMPOTENCY_KEY_EMPTY', 'an empty key');
    },
  },
  {
    name: 'one idempotency key of two sources names two works',
    requires: ['idempotencyKeys', 'sources'],
    async run(instance, given) {
      const elsewhere = { outbox: declared(instance.elsewhere, 'sources', 'elsewhere'), orders: instance.orders };
      await request(instance, 'checkout-7', '1');
      equal((await request(elsewhere, 'checkout-7', '2')).status, 'committed', 'the key of one source stands in the way of another');
      equal((await pending(instance, given)).length, 2, 'two sources share the messages of one key');
    },
  },
  {
    name: 'a commit under a key whose answer was lost has written once, and its repetition is a duplicate',
    requires: ['idempotencyKeys', 'lostAnswers'],
    async run(instance, given) {
      declared(instance.loseNextAnswer?.bind(instance), 'lostAnswers', 'loseNextAnswer')();
      equal((await request(instance, 'checkout-7')).status, 'committed', 'a commit did not recognise its own marker');
      equal((await request(instance, 'checkout-7')).status, 'duplicate', 'a commit with a lost answer left no marker');
      equal((await pending(instance, given)).length, 1, 'a lost answer made the message appear twice, or not at all');
    },
  },
  {
    name: 'a commit of nothing but its key recognises its marker when the answer was lost',
    requires: ['idempotencyKeys', 'lostAnswers'],
    async run(instance) {
      declared(instance.loseNextAnswer?.bind(instance), 'lostAnswers', 'loseNextAnswer')();
      const statuses = [];
      for (let time = 1; time <= 2; time += 1)
        statuses.push((await instance.outbox.unit().commit({ idempotencyKey: 'checkout-7' })).status);
      deepEqual(statuses, ['committed', 'duplicate'], 'a commit took its own marker for that of another');
    },
  },
  {
    name: 'an idempotency key is remembered by a process that is started again',
    requires: ['idempotencyKeys', 'restarts'],
    async run(instance) {
      await request(instance, 'checkout-7');
      const { outbox } = await declared(instance.reopen?.bind(instance), 'restarts', 'reopen')();
      equal((await request({ outbox, orders: instance.orders }, 'checkout-7')).status, 'duplicate', 'a restart forgot an idempotency key');
    },
  },
  {
    name: 'an idempotency key holds to the end of its retention, and longer than any client token, and then it is free',
    requires: ['idempotencyKeys', 'virtualTime'],
    async run({ outbox, orders }, given) {
      // Without a message: one that nobody published meanwhile would still be there, and rightly stand in the way.
      const commit = () => {
        const unit = outbox.unit();
        unit.put(orders, { id: '1' });
        return unit.commit({ idempotencyKey: 'checkout-7' });
      };
      await commit();
      for (const ms of [11 * 60_000, (COMMIT_MARKER_RETENTION_DAYS - 1) * DAY]) {
        await given.wait(ms);
        equal((await commit()).status, 'duplicate', 'a key was forgotten before its retention was over');
      }
      await given.wait(DAY);
      equal((await commit()).status, 'committed', 'a key is never free again');
    },
  },
];
