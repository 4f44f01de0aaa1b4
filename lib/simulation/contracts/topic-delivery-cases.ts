import { deepEqual, equal, ok } from 'node:assert/strict';
import { wireBytes } from '../../message/attributes.ts';
import { MAX_BATCH_ENTRIES } from '../../message/message.contract.ts';
import type { Sender } from '../../topic/deliver.ts';
import type { Parcel } from '../../topic/destination.ts';
import { declared } from './suite.ts';
import { arrivals, bodies, parcel, send, sendAll, type TopicCase, type TopicInstance } from './topic-instance.ts';

const AWKWARD_BODIES = [
  '{"text":"naïve 🚚 e\u0301 \u00e9 \u2028 \u202e"}',
  'a\tb\nc\rd',
  '  spaces around  ',
  '<xml attr="&amp;">]]></xml>',
  '"quoted \\"twice\\""',
  '\ud83d\udc69\u200d\ud83d\udc67 漢字 العربية',
  'null',
];

const numbered = (count: number, prefix = 'message') => Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);

/** A sender that notes how it was called. */
function watched({ sender }: TopicInstance): { readonly sender: Sender; readonly batches: (readonly Parcel[])[] } {
  const batches: (readonly Parcel[])[] = [];
  return {
    batches,
    sender: {
      sendBatch(destination, parcels) {
        batches.push(parcels);
        return sender.sendBatch(destination, parcels);
      },
      sendOne: (destination, one) => sender.sendOne(destination, one),
    },
  };
}

/** A parcel whose body and attributes have exactly so many bytes. */
function sized(given: Parameters<TopicCase['run']>[1], bytes: number, mark: string): Parcel {
  const empty = parcel(given, mark);
  return { ...empty, body: mark + 'x'.repeat(bytes - wireBytes(mark, empty.attributes)) };
}

