import * as z from 'zod';
import { on, type Route } from '../../lib/consumer/consumer.routes.ts';
import { silentLogger } from '../../lib/core/logger.ts';
import { silentMetrics } from '../../lib/core/metrics.ts';
import { createRng } from '../../lib/core/rng.ts';
import { createInbox } from '../../lib/inbox/create-inbox.ts';
import { DEVELOPER, type Json } from '../../lib/local/aws.ts';
import { defineEvent } from '../../lib/message/define.ts';
import { createOutbox } from '../../lib/outbox/create-outbox.ts';
import { OUTBOX_PENDING_INDEX } from '../../lib/outbox/outbox.contract.ts';
import { createRelay } from '../../lib/outbox/outbox.relay.ts';
import { createSweeper } from '../../lib/outbox/outbox.sweeper.ts';
import { createPublishDeps } from '../../lib/outbox/publish-deps.ts';
import { type CreateConsumerOptions, createConsumer } from '../../lib/runtime/create-consumer.ts';
import { checkConservation, checkOrder, type Violation } from '../../lib/simulation/conservation.ts';
import type { SimHandler } from '../../lib/simulation/functions.ts';
import type { SimProcess } from '../../lib/simulation/process.ts';
import { createWorld, type World, type WorldOptions } from '../../lib/simulation/world.ts';

export const OrderPlaced = defineEvent({
  name: 'orders.order-placed',
  version: 1,
  schema: z.object({ orderId: z.string(), customer: z.string() }),
  key: (order) => order.customer,
  topics: ['orders', 'orders-ordered'],
});

export const orders = { name: 'orders', partitionKey: 'id' };
export const effects = { name: 'effects', partitionKey: 'id' };

const ACCOUNT = 'us-east-1:000000000000';
const TIMEOUT_MS = 10_000;
const MINUTE = 60_000;
const STEP_MS = 30_000;

/** What a scenario changes about the pipeline. */
export interface OrderWorldOptions extends WorldOptions {
  /** Settings of both consumers. */
  readonly consumer?: Partial<CreateConsumerOptions>;
  /** Handlers of one process of a consumer, in place of the counting one. */
  readonly routes?: (consumer: string, process: SimProcess) => readonly Route[];
  readonly sweepEveryMs?: number;
  /** Settings of the stream's mapping. */
  readonly streamMapping?: Json;
}

/**
 * The whole pipeline as the constructs deploy it: outbox with relay and sweeper, a standard and a FIFO topic, a consumer on each, inbox
 * and dead-letter queues. Each consumer applies one countable effect per message, in its own transaction.
 */
export function createOrderWorld(options: OrderWorldOptions) {
  const world = createWorld({ slowMs: 2 * MINUTE, ...options });
  const tables = createTables(world);
  createTopics(world);
  deployRelay(world, options, tables.streamArn);
  const audit = deployConsumer(world, options, { name: 'audit-order', topic: 'orders', fifo: false });
  const project = deployConsumer(world, options, { name: 'project-order', topic: 'orders-ordered', fifo: true });
  const ledger = createLedger();
  let producers = 0;

  return {
    ...world,
    ledger,
    queues: { audit, project },
    streamMapping: tables,
    /** Commits one order per message, as an HTTP handler behind an idempotency key would; crashes are retried by the caller. */
    place(orderId: string, customer: string) {
      ledger.attempted.push(orderId);
      producers += 1;
      const attempt = async (tried: number): Promise<void> => {
        const process = world.process(`producer-${producers}-${tried}`);
        const outbox = createOutbox({
          client: process.client('dynamodb'),
          table: 'outbox',
          source: 'urn:posthaste:orders',
          ...world,
          clock: process.clock,
        });
        const unit = outbox.unit({ correlationId: orderId });
        unit.put(orders, { id: orderId, customer });
        unit.publish(OrderPlaced, { orderId, customer });
        try {
          await unit.commit({ idempotencyKey: orderId });
          ledger.committed.push(orderId);
        } catch {
          if (tried < 20) world.clock.after(1_000 * (tried + 1), () => void attempt(tried + 1));
          else ledger.unknown.push(orderId);
        }
      };
      const supervise = (tried: number) => {
        // A caller whose process died asks again under the same key.
        world.clock.after(2 * MINUTE, () => {
          if (!ledger.committed.includes(orderId) && !ledger.unknown.includes(orderId)) {
            void attempt(tried + 100);
            if (tried < 10) supervise(tried + 1);
          }
        });
      };
      world.clock.after(world.rng.next() * 5_000, () => void attempt(0));
      supervise(0);
    },
    /** Chaos, heal, drain, check: the violations of the promises that hold for every run. */
    async judge({ chaosMs = 2 * MINUTE, drainMs = 12 * 60 * MINUTE } = {}): Promise<readonly Violation[]> {
      await world.run(chaosMs);
      world.heal();
      const drainedBy = world.clock.now() + drainMs;
      do await world.run(STEP_MS);
      while (world.clock.now() < drainedBy && !isQuiet(world, ledger, { audit, project }));
      return checkAll(world, ledger, { audit, project });
    },
  };
}

