import type { Stack } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { Consumer, EventTopic, Inbox } from '../../lib/constructs.ts';
import { defineEvent } from '../../lib/message/define.ts';
import { ENTRY, resources, testStack } from '../infra/fixtures/stack.ts';
import { denied } from './interference.ts';
import { countEffects, MINUTE, OrderNoted, OrderPlaced } from './order-stack.ts';
import { createOrderWorld } from './order-world.ts';

const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);

/** What the constructs deploy for a consumer of one topic. */
function deployed(fifo: boolean): Stack {
  const stack = testStack();
  const topic = new EventTopic(stack, fifo ? 'orders-ordered' : 'orders', { fifo });
  const inbox = new Inbox(stack, 'inbox');
  const handles = fifo ? [OrderPlaced] : [OrderPlaced, OrderNoted];
  new Consumer(stack, 'audit-order', { topic, handles, entry: ENTRY, inbox, ordered: fifo });
  return stack;
}

describe('fan-out', () => {
  test('S15 what a queue’s policy refuses waits in the subscription’s dead-letter queue, and the other subscribers get it', async () => {
    let broken = true;
    const authorise = denied(
      ({ action, input, caller }) =>
        broken && caller.kind === 'service' && action === 'SendMessage' && String(input['QueueUrl']).endsWith('/audit-order'),
    );
    const world = createOrderWorld({ seed: 1, authorise });
    for (const id of ids('order', 3)) world.place(id, 'ada');
    expect(await world.judge()).toEqual([]);
    expect(world.applied('audit-order')).toEqual([]);
    expect(world.order('project-order', 'ada')).toEqual([1, 2, 3]);
    const undelivered = world.peek(world.audit.undeliveredUrl);
    expect(undelivered).toHaveLength(3);

    broken = false;
    for (const { body } of undelivered) world.send(world.audit, body);
    await world.run(MINUTE);
    expect(world.applied('audit-order').sort()).toEqual(ids('order', 3));
    const subscriptions = resources(deployed(false), 'AWS::SNS::Subscription');
    expect(subscriptions).toMatchObject([{ RedrivePolicy: { deadLetterTargetArn: expect.anything() } }]);
  });

  test('S16 every event passes the filter that is derived from its definition, and a filter with a slip is a loss that the checker sees', async () => {
    const [subscription] = resources(deployed(false), 'AWS::SNS::Subscription');
    const filterPolicy = subscription?.['FilterPolicy'] as object;
    const world = createOrderWorld({ seed: 1, filterPolicy: { ...filterPolicy } });
    world.place('order-1', 'ada');
    world.note('note-1');
    expect(await world.judge()).toEqual([]);
    expect(world.applied('audit-order').sort()).toEqual(['note-1', 'order-1']);

    const slipped = createOrderWorld({ seed: 1, filterPolicy: { type: ['orders.order-placd', OrderNoted.name] } });
    slipped.place('order-1', 'ada');
    expect(await slipped.judge()).toMatchObject([{ guarantee: 'G1' }]);
  });

  test('S17 while a filter changes, what arrives of a type that is no longer handled is acknowledged when it is declared as ignored', async () => {
    const world = createOrderWorld({
      seed: 1,
      routes: (name) => countEffects(name).filter(({ definition }) => definition?.name === OrderPlaced.name),
      consumer: { ignores: [OrderNoted] },
    });
    const setFilter = (types: readonly string[]) =>
      world.call('sns', 'SetSubscriptionAttributes', {
        SubscriptionArn: world.audit.subscriptionArn,
        AttributeName: 'FilterPolicy',
        AttributeValue: JSON.stringify({ type: types }),
      });
    world.place('order-1', 'ada');
    world.note('note-1');
    // SNS takes up to 15 minutes: both kinds keep coming meanwhile.
    await world.run(15 * MINUTE);
    setFilter([OrderPlaced.name]);
    world.place('order-2', 'ada');
    world.note('note-2');
    await world.run(2 * MINUTE);
    expect(world.applied('audit-order').sort()).toEqual(['order-1', 'order-2']);
    expect(world.letters(world.audit)).toEqual([]);
    expect(world.stats(world.audit)).toMatchObject({ sent: 3, deleted: 3 });
  });

  test('S18 a FIFO subscription has no filter, so every sequence number of a key arrives', async () => {
    expect(resources(deployed(true), 'AWS::SNS::Subscription')[0]).not.toHaveProperty('FilterPolicy');
    const world = createOrderWorld({ seed: 1 });
    const attributes = world.call('sns', 'GetSubscriptionAttributes', { SubscriptionArn: world.project.subscriptionArn });
    expect(attributes['Attributes']).not.toHaveProperty('FilterPolicy');
    for (const id of ids('order', 5)) world.place(id, 'ada');
    expect(await world.judge()).toEqual([]);
    expect(world.order('project-order', 'ada')).toEqual([1, 2, 3, 4, 5]);
  });

  test('S19 a message with every attribute it may have passes raw delivery, and one more is refused at its definition', async () => {
    const routing = (count: number) => Object.fromEntries(ids('field', count).map((name) => [name, () => 'value']));
    const event = (count: number) =>
      defineEvent({ name: OrderNoted.name, version: 1, schema: z.object({ orderId: z.string() }), routing: routing(count) });
    const world = createOrderWorld({ seed: 1 });
    world.setMapping(world.audit.mapping, { Enabled: false });
    void world.commit((unit) => unit.publish(event(6), { orderId: 'note-1' }, { tenant: 'acme' }));
    await world.run(MINUTE);
    const [message] = world.peek(world.audit.queueUrl);
    expect(Object.keys(message?.attributes ?? {}).length).toBeGreaterThanOrEqual(9);
    expect(() => event(7)).toThrow(expect.objectContaining({ code: 'MESSAGE_DEFINITION_INVALID' }));
  });

  test('S20 two events that say the same of one key within five minutes are two events', async () => {
    const world = createOrderWorld({ seed: 1 });
    for (const _ of [1, 2]) {
      void world.commit((unit) => unit.publish(OrderPlaced, { orderId: 'order-1', customer: 'ada' }));
      await world.run(MINUTE);
    }
    expect(world.order('project-order', 'ada')).toEqual([1, 2]);
    for (const queue of resources(deployed(true), 'AWS::SQS::Queue')) expect(queue['ContentBasedDeduplication']).not.toBe(true);
  });
});
