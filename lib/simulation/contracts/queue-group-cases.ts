import { deepEqual, equal } from 'node:assert/strict';
import { bodiesOf, messages, type QueueCase, release, take } from './queue-instance.ts';

/** Groups, and ids that come again. */
export const groupCases: readonly QueueCase[] = [
  {
    name: 'a message in flight holds those behind it in its group, and no other group',
    requires: ['ordered'],
    async run(queue, given) {
      await queue.send(messages(given, 3, { name: 'a', group: 'anna' }));
      const first = await take(queue, given, { count: 1, max: 1 });
      await release(queue, first, 60_000);
      deepEqual(bodiesOf(first), ['a-1'], 'the oldest message of a group was not the first');
      deepEqual(bodiesOf(await take(queue, given, {})), [], 'a message overtook one of its group that is in flight');
      await queue.send(messages(given, 1, { name: 'b', group: 'bert' }));
      deepEqual(bodiesOf(await take(queue, given, { count: 1 })), ['b-1'], 'a message in flight holds another group');
      await queue.acknowledge(first);
      deepEqual(
        bodiesOf(await take(queue, given, { count: 1, max: 1 })),
        ['a-2'],
        'a group does not go on after its message was acknowledged',
      );
    },
  },
  {
    name: 'a message that failed comes again before those behind it',
    requires: ['ordered'],
    async run(queue, given) {
      await queue.send(messages(given, 3, { name: 'a', group: 'anna' }));
      const batch = await take(queue, given, { count: 3 });
      deepEqual(bodiesOf(batch), ['a-1', 'a-2', 'a-3'], 'a batch is not in the order of its group');
      await queue.acknowledge(batch.slice(0, 1));
      await release(queue, batch.slice(1));
      deepEqual(bodiesOf(await take(queue, given, { count: 2 })), ['a-2', 'a-3'], 'a group goes on behind a message that failed');
    },
  },
  {
    name: 'each group comes in the order of its sending, whatever the others do',
    requires: ['ordered'],
    async run(queue, given) {
      const groups = ['anna', 'bert', 'cleo'];
      for (let round = 1; round <= 5; round += 1) {
        await queue.send(groups.map((group) => ({ id: given.ids.next(), body: `${group} ${round}`, group })));
      }
      const arrived: string[] = [];
      for (let receives = 0; arrived.length < 15 && receives < 100; receives += 1) {
        const some = await queue.receive(4);
        arrived.push(...bodiesOf(some));
        await queue.acknowledge(some);
        if (some.length === 0) await given.wait(25);
      }
      for (const group of groups) {
        const expected = [1, 2, 3, 4, 5].map((round) => `${group} ${round}`);
        deepEqual(
          arrived.filter((body) => body.startsWith(group)),
          expected,
          `the messages of ${group} did not come in their order`,
        );
      }
    },
  },
  {
    name: 'a message that is sent again under its id comes once, also after it was acknowledged',
    requires: ['deduplicates'],
    async run(queue, given) {
      const once = messages(given, 1, { group: 'anna' });
      for (let time = 1; time <= 2; time += 1) await queue.send(once);
      const records = await take(queue, given, {});
      equal(records.length, 1, 'an id that came again was not recognised');
      await queue.acknowledge(records);
      await queue.send(once);
      deepEqual(bodiesOf(await take(queue, given, {})), [], 'an id was forgotten when its message was acknowledged');
    },
  },
];
