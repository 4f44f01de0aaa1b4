import { expect, test } from 'vitest';
import type { Json } from '../../lib/local/aws.ts';
import { createOrderWorld } from '../scenarios/order-world.ts';
import { checkNothingGivenUp } from './given-up.ts';

const check = (world: ReturnType<typeof createOrderWorld>) => checkNothingGivenUp(world).map(({ message }) => message.slice(0, 90));

test('a healthy message that was applied, and whose copy was dead-lettered all the same, breaks G13 although nothing is lost', async () => {
  const world = createOrderWorld({ seed: 1 });
  world.note('note-1');
  expect(await world.judge()).toEqual([]);
  expect(check(world)).toEqual([]);
  const { deadLetterQueueUrl, undeliveredUrl } = world.audit;
  const body = '{"data":{"orderId":"note-1"}}';
  for (const QueueUrl of [deadLetterQueueUrl, undeliveredUrl]) world.call('sqs', 'SendMessage', { QueueUrl, MessageBody: body } as Json);
  expect(world.check()).toEqual([]);
  const message = 'audit-order gave up a message that nothing is wrong with, for no reason that was noted: {"d';
  expect(check(world)).toEqual([message, message].map((text) => text.slice(0, 90)));
});

test('a healthy message that the outbox parked breaks G13', async () => {
  const world = createOrderWorld({ seed: 1 });
  const item = { pk: { S: 'UNIT#1' }, sk: { S: 'MSG#0000' }, body: { S: '{}' }, state: { S: 'PARKED#0' }, parkedReason: { S: 'TooLong' } };
  world.call('dynamodb', 'PutItem', { TableName: 'outbox', Item: item });
  expect(check(world)).toEqual(['the outbox gave up a message that nothing is wrong with, TooLong: {}']);
});
