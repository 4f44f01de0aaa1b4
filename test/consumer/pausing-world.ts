import { createMappingStop } from '../../lib/consumer/consumer.pausing.ts';
import { on } from '../../lib/consumer/consumer.routes.ts';
import { silentLogger } from '../../lib/core/logger.ts';
import { silentMetrics } from '../../lib/core/metrics.ts';
import { createInbox } from '../../lib/inbox/create-inbox.ts';
import { AwsError, type AwsRequest, DEVELOPER, type Json } from '../../lib/local/aws.ts';
import { pause } from '../../lib/retry/error-outcome.ts';
import { errorRule } from '../../lib/retry/error-rules.ts';
import { Transient } from '../../lib/retry/retry.errors.ts';
import { createConsumer } from '../../lib/runtime/create-consumer.ts';
import type { FaultSource } from '../../lib/simulation/fault.ts';
import { createWorld } from '../../lib/simulation/world.ts';
import { bodyOf, effects, OrderPlaced } from './world.ts';

export const MINUTE = 60_000;

const NAME = 'charge-card';
const FUNCTION_ARN = `arn:aws:lambda:us-east-1:000000000000:function:${NAME}`;
const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:orders';

export interface PausingOptions {
  readonly seed?: number;
  readonly faults?: FaultSource;
  /** How long the bank is closed, and how long a pause is, in milliseconds. */
  readonly closedMs?: number;
  readonly pauseMs?: number;
  /** What the bank asks its callers to wait. @default - nothing */
  readonly asksMs?: number;
  /** Whether deliveries are stopped too. @default true */
  readonly stops?: boolean;
}

/** A consumer behind an event source mapping that pauses while its bank is closed, in a simulated world. */
export function pausing({ seed = 1, faults, closedMs = 60 * MINUTE, pauseMs = 15 * MINUTE, asksMs, stops = true }: PausingOptions = {}) {
  let refusedUntil = 0;
  const authorise = ({ action, input }: AwsRequest) => {
    if (action !== 'UpdateEventSourceMapping' || !input['Enabled'] || clock.now() >= refusedUntil) return;
    throw new AwsError('ResourceInUseException', 'Cannot update the event source mapping because it is in use.');
  };
  const world = createWorld({ seed, authorise, ...(faults && { faults }) });
  const { clock, rng, ids, call } = world;
  const queueOf = (QueueName: string, Attributes: Json) => String(call('sqs', 'CreateQueue', { QueueName, Attributes })['QueueUrl']);
  const deadLetterQueueUrl = queueOf('dead', {});
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:dead', maxReceiveCount: 100 });
  const queueUrl = queueOf('orders', { VisibilityTimeout: '180', RedrivePolicy });
  for (const [TableName, AttributeName] of [
    ['inbox', 'pk'],
    ['effects', 'id'],
  ]) {
    call('dynamodb', 'CreateTable', {
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName, AttributeType: 'S' }],
      KeySchema: [{ AttributeName, KeyType: 'HASH' }],
    });
  }
  const opensAt = clock.now() + closedMs;
  const runs: number[] = [];
  world.functions.deploy({
    arn: FUNCTION_ARN,
    name: NAME,
    timeoutMs: 30_000,
    caller: DEVELOPER,
    create: (process) => {
      const stop = createMappingStop({
        ...{ lambda: process.client('lambda'), scheduler: process.client('scheduler'), clock: process.clock, rng },
        ...{ queueArn: QUEUE_ARN, functionName: NAME, scheduleName: `${NAME}-resume`, roleArn: 'arn:aws:iam::000000000000:role/resume' },
      });
      return createConsumer({
        name: NAME,
        ...{ clock: process.clock, rng, ids, log: silentLogger, metrics: silentMetrics, queueUrl, deadLetterQueueUrl },
        sqs: process.client('sqs'),
        inbox: createInbox({ client: process.client('dynamodb'), table: 'inbox', retentionDays: 60, clock: process.clock, rng }),
        errors: [errorRule({ code: 'BANK_CLOSED' }, pause(pauseMs))],
        ...(stops && { pausing: stop }),
        handlers: [
          on(OrderPlaced, ({ id }, { unit }) => {
            runs.push(clock.now());
            if (clock.now() < opensAt)
              throw new Transient('come back later', { code: 'BANK_CLOSED', ...(asksMs !== undefined && { retryAfterMs: asksMs }) });
            unit.update(effects, { id }, { update: { expression: 'ADD #n :one', names: { '#n': 'n' }, values: { ':one': 1 } } });
          }),
        ],
      }) as never;
    },
  });
  const { UUID } = world.mappings.create(FUNCTION_ARN, {
    EventSourceArn: QUEUE_ARN,
    BatchSize: 10,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  });
  const stateOf = () => String(world.mappings.get(String(UUID))['State']);
  return {
    world,
    runs,
    opensAt,
    send: (orderId: string) => {
      const time = new Date(clock.now()).toISOString();
      call('sqs', 'SendMessage', { QueueUrl: queueUrl, MessageBody: bodyOf(orderId, { time }) });
    },
    state: stateOf,
    /** From now on Lambda does not enable the mapping, as while it is being changed, for so many milliseconds. */
    refuseToEnable(ms: number) {
      refusedUntil = clock.now() + ms;
    },
    schedules: () => call('scheduler', 'ListSchedules', {})['Schedules'] as readonly Json[],
    /** Messages that the mapping was handed, each as often as it was. */
    receives: () => world.mappings.stats(String(UUID)).received,
    waiting: () => {
      const { visible, inFlight, delayed } = world.sqs.stats(QUEUE_ARN);
      return visible + inFlight + delayed;
    },
    deadLetters: () => world.sqs.peek('arn:aws:sqs:us-east-1:000000000000:dead').length,
    /** How often each order took effect, in their order. */
    effectsOf(orderIds: readonly string[]): readonly number[] {
      const rows = new Map(
        world.dynamodb.scanTable('effects').map((row) => [(row['id'] as { S: string }).S, Number((row['n'] as { N: string }).N)]),
      );
      return orderIds.map((orderId) => rows.get(`message-${orderId}`) ?? 0);
    },
  };
}