export type OrderWorld = ReturnType<typeof createOrderWorld>;

interface Ledger {
  readonly attempted: string[];
  readonly committed: string[];
  readonly unknown: string[];
}

const createLedger = (): Ledger => ({ attempted: [], committed: [], unknown: [] });

function createTables(world: World): { readonly streamArn: string } {
  const table = (name: string, key: string, more: Json = {}) =>
    world.call('dynamodb', 'CreateTable', {
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: key, AttributeType: 'S' }],
      KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
      ...more,
    });
  for (const [name, key] of [
    ['inbox', 'pk'],
    ['orders', 'id'],
    ['effects', 'id'],
  ] as const) {
    table(name, key);
  }
  const outbox = table('outbox', 'pk', {
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
      { AttributeName: 'state', AttributeType: 'S' },
      { AttributeName: 'committedAt', AttributeType: 'N' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: OUTBOX_PENDING_INDEX,
        KeySchema: [
          { AttributeName: 'state', KeyType: 'HASH' },
          { AttributeName: 'committedAt', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
  });
  return { streamArn: String((outbox['TableDescription'] as Json)['LatestStreamArn']) };
}

function createTopics(world: World): void {
  world.call('sns', 'CreateTopic', { Name: 'orders' });
  world.call('sns', 'CreateTopic', { Name: 'orders-ordered.fifo', Attributes: { FifoTopic: 'true', FifoThroughputScope: 'MessageGroup' } });
}

const functionArn = (name: string) => `arn:aws:lambda:${ACCOUNT}:function:${name}`;

function deployRelay(world: World, options: OrderWorldOptions, streamArn: string): void {
  const depsOf = (process: SimProcess) =>
    createPublishDeps({
      dynamodb: process.client('dynamodb'),
      sns: process.client('sns'),
      sqs: process.client('sqs'),
      log: silentLogger,
      metrics: silentMetrics,
      clock: process.clock,
      rng: world.rng,
      env: {
        POSTHASTE_OUTBOX_TABLE: 'outbox',
        POSTHASTE_DESTINATIONS: JSON.stringify({
          orders: `arn:aws:sns:${ACCOUNT}:orders`,
          'orders-ordered': `arn:aws:sns:${ACCOUNT}:orders-ordered.fifo`,
        }),
      },
    });
  world.functions.deploy({
    arn: functionArn('relay'),
    name: 'relay',
    timeoutMs: 30_000,
    caller: DEVELOPER,
    create: (process): SimHandler => {
      const relay = createRelay(depsOf(process));
      return (event: { readonly Records: readonly object[] }, context) =>
        relay.handle(event.Records, { deadline: process.clock.now() + context.getRemainingTimeInMillis() - 3_000 });
    },
  });
  world.functions.deploy({
    arn: functionArn('sweeper'),
    name: 'sweeper',
    timeoutMs: 50_000,
    caller: DEVELOPER,
    create: (process): SimHandler => {
      const sweeper = createSweeper({ ...depsOf(process), sweepAfterMs: MINUTE });
      return (_event, context) => sweeper.sweep({ deadline: process.clock.now() + context.getRemainingTimeInMillis() - 3_000 });
    },
  });
  world.mappings.create(functionArn('relay'), {
    EventSourceArn: streamArn,
    StartingPosition: 'TRIM_HORIZON',
    BatchSize: 100,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    MaximumRetryAttempts: 10,
    MaximumRecordAgeInSeconds: 11 * 3_600,
    BisectBatchOnFunctionError: true,
    ParallelizationFactor: 2,
    ...options.streamMapping,
  });
  const sweepEveryMs = options.sweepEveryMs ?? MINUTE;
  const sweep = () => {
    void world.functions.invoke(functionArn('sweeper'), {});
    world.clock.after(sweepEveryMs, sweep);
  };
  world.clock.after(sweepEveryMs, sweep);
}

interface ConsumerPlace {
  readonly name: string;
  readonly topic: string;
  readonly fifo: boolean;
}

/** Where a consumer's messages are. */
export interface ConsumerQueues {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
}

function deployConsumer(world: World, options: OrderWorldOptions, { name, topic, fifo }: ConsumerPlace): ConsumerQueues {
  const suffix = fifo ? '.fifo' : '';
  const kind = fifo ? { FifoQueue: 'true', DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' } : {};
  const queue = (queueName: string, attributes: Json) =>
    String(world.call('sqs', 'CreateQueue', { QueueName: queueName + suffix, Attributes: { ...kind, ...attributes } })['QueueUrl']);
  const deadLetterQueueUrl = queue(`${name}-dlq`, { MessageRetentionPeriod: '1209600' });
  const queueUrl = queue(name, {
    VisibilityTimeout: String((6 * TIMEOUT_MS) / 1_000),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: world.sqs.queueArn(deadLetterQueueUrl), maxReceiveCount: fifo ? 1_000 : 100 }),
  });
  world.call('sns', 'Subscribe', {
    TopicArn: `arn:aws:sns:${ACCOUNT}:${topic}${suffix}`,
    Protocol: 'sqs',
    Endpoint: world.sqs.queueArn(queueUrl),
    Attributes: { RawMessageDelivery: 'true', ...(!fifo && { FilterPolicy: JSON.stringify({ type: [OrderPlaced.name] }) }) },
  });
  world.functions.deploy({
    arn: functionArn(name),
    name,
    timeoutMs: TIMEOUT_MS,
    caller: DEVELOPER,
    create: (process) => {
      const { rng, ids } = world;
      const { clock } = process;
      const inbox = createInbox({ client: process.client('dynamodb'), table: 'inbox', clock, rng });
      const handlers = options.routes?.(name, process) ?? [countEffect(name)];
      const sqs = process.client('sqs');
      return createConsumer({
        name,
        inbox,
        handlers,
        sqs,
        queueUrl,
        deadLetterQueueUrl,
        clock,
        rng,
        ids,
        log: silentLogger,
        metrics: silentMetrics,
        ...options.consumer,
      }) as unknown as SimHandler;
    },
  });
  world.mappings.create(functionArn(name), {
    EventSourceArn: world.sqs.queueArn(queueUrl),
    BatchSize: 10,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    ScalingConfig: { MaximumConcurrency: 4 },
  });
  return { queueUrl, deadLetterQueueUrl };
}

/** One effect per message and consumer; a second one shows as 2, an order as a list. */
export function countEffect(consumer: string): Route {
  return on(OrderPlaced, (message, { unit }) => {
    unit.update(effects, { id: `${consumer}#${message.data.orderId}` }, { update: { expression: 'ADD n :one', values: { ':one': 1 } } });
    unit.update(
      effects,
      { id: `${consumer}##${message.data.customer}` },
      {
        update: {
          expression: 'SET applied = list_append(if_not_exists(applied, :none), :next)',
          values: { ':none': [], ':next': [message.sequence ?? 0] },
        },
      },
    );
  });
}

/** Nothing waits anywhere, and every caller knows how its order ended. */
function isQuiet(world: World, ledger: Ledger, { audit, project }: { audit: ConsumerQueues; project: ConsumerQueues }): boolean {
  const waiting = [audit, project].some(({ queueUrl }) => {
    const { visible, inFlight, delayed } = world.sqs.stats(world.sqs.queueArn(queueUrl));
    return visible + inFlight + delayed > 0;
  });
  const rows = world.dynamodb.scanTable('outbox') as unknown as readonly { body?: unknown; state?: { S: string } }[];
  const pending = rows.some(({ body, state }) => body && !state?.S.startsWith('PARKED'));
  return world.calls.open === 0 && !waiting && !pending && ledger.committed.length + ledger.unknown.length >= ledger.attempted.length;
}

function checkAll(world: World, ledger: Ledger, queues: { audit: ConsumerQueues; project: ConsumerQueues }): readonly Violation[] {
  const items = world.dynamodb.scanTable('effects') as unknown as readonly {
    id: { S: string };
    n?: { N: string };
    applied?: { L: { N: string }[] };
  }[];
  const effectsOf = (consumer: string) =>
    items
      .filter(({ id, n }) => n && id.S.startsWith(`${consumer}#`))
      .flatMap(({ id, n }) => Array<string>(Number(n?.N)).fill(id.S.slice(consumer.length + 1)));
  const deadOf = ({ deadLetterQueueUrl }: ConsumerQueues) =>
    world.sqs.peek(world.sqs.queueArn(deadLetterQueueUrl)).map(({ body }) => String((JSON.parse(body) as Json)['correlationid']));
  const rows = world.dynamodb.scanTable('outbox') as unknown as readonly { body?: { S: string }; state?: { S: string } }[];
  const stranded = rows.filter(({ body, state }) => body && !state?.S.startsWith('PARKED'));
  const conservation = checkConservation({
    ...ledger,
    effects: new Map([
      ['audit-order', effectsOf('audit-order')],
      ['project-order', effectsOf('project-order')],
    ]),
    deadLettered: new Map([
      ['audit-order', deadOf(queues.audit)],
      ['project-order', deadOf(queues.project)],
    ]),
    parked: rows
      .filter(({ state }) => state?.S.startsWith('PARKED'))
      .map(({ body }) => String((JSON.parse(body?.S ?? '{}') as Json)['correlationid'])),
    subscribes: () => true,
  });
  const ordered = items
    .filter(({ id, applied }) => applied && id.S.startsWith('project-order##'))
    .flatMap(({ id, applied }) => (applied?.L ?? []).map(({ N }) => ({ key: id.S, sequence: Number(N) })));
  return [
    ...conservation,
    ...checkOrder(ordered),
    ...(stranded.length > 0 ? [{ guarantee: 'G12' as const, message: `${stranded.length} rows are still pending after the drain` }] : []),
  ];
}

/** A seed's own source of chance for faults, apart from the world's. */
export const faultRng = (seed: number) => createRng(seed ^ 0x7f4a7c15);
