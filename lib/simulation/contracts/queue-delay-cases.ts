import { deepEqual, equal } from 'node:assert/strict';
import { bodiesOf, messages, type QueueCase, release, take } from './queue-instance.ts';

/** Visibility is counted in whole seconds ("ChangeMessageVisibilityBatch"). */
const SECOND = 1_000;
/** How much of a delay must have passed without the message: clocks of queue and receiver differ a little. */
const ALMOST = 0.7;

/** When messages come again, and when they come at all. */
export const delayCases: readonly QueueCase[] = [
  {
    name: 'a message that is given back comes again at once',
    async run(queue, given) {
      await queue.send(messages(given, 1));
      await release(queue, await take(queue, given, { count: 1 }));
      const start = given.clock.now();
      equal((await take(queue, given, { count: 1 })).length, 1, 'a message that was given back did not come again');
      equal(
        given.clock.now() - start < queue.visibilityTimeoutMs,
        true,
        'a message that was given back waited for the whole visibility timeout',
      );
    },
  },
  {
    name: 'a message that is given back for later comes later, and not before',
    async run(queue, given) {
      await queue.send(messages(given, 1));
      await release(queue, await take(queue, given, { count: 1 }), SECOND);
      await given.wait(SECOND * ALMOST);
      deepEqual(await queue.receive(10), [], 'a message came again before its time');
      equal((await take(queue, given, { count: 1 })).length, 1, 'a message that was given back for later never came again');
    },
  },
  {
    name: 'a message whose visibility is extended does not come again when the first timeout is over',
    async run(queue, given) {
      await queue.send(messages(given, 1));
      const records = await take(queue, given, { count: 1 });
      await release(queue, records, queue.visibilityTimeoutMs + 60 * SECOND);
      await given.wait(queue.visibilityTimeoutMs + 200);
      deepEqual(bodiesOf(await take(queue, given, {})), [], 'an extended message came again to another receiver');
      await queue.acknowledge(records);
    },
  },
  {
    name: 'the visibility of many messages changes in one go',
    async run(queue, given) {
      await queue.send(messages(given, 14));
      const records = await take(queue, given, { count: 14 });
      await release(queue, records);
      equal((await take(queue, given, { count: 14 })).length, 14, 'not all messages that were given back came again');
    },
  },
  {
    name: 'to change the visibility of what is gone throws nothing, and leaves its neighbours their change',
    async run(queue, given) {
      await queue.send(messages(given, 2));
      const [gone, here] = await take(queue, given, { count: 2 });
      await queue.acknowledge(gone ? [gone] : []);
      await release(
        queue,
        [gone, here].flatMap((record) => record ?? []),
      );
      deepEqual(
        bodiesOf(await take(queue, given, { count: 1 })),
        bodiesOf(here ? [here] : []),
        'a neighbour of what is gone was not given back',
      );
    },
  },
  {
    name: 'a delayed message comes after its delay, and not before; its neighbour at once',
    requires: ['delays'],
    async run(queue, given) {
      await queue.send([
        { id: given.ids.next(), body: 'late', delayMs: 2 * SECOND },
        { id: given.ids.next(), body: 'soon' },
      ]);
      deepEqual(bodiesOf(await take(queue, given, { count: 1 })), ['soon'], 'a delay kept a neighbour back');
      await given.wait(SECOND);
      deepEqual(await queue.receive(10), [], 'a delayed message came before its time');
      deepEqual(bodiesOf(await take(queue, given, { count: 1 })), ['late'], 'a delayed message never came');
    },
  },
];
