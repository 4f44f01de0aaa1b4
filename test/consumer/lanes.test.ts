import { expect, test } from 'vitest';
import { lanesOf, planLanes } from '../../lib/consumer/consumer.lanes.ts';
import { type Delivery, readRecord } from '../../lib/consumer/consumer.reading.ts';
import { createRouter } from '../../lib/consumer/consumer.routes.ts';
import { NO_ATTEMPTS } from '../../lib/retry/attempts.ts';
import { bodyOf, countEffect } from './world.ts';

const STANDARD = 'arn:aws:sqs:us-east-1:000000000000:orders';

const delivery = (index: number, orderId: string, options: { group?: string; received?: number } = {}): Delivery =>
  readRecord(
    {
      messageId: `sqs-${index}`,
      receiptHandle: `handle-${index}`,
      body: bodyOf(orderId),
      attributes: { ApproximateReceiveCount: String(options.received ?? 1), MessageGroupId: options.group },
      eventSourceARN: options.group ? `${STANDARD}.fifo` : STANDARD,
    },
    index,
    { router: createRouter([countEffect], []), now: Date.UTC(2030, 0, 1), maxAgeMs: 86_400_000 },
  );

const indexes = (lanes: readonly { readonly deliveries: readonly Delivery[] }[]) =>
  lanes.map((lane) => lane.deliveries.map(({ index }) => index));

test('copies of one message share a lane, other messages of a standard queue have their own', () => {
  const { fresh } = lanesOf([delivery(0, 'a'), delivery(1, 'b'), delivery(2, 'a')]);
  expect(indexes(fresh)).toEqual([[0, 2], [1]]);
});

test('on a FIFO queue a group is a lane', () => {
  const { fresh } = lanesOf([delivery(0, 'a', { group: 'k' }), delivery(1, 'b', { group: 'l' }), delivery(2, 'c', { group: 'k' })]);
  expect(indexes(fresh)).toEqual([[0, 2], [1]]);
});

test('a lane with one message that was handed out before waits for what is known of it', () => {
  const { fresh, returning } = lanesOf([delivery(0, 'a'), delivery(1, 'b', { received: 2 }), delivery(2, 'a', { received: 3 })]);
  expect([indexes(fresh), indexes(returning)]).toEqual([[], [[0, 2], [1]]]);
});

test('suspects come last, those with the fewest unexplained ends first', () => {
  const started: Record<string, number> = { 'message-a': 3, 'message-b': 0, 'message-c': 1 };
  const { fresh, returning } = lanesOf(
    ['a', 'b', 'c', 'd'].map((orderId, index) => delivery(index, orderId, { received: orderId === 'd' ? 1 : 4 })),
  );
  const plan = planLanes(returning, (id) => ({ ...NO_ATTEMPTS, started: started[id] ?? 9 }));
  expect([indexes(fresh), indexes(plan.calm), indexes(plan.suspects)]).toEqual([[[3]], [[1]], [[2], [0]]]);
});

test('a group with a suspect waits as a whole, so its order holds', () => {
  const { fresh, returning } = lanesOf([
    delivery(0, 'a', { group: 'k' }),
    delivery(1, 'b', { group: 'k', received: 2 }),
    delivery(2, 'c', { group: 'l' }),
  ]);
  const plan = planLanes(returning, () => ({ ...NO_ATTEMPTS, started: 1 }));
  expect([indexes(fresh), indexes(plan.calm), indexes(plan.suspects)]).toEqual([[[2]], [], [[0, 1]]]);
});
