import { deepEqual, equal, ok } from 'node:assert/strict';
import type { QueueRecord } from '../../consumer/consumer.event.ts';
import { FAILURE_ATTRIBUTE } from '../../dlq/dlq.contract.ts';
import { decodeFailureRecord } from '../../dlq/failure-record.ts';
import type { DeadLetter } from '../../retry/dead-letter.ts';
import { bodiesOf, messages, type QueueCase, type QueueInstance, release, take } from './queue-instance.ts';
import { declared, type Given } from './suite.ts';

/** Takes letters as messages are taken. */
function lettersOf(queue: QueueInstance, given: Given, count?: number): Promise<readonly QueueRecord[]> {
  const receive = declared(queue.letters?.bind(queue), 'deadLetters or parks', 'letters');
  return take({ receive }, given, count === undefined ? {} : { count });
}

function letter(given: Given, record: QueueRecord): DeadLetter {
  return {
    reason: 'HANDLER_PERMANENT',
    error: new Error('no such product 🚚'),
    consumer: 'ship-order',
    body: record.body,
    attributes: record.messageAttributes ?? {},
    sqsMessageId: record.messageId,
    receiveCount: 1,
    groupId: record.attributes.MessageGroupId,
    attempts: [],
    failedAt: given.clock.now(),
  };
}

/** What will not be tried again. */
export const letterCases: readonly QueueCase[] = [
  {
    name: 'a message that was received too often is in the dead-letter queue, with its body, its attributes and its id',
    requires: ['deadLetters'],
    async run(queue, given) {
      const maxReceiveCount = declared(queue.maxReceiveCount, 'deadLetters', 'maxReceiveCount');
      await queue.send([{ id: given.ids.next(), body: 'poison', attributes: { type: 'orders.order-placed' } }]);
      let last: readonly QueueRecord[] = [];
      for (let receive = 1; receive <= maxReceiveCount; receive += 1) {
        last = await take(queue, given, { count: 1 });
        equal(last.length, 1, `receive ${receive} of ${maxReceiveCount} handed nothing out`);
        await release(queue, last);
      }
      deepEqual(bodiesOf(await take(queue, given, {})), [], 'a message was handed out more often than the queue allows');
      const [found] = await lettersOf(queue, given, 1);
      deepEqual(
        [found?.body, found?.messageId],
        ['poison', last[0]?.messageId],
        'the letter is not the message that was received too often',
      );
      equal(found?.messageAttributes?.['type']?.stringValue, 'orders.order-placed', 'the letter lost its attributes');
    },
  },
  {
    name: 'a message that was received too often takes none of its neighbours along',
    requires: ['deadLetters'],
    async run(queue, given) {
      const maxReceiveCount = declared(queue.maxReceiveCount, 'deadLetters', 'maxReceiveCount');
      await queue.send(messages(given, 1, { name: 'poison' }));
      for (let receive = 1; receive <= maxReceiveCount; receive += 1) await release(queue, await take(queue, given, { count: 1 }));
      await queue.send(messages(given, 3, { name: 'good' }));
      deepEqual(
        [...bodiesOf(await take(queue, given, { count: 3 }))].sort(),
        ['good-1', 'good-2', 'good-3'],
        'a neighbour of a poison message was lost',
      );
      deepEqual(bodiesOf(await lettersOf(queue, given)), ['poison-1'], 'the dead-letter queue does not hold exactly the poison message');
    },
  },
  {
    name: 'a parked message keeps its body character by character, and says why it was parked and what it came with',
    requires: ['parks'],
    async run(queue, given) {
      const deadLetters = declared(queue.deadLetters, 'parks', 'deadLetters');
      const attributes = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`field${index}`, `value ${index} 🚚`]));
      await queue.send([{ id: given.ids.next(), body: '{"broken": naïve 🚚 ', attributes }]);
      const [record] = await take(queue, given, { count: 1 });
      ok(record, 'the message to park was not handed out');
      await deadLetters.park(letter(given, record));
      const [found] = await lettersOf(queue, given, 1);
      equal(found?.body, record.body, 'parking changed the body');
      const failure = decodeFailureRecord(found?.messageAttributes?.[FAILURE_ATTRIBUTE]?.stringValue ?? '');
      deepEqual(
        [failure?.reason, failure?.message],
        ['HANDLER_PERMANENT', 'no such product 🚚'],
        'the letter does not say why it was parked',
      );
      equal(Object.keys(failure?.attributes ?? {}).length, 10, 'the letter lost attributes of its message');
    },
  },
  {
    name: 'parking the same copy again leaves one message or two, and never none',
    requires: ['parks'],
    async run(queue, given) {
      const deadLetters = declared(queue.deadLetters, 'parks', 'deadLetters');
      await queue.send(messages(given, 1));
      const [record] = await take(queue, given, { count: 1 });
      ok(record, 'the message to park was not handed out');
      await deadLetters.park(letter(given, record));
      await deadLetters.park(letter(given, record));
      deepEqual([...new Set(bodiesOf(await lettersOf(queue, given)))], ['message-1'], 'a message that was parked twice is gone');
    },
  },
  {
    name: 'a message as large as may be is parked all the same',
    requires: ['parks'],
    async run(queue, given) {
      const deadLetters = declared(queue.deadLetters, 'parks', 'deadLetters');
      await queue.send([{ id: given.ids.next(), body: 'x'.repeat(queue.maxBytes) }]);
      const [record] = await take(queue, given, { count: 1 });
      ok(record, 'the message to park was not handed out');
      await deadLetters.park(letter(given, record));
      const [found] = await lettersOf(queue, given, 1);
      equal(found?.body.length, queue.maxBytes, 'a message of the most bytes could not be parked whole');
    },
  },
];
