import { deepEqual, equal, ok } from 'node:assert/strict';
import { receiveCountOf } from '../../consumer/consumer.event.ts';
import { bodiesOf, messages, type QueueCase, release, sorted, take } from './queue-instance.ts';

const DAY = 86_400_000;

/** The core of the port: nothing is gone before it was acknowledged, and everything after. */
export const receiveCases: readonly QueueCase[] = [
  {
    name: 'a message is handed out as it was sent, body and attributes character by character',
    async run(queue, given) {
      const sent = ['{"text":"naïve 🚚 e\u0301 \u00e9 \u2028 \u202e"}', 'a\tb\nc\rd', '  spaces  ', '<xml>&amp;]]></xml>', 'null'];
      const attributes = { type: 'orders.order-placed', text: 'naïve 🚚 <&>' };
      await queue.send(sent.map((body) => ({ id: given.ids.next(), body, attributes })));
      const records = await take(queue, given, { count: sent.length });
      deepEqual(sorted(records), [...sent].sort(), 'a body was lost or changed on its way');
      for (const { messageAttributes } of records) {
        const texts = Object.entries(messageAttributes ?? {}).map(([name, { stringValue }]) => [name, stringValue]);
        deepEqual(Object.fromEntries(texts), attributes, 'an attribute was lost or changed on its way');
      }
    },
  },
  {
    name: 'a message as large as may be is handed out whole',
    async run(queue, given) {
      const body = 'x'.repeat(queue.maxBytes);
      await queue.send([{ id: given.ids.next(), body }]);
      const [record] = await take(queue, given, { count: 1 });
      equal(record?.body.length, body.length, 'a message of the most bytes did not arrive whole');
    },
  },
  {
    name: 'an empty queue hands out nothing, and soon',
    async run(queue) {
      deepEqual(await queue.receive(10), [], 'an empty queue handed something out');
    },
  },
  {
    name: 'no receive hands out more than it was asked for, and all are handed out in the end',
    async run(queue, given) {
      await queue.send(messages(given, 23));
      const seen = new Set<string>();
      for (let receives = 0; seen.size < 23 && receives < 200; receives += 1) {
        const some = await queue.receive(4);
        ok(some.length <= 4, `a receive of four handed out ${some.length}`);
        for (const { body } of some) seen.add(body);
        await queue.acknowledge(some);
        if (some.length === 0) await given.wait(25);
      }
      equal(seen.size, 23, 'not all messages were handed out');
    },
  },
  {
    name: 'what was acknowledged never comes again',
    async run(queue, given) {
      await queue.send(messages(given, 12));
      await queue.acknowledge(await take(queue, given, { count: 12 }));
      await given.wait(queue.visibilityTimeoutMs + 200);
      deepEqual(bodiesOf(await take(queue, given, {})), [], 'an acknowledged message came again');
    },
  },
  {
    name: 'what nobody acknowledged comes again after the visibility timeout, with its id, its body and a higher count',
    async run(queue, given) {
      await queue.send(messages(given, 2));
      const first = await take(queue, given, { count: 2 });
      deepEqual(first.map(receiveCountOf), [1, 1], 'a first receive is not counted as the first');
      await given.wait(queue.visibilityTimeoutMs);
      const second = await take(queue, given, { count: 2 });
      deepEqual(sorted(second), sorted(first), 'a message that nobody acknowledged did not come again as it was');
      deepEqual(second.map(({ messageId }) => messageId).sort(), first.map(({ messageId }) => messageId).sort(), 'a copy changed its id');
      deepEqual(second.map(receiveCountOf), [2, 2], 'a second receive is not counted as the second');
    },
  },
  {
    name: 'of a batch only what failed comes again',
    async run(queue, given) {
      await queue.send(messages(given, 9));
      const records = await take(queue, given, { count: 9 });
      const failed = records.filter((_, index) => index % 3 === 0);
      await queue.acknowledge(records.filter((record) => !failed.includes(record)));
      await release(queue, failed);
      deepEqual(sorted(await take(queue, given, { count: 3 })), sorted(failed), 'not exactly the failed messages came again');
    },
  },
  {
    name: 'a queue goes on after failures: each message that failed once is handled in the end, none twice',
    async run(queue, given) {
      await queue.send(messages(given, 15));
      const done: string[] = [];
      for (let receives = 0; done.length < 15 && receives < 200; receives += 1) {
        const some = await queue.receive(10);
        const fresh = some.filter((record) => receiveCountOf(record) === 1);
        const tried = some.filter((record) => receiveCountOf(record) > 1);
        await release(queue, fresh);
        await queue.acknowledge(tried);
        done.push(...bodiesOf(tried));
        if (some.length === 0) await given.wait(25);
      }
      equal(new Set(done).size, 15, 'messages that failed once were lost');
      equal(done.length, 15, 'a message that was acknowledged came again');
    },
  },
  {
    name: 'copies have ids of their own, and two messages that say the same are two messages',
    async run(queue, given) {
      await queue.send([1, 2].map(() => ({ id: given.ids.next(), body: 'same' })));
      const records = await take(queue, given, { count: 2 });
      deepEqual(bodiesOf(records), ['same', 'same'], 'equal content was taken for a duplicate');
      equal(new Set(records.map(({ messageId }) => messageId)).size, 2, 'two copies share an id');
    },
  },
  {
    name: 'what is in flight is handed to nobody else',
    requires: ['exclusive'],
    async run(queue, given) {
      await queue.send(messages(given, 5));
      const taken = await take(queue, given, { count: 5 });
      await release(queue, taken, 60_000);
      deepEqual(bodiesOf(await take(queue, given, {})), [], 'a message in flight was handed out again');
    },
  },
  {
    name: 'receivers at the same time share the messages, each handed to one of them',
    requires: ['exclusive'],
    async run(queue, given) {
      await queue.send(messages(given, 30));
      const shares = await Promise.all(
        [1, 2, 3].map(async () => {
          const mine: string[] = [];
          for (let idle = 0; idle < 8 && mine.length < 100; ) {
            const some = await queue.receive(5);
            mine.push(...bodiesOf(some));
            await queue.acknowledge(some);
            idle = some.length === 0 ? idle + 1 : 0;
            if (some.length === 0) await given.wait(25);
          }
          return mine;
        }),
      );
      equal(shares.flat().length, 30, 'receivers at the same time got a message twice, or lost one');
      equal(new Set(shares.flat()).size, 30, 'receivers at the same time got the same message');
    },
  },
  {
    name: 'what nobody takes waits for days',
    requires: ['persistent', 'virtualTime'],
    async run(queue, given) {
      await queue.send(messages(given, 3));
      await given.wait(3 * DAY);
      equal((await take(queue, given, { count: 3 })).length, 3, 'messages were lost within three days');
    },
  },
];
