import { describe } from 'vitest';
import { topicContract } from '../../lib/simulation/contracts/topic-contract.ts';
import type { Arrival, ContractSubscriber, TopicInstance } from '../../lib/simulation/contracts/topic-instance.ts';
import type { Sender } from '../../lib/topic/deliver.ts';
import type { Destination, Parcel } from '../../lib/topic/destination.ts';
import type { SendResult } from '../../lib/topic/send-result.ts';
import { simulated } from './backend.ts';
import { type Broken, testsOfSuite } from './broken.ts';
import { openTopic, topicFeatures } from './topic-adapter.ts';

type Instance = TopicInstance;

const SENT: SendResult = { status: 'sent' };

/** Another sender. */
function sending(defect: string, caughtBy: string, changes: (sender: Sender) => Partial<Sender>): Broken<Instance> {
  return { defect, caughtBy, spoil: (instance) => ({ ...instance, sender: { ...instance.sender, ...changes(instance.sender) } }) };
}

/** A sender that changes what it is given. */
function changing(defect: string, caughtBy: string, changed: (parcel: Parcel) => Parcel): Broken<Instance> {
  return sending(defect, caughtBy, (sender) => ({
    sendBatch: (destination, parcels) => sender.sendBatch(destination, parcels.map(changed)),
    sendOne: (destination, parcel) => sender.sendOne(destination, changed(parcel)),
  }));
}

/** Subscribers that get something else. */
function receiving(defect: string, caughtBy: string, changes: (arrivals: readonly Arrival[]) => readonly Arrival[]): Broken<Instance> {
  return {
    defect,
    caughtBy,
    spoil: (instance) => ({
      ...instance,
      subscribers: instance.subscribers.map(
        (subscriber): ContractSubscriber => ({ receive: async () => changes(await subscriber.receive()) }),
      ),
    }),
  };
}

/** Another limit than the service has. */
function limited(defect: string, caughtBy: string, maxBytes: (destination: Destination) => number): Broken<Instance> {
  return {
    defect,
    caughtBy,
    spoil: (instance) => ({ ...instance, destination: { ...instance.destination, maxBytes: maxBytes(instance.destination) } }),
  };
}

const LIMIT = 'a message as large as may be arrives, one byte more is refused, and its neighbours arrive';

const BROKEN: readonly Broken<Instance>[] = [
  sending(
    'answers of which nobody looks at the entries',
    'one refused message condemns no neighbour, and is told apart from one that may be tried again',
    (sender) => ({
      async sendBatch(destination, parcels) {
        await sender.sendBatch(destination, parcels);
        return parcels.map(() => SENT);
      },
    }),
  ),
  sending('batches that are sent to nobody', 'a batch has a result for each of its messages, in their order', () => ({
    sendBatch: (_, parcels) => Promise.resolve(parcels.map(() => SENT)),
  })),
  sending('batches of nine', 'more messages than one call takes go in calls of ten, and all arrive', (sender) => ({
    sendBatch: async (destination, parcels) => {
      const answer = await sender.sendBatch(destination, parcels.slice(0, 9));
      return Array.isArray(answer) ? parcels.map(() => SENT) : answer;
    },
  })),
  sending('single messages that are sent to nobody', 'a message that is sent alone arrives', () => ({
    sendOne: () => Promise.resolve(SENT),
  })),
  sending('batches in the reverse order', 'messages of a key in one batch arrive in its order', (sender) => ({
    sendBatch: (destination, parcels) => sender.sendBatch(destination, [...parcels].reverse()),
  })),
  sending(
    'a missing destination that is blamed on the message',
    'a destination that does not exist is no fault of the message: nothing is thrown, nothing is refused',
    (sender) => ({
      async sendOne(...one) {
        const result = await sender.sendOne(...one);
        return result.status === 'failed' ? { ...result, failure: 'rejected' } : result;
      },
    }),
  ),
  changing(
    'messages that get an id at every try',
    'a message that is sent again under its id arrives once, also when it has been taken in between',
    (parcel) => ({
      ...parcel,
      id: crypto.randomUUID(),
    }),
  ),
  changing('ids made of the content', 'two messages that say the same are two messages', (parcel) => ({
    ...parcel,
    id: `of-${parcel.body.length}-${parcel.body.slice(0, 20)}`.replace(/\W/g, '-'),
  })),
  changing('keys in lower case and cut', 'keys may be long and of any characters, and are never taken for one another', (parcel) => ({
    ...parcel,
    ...(parcel.key !== undefined && parcel.key.length > 999 && { body: `other ${parcel.body}` }),
  })),
  changing('messages without attributes', 'ten attributes, texts and numbers, arrive with their message', (parcel) => ({
    ...parcel,
    attributes: {},
  })),
  changing(
    'bodies in another normal form',
    'a message arrives at every subscriber, body and attributes character by character',
    (parcel) => ({
      ...parcel,
      body: parcel.body.normalize('NFC').trim(),
    }),
  ),
  changing('tenants that are no groups', 'a message that belongs to a tenant arrives like any other', (parcel) => ({
    ...parcel,
    ...(parcel.tenant !== undefined && { body: '' }),
  })),
  limited('a limit that is too small', LIMIT, ({ maxBytes }) => maxBytes - 1),
  limited(
    'a limit that is too large',
    'messages that are large together go in calls that are not too large, and all arrive',
    ({ maxBytes }) => maxBytes * 10,
  ),
  receiving('every third message lost', 'messages of several senders at the same time all arrive', (arrivals) =>
    arrivals.filter((_, index) => index % 3 !== 0),
  ),
  receiving('messages that come twice', 'messages whose answer was lost arrive once', (arrivals) => [...arrivals, ...arrivals]),
  receiving('messages in any order', 'messages of a key arrive in the order of their sending, whatever other keys do', (arrivals) =>
    [...arrivals].reverse(),
  ),
  {
    defect: 'subscribers that share their messages',
    caughtBy: 'what one subscriber takes is not taken from another',
    spoil: (instance) => ({ ...instance, subscribers: instance.subscribers.map(() => instance.subscribers[0] as ContractSubscriber) }),
  },
  {
    defect: 'messages that are gone after a second',
    caughtBy: 'what nobody has taken yet waits for a subscriber that looks later',
    spoil(instance) {
      let last = 0;
      const now = () => instance.time?.clock.now() ?? 0;
      const sendBatch: Sender['sendBatch'] = (...batch) => {
        last = now();
        return instance.sender.sendBatch(...batch);
      };
      const subscribers = instance.subscribers.map(({ receive }) => ({ receive: async () => (now() - last > 1_000 ? [] : receive()) }));
      return { ...instance, sender: { ...instance.sender, sendBatch }, subscribers };
    },
  },
  {
    defect: 'messages that are lost with their answer',
    caughtBy: 'messages whose answer was lost are sent again under their ids, and arrive',
    spoil(instance) {
      let loses = false;
      return {
        ...instance,
        loseNextAnswer: () => {
          loses = true;
        },
        sender: {
          ...instance.sender,
          sendBatch: async (destination, parcels) => (loses ? parcels.map(() => SENT) : instance.sender.sendBatch(destination, parcels)),
        },
      };
    },
  },
];

describe('a topic with', () => {
  const kind = { kind: 'topic', fifo: true } as const;
  testsOfSuite<Instance>({
    broken: BROKEN,
    casesOf: (spoil) => topicContract({ features: topicFeatures(kind), open: () => spoil(openTopic(simulated(), kind)) }),
  });
});
