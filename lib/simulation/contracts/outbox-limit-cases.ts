import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { isPosthasteError } from '../../core/errors.ts';
import { MAX_ITEM_BYTES } from '../../unit-of-work/item-size.ts';
import { MAX_TRANSACTION_ACTIONS, MAX_TRANSACTION_BYTES } from '../../unit-of-work/transaction-plan.ts';
import { OrderPlaced, type OutboxCase, type OutboxInstance, pending, refused } from './outbox-instance.ts';

/** A unit of so many writes, and one message with an ordering key: its row and the head of the key are two more actions. */
function unitOf({ outbox, orders }: OutboxInstance, writes: number) {
  const unit = outbox.unit();
  for (let index = 0; index < writes; index += 1) unit.put(orders, { id: String(index) });
  unit.publish(OrderPlaced, { orderId: '1', customer: 'anna' });
  return unit;
}

const isLimit = (error: unknown): boolean => isPosthasteError(error, 'UNIT_LIMIT');

/** What DynamoDB cannot take in one transaction fails in the sender's own call, with nothing written. */
export const limitCases: readonly OutboxCase[] = [
  {
    name: `a unit of ${MAX_TRANSACTION_ACTIONS} actions commits, and one more is refused with nothing written`,
    requires: ['dynamoDbLimits'],
    async run(instance, given) {
      await refused(unitOf(instance, MAX_TRANSACTION_ACTIONS - 1).commit(), 'UNIT_LIMIT', 'a unit of 101 actions');
      equal(await instance.order('0'), undefined, 'a unit that is too large was written in part');
      deepEqual(await pending(instance, given), [], 'a unit that is too large stored its message');
      equal((await unitOf(instance, MAX_TRANSACTION_ACTIONS - 2).commit()).status, 'committed', 'a unit of 100 actions was refused');
      equal((await pending(instance, given)).length, 1, 'a unit of 100 actions did not store its message');
    },
  },
  {
    name: 'an item of 400 KB commits, and one byte more is refused where it is written',
    requires: ['dynamoDbLimits'],
    async run({ outbox, orders, order }) {
      const room = MAX_ITEM_BYTES - 'id1note'.length;
      const unit = outbox.unit();
      throws(() => unit.put(orders, { id: '1', note: 'x'.repeat(room + 1) }), isLimit, 'an item of 400 KB and a byte was collected');
      unit.put(orders, { id: '1', note: 'x'.repeat(room) });
      await unit.commit();
      ok(await order('1'), 'an item of exactly 400 KB was not written');
    },
  },
  {
    name: 'a unit of more than 4 MB is refused with nothing written',
    requires: ['dynamoDbLimits'],
    async run({ outbox, orders, order }) {
      const unit = outbox.unit();
      const note = 'x'.repeat(400_000);
      for (let bytes = 0, index = 0; bytes <= MAX_TRANSACTION_BYTES; bytes += note.length, index += 1)
        unit.put(orders, { id: String(index), note });
      await refused(unit.commit(), 'UNIT_LIMIT', 'a unit of more than 4 MB');
      equal(await order('0'), undefined, 'a unit that is too large was written in part');
    },
  },
  {
    name: 'a message that no topic takes is refused where it is sent',
    requires: ['dynamoDbLimits'],
    async run({ outbox }) {
      const unit = outbox.unit();
      const tooLarge = (error: unknown) => isPosthasteError(error, 'MESSAGE_TOO_LARGE');
      throws(
        () => unit.publish(OrderPlaced, { orderId: '1', note: 'x'.repeat(262_144) }),
        tooLarge,
        'a message of more than 256 KiB was collected',
      );
      unit.publish(OrderPlaced, { orderId: '1', note: 'x'.repeat(261_000) });
      equal((await unit.commit()).status, 'committed', 'a message of nearly 256 KiB was refused');
    },
  },
];
