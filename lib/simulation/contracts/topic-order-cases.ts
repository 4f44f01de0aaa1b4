import { deepEqual } from 'node:assert/strict';
import { createDispatcher } from '../../topic/dispatcher.ts';
import { bodies, parcel, sendAll, type TopicCase } from './topic-instance.ts';

/** Messages of one ordering key. */
export const keyedCases: readonly TopicCase[] = [
  {
    name: 'messages of a key arrive in the order of their sending, whatever other keys do',
    requires: ['ordered'],
    async run(instance, given) {
      for (let round = 1; round <= 8; round += 1) {
        await sendAll(
          instance,
          given,
          ['anna', 'bert', 'cleo'].map((key) => parcel(given, `${key} ${round}`, { key })),
        );
      }
      for (const subscriber of instance.subscribers) checkOrder(await bodies(subscriber, given, 24), ['anna', 'bert', 'cleo'], 8);
    },
  },
  {
    name: 'messages of a key in one batch arrive in its order',
    requires: ['ordered'],
    async run(instance, given) {
      const batch = Array.from({ length: 10 }, (_, index) => {
        const key = index % 2 === 0 ? 'anna' : 'bert';
        return parcel(given, `${key} ${Math.floor(index / 2) + 1}`, { key });
      });
      await sendAll(instance, given, batch);
      for (const subscriber of instance.subscribers) checkOrder(await bodies(subscriber, given, 10), ['anna', 'bert'], 5);
    },
  },
  {
    name: 'keys may be long and of any characters, and are never taken for one another',
    requires: ['ordered'],
    async run(instance, given) {
      const keys = ['anna', 'Anna', 'anna ', '№ 1 🚚', 'x'.repeat(1_000), `${'x'.repeat(999)}y`, '__proto__'];
      for (let round = 1; round <= 2; round += 1) {
        await sendAll(
          instance,
          given,
          keys.map((key, index) => parcel(given, `key${index} ${round}`, { key })),
        );
      }
      const names = keys.map((_, index) => `key${index}`);
      for (const subscriber of instance.subscribers) checkOrder(await bodies(subscriber, given, 14), names, 2);
    },
  },
  {
    name: 'what is dispatched at once leaves in the order of each key, and nothing is under way after a flush',
    requires: ['ordered'],
    async run({ sender, destination, subscribers }, given) {
      const options = { destination, lingerMs: 5, maxInFlight: 4, timeoutMs: 15_000, maxWaiting: 1_000 };
      const dispatcher = createDispatcher({ sender, clock: given.clock, rng: given.rng }, options);
      const dispatched = Array.from({ length: 24 }, (_, index) => {
        const key = ['anna', 'bert', 'cleo'][index % 3] ?? 'anna';
        return dispatcher.dispatch(parcel(given, `${key} ${Math.floor(index / 3) + 1}`, { key }));
      });
      await dispatcher.flush();
      const statuses = new Set((await Promise.all(dispatched)).map(({ status }) => status));
      deepEqual(statuses, new Set(['delivered']), 'a dispatched message was not taken');
      for (const subscriber of subscribers) checkOrder(await bodies(subscriber, given, 24), ['anna', 'bert', 'cleo'], 8);
    },
  },
];

/** Bodies are `<key> <number>`. */
function checkOrder(arrived: readonly string[], keys: readonly string[], each: number): void {
  for (const key of keys) {
    const expected = Array.from({ length: each }, (_, index) => `${key} ${index + 1}`);
    deepEqual(
      arrived.filter((body) => body.startsWith(`${key} `)),
      expected,
      `the messages of ${key} did not arrive in their order`,
    );
  }
}
