import { describe, expect, expectTypeOf, test } from 'vitest';
import { type ConsumerWiring, createConsumerHandler } from '../../lib/consumer/consumer.handler.ts';
import { type HandlerContext, on, onAny } from '../../lib/consumer/consumer.routes.ts';
import { handlesDigest } from '../../lib/consumer/handles-digest.ts';
import { rulesDigest } from '../../lib/consumer/rules-digest.ts';
import type { Message } from '../../lib/message/message.ts';
import { deadLetter, discard, pause, retry } from '../../lib/retry/error-outcome.ts';
import { errorRule } from '../../lib/retry/error-rules.ts';
import { exponential, fixed } from '../../lib/retry/policy.ts';
import { bodyOf, countEffect, createWorld, OrderPlaced } from './world.ts';

const start = (options: Partial<ConsumerWiring> = {}) =>
  createConsumerHandler({
    name: 'ship-order',
    handlers: [countEffect],
    inbox: { client: {}, retentionMs: 1 } as never,
    deadLetters: { park: async () => {} },
    sqs: {} as never,
    queueUrl: 'http://127.0.0.1/queue',
    env: {},
    ...options,
  });

describe('a consumer refuses to start', () => {
  test.each([
    ['without a name', { name: '' }, /named ''/],
    ['with a name that is no key', { name: 'Ship Order' }, /kebab-case/],
    ['without handlers', { handlers: [] }, /no handlers/],
    ['with two handlers for one message', { handlers: [countEffect, countEffect] }, /two handlers for orders.order-placed version 1/],
    ['with onAny twice', { handlers: [onAny(() => {}), onAny(() => {})] }, /onAny\(\) twice/],
    ['with a type both handled and ignored', { ignores: [OrderPlaced] }, /both handles and ignores/],
    ['with no concurrency', { concurrency: 0 }, /concurrency is 0/],
    ['with a broken number in the environment', { env: { POSTHASTE_MAX_ATTEMPTS: 'many' } }, /maxAttempts is NaN/],
    ['with an unknown policy in the environment', { env: { POSTHASTE_ON_EXHAUSTED: 'drop' } }, /onExhausted is 'drop'/],
    ['with a delivery that nobody knows', { delivery: 'exactly-twice' }, /delivery is 'exactly-twice'; it is 'at-least-once' or/],
    [
      'at most once where it was deployed otherwise',
      { delivery: 'at-most-once', env: { POSTHASTE_DELIVERY: 'at-least-once' } },
      /its code says 'at-most-once'/,
    ],
    [
      'at least once where it was deployed otherwise',
      { env: { POSTHASTE_DELIVERY: 'at-most-once' } },
      /deployed with the delivery 'at-most-once'/,
    ],
    [
      'with schedules that it does not make',
      { env: { POSTHASTE_SCHEDULES: 'group' } },
      /give createConsumer 'longWaits: createLongWaits\(\)'/,
    ],
    ['with a broken retention', { env: { POSTHASTE_QUEUE_RETENTION: '4 days' } }, /POSTHASTE_QUEUE_RETENTION is '4 days'/],
    [
      'at most once with rules about trying again',
      { delivery: 'at-most-once', errors: [errorRule(Error, deadLetter())] },
      /is at-most-once and has error rules/,
    ],
    ['deployed under another name', { env: { POSTHASTE_CONSUMER: 'bill-order' } }, /deployed as the consumer 'bill-order'/],
    [
      'deployed for other messages',
      { env: { POSTHASTE_HANDLES: handlesDigest(['orders.order-lost']) } },
      /deployed to receive other messages/,
    ],
    [
      'deployed with other error rules',
      { env: { POSTHASTE_ERRORS: rulesDigest([]) }, errors: [errorRule(Error, deadLetter())] },
      /other error rules/,
    ],
    [
      'with other attempts than were printed',
      { maxAttempts: 9, env: { POSTHASTE_MAX_ATTEMPTS: '5' } },
      /deployed with maxAttempts 5, but its code says 9: the schedule that its construct printed .*; say it to the construct alone/,
    ],
    [
      'with another end than was printed',
      { onExhausted: 'block', env: { POSTHASTE_ON_EXHAUSTED: 'deadLetter' } },
      /deployed with onExhausted deadLetter, but its code says block/,
    ],
    [
      'with another policy than was printed',
      { retry: fixed([9_000]), env: { POSTHASTE_RETRY: JSON.stringify(fixed([7_000])) } },
      /deployed with retry {"kind":"fixed","delaysMs":\[7000\].*}, but its code says {"kind":"fixed","delaysMs":\[9000\]/,
    ],
    ['with a policy that nobody made', { retry: { delays: [1] } }, /retry is an object of delays; it is a policy/],
    ['with a rule that nobody made', { errors: [{ code: 'A' }] }, /errors has an object of code as rule 1; make each with/],
    ['with no list of rules', { errors: { code: 'A' } }, /errors is an object of code; it is a list/],
    [
      'with a rule of a handler that is never reached',
      { handlers: [on(OrderPlaced, () => {}, { errors: [errorRule(Error, retry()), errorRule(TypeError, discard('x'))] })] },
      /errors of on\(orders.order-placed\) has a rule 2 \(TypeError\) that is never reached, for rule 1 \(Error\)/,
    ],
    ['deployed as pausable, without the means', { env: { POSTHASTE_RESUME_SCHEDULE: 'resume' } }, /deployed as pausable/],
    ['deployed for every message without handling them', { env: { POSTHASTE_HANDLES: '*' } }, /every message of its topics/],
  ] as const)('%s', (_, options, message) => {
    expect(() => start(options as never)).toThrowError(message);
    expect(() => start(options as never)).toThrowError(expect.objectContaining({ code: 'CONSUMER_CONFIG' }));
  });
});

test('it starts as it was deployed', () => {
  const env = { POSTHASTE_CONSUMER: 'ship-order', POSTHASTE_HANDLES: handlesDigest([OrderPlaced.name]) };
  expect(() => start({ env })).not.toThrow();
  expect(() => start({ env: { POSTHASTE_HANDLES: '*' }, handlers: [onAny(() => {})] })).not.toThrow();
});

test('the digest of error rules depends on everything that is printed of them, and on their order', () => {
  const isClosed = () => true;
  const [first, second] = [errorRule({ code: 'A' }, discard('x')), errorRule({ code: 'B', type: OrderPlaced }, pause(5_000))];
  const digests = [
    [],
    [first],
    [second],
    [first, second],
    [second, first],
    [errorRule({ code: 'A' }, discard('y'))],
    [errorRule({ code: 'B', type: 'orders.order-lost' }, pause(5_000))],
    [errorRule(Error, retry())],
    [errorRule(TypeError, retry())],
    [errorRule({ when: isClosed }, retry())],
    [errorRule(Error, retry(fixed([1])))],
    [errorRule(Error, retry(exponential({ baseMs: 1, capMs: 1 })))],
  ].map(rulesDigest);
  expect(new Set(digests).size).toBe(digests.length);
  expect(rulesDigest([errorRule({ code: 'B', type: OrderPlaced.name }, pause(5_000))])).toBe(rulesDigest([second]));
});

test('the environment says when messages are tried again, and where there is none the code does', async () => {
  const failing = on(OrderPlaced, () => {
    throw new Error('no');
  });
  const delays: unknown[] = [];
  const sqs = {
    async send({ input }: { input: { Entries: { VisibilityTimeout: number }[] } }) {
      delays.push(input.Entries[0]?.VisibilityTimeout);
      return {};
    },
  };
  const env = { POSTHASTE_RETRY: JSON.stringify(fixed([7_000])) };
  const inbox = { client: {}, retentionMs: 60 * 86_400_000, end: async () => ({}), standing: () => ({ kind: 'open' }) } as never;
  for (const options of [{ env }, { env, retry: fixed([7_000]) }, { retry: fixed([9_000]) }]) {
    const record = { ...recordOf(bodyOf('1', { time: new Date().toISOString() })) };
    await start({ handlers: [failing], inbox, sqs: sqs as never, ...options })({ Records: [record] } as never, {} as never);
  }
  expect(delays).toEqual([7, 7, 9]);
  expect(() => start({ env: { POSTHASTE_RETRY: '{}' } })).toThrowError(expect.objectContaining({ code: 'RETRY_CONFIG' }));
});

test('the digest does not depend on the order or on repetitions of names', () => {
  expect(handlesDigest(['b', 'a', 'b'])).toBe(handlesDigest(['a', 'b']));
  expect(handlesDigest(['a'])).not.toBe(handlesDigest(['b']));
  expect(handlesDigest(['a', '*'])).toBe('*');
});

test('an event of another service is a mistake that says so', async () => {
  await expect(start()({ detail: {} } as never, {} as never)).rejects.toMatchObject({ code: 'CONSUMER_EVENT' });
});

test('an empty batch is an explicit empty list', async () => {
  expect(await start()({ Records: [] }, {} as never)).toEqual({ batchItemFailures: [] });
});

test('middlewares see the event and the partial response', async () => {
  const seen: unknown[] = [];
  const handler = start().use({ after: (request) => void seen.push(request.response) });
  await handler({ Records: [] }, {} as never);
  expect(seen).toEqual([{ batchItemFailures: [] }]);
});

test('the data of a message has the type of its schema', () => {
  on(OrderPlaced, (message, context) => {
    expectTypeOf(message).toEqualTypeOf<Message<{ orderId: string; total: number }>>();
    expectTypeOf(context).toEqualTypeOf<HandlerContext>();
    // @ts-expect-error the schema has no such field
    message.data.orderNumber;
  });
  onAny((message) => {
    expectTypeOf(message.data).toBeUnknown();
  });
});

test('each run has its own context, with a stable idempotency key', async () => {
  const contexts: HandlerContext[] = [];
  let failures = 2;
  const world = createWorld({
    handlers: [
      on(OrderPlaced, (_, context) => {
        contexts.push(context);
        if (failures-- > 0) throw new Error('not yet');
      }),
    ],
  });
  world.send('1', { body: bodyOf('1') });
  await world.drain();
  expect(contexts.map(({ attempt, receiveCount }) => [attempt, receiveCount])).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
  expect(new Set(contexts.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
  expect(new Set(contexts.map(({ unit }) => unit)).size).toBe(3);
});

test('bodies are never logged', async () => {
  const lines: string[] = [];
  const write = (message: string, fields?: Record<string, unknown>) => void lines.push(JSON.stringify([message, fields]));
  const world = createWorld({
    log: { debug: write, info: write, warn: write, error: write },
    handlers: [
      on(OrderPlaced, () => {
        throw new Error('no');
      }),
    ],
    maxAttempts: 2,
  });
  world.send('secret-4711', { message: { id: 'message-1', correlationId: 'cause-1' } });
  await world.drain();
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.join('\n')).not.toContain('secret-4711');
});

function recordOf(body: string) {
  return {
    messageId: 'sqs-1',
    receiptHandle: 'sqs-1',
    body,
    attributes: { ApproximateReceiveCount: '1' },
    messageAttributes: {},
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:orders',
  };
}
