import { expect, test } from 'vitest';
import { record, scriptedConsumer } from './scripted-ports.ts';

test('what became of each message is one line, for whoever watches at DEBUG', async () => {
  const consumer = scriptedConsumer({
    handle: async (message) => {
      if (message.id === 'message-b') throw new Error('no');
    },
  });
  await consumer.run([record('a'), record('b'), record('c', { body: '{' })]);
  expect(consumer.outcomes.map(({ fields }) => fields)).toMatchObject([
    { consumer: 'count-orders', messageId: 'message-a', messageType: 'orders.order-placed', outcome: 'done' },
    { messageId: 'message-b', outcome: 'failed', delayMs: 5_000 },
    { sqsMessageId: 'sqs-c', outcome: 'parked' },
  ]);
});
