import { expect } from 'vitest';
import * as z from 'zod';
import type { ConsumerHandler } from '../../lib/consumer/consumer.handler.ts';
import { on, type Route } from '../../lib/consumer/consumer.routes.ts';
import { createScheduledWaits } from '../../lib/consumer/consumer.scheduler.ts';
import { silentLogger } from '../../lib/core/logger.ts';
import { silentMetrics } from '../../lib/core/metrics.ts';
import { createRng } from '../../lib/core/rng.ts';
import { decodeFailureRecord, type FailureRecord } from '../../lib/dlq/failure-record.ts';
import { createInbox } from '../../lib/inbox/create-inbox.ts';
import { DEVELOPER, type Json, LOCAL_PLACE } from '../../lib/local/aws.ts';
import { createDispatcher } from '../../lib/local/dispatch.ts';
import { createDynamoDb } from '../../lib/local/dynamodb/dynamodb.ts';
import { type ReceivedMessage, sqsEventRecord } from '../../lib/local/event-source-mapping/sqs-event.ts';
import { createScheduler } from '../../lib/local/scheduler/scheduler.ts';
import { createSqs } from '../../lib/local/sqs/sqs.ts';
import { defineEvent } from '../../lib/message/define.ts';
import { encodeEnvelope } from '../../lib/message/envelope.ts';
import type { Message } from '../../lib/message/message.ts';
import { type CreateConsumerOptions, createConsumer } from '../../lib/runtime/create-consumer.ts';
import { createFunctions } from '../../lib/simulation/functions.ts';
import { createHistory } from '../../lib/simulation/history.ts';
import type { SimProcess } from '../../lib/simulation/process.ts';
import { createProcessWorld } from '../../lib/simulation/process-world.ts';
import { createVirtualClock } from '../../lib/simulation/virtual-clock.ts';

export const OrderPlaced = defineEvent({
  name: 'orders.order-placed',
  version: 1,
  schema: z.object({ orderId: z.string(), total: z.number().default(0) }),
});

export const effects = { name: 'effects', partitionKey: 'id' };

/** Counts how often each message took effect: exactly once shows as 1. */
export const countEffect: Route = on(OrderPlaced, (message, { unit }) => {
  unit.update(effects, { id: message.id }, { update: { expression: 'ADD #n :one', names: { '#n': 'n' }, values: { ':one': 1 } } });
});

export interface WorldOptions extends Omit<Partial<CreateConsumerOptions>, 'clock' | 'rng' | 'ids'> {
  readonly seed?: number;
  readonly fifo?: boolean;
  readonly timeoutMs?: number;
  readonly batchSize?: number;
  readonly visibilitySeconds?: number;
  /** Whether long waits are scheduled. */
  readonly scheduled?: boolean;
  /** Called with each process, e.g. so that a handler can kill it. */
  readonly routes?: (process: SimProcess) => readonly Route[];
}

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:consume';