/** The core of the port: what is taken arrives, at least once, unchanged, and every answer is about one message. */
export const deliveryCases: readonly TopicCase[] = [
  {
    name: 'a message arrives at every subscriber, body and attributes character by character',
    async run(instance, given) {
      await sendAll(
        instance,
        given,
        AWKWARD_BODIES.map((body) => parcel(given, body)),
      );
      for (const subscriber of instance.subscribers) {
        const arrived = await arrivals(subscriber, given, AWKWARD_BODIES.length);
        deepEqual(new Set(arrived.map(({ body }) => body)), new Set(AWKWARD_BODIES), 'a body was lost or changed on its way');
        for (const { attributes } of arrived) equal(attributes['type'], 'orders.order-placed', 'an attribute was lost on its way');
      }
    },
  },
  {
    name: 'ten attributes, texts and numbers, arrive with their message',
    async run(instance, given) {
      const attributes: Parcel['attributes'] = Object.fromEntries([
        ...numbered(8, 'text').map((name) => [name, { DataType: 'String' as const, StringValue: `${name} 🚚 <&>` }]),
        ['weight', { DataType: 'Number' as const, StringValue: '1.5' }],
        ['debt', { DataType: 'Number' as const, StringValue: '-12' }],
      ]);
      await sendAll(instance, given, [parcel(given, 'message', { attributes })]);
      const expected = Object.fromEntries(Object.entries(attributes).map(([name, { StringValue }]) => [name, StringValue]));
      for (const subscriber of instance.subscribers) {
        const [arrival] = await arrivals(subscriber, given, 1);
        deepEqual({ ...arrival?.attributes }, expected, 'not all ten attributes arrived as they were sent');
      }
    },
  },
  {
    name: 'a batch has a result for each of its messages, in their order',
    async run(instance, given) {
      const parcels = numbered(MAX_BATCH_ENTRIES).map((body) => parcel(given, body));
      const results = await instance.sender.sendBatch(instance.destination, parcels);
      ok(Array.isArray(results), `a batch of ten was rejected: ${JSON.stringify(results)}`);
      deepEqual(
        results.map(({ status }) => status),
        parcels.map(() => 'sent'),
        'not each message of a batch has a result',
      );
      for (const subscriber of instance.subscribers) equal((await bodies(subscriber, given, 10)).length, 10, 'not all of a batch arrived');
    },
  },
  {
    name: 'a message that is sent alone arrives',
    async run({ sender, destination, subscribers }, given) {
      equal((await sender.sendOne(destination, parcel(given, 'alone'))).status, 'sent', 'a single message was not taken');
      for (const subscriber of subscribers) deepEqual(await bodies(subscriber, given, 1), ['alone'], 'a single message did not arrive');
    },
  },
  {
    name: 'more messages than one call takes go in calls of ten, and all arrive',
    async run(instance, given) {
      const { sender, batches } = watched(instance);
      const all = numbered(34);
      await sendAll(
        { destination: instance.destination, sender },
        given,
        all.map((body) => parcel(given, body)),
      );
      ok(
        batches.every(({ length }) => length <= MAX_BATCH_ENTRIES),
        'a call had more than ten messages',
      );
      for (const subscriber of instance.subscribers)
        deepEqual([...(await bodies(subscriber, given, 34))].sort(), [...all].sort(), 'messages were lost');
    },
  },
  {
    name: 'messages that are large together go in calls that are not too large, and all arrive',
    async run(instance, given) {
      const { sender, batches } = watched(instance);
      const { maxBytes } = instance.destination;
      const parcels = numbered(5).map((mark) => sized(given, Math.floor(maxBytes * 0.4), mark));
      await sendAll({ destination: instance.destination, sender }, given, parcels);
      const bytesOf = (batch: readonly Parcel[]) => batch.reduce((sum, { body, attributes }) => sum + wireBytes(body, attributes), 0);
      ok(
        batches.every((batch) => bytesOf(batch) <= maxBytes),
        'a call had more bytes than the destination takes',
      );
      for (const subscriber of instance.subscribers) equal((await bodies(subscriber, given, 5)).length, 5, 'a large message was lost');
    },
  },
  {
    name: 'a message as large as may be arrives, one byte more is refused, and its neighbours arrive',
    async run(instance, given) {
      const { maxBytes } = instance.destination;
      const parcels = [sized(given, maxBytes, 'largest'), sized(given, maxBytes + 1, 'larger'), parcel(given, 'small')];
      const statuses = (await send(instance, given, parcels)).map(({ status }) => status);
      deepEqual(statuses, ['delivered', 'refused', 'delivered'], 'the limit of one message is not where the destination says');
      for (const subscriber of instance.subscribers) {
        const lengths = (await bodies(subscriber, given, 2)).map(({ length }) => length);
        deepEqual(
          lengths.sort((a, b) => b - a),
          [parcels[0]?.body.length, 'small'.length],
          'not the two that were taken arrived',
        );
      }
    },
  },
  {
    name: 'one refused message condemns no neighbour, and is told apart from one that may be tried again',
    requires: ['refuses'],
    async run(instance, given) {
      const refusable = declared(instance.refusable?.bind(instance), 'refuses', 'refusable');
      const parcels = numbered(10).map((body) => parcel(given, body));
      const bad = parcels.map((one, index) => (index === 4 ? refusable(one) : one));
      const statuses = (await send(instance, given, bad)).map(({ status }) => status);
      deepEqual(
        statuses,
        parcels.map((_, index) => (index === 4 ? 'refused' : 'delivered')),
        'a refused message was taken for a delivered one, or took its neighbours along',
      );
      for (const subscriber of instance.subscribers) {
        const arrived = await bodies(subscriber, given, 9);
        deepEqual([arrived.length, arrived.includes('message-5')], [9, false], 'a refused message arrived, or its neighbours did not');
      }
    },
  },
  {
    name: 'two messages that say the same are two messages',
    async run(instance, given) {
      const twins = [1, 2].map((twin) =>
        parcel(given, 'same', { attributes: { twin: { DataType: 'Number', StringValue: String(twin) } } }),
      );
      await sendAll(instance, given, twins);
      for (const subscriber of instance.subscribers) {
        const arrived = await arrivals(subscriber, given, 2);
        deepEqual(
          new Set(arrived.map(({ attributes }) => attributes['twin'])),
          new Set(['1', '2']),
          'equal content was taken for a duplicate',
        );
      }
    },
  },
  {
    name: 'messages of several senders at the same time all arrive',
    async run(instance, given) {
      const groups = numbered(4, 'sender').map((name) => numbered(15, name));
      await Promise.all(
        groups.map((group) =>
          sendAll(
            instance,
            given,
            group.map((body) => parcel(given, body)),
          ),
        ),
      );
      for (const subscriber of instance.subscribers) {
        deepEqual([...(await bodies(subscriber, given, 60))].sort(), groups.flat().sort(), 'senders at the same time lost messages');
      }
    },
  },
  {
    name: 'a message that belongs to a tenant arrives like any other',
    async run(instance, given) {
      await sendAll(
        instance,
        given,
        ['acme', 'x'.repeat(128)].map((tenant) => parcel(given, `of ${tenant}`, { tenant })),
      );
      for (const subscriber of instance.subscribers)
        equal((await bodies(subscriber, given, 2)).length, 2, 'a tenant kept a message from arriving');
    },
  },
  {
    name: 'what one subscriber takes is not taken from another',
    requires: ['fanOut'],
    async run(instance, given) {
      ok(instance.subscribers.length >= 2, 'the adapter declares fanOut, but its instance has fewer than two subscribers');
      const all = numbered(12);
      await sendAll(
        instance,
        given,
        all.map((body) => parcel(given, body)),
      );
      const each = await Promise.all(instance.subscribers.map((subscriber) => bodies(subscriber, given, 12)));
      for (const arrived of each) equal(arrived.length, 12, 'subscribers share messages instead of each getting all');
    },
  },
  {
    name: 'what nobody has taken yet waits for a subscriber that looks later',
    requires: ['persistent'],
    async run(instance, given) {
      await sendAll(instance, given, [parcel(given, 'early')]);
      await given.wait(1_500);
      for (const subscriber of instance.subscribers) deepEqual(await bodies(subscriber, given, 1), ['early'], 'a message did not wait');
    },
  },
];
