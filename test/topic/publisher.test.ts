import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { expect, expectTypeOf, test } from 'vitest';
import { createPublisher, type PublisherOptions } from '../../lib/topic/publisher.ts';
import { AccountBooked, ChargeCard, LostSoul, OrderAudited, OrderPlaced } from '../outbox/messages.ts';
import { ARNS, createOutboxWorld, type OutboxWorld } from '../outbox/outbox-world.ts';

function publisherOf(world: OutboxWorld, options: Partial<PublisherOptions> = {}) {
  let id = 0;
  return createPublisher({
    sns: world.client('sns'),
    sqs: world.client('sqs'),
    destinations: ARNS,
    source: 'urn:posthaste:test',
    clock: world.clock,
    rng: { next: () => 0.5 },
    ids: { next: () => `m-${++id}` },
    ...options,
  });
}

const code = (name: string) => expect.objectContaining({ code: name });

test('what comes within the linger travels in one call, and each publish has its own answer', async () => {
  const world = await createOutboxWorld();
  const publisher = publisherOf(world);
  const published = await world.finish(Promise.all([1, 2, 3].map((n) => publisher.publish(OrderPlaced, { orderId: `o${n}` }))));
  expect(published).toEqual([{ messageId: 'm-1' }, { messageId: 'm-2' }, { messageId: 'm-3' }]);
  expect(world.calls).toEqual(['PublishBatch']);
  expect(await world.arrived('orders')).toMatchObject([{ id: 'm-1', hops: 0, correlationId: 'm-1' }, { id: 'm-2' }, { id: 'm-3' }]);
});

test('a full batch does not wait for the linger', async () => {
  const world = await createOutboxWorld();
  const publisher = publisherOf(world, { lingerMs: 60_000 });
  const started = world.clock.now();
  const all = Promise.all(Array.from({ length: 10 }, () => publisher.publish(OrderPlaced, { orderId: 'o' })));
  await world.clock.run(started + 100);
  await all;
  expect(world.calls).toEqual(['PublishBatch']);
});

test('a single message leaves after the linger', async () => {
  const world = await createOutboxWorld();
  const one = publisherOf(world, { lingerMs: 50 }).publish(OrderPlaced, { orderId: 'o' });
  await world.clock.run(world.clock.now() + 49);
  expect(world.calls).toEqual([]);
  await world.clock.run(world.clock.now() + 10);
  await one;
  expect(world.calls).toEqual(['PublishBatch']);
});

test('batches are as large as the bytes allow', async () => {
  const world = await createOutboxWorld();
  const publisher = publisherOf(world);
  const note = 'x'.repeat(60_000);
  await world.finish(Promise.all(Array.from({ length: 10 }, () => publisher.publish(OrderPlaced, { orderId: 'o', note }))));
  expect(world.calls).toEqual(['PublishBatch', 'PublishBatch', 'PublishBatch']);
  expect(await world.arrived('orders')).toHaveLength(10);
});

test('messages of one key reach a FIFO topic in the order of their publishing, although answers are lost', async () => {
  const world = await createOutboxWorld(3);
  world.fault(({ index }) => (index === 0 ? 'lost' : index === 2 ? 'throttle' : undefined));
  const publisher = publisherOf(world);
  await world.finish(Promise.all([1, 2, 3, 4].map((amount) => publisher.publish(AccountBooked, { account: 'a b', amount }))));
  expect((await world.arrived('ledger.fifo')).map((message) => message.data)).toEqual(
    [1, 2, 3, 4].map((amount) => ({ account: 'a b', amount })),
  );
});

test('an event of two topics is published when both have it; commands go to their queue', async () => {
  const world = await createOutboxWorld();
  const publisher = publisherOf(world);
  await world.finish(Promise.all([publisher.publish(OrderAudited, { orderId: 'o' }), publisher.send(ChargeCard, { orderId: 'o' })]));
  expect(world.calls.sort()).toEqual(['PublishBatch', 'PublishBatch', 'SendMessageBatch']);
  expect(await world.arrived('charge-card')).toMatchObject([{ id: 'm-2', type: 'billing.charge-card' }]);
});

test('a throttle that lasts becomes an error that says the message may be published again', async () => {
  const world = await createOutboxWorld();
  world.fault(() => 'throttle');
  await expect(world.finish(publisherOf(world).publish(OrderPlaced, { orderId: 'o' }))).rejects.toMatchObject({
    code: 'PUBLISH_UNAVAILABLE',
    retryable: true,
  });
  expect(world.calls).toHaveLength(4);
});

test('one bad message of a batch is refused alone, its neighbours arrive', async () => {
  const world = await createOutboxWorld();
  const sns = world.client('sns');
  const picky = {
    send(command: { input: object }) {
      const bad = JSON.stringify(command.input).includes('poison');
      return bad
        ? Promise.reject(Object.assign(new Error('no'), { name: 'InvalidParameterException', $fault: 'client' }))
        : sns.send(command);
    },
  };
  const publisher = publisherOf(world, { sns: picky });
  const results = await world.finish(
    Promise.allSettled(['a', 'poison', 'b'].map((orderId) => publisher.publish(OrderPlaced, { orderId }))),
  );
  expect(results).toMatchObject([
    { status: 'fulfilled' },
    { status: 'rejected', reason: { code: 'PUBLISH_REFUSED' } },
    { status: 'fulfilled' },
  ]);
});

test('what is wrong with a message or a destination is said at once', async () => {
  const world = await createOutboxWorld();
  const publisher = publisherOf(world);
  await expect(publisher.publish(OrderPlaced, { orderId: 1 } as never)).rejects.toThrow(code('MESSAGE_INVALID'));
  await expect(publisher.publish(LostSoul, { orderId: 'o' })).rejects.toThrow(code('DESTINATION_INVALID'));
  await expect(publisher.publish(ChargeCard as never, { orderId: 'o' } as never)).rejects.toThrow(code('MESSAGE_KIND'));
  expect(() => createPublisher({ sns: world.client('sns'), destinations: ARNS, source: 'urn:x' })).toThrow(/no SQS client/);
  expect(() => publisherOf(world, { destinations: { orders: 'orders' } })).toThrow(code('DESTINATION_INVALID'));
});

test('the client of another service is not taken for the one that is needed', () => {
  const settings = { region: 'eu-west-1' };
  const options = { destinations: { orders: ARNS.orders }, source: 'urn:x' };
  const sqs = new SQSClient(settings);
  const sns = new SNSClient(settings);
  expectTypeOf({ ...options, sns, sqs }).toExtend<PublisherOptions>();
  // @ts-expect-error topics are published to with an SNS client
  createPublisher({ ...options, sns: sqs });
  // @ts-expect-error commands are sent with an SQS client
  createPublisher({ ...options, sns, sqs: sns });
});

test('flush sends what waits, close refuses what comes later', async () => {
  const world = await createOutboxWorld();
  const publisher = publisherOf(world, { lingerMs: 3_600_000 });
  const one = publisher.publish(OrderPlaced, { orderId: 'o' });
  await world.finish(publisher.flush());
  await expect(one).resolves.toEqual({ messageId: 'm-1' });
  const last = publisher.publish(OrderPlaced, { orderId: 'o' });
  await world.finish(publisher.close());
  await expect(last).resolves.toEqual({ messageId: 'm-2' });
  await expect(publisher.publish(OrderPlaced, { orderId: 'o' })).rejects.toThrow(code('PUBLISHER_CLOSED'));
});