/** A queue with a dead-letter queue, a consumer and its tables, over the embedded engines under virtual time. */
export function createWorld(options: WorldOptions = {}) {
  const rng = createRng(options.seed ?? 1);
  const clock = createVirtualClock(rng);
  let idCount = 0;
  const ids = { next: () => `00000000-0000-4000-8000-${String(++idCount).padStart(12, '0')}` };
  const aws = createDispatcher({ place: LOCAL_PLACE });
  const { dynamodb } = createDynamoDb({ clock, ids, place: LOCAL_PLACE });
  const sqs = createSqs({ clock, rng, ids, place: LOCAL_PLACE });
  const scheduler = createScheduler({ clock, ids, place: LOCAL_PLACE, aws: () => aws });
  aws.register(dynamodb, sqs, scheduler);
  const now = (service: 'sqs' | 'dynamodb', action: string, input: Json): Json =>
    aws.callNow({ service, action, input, caller: DEVELOPER });

  const suffix = options.fifo ? '.fifo' : '';
  const visibility = options.visibilitySeconds ?? 180;
  const makeQueue = (name: string, attributes: Record<string, string>) =>
    now('sqs', 'CreateQueue', { QueueName: name + suffix, Attributes: { ...attributes, ...(options.fifo && { FifoQueue: 'true' }) } })[
      'QueueUrl'
    ] as string;
  const deadLetterQueueUrl = makeQueue('dead', {});
  const queueUrl = makeQueue('orders', {
    VisibilityTimeout: String(visibility),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: sqs.queueArn(deadLetterQueueUrl), maxReceiveCount: 100 }),
  });
  const undeliveredQueueUrl = makeQueue('unscheduled', {});
  aws.callNow({ service: 'scheduler', action: 'CreateScheduleGroup', input: { Name: 'waits' }, caller: DEVELOPER });
  for (const [name, key] of [
    ['inbox', 'pk'],
    ['effects', 'id'],
  ]) {
    now('dynamodb', 'CreateTable', {
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: key, AttributeType: 'S' }],
      KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
    });
  }

  const history = createHistory(clock);
  const shared = createProcessWorld({ aws, clock, rng, history });
  const functions = createFunctions(shared);
  functions.deploy({
    arn: FUNCTION_ARN,
    name: 'consume',
    timeoutMs: options.timeoutMs ?? 30_000,
    caller: DEVELOPER,
    create: (process) => {
      const inbox = createInbox({ client: process.client('dynamodb'), table: 'inbox', retentionDays: 60, clock, rng });
      const { seed: _, fifo: __, timeoutMs: ___, batchSize: ____, visibilitySeconds: _____, scheduled, routes, ...rest } = options;
      const handlers = routes?.(process) ?? rest.handlers ?? [countEffect];
      const handler: ConsumerHandler = createConsumer({
        name: 'count-orders',
        log: silentLogger,
        metrics: silentMetrics,
        ...rest,
        handlers,
        inbox,
        sqs: process.client('sqs'),
        queueUrl,
        deadLetterQueueUrl,
        clock,
        rng,
        ids,
        ...(scheduled && {
          longWaits: createScheduledWaits({
            ...{ client: process.client('scheduler'), clock, rng, queueUrl, group: 'waits' },
            ...{ roleArn: 'arn:aws:iam::000000000000:role/waits', deadLetterQueueArn: sqs.queueArn(undeliveredQueueUrl) },
          }),
        }),
      });
      return handler as never;
    },
  });

  const received = (url: string, max: number): ReceivedMessage[] =>
    (now('sqs', 'ReceiveMessage', { QueueUrl: url, MaxNumberOfMessages: max, AttributeNames: ['All'], MessageAttributeNames: ['All'] })[
      'Messages'
    ] as ReceivedMessage[]) ?? [];

  async function pollOnce(): Promise<void> {
    const messages: ReceivedMessage[] = [];
    for (let left = options.batchSize ?? 10; left > 0; left -= 10) messages.push(...received(queueUrl, Math.min(10, left)));
    if (messages.length > 0) await invoke(messages);
  }

  async function invoke(messages: readonly ReceivedMessage[]): Promise<void> {
    const Records = messages.map((message) => sqsEventRecord(message, sqs.queueArn(queueUrl)));
    const outcome = await functions.invoke(FUNCTION_ARN, { Records });
    if (outcome.kind !== 'result') return;
    const { batchItemFailures } = outcome.payload as { batchItemFailures: { itemIdentifier: string }[] };
    const failed = new Set(batchItemFailures.map((failure) => failure.itemIdentifier));
    for (const message of messages) {
      if (!failed.has(message.MessageId)) now('sqs', 'DeleteMessage', { QueueUrl: queueUrl, ReceiptHandle: message.ReceiptHandle });
    }
  }

  const depth = () => {
    const { visible, inFlight, delayed } = sqs.stats(sqs.queueArn(queueUrl));
    return visible + inFlight + delayed;
  };

  return {
    clock,
    shared,
    functions,
    sqs,
    queueUrl,
    deadLetterQueueUrl,
    now,
    invoke,
    /** Puts a message on the queue as the relay would, and returns its id. */
    send(orderId: string, given: { body?: string; group?: string; message?: Partial<Message> } = {}): string {
      const id = given.message?.id ?? `message-${orderId}`;
      const body = given.body ?? bodyOf(orderId, { time: new Date(clock.now()).toISOString(), ...given.message });
      now('sqs', 'SendMessage', {
        QueueUrl: queueUrl,
        MessageBody: body,
        MessageAttributes: { type: { DataType: 'String', StringValue: 'orders.order-placed' } },
        ...(options.fifo && { MessageGroupId: given.group ?? 'all', MessageDeduplicationId: ids.next() }),
      });
      return id;
    },
    received: (max = 10) => received(queueUrl, max),
    /** Polls as an event source mapping does, until the queue is empty or the virtual hours are over. */
    async drain(hours = 24): Promise<void> {
      const until = clock.now() + hours * 3_600_000;
      while (depth() > 0 && clock.now() < until) {
        const polled = pollOnce();
        let done = false;
        void polled.then(() => {
          done = true;
        });
        do await clock.run(clock.now() + 1_000);
        while (!done);
      }
    },
    depth,
    /** Schedules that wait for their time. */
    schedules: () =>
      aws.callNow({ service: 'scheduler', action: 'ListSchedules', input: { GroupName: 'waits' }, caller: DEVELOPER })[
        'Schedules'
      ] as Json[],
    effectsOf: (id: string): number => {
      const item = dynamodb.scanTable('effects').find((row) => (row['id'] as { S?: string }).S === id);
      return Number((item?.['n'] as { N?: string } | undefined)?.N ?? 0);
    },
    rows: (table: string) => dynamodb.scanTable(table),
    calls: () => Object.fromEntries(shared.calls.byAction),
    deadLetters(): { body: string; failure: FailureRecord | undefined; groupId: string | undefined }[] {
      return received(deadLetterQueueUrl, 10).map((message) => ({
        body: message.Body,
        groupId: message.Attributes?.['MessageGroupId'],
        failure: decodeFailureRecord(message.MessageAttributes?.['posthaste.failure']?.StringValue ?? ''),
      }));
    },
  };
}

export type World = ReturnType<typeof createWorld>;

/** A message and its copy are handed out while the handler of the one, which takes 20 s, still runs; then everything comes to its end. */
export async function runTwiceAtOnce(world: World): Promise<void> {
  world.send('1');
  const first = world.received();
  world.send('1');
  const second = world.received();
  const running = world.invoke(first);
  await world.clock.run(world.clock.now() + 1_000);
  await Promise.all([world.clock.run(world.clock.now() + 1_000), world.invoke(second)]);
  expect(world.depth()).toBe(2);
  await world.clock.run(world.clock.now() + 25_000);
  await running;
  await world.drain();
}

/** The body of one order's message. */
export function bodyOf(orderId: string, message: Partial<Message> = {}): string {
  return encodeEnvelope({
    id: `message-${orderId}`,
    type: 'orders.order-placed',
    version: 1,
    source: 'urn:posthaste:orders',
    time: '2030-01-01T00:00:00.000Z',
    data: { orderId },
    correlationId: `cause-${orderId}`,
    hops: 0,
    ...message,
  });
}
