import { describe, expect, test } from 'vitest';
import { bodies, createSqsWorld, refused } from './sqs-world.ts';

const SECOND = 1_000;
const ATTEMPT = { ReceiveRequestAttemptId: 'attempt-1', AttributeNames: ['All'] };

/** A FIFO queue with two messages of one group, hidden for 30 seconds when they are received. */
function fifoQueue() {
  const world = createSqsWorld();
  const queue = world.queue('orders.fifo', { VisibilityTimeout: '30' });
  for (const body of ['a', 'b']) queue.send(body, { MessageGroupId: 'ada', MessageDeduplicationId: body });
  return { ...world, ...queue };
}

describe('a receive from a FIFO queue that names its attempt', () => {
  test('gives the same messages with the same receipts to the same attempt, and nothing to others', () => {
    const { receive, sqs, arn } = fifoQueue();
    const first = receive(ATTEMPT);
    expect(bodies(first)).toEqual(['a', 'b']);
    expect(receive(ATTEMPT)).toEqual(first);
    expect(receive({ ReceiveRequestAttemptId: 'attempt-2' })).toEqual([]);
    expect(receive()).toEqual([]);
    expect(sqs.stats(arn)).toMatchObject({ received: 2 });
  });

  test('hides the messages anew with each retry', () => {
    const { clock, receive } = fifoQueue();
    receive(ATTEMPT);
    clock.advance(29 * SECOND);
    const [retried] = receive(ATTEMPT);
    expect(retried?.Attributes?.['ApproximateReceiveCount']).toBe('1');
    clock.advance(29 * SECOND);
    expect(receive()).toEqual([]);
    clock.advance(1 * SECOND);
    expect(bodies(receive())).toEqual(['a', 'b']);
  });

  test('is a new receive once a message was deleted, changed, or visible again', () => {
    for (const change of ['deleted', 'changed', 'visible'] as const) {
      const { clock, receive, visibility, ...queue } = fifoQueue();
      const [first] = receive(ATTEMPT);
      if (!first) throw new Error('nothing received');
      if (change === 'deleted') queue.delete(first);
      if (change === 'changed') visibility(first, 60);
      if (change === 'visible') clock.advance(30 * SECOND);
      expect(bodies(receive(ATTEMPT)), change).toEqual(change === 'visible' ? ['a', 'b'] : []);
    }
  });

  test('is a new receive five minutes after the first', () => {
    const { clock, receive } = fifoQueue();
    receive({ ...ATTEMPT, VisibilityTimeout: 3_600 });
    clock.advance(300 * SECOND - 1);
    expect(bodies(receive({ ...ATTEMPT, VisibilityTimeout: 3_600 }))).toEqual(['a', 'b']);
    clock.advance(1);
    expect(receive(ATTEMPT)).toEqual([]);
  });
});

test('an attempt of a standard queue, and one of 129 characters, is refused', () => {
  const world = createSqsWorld();
  const standard = world.queue('orders');
  refused(() => standard.receive(ATTEMPT), 'InvalidParameterValueException');
  const fifo = world.queue('orders.fifo');
  refused(() => fifo.receive({ ReceiveRequestAttemptId: 'x'.repeat(129) }), 'InvalidParameterValueException');
  expect(fifo.receive({ ReceiveRequestAttemptId: 'x'.repeat(128) })).toEqual([]);
});
