import { Duration } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { Consumer, EventTopic, Inbox } from '../../lib/constructs.ts';
import { on } from '../../lib/consumer/consumer.routes.ts';
import { decodeFailureRecord } from '../../lib/dlq/failure-record.ts';
import { Permanent } from '../../lib/retry/retry.errors.ts';
import { ENTRY, resources, testStack } from '../infra/fixtures/stack.ts';
import { applyOnce, countEffects, HOUR, MINUTE, OrderPlaced } from './order-stack.ts';
import { createOrderWorld } from './order-world.ts';

const DAY = 24 * HOUR;

/** Consumers that count, and fail for the orders of which `fails` says so. */
function failing(fails: (consumer: string, orderId: string) => Error | undefined) {
  return (consumer: string) =>
    countEffects(consumer).map((route) => ({
      ...route,
      handle: (message: { data: { orderId: string } }, context: Parameters<typeof route.handle>[1]) => {
        const error = fails(consumer, message.data.orderId);
        if (error) throw error;
        return route.handle(message as never, context);
      },
    }));
}

describe('order and retention', () => {
  test('S37 when the first message of a group fails, those behind it wait and other groups go on', async () => {
    let failures = 0;
    const routes = failing((consumer, orderId) => {
      if (consumer !== 'project-order' || orderId !== 'order-1' || failures >= 2) return undefined;
      failures += 1;
      return new Error('not now');
    });
    const world = createOrderWorld({ seed: 1, routes });
    world.setMapping(world.project.mapping, { Enabled: false });
    for (const orderId of ['order-1', 'order-2', 'order-3']) {
      void world.commit((unit) => unit.publish(OrderPlaced, { orderId, customer: 'ada' }));
      await world.run(5_000);
    }
    world.place('other-1', 'bob');
    await world.run(MINUTE);
    world.setMapping(world.project.mapping, { Enabled: true });
    await world.run(10 * MINUTE);
    expect(failures).toBe(2);
    expect(world.order('project-order', 'ada')).toEqual([1, 2, 3]);
    expect(world.order('project-order', 'bob')).toEqual([1]);
  });

  test('S38 an exhausted message holds its key until it passes, and other keys flow', async () => {
    let broken = true;
    const routes = failing((consumer, orderId) =>
      broken && consumer === 'project-order' && orderId === 'order-1' ? new Error('the ledger is closed') : undefined,
    );
    const world = createOrderWorld({ seed: 1, routes });
    world.place('order-1', 'ada');
    await world.run(20_000);
    world.place('order-2', 'ada');
    world.place('other-1', 'bob');
    await world.run(4 * HOUR);
    expect(world.order('project-order', 'ada')).toEqual([]);
    expect(world.order('project-order', 'bob')).toEqual([1]);
    expect(world.letters(world.project)).toEqual([]);
    broken = false;
    expect(await world.judge()).toEqual([]);
    expect(world.order('project-order', 'ada')).toEqual([1, 2]);
  });

  test('S43 a dead letter is kept for 14 days from its parking, however long its message lay in the queue', async () => {
    const routes = failing((_, orderId) => (orderId === 'note-1' ? new Permanent('the card has expired') : undefined));
    const world = createOrderWorld({ seed: 1, sweepEveryMs: 0, routes });
    world.setMapping(world.audit.mapping, { Enabled: false });
    world.note('note-1');
    await world.run(3.9 * DAY);
    world.setMapping(world.audit.mapping, { Enabled: true });
    await world.run(13.9 * DAY);
    expect(world.letters(world.audit)).toHaveLength(1);
    await world.run(0.2 * DAY);
    expect(world.letters(world.audit)).toEqual([]);

    const stack = testStack();
    const topic = new EventTopic(stack, 'orders');
    new Consumer(stack, 'audit-order', { topic, handles: [OrderPlaced], entry: ENTRY, inbox: new Inbox(stack, 'inbox') });
    const retention = resources(stack, 'AWS::SQS::Queue').map(({ MessageRetentionPeriod }) => Number(MessageRetentionPeriod));
    expect(retention.sort((left, right) => left - right)).toEqual([4, 14, 14].map((days) => Duration.days(days).toSeconds()));
  });
});

describe('chains and strangers', () => {
  test('S55 two handlers that answer each other come to an end after 32 hops, and the last message is parked with the reason', async () => {
    let runs = 0;
    const world = createOrderWorld({
      seed: 1,
      routes: (consumer) => [
        on(OrderPlaced, ({ data }, { unit }) => {
          applyOnce(consumer, unit, { orderId: `${data.orderId}-${consumer}` });
          if (consumer !== 'audit-order') return;
          runs += 1;
          unit.publish(OrderPlaced, data);
        }),
      ],
    });
    void world.commit((unit) => unit.publish(OrderPlaced, { orderId: 'order-1', customer: 'ada' }));
    await world.run(MINUTE);
    expect(runs).toBe(33);
    const records = world.letters(world.audit).map(({ attributes }) => decodeFailureRecord(attributes['posthaste.failure'] ?? ''));
    expect(records).toMatchObject([{ type: 'HOPS_EXCEEDED' }]);
  });

  test('S56 what is no message, of no known type or version, is parked byte for byte with its reason, and its neighbours are applied', async () => {
    const world = createOrderWorld({ seed: 1 });
    world.setMapping(world.audit.mapping, { Enabled: false });
    world.place('order-1', 'ada');
    await world.run(MINUTE);
    const [good] = world.peek(world.audit.queueUrl);
    const body = good?.body ?? '';
    const strange = new Map([
      ['BODY_INVALID', '{"specversion":"1.0", '],
      ['UNKNOWN_TYPE', body.replaceAll('orders.order-placed', 'orders.order-lost').replace(/"id":"[^"]+"/, '"id":"stranger-1"')],
      ['UNKNOWN_VERSION', body.replaceAll(':orders.order-placed:1', ':orders.order-placed:7').replace(/"id":"[^"]+"/, '"id":"stranger-2"')],
    ]);
    for (const text of strange.values()) world.send(world.audit, text);
    world.setMapping(world.audit.mapping, { Enabled: true });
    await world.run(5 * MINUTE);
    expect(world.applied('audit-order')).toEqual(['order-1']);
    const parked = new Map(
      world.letters(world.audit).map((letter) => [decodeFailureRecord(letter.attributes['posthaste.failure'] ?? '')?.reason, letter.body]),
    );
    expect(parked).toEqual(strange);
  });
});
