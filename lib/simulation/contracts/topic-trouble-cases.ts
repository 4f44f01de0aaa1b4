import { deepEqual, equal, ok } from 'node:assert/strict';
import { declared } from './suite.ts';
import { arrivals, bodies, parcel, send, sendAll, type TopicCase } from './topic-instance.ts';

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `message-${index + 1}`);

/** What goes wrong between sender and topic. */
export const troubleCases: readonly TopicCase[] = [
  {
    name: 'a destination that does not exist is no fault of the message: nothing is thrown, nothing is refused',
    requires: ['missingDestination'],
    async run(instance, given) {
      const destination = declared(instance.missing, 'missingDestination', 'missing');
      const one = await instance.sender.sendOne(destination, parcel(given, 'alone'));
      ok(one.status === 'failed' && one.failure !== 'rejected', `a missing destination was answered with ${JSON.stringify(one)}`);
      const statuses = (await send({ sender: instance.sender, destination }, given, [parcel(given, 'a'), parcel(given, 'b')])).map(
        ({ status }) => status,
      );
      deepEqual(statuses, ['unavailable', 'unavailable'], 'messages to a missing destination would be parked, or taken for sent');
    },
  },
  {
    name: 'messages whose answer was lost are sent again under their ids, and arrive',
    requires: ['lostAnswers'],
    async run(instance, given) {
      declared(instance.loseNextAnswer?.bind(instance), 'lostAnswers', 'loseNextAnswer')();
      const all = numbered(3);
      await sendAll(
        instance,
        given,
        all.map((body) => parcel(given, body)),
      );
      for (const subscriber of instance.subscribers)
        deepEqual([...(await bodies(subscriber, given, 3))].sort(), all, 'a lost answer lost messages');
    },
  },
  {
    name: 'messages whose answer was lost arrive once',
    requires: ['lostAnswers', 'deduplicates'],
    async run(instance, given) {
      declared(instance.loseNextAnswer?.bind(instance), 'lostAnswers', 'loseNextAnswer')();
      await sendAll(
        instance,
        given,
        numbered(3).map((body) => parcel(given, body)),
      );
      for (const subscriber of instance.subscribers)
        equal((await arrivals(subscriber, given, 3)).length, 3, 'a message arrived again after a lost answer');
    },
  },
  {
    name: 'a message that is sent again under its id arrives once, also when it has been taken in between',
    requires: ['deduplicates'],
    async run(instance, given) {
      const one = parcel(given, 'once', { key: 'anna' });
      await sendAll(instance, given, [one]);
      await sendAll(instance, given, [one]);
      for (const subscriber of instance.subscribers)
        equal((await arrivals(subscriber, given, 1)).length, 1, 'an id that came again was not recognised');
      await sendAll(instance, given, [one, parcel(given, 'next', { key: 'anna' })]);
      for (const subscriber of instance.subscribers) {
        const arrived = (await arrivals(subscriber, given, 1)).map(({ body }) => body);
        deepEqual(arrived, ['next'], 'an id was forgotten when its message was taken');
      }
    },
  },
];
