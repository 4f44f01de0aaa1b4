import { afterEach, expect, test, vi } from 'vitest';
import { createConsumer } from '../../lib/runtime/create-consumer.ts';
import { bodyOf, countEffect } from './world.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const deploy = () => {
  vi.stubEnv('POSTHASTE_CONSUMER', 'count-orders');
  vi.stubEnv('POSTHASTE_INBOX_TABLE', 'inbox');
  vi.stubEnv('POSTHASTE_QUEUE_URL', 'http://127.0.0.1:1/orders');
  vi.stubEnv('POSTHASTE_DLQ_URL', 'http://127.0.0.1:1/dead');
};

test('in a function that the construct deployed, a name and handlers are enough', () => {
  deploy();
  expect(() => createConsumer({ name: 'count-orders', handlers: [countEffect] })).not.toThrow();
});

test.each(['POSTHASTE_INBOX_TABLE', 'POSTHASTE_QUEUE_URL', 'POSTHASTE_DLQ_URL'])('without %s it says what sets it', (name) => {
  deploy();
  vi.stubEnv(name, '');
  const start = () => createConsumer({ name: 'count-orders', handlers: [countEffect] });
  expect(start).toThrowError(new RegExp(`${name} is not set; the Consumer construct sets it`));
});

test('a batch is one line of metrics, with the consumer as a dimension', async () => {
  deploy();
  const lines: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    lines.push(String(line));
    return true;
  });
  const handler = createConsumer({
    name: 'count-orders',
    handlers: [countEffect],
    inbox: {
      retentionMs: 60 * 86_400_000,
      client: { send: async () => ({}) },
      guard: () => guard,
      standing: () => ({ kind: 'open' }),
    } as never,
  });
  const record = (id: string) => ({
    messageId: id,
    receiptHandle: id,
    body: bodyOf(id, { time: new Date(Date.now() - 1_000).toISOString() }),
    attributes: { ApproximateReceiveCount: '1' },
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:orders',
  });
  const response = await handler({ Records: [record('a'), record('b')] }, { getRemainingTimeInMillis: () => 30_000 } as never);
  expect(response).toEqual({ batchItemFailures: [] });
  const metrics = lines.filter((line) => line.includes('_aws'));
  expect(metrics).toHaveLength(1);
  expect(JSON.parse(metrics[0] ?? '')).toMatchObject({
    consumer: 'count-orders',
    MessagesProcessed: 2,
    MessageLatency: [expect.any(Number), expect.any(Number)],
  });
});

let guards = 0;
const guard = {
  kind: 'put' as const,
  table: { name: 'inbox', partitionKey: 'pk' },
  get item() {
    guards += 1;
    return { pk: String(guards) };
  },
};
