import { expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import { settled } from '../fake-clock.ts';
import { createSqsWorld, type Received, refused, type TestQueue } from './sqs-world.ts';

function waitingOn(call: (action: string, input: Json, signal?: AbortSignal) => unknown) {
  /** Starts a long poll and returns a list that fills with the bodies when it ends, or with `empty`. */
  return (queue: TestQueue, { signal, ...more }: Json & { signal?: AbortSignal } = {}) => {
    const input = { QueueUrl: queue.url, MaxNumberOfMessages: 10, WaitTimeSeconds: 20, ...more };
    const answer: string[] = [];
    void Promise.resolve(call('ReceiveMessage', input, signal) as Json | Promise<Json>).then(
      (output) => {
        const messages = output['Messages'] as Received[] | undefined;
        answer.push(...(messages?.map((message) => message.Body) ?? ['empty']));
      },
      (error: Error) => answer.push(error.name),
    );
    return answer;
  };
}

test('a receive answers at once when there is a message, and waits for one only when asked to', () => {
  const { call, queue } = createSqsWorld();
  const orders = queue('orders');
  expect(call('ReceiveMessage', { QueueUrl: orders.url })).toEqual({});
  orders.send('x');
  expect(call('ReceiveMessage', { QueueUrl: orders.url, WaitTimeSeconds: 20 })).toHaveProperty('Messages');
  expect(call('ReceiveMessage', { QueueUrl: orders.url, WaitTimeSeconds: 20 })).toBeInstanceOf(Promise);
});

test('a wait ends empty after its time, given by the call or by the queue', async () => {
  const { call, clock, queue } = createSqsWorld();
  const start = waitingOn(call);
  const byCall = start(queue('a'), { WaitTimeSeconds: 20 });
  const byQueue = start(queue('b', { ReceiveMessageWaitTimeSeconds: '5' }), { WaitTimeSeconds: undefined });
  await clock.advanceAsync(4_999);
  expect([byCall, byQueue]).toEqual([[], []]);
  await clock.advanceAsync(1);
  expect(byQueue).toEqual(['empty']);
  await clock.advanceAsync(15_000);
  expect(byCall).toEqual(['empty']);
  expect(clock.pending()).toBe(0);
});

test('one message wakes the one who has waited longest', async () => {
  const { call, queue } = createSqsWorld();
  const start = waitingOn(call);
  const orders = queue('orders');
  const [first, second] = [start(orders), start(orders)];
  orders.send('x');
  await settled();
  expect([first, second]).toEqual([['x'], []]);
  orders.send('y');
  await settled();
  expect(second).toEqual(['y']);
});

test('a batch goes to one waiting receive as a whole', async () => {
  const { call, queue } = createSqsWorld();
  const start = waitingOn(call);
  const orders = queue('orders');
  const [first, second] = [start(orders), start(orders)];
  const Entries = ['a', 'b', 'c'].map((body) => ({ Id: body, MessageBody: body }));
  call('SendMessageBatch', { QueueUrl: orders.url, Entries });
  await settled();
  expect([first, second]).toEqual([['a', 'b', 'c'], []]);
});

test('the end of a delay or of a visibility timeout wakes who waits, on time', async () => {
  const { call, clock, queue } = createSqsWorld();
  const start = waitingOn(call);
  const orders = queue('orders');
  orders.send('visible later');
  orders.receive({ VisibilityTimeout: 7 });
  orders.send('delayed', { DelaySeconds: 3 });
  const [first, second] = [start(orders), start(orders)];
  await clock.advanceAsync(2_999);
  expect(first).toEqual([]);
  await clock.advanceAsync(1);
  expect([first, second]).toEqual([['delayed'], []]);
  await clock.advanceAsync(4_000);
  expect(second).toEqual(['visible later']);
});

test('visibility zero and the deletion in front of a FIFO group wake who waits', async () => {
  const { call, queue } = createSqsWorld();
  const start = waitingOn(call);
  const orders = queue('orders');
  orders.send('x');
  const [message] = orders.receive();
  const waiting = start(orders);
  orders.visibility(message as Received, 0);
  await settled();
  expect(waiting).toEqual(['x']);
  const fifo = queue('orders.fifo');
  for (const body of ['m1', 'm2']) fifo.send(body, { MessageGroupId: 'g', MessageDeduplicationId: body });
  const [head] = fifo.receive({ MaxNumberOfMessages: 1 });
  const behind = start(fifo);
  fifo.delete(head as Received);
  await settled();
  expect(behind).toEqual(['m2']);
});

test('a caller who goes away takes no message with them', async () => {
  const { call, clock, queue } = createSqsWorld();
  const start = waitingOn(call);
  const orders = queue('orders');
  const controller = new AbortController();
  const gone = start(orders, { signal: controller.signal });
  const stays = start(orders);
  controller.abort();
  orders.send('x');
  await settled();
  expect([gone, stays]).toEqual([['empty'], ['x']]);
  const late = start(orders, { signal: controller.signal });
  orders.send('y');
  await settled();
  expect([late, orders.counts().visible]).toEqual([['empty'], 1]);
  expect(clock.pending()).toBe(0);
});

test('a wait on a queue that is deleted ends with an error', async () => {
  const { call, queue } = createSqsWorld();
  const start = waitingOn(call);
  const orders = queue('orders');
  const waiting = start(orders);
  call('DeleteQueue', { QueueUrl: orders.url });
  await settled();
  expect(waiting).toEqual(['QueueDoesNotExist']);
});

test('a wait goes on when all that became visible belongs to the dead-letter queue, whose waiter gets it', async () => {
  const { call, clock, queue } = createSqsWorld();
  const start = waitingOn(call);
  const dead = queue('dead');
  const orders = queue('orders', { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 }) });
  orders.send('poison');
  orders.receive({ VisibilityTimeout: 5 });
  const [source, target] = [start(orders), start(dead)];
  await clock.advanceAsync(5_000);
  expect([source, target]).toEqual([[], ['poison']]);
});

