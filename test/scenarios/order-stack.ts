import * as z from 'zod';
import { on, type Route } from '../../lib/consumer/consumer.routes.ts';
import { silentLogger } from '../../lib/core/logger.ts';
import { silentMetrics } from '../../lib/core/metrics.ts';
import { createInbox } from '../../lib/inbox/create-inbox.ts';
import { type Caller, DEVELOPER, type Json } from '../../lib/local/aws.ts';
import { defineCommand, defineEvent } from '../../lib/message/define.ts';
import { createOutbox } from '../../lib/outbox/create-outbox.ts';
import { createRelay } from '../../lib/outbox/outbox.relay.ts';
import { createSweeper } from '../../lib/outbox/outbox.sweeper.ts';
import { createPublishDeps } from '../../lib/outbox/publish-deps.ts';
import { type CreateConsumerOptions, createConsumer } from '../../lib/runtime/create-consumer.ts';
import type { SimHandler } from '../../lib/simulation/functions.ts';
import type { SimProcess } from '../../lib/simulation/process.ts';
import { keyedTable, outboxTable, type TableInput } from '../../lib/simulation/table-inputs.ts';
import type { World, WorldOptions } from '../../lib/simulation/world.ts';

/** Keyed by customer, to a topic without order and to one with. */
export const OrderPlaced = defineEvent({
  name: 'orders.order-placed',
  version: 1,
  schema: z.object({ orderId: z.string(), customer: z.string() }),
  key: (order) => order.customer,
  topics: ['orders', 'orders-ordered'],
});

/** Without a key, to the topic without order. */
export const OrderNoted = defineEvent({
  name: 'orders.order-noted',
  version: 1,
  schema: z.object({ orderId: z.string(), text: z.string().optional() }),
});

/** What a consumer that publishes answers with: to a queue that nobody reads, so that the copies can be counted. */
export const OrderShipped = defineEvent({
  name: 'orders.order-shipped',
  version: 1,
  schema: z.object({ orderId: z.string() }),
  topics: ['shipments'],
});

/** From point to point: straight into the queue of the one consumer that carries it out. */
export const PackOrder = defineCommand({ name: 'packing.pack-order', version: 1, schema: z.object({ orderId: z.string() }) });

export const orders = { name: 'orders', partitionKey: 'id' };
export const effects = { name: 'effects', partitionKey: 'id' };

export const ACCOUNT = 'us-east-1:000000000000';
export const TIMEOUT_MS = 10_000;
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const SOURCE = 'urn:posthaste:orders';

/** The relay's role, so that a scenario can deny what it alone does. */
export const RELAY_ROLE: Caller = { kind: 'role', roleArn: 'arn:aws:iam::000000000000:role/relay' };

/** What a scenario changes about the pipeline. */
export interface StackOptions extends WorldOptions {
  /** Settings of both consumers. */
  readonly consumer?: Partial<CreateConsumerOptions>;
  /** Handlers of one process of a consumer, in place of the counting ones. */
  readonly routes?: (consumer: string, process: SimProcess, world: World) => readonly Route[];
  /** Milliseconds between sweeps; 0 for none. */
  readonly sweepEveryMs?: number;
  /** Settings of the stream's mapping. */
  readonly streamMapping?: Json;
  /** Replaces the filter of the subscription without order. */
  readonly filterPolicy?: Json;
  /** Records in one batch of a consumer. */
  readonly batchSize?: number;
  /** Invocations of a consumer at once. @default 100, as the construct has it */
  readonly maxConcurrency?: number;
  readonly visibilitySeconds?: number;
  readonly maxReceiveCount?: number;
  /** Whether there is a consumer of commands, too. @default false */
  readonly commands?: boolean;
  /** Whether dead letters are kept in a failure store, from which an operations function sends them back. @default false */
  readonly failures?: boolean;
  /** Milliseconds between ticks of the operations function; 0 for none. @default a minute */
  readonly tickEveryMs?: number;
}

/** Where a consumer's messages are. */
export interface ConsumerPlace {
  readonly name: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  /** Dead letters of the subscription: what SNS could not deliver. */
  readonly undeliveredUrl: string;
  /** Empty for a consumer of commands. */
  readonly subscriptionArn: string;
  readonly mapping: string;
}

/** What was deployed, by the ids that the embedded AWS gave. */
export interface Stack {
  readonly audit: ConsumerPlace;
  readonly project: ConsumerPlace;
  /** All of them, with the consumer of commands if there is one. */
  readonly consumers: readonly ConsumerPlace[];
  /** The queue that subscribes to `OrderShipped`. */
  readonly shipmentsUrl: string;
  readonly relayMapping: string;
}

