import { silentLogger } from '../../core/logger.ts';
import { silentMetrics } from '../../core/metrics.ts';
import { DEVELOPER } from '../../local/aws.ts';
import type { AnyMessageDefinition } from '../../message/message.ts';
import { OUTBOX_ENV } from '../../outbox/outbox.contract.ts';
import { createRelay } from '../../outbox/outbox.relay.ts';
import { createSweeper } from '../../outbox/outbox.sweeper.ts';
import { createPublishDeps, deadlineOf } from '../../outbox/publish-deps.ts';
import type { SimHandler } from '../functions.ts';
import type { SimProcess } from '../process.ts';
import type { World } from '../world.ts';
import { createOutboxTable, OUTBOX_TABLE } from './tables.ts';

const MINUTE_MS = 60_000;
export const ACCOUNT = 'us-east-1:000000000000';
const functionArn = (name: string) => `arn:aws:lambda:${ACCOUNT}:function:${name}`;

/** Where what a subject publishes ends: URLs of queues. */
export interface Outlets {
  readonly queueUrls: readonly string[];
}

/**
 * The outbox as its construct deploys it, with relay and sweeper, and the topics and queues of what is published. Each topic has one
 * subscriber that keeps everything.
 */
export function createOutboxStage(world: World, publishes: readonly AnyMessageDefinition[]): Outlets {
  const streamArn = createOutboxTable(world);
  const topics = distinct(publishes.filter(({ kind }) => kind === 'event'));
  const queues = distinct(publishes.filter(({ kind }) => kind === 'command'));
  const destinations = Object.fromEntries([
    ...topics.map((name) => [name, `arn:aws:sns:${ACCOUNT}:${name}`]),
    ...queues.map((name) => [name, `arn:aws:sqs:${ACCOUNT}:${name}`]),
  ]);
  deployPublishers(world, JSON.stringify(destinations));
  world.mappings.create(functionArn('relay'), {
    EventSourceArn: streamArn,
    StartingPosition: 'TRIM_HORIZON',
    BatchSize: 100,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    MaximumRetryAttempts: 10,
    MaximumRecordAgeInSeconds: 6 * 3_600,
    BisectBatchOnFunctionError: true,
    ParallelizationFactor: 4,
  });
  return { queueUrls: [...topics.map((name) => subscriberOf(world, name)), ...queues.map((name) => createQueue(world, name))] };
}

const distinct = (definitions: readonly AnyMessageDefinition[]) => [...new Set(definitions.flatMap(({ destinations }) => destinations))];

const createQueue = (world: World, name: string): string =>
  String(world.call('sqs', 'CreateQueue', { QueueName: name, Attributes: { MessageRetentionPeriod: '1209600' } })['QueueUrl']);

function subscriberOf(world: World, topic: string): string {
  const { TopicArn } = world.call('sns', 'CreateTopic', { Name: topic });
  const queueUrl = createQueue(world, `posthaste-subscriber-${topic}`);
  world.call('sns', 'Subscribe', {
    TopicArn,
    Protocol: 'sqs',
    Endpoint: world.sqs.queueArn(queueUrl),
    Attributes: { RawMessageDelivery: 'true' },
  });
  return queueUrl;
}

function deployPublishers(world: World, destinations: string): void {
  const depsOf = (process: SimProcess) =>
    createPublishDeps({
      dynamodb: process.client('dynamodb'),
      sns: process.client('sns'),
      sqs: process.client('sqs'),
      log: silentLogger,
      metrics: silentMetrics,
      clock: process.clock,
      rng: world.rng,
      env: { [OUTBOX_ENV.table]: OUTBOX_TABLE, [OUTBOX_ENV.destinations]: destinations },
    });
  const deploy = (name: string, create: (process: SimProcess) => SimHandler) =>
    world.functions.deploy({ arn: functionArn(name), name, timeoutMs: 50_000, caller: DEVELOPER, create });
  deploy('relay', (process) => {
    const relay = createRelay(depsOf(process));
    return (event: { readonly Records: readonly object[] }, context) =>
      relay.handle(event.Records, { deadline: deadlineOf(context, process.clock) });
  });
  deploy('sweeper', (process) => {
    const sweeper = createSweeper({ ...depsOf(process), sweepAfterMs: MINUTE_MS });
    return (_event, context) => sweeper.sweep({ deadline: deadlineOf(context, process.clock) });
  });
  const sweep = () => {
    void world.functions.invoke(functionArn('sweeper'), {});
    world.clock.after(MINUTE_MS, sweep);
  };
  world.clock.after(MINUTE_MS, sweep);
}
