import { describe, expect, test } from 'vitest';
import type { SnsHostility } from '../../../lib/local/sns/hostility.ts';
import { createSnsWorld } from './sns-world.ts';

const SECOND = 1_000;
const RAW = { RawMessageDelivery: 'true' };

/** A topic with two queues behind it. */
function hostileTopic(hostility: SnsHostility, suffix = '') {
  const world = createSnsWorld({ hostility });
  const topicArn = world.topic(`orders${suffix}`);
  const queues = ['audit', 'project'].map((name) => world.queue(`${name}${suffix}`)) as [string, string];
  const subscriptions = queues.map((queue) => world.subscribe(topicArn, queue, RAW));
  const received = (queue: string) => world.receive(queue).map(({ Body }) => Body);
  return { ...world, topicArn, queues, subscriptions, received };
}

describe('a hostile standard topic', () => {
  test('delivers a message once more to one subscription and not to the other, and counts it once', () => {
    const copies = [undefined, 7 * SECOND];
    const { clock, call, received, ...world } = hostileTopic({ copyAfterMs: () => copies.shift() });
    call('Publish', { TopicArn: world.topicArn, Message: 'a' });
    const [audit, project] = world.queues;
    expect(received(audit)).toEqual(['a']);
    expect(received(project)).toEqual(['a']);
    const [, toProject = ''] = world.subscriptions;
    expect(world.sns.stats(world.topicArn).subscriptions[toProject]).toMatchObject({ delivered: 1, pending: 1 });
    clock.advance(7 * SECOND);
    expect(received(audit)).toEqual([]);
    expect(received(project)).toEqual(['a']);
    expect(world.sns.stats(world.topicArn).subscriptions[toProject]).toMatchObject({ delivered: 1, pending: 0 });
  });

  test('delivers late, so that a later message overtakes', () => {
    const delays = [4 * SECOND, 0, 1 * SECOND, 0];
    const { clock, call, received, queues, topicArn, subscriptions, sns } = hostileTopic({ lateByMs: () => delays.shift() ?? 0 });
    call('Publish', { TopicArn: topicArn, Message: 'a' });
    call('Publish', { TopicArn: topicArn, Message: 'b' });
    expect(received(queues[0])).toEqual([]);
    expect(received(queues[1])).toEqual(['a', 'b']);
    expect(sns.stats(topicArn).subscriptions[subscriptions[0] ?? '']).toMatchObject({ delivered: 0, pending: 2 });
    clock.advance(SECOND);
    expect(received(queues[0])).toEqual(['b']);
    clock.advance(3 * SECOND);
    expect(received(queues[0])).toEqual(['a']);
  });
});

test('a hostile FIFO topic is late, but neither repeats a message nor changes the order of a group', () => {
  const delays = [9 * SECOND, 0, 0, 0];
  const { clock, call, received, queues, topicArn } = hostileTopic({ lateByMs: () => delays.shift() ?? 0, copyAfterMs: () => 0 }, '.fifo');
  for (const Message of ['a', 'b'])
    call('Publish', { TopicArn: topicArn, Message, MessageGroupId: 'ada', MessageDeduplicationId: Message });
  expect(received(queues[0])).toEqual([]);
  expect(received(queues[1])).toEqual(['a', 'b']);
  clock.advance(9 * SECOND);
  expect(received(queues[0])).toEqual(['a', 'b']);
  clock.advance(60 * SECOND);
  expect(received(queues[1])).toEqual(['a', 'b']);
});