/** The whole pipeline as the constructs deploy it. */
export function deployStack(world: World, options: StackOptions): Stack {
  const streamArn = createTables(world);
  for (const name of ['orders', 'shipments']) world.call('sns', 'CreateTopic', { Name: name });
  world.call('sns', 'CreateTopic', { Name: 'orders-ordered.fifo', Attributes: { FifoTopic: 'true', FifoThroughputScope: 'MessageGroup' } });
  const relayMapping = deployRelay(world, options, streamArn);
  const audit = deployConsumer(world, options, { name: 'audit-order', topic: 'orders', fifo: false });
  const project = deployConsumer(world, options, { name: 'project-order', topic: 'orders-ordered', fifo: true });
  const pack = options.commands ? [deployConsumer(world, options, { name: 'pack-order', fifo: false })] : [];
  return { relayMapping, audit, project, consumers: [audit, project, ...pack], shipmentsUrl: observeShipments(world) };
}

function observeShipments(world: World): string {
  const url = String(
    world.call('sqs', 'CreateQueue', { QueueName: 'shipments', Attributes: { MessageRetentionPeriod: '1209600' } })['QueueUrl'],
  );
  const Attributes = { RawMessageDelivery: 'true' };
  world.call('sns', 'Subscribe', { TopicArn: topicArn('shipments'), Protocol: 'sqs', Endpoint: world.sqs.queueArn(url), Attributes });
  return url;
}

function createTables(world: World): string {
  const create = (table: TableInput) => world.call('dynamodb', 'CreateTable', { ...table })['TableDescription'] as Json;
  const expire = (TableName: string) =>
    world.call('dynamodb', 'UpdateTimeToLive', { TableName, TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true } });
  create(keyedTable('inbox', 'pk'));
  expire('inbox');
  create(keyedTable('orders', 'id'));
  create(keyedTable('effects', 'id'));
  const { LatestStreamArn } = create(outboxTable('outbox'));
  expire('outbox');
  return String(LatestStreamArn);
}

export const functionArn = (name: string) => `arn:aws:lambda:${ACCOUNT}:function:${name}`;
export const topicArn = (name: string) => `arn:aws:sns:${ACCOUNT}:${name}`;

function deployRelay(world: World, options: StackOptions, streamArn: string): string {
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
          orders: topicArn('orders'),
          shipments: topicArn('shipments'),
          'orders-ordered': topicArn('orders-ordered.fifo'),
          'pack-order': `arn:aws:sqs:${ACCOUNT}:pack-order`,
        }),
      },
    });
  world.functions.deploy({
    arn: functionArn('relay'),
    name: 'relay',
    timeoutMs: 30_000,
    caller: RELAY_ROLE,
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
    caller: RELAY_ROLE,
    create: (process): SimHandler => {
      const sweeper = createSweeper({ ...depsOf(process), sweepAfterMs: MINUTE });
      return (_event, context) => sweeper.sweep({ deadline: process.clock.now() + context.getRemainingTimeInMillis() - 3_000 });
    },
  });
  startSweeps(world, options.sweepEveryMs ?? MINUTE);
  const mapping = world.mappings.create(functionArn('relay'), {
    EventSourceArn: streamArn,
    StartingPosition: 'TRIM_HORIZON',
    BatchSize: 100,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    MaximumRetryAttempts: 10,
    MaximumRecordAgeInSeconds: 6 * 3_600,
    BisectBatchOnFunctionError: true,
    ParallelizationFactor: 4,
    FilterCriteria: { Filters: [{ Pattern: PENDING_INSERTS }] },
    ...options.streamMapping,
  });
  return String(mapping['UUID']);
}

const PENDING_INSERTS = JSON.stringify({ eventName: ['INSERT'], dynamodb: { NewImage: { state: { S: [{ prefix: 'PENDING#' }] } } } });

function startSweeps(world: World, everyMs: number): void {
  if (everyMs === 0) return;
  const sweep = () => {
    void world.functions.invoke(functionArn('sweeper'), {});
    world.clock.after(everyMs, sweep);
  };
  world.clock.after(everyMs, sweep);
}

interface ConsumerKind {
  readonly name: string;
  /** @default - none: messages are sent to the queue */
  readonly topic?: string;
  readonly fifo: boolean;
}