test('a listener hears of everything that can make a message receivable, and nothing after it was cancelled', () => {
  const { clock, queue, sqs } = createSqsWorld();
  const orders = queue('orders');
  const heard: string[] = [];
  let cause = '';
  const cancel = sqs.onAvailable(orders.arn, () => heard.push(cause));
  const during = (name: string, act: () => void) => {
    cause = name;
    act();
  };
  during('send', () => orders.send('a'));
  during('receive', () => orders.receive({ VisibilityTimeout: 10 }));
  during('visibility over', () => clock.advance(10_000));
  const [message] = orders.receive();
  during('released', () => orders.visibility(message as Received, 0));
  during('delayed send', () => orders.delete(orders.receive()[0] as Received));
  during('delayed send', () => orders.send('b', { DelaySeconds: 5 }));
  during('delay over', () => clock.advance(5_000));
  cancel();
  during('cancelled', () => orders.send('c'));
  expect(heard).toEqual(['send', 'visibility over', 'released', 'delay over']);
  expect(clock.pending()).toBe(0);
  refused(() => sqs.onAvailable(`${orders.arn}x`, () => {}), 'QueueDoesNotExist');
});

test('a listener may receive inside the call that caused it', () => {
  const { queue, sqs } = createSqsWorld();
  const orders = queue('orders');
  const received: string[] = [];
  sqs.onAvailable(orders.arn, () => received.push(...orders.receive({ MaxNumberOfMessages: 1 }).map((message) => message.Body)));
  for (const body of ['a', 'b', 'c']) orders.send(body);
  expect(received).toEqual(['a', 'b', 'c']);
});

test('a queue that nobody waits on keeps no timer', () => {
  const { clock, queue } = createSqsWorld();
  const orders = queue('orders');
  orders.send('a', { DelaySeconds: 5 });
  orders.send('b');
  orders.receive();
  expect(clock.pending()).toBe(0);
});
