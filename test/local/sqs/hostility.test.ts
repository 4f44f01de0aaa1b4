import { describe, expect, test } from 'vitest';
import type { SqsHostility } from '../../../lib/local/sqs/hostility.ts';
import { bodies, createSqsWorld } from './sqs-world.ts';

const SECOND = 1_000;

/** A queue with one kind of trouble. */
function hostileQueue(hostility: SqsHostility, name = 'orders') {
  const world = createSqsWorld({ hostility });
  return { ...world, ...world.queue(name) };
}

const grouped = (id: string) => ({ MessageGroupId: 'ada', MessageDeduplicationId: id });

describe('a hostile standard queue', () => {
  test('shows a second copy while the first is in flight, and the receipt of the first then deletes nothing', () => {
    const { clock, ...queue } = hostileQueue({ copyAfterMs: () => 5 * SECOND });
    queue.send('a');
    const [first] = queue.receive();
    expect(queue.receive()).toEqual([]);
    clock.advance(5 * SECOND);
    const [second] = queue.receive();
    expect(second?.MessageId).toBe(first?.MessageId);
    if (first) queue.delete(first);
    expect(queue.counts()).toMatchObject({ visible: 0, inFlight: 1 });
  });

  test('delivers a message again that was deleted, until a deletion reaches all copies', () => {
    const copies = [undefined, 90 * SECOND, undefined, undefined];
    const { clock, sqs, ...queue } = hostileQueue({ copyAfterMs: () => copies.shift() });
    queue.send('a');
    const [first] = queue.receive();
    if (first) queue.delete(first);
    clock.advance(89 * SECOND);
    expect(queue.receive()).toEqual([]);
    clock.advance(1 * SECOND);
    const [again] = queue.receive({ AttributeNames: ['All'] });
    expect(again).toMatchObject({ MessageId: first?.MessageId, Attributes: { ApproximateReceiveCount: '2' } });
    if (again) queue.delete(again);
    expect(sqs.stats(queue.arn)).toMatchObject({ sent: 1, received: 2, deleted: 1, visible: 0, inFlight: 0 });
  });

  test('gives a short poll fewer messages than there are, or none, and tells its listeners to ask again', () => {
    let allowed = 0;
    const { clock, sqs, ...queue } = hostileQueue({ take: () => allowed });
    let signals = 0;
    sqs.onAvailable(queue.arn, () => {
      signals += 1;
    });
    for (const body of ['a', 'b', 'c']) queue.send(body);
    signals = 0;
    expect(queue.receive()).toEqual([]);
    clock.advance(SECOND);
    expect(signals).toBe(1);
    allowed = 2;
    expect(bodies(queue.receive())).toEqual(['a', 'b']);
    allowed = 99;
    expect(bodies(queue.receive())).toEqual(['c']);
  });

  test('gives a long poll at least one message', () => {
    const { call, ...queue } = hostileQueue({ take: () => 0 });
    queue.send('a');
    queue.send('b');
    expect(bodies(queue.receive({ WaitTimeSeconds: 20 }))).toEqual(['a']);
  });

  test('shows a message later than its delay says', () => {
    const { clock, ...queue } = hostileQueue({ lateByMs: () => 2 * SECOND });
    queue.send('a', { DelaySeconds: 3 });
    clock.advance(5 * SECOND - 1);
    expect(queue.receive()).toEqual([]);
    clock.advance(1);
    expect(bodies(queue.receive())).toEqual(['a']);
  });

  test('counts wrong in its attributes', () => {
    const { call, url, send } = hostileQueue({ miscount: (count) => count + 7 });
    send('a');
    const { Attributes } = call('GetQueueAttributes', { QueueUrl: url, AttributeNames: ['All'] });
    expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: '8', ApproximateNumberOfMessagesNotVisible: '7' });
  });
});

describe('a hostile FIFO queue', () => {
  const worst: SqsHostility = { copyAfterMs: () => 0, take: () => 1, lateByMs: () => SECOND };

  test('makes no copies and keeps the order of a group, however little and late it gives', () => {
    const { clock, ...queue } = hostileQueue(worst, 'orders.fifo');
    for (const body of ['a', 'b', 'c']) queue.send(body, grouped(body));
    clock.advance(SECOND);
    const seen: string[] = [];
    for (let tries = 0; tries < 5; tries += 1) {
      const [message, ...more] = queue.receive();
      expect(more).toEqual([]);
      if (!message) continue;
      seen.push(message.Body);
      expect(queue.receive()).toEqual([]);
      queue.delete(message);
    }
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  test('takes a repeat for a duplicate for exactly five minutes from the first', () => {
    const { clock, sqs, ...queue } = hostileQueue({ take: (limit) => limit }, 'orders.fifo');
    queue.send('a', grouped('1'));
    clock.advance(300 * SECOND - 1);
    queue.send('a', grouped('1'));
    expect(sqs.stats(queue.arn)).toMatchObject({ sent: 1, deduplicated: 1 });
    clock.advance(1);
    queue.send('a', grouped('1'));
    expect(sqs.stats(queue.arn)).toMatchObject({ sent: 2, deduplicated: 1 });
  });
});