function deployConsumer(world: World, options: StackOptions, { name, topic, fifo }: ConsumerKind): ConsumerPlace {
  const { queueUrl, deadLetterQueueUrl, undeliveredUrl } = createQueues(world, options, { name, fifo });
  const filter = options.filterPolicy ?? { type: [OrderPlaced.name, OrderNoted.name] };
  const subscription =
    topic === undefined
      ? { SubscriptionArn: '' }
      : world.call('sns', 'Subscribe', {
          TopicArn: topicArn(fifo ? `${topic}.fifo` : topic),
          Protocol: 'sqs',
          Endpoint: world.sqs.queueArn(queueUrl),
          ReturnSubscriptionArn: true,
          Attributes: {
            RawMessageDelivery: 'true',
            RedrivePolicy: JSON.stringify({ deadLetterTargetArn: world.sqs.queueArn(undeliveredUrl) }),
            ...(!fifo && { FilterPolicy: JSON.stringify(filter) }),
          },
        });
  world.functions.deploy({
    arn: functionArn(name),
    name,
    timeoutMs: TIMEOUT_MS,
    caller: DEVELOPER,
    create: (process) => consumerHandler(world, options, { process, name, queueUrl, deadLetterQueueUrl }),
  });
  const mapping = world.mappings.create(functionArn(name), {
    EventSourceArn: world.sqs.queueArn(queueUrl),
    BatchSize: options.batchSize ?? 10,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    ScalingConfig: { MaximumConcurrency: options.maxConcurrency ?? 100 },
  });
  const subscriptionArn = String(subscription['SubscriptionArn']);
  return { name, queueUrl, deadLetterQueueUrl, undeliveredUrl, subscriptionArn, mapping: String(mapping['UUID']) };
}

function createQueues(world: World, options: StackOptions, { name, fifo }: Pick<ConsumerKind, 'name' | 'fifo'>) {
  const kind = fifo ? { FifoQueue: 'true', DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' } : {};
  const queue = (part: string, attributes: Json) =>
    String(
      world.call('sqs', 'CreateQueue', { QueueName: `${part}${fifo ? '.fifo' : ''}`, Attributes: { ...kind, ...attributes } })['QueueUrl'],
    );
  const kept = { MessageRetentionPeriod: '1209600' };
  const deadLetterQueueUrl = queue(`${name}-dlq`, kept);
  const undeliveredUrl = queue(`${name}-undelivered`, kept);
  const queueUrl = queue(name, {
    VisibilityTimeout: String(options.visibilitySeconds ?? (6 * TIMEOUT_MS) / 1_000),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: world.sqs.queueArn(deadLetterQueueUrl),
      maxReceiveCount: options.maxReceiveCount ?? (fifo ? 1_000 : 100),
    }),
  });
  return { queueUrl, deadLetterQueueUrl, undeliveredUrl };
}

interface ConsumerProcess {
  readonly process: SimProcess;
  readonly name: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
}

function consumerHandler(
  world: World,
  options: StackOptions,
  { process, name, queueUrl, deadLetterQueueUrl }: ConsumerProcess,
): SimHandler {
  const { rng, ids } = world;
  const { clock } = process;
  const client = process.client('dynamodb');
  return createConsumer({
    name,
    inbox: createInbox({ client, table: 'inbox', clock, rng }),
    outbox: createOutbox({ client, table: 'outbox', source: SOURCE, clock, rng, ids }),
    handlers: options.routes?.(name, process, world) ?? countEffects(name),
    sqs: process.client('sqs'),
    queueUrl,
    deadLetterQueueUrl,
    clock,
    rng,
    ids,
    log: silentLogger,
    metrics: silentMetrics,
    ...options.consumer,
  }) as unknown as SimHandler;
}

/** One effect per message and consumer; a second one shows as 2, an order as a list. */
export function countEffects(consumer: string): readonly Route[] {
  return [
    on(OrderPlaced, ({ data, sequence }, { unit }) => applyOnce(consumer, unit, { ...data, sequence })),
    on(OrderNoted, ({ data }, { unit }) => applyOnce(consumer, unit, data)),
    on(PackOrder, ({ data }, { unit }) => applyOnce(consumer, unit, data)),
  ];
}

type Unit = Parameters<Route['handle']>[1]['unit'];

/** The countable effect of one message, for handlers that do more. */
export function applyOnce(
  consumer: string,
  unit: Unit,
  { orderId, customer, sequence }: { readonly orderId: string; readonly customer?: string; readonly sequence?: number | undefined },
): void {
  unit.update(effects, { id: `${consumer}#${orderId}` }, { update: { expression: 'ADD n :one', values: { ':one': 1 } } });
  if (customer === undefined) return;
  const expression = 'SET applied = list_append(if_not_exists(applied, :none), :next)';
  unit.update(effects, { id: `${consumer}##${customer}` }, { update: { expression, values: { ':none': [], ':next': [sequence ?? 0] } } });
}
