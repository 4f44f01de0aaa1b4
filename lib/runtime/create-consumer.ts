import { SQSClient } from '@aws-sdk/client-sqs';
import { CONSUMER_ENV, CONSUMER_METRICS } from '../consumer/consumer.contract.ts';
import { type ConsumerHandler, type ConsumerOptions, createConsumerHandler } from '../consumer/consumer.handler.ts';
import type { VisibilityClient } from '../consumer/consumer.sqs.ts';
import { systemClock } from '../core/clock.ts';
import { requiredEnv } from '../core/env.ts';
import { systemRng } from '../core/rng.ts';
import { createDeadLetters, type DeadLetterClient } from '../dlq/dead-letters.sqs.ts';
import { createInbox } from '../inbox/create-inbox.ts';
import { type BufferedMetrics, createPowertoolsLogger, createPowertoolsMetrics } from '../observability/powertools.ts';
import { OUTBOX_ENV } from '../outbox/outbox.contract.ts';
import { limitCalls } from '../retry/call-limit.ts';
import { SQS_CLIENT_SETTINGS } from '../retry/client-settings.ts';
import type { DeadLetters } from '../retry/dead-letter.ts';

/** What `createConsumer` takes: what a consumer is, and, where the environment does not say, where its queues are. */
export interface CreateConsumerOptions extends Omit<ConsumerOptions, 'inbox'> {
  /** @default createInbox() */
  readonly inbox?: ConsumerOptions['inbox'];
  /** An SQS client created with `maxAttempts: 1`. @default - one client per process */
  readonly sqs?: VisibilityClient & DeadLetterClient;
  /** The URL of the queue. @default - `POSTHASTE_QUEUE_URL` */
  readonly queueUrl?: string;
  /** The URL of the dead-letter queue. @default - `POSTHASTE_DLQ_URL` */
  readonly deadLetterQueueUrl?: string;
  /** Where parked messages go instead of the dead-letter queue. */
  readonly deadLetters?: DeadLetters;
}

let shared: SQSClient | undefined;

/** One SQS client per process, made at the first call. */
function sharedSqs(): SQSClient {
  shared ??= limitCalls(new SQSClient(SQS_CLIENT_SETTINGS));
  return shared;
}

/**
 * A Lambda handler that consumes a queue.
 *
 * Promise: the unit of work of each message commits exactly once per consumer, whatever is delivered twice, crashes or times out; on a FIFO
 * queue in the order of the group. A message that cannot be handled is in the dead-letter queue, with the reason. The response is always
 * a true partial one.
 * No promise: what a handler does outside its unit happens at least once; give the callee `context.idempotencyKey`.
 *
 * Throws `ConsumerConfigError` (code `CONSUMER_CONFIG`) or `MissingEnvError` (code `ENV_MISSING`) when the module loads.
 *
 * @example
 * export const handler = createConsumer({
 *   name: 'ship-order',
 *   inbox: createInbox(),
 *   handlers: [
 *     on(OrderPlaced, async (message, { unit }) => {
 *       unit.put(shipments, { orderId: message.data.orderId, state: 'waiting' });
 *     }),
 *   ],
 * });
 */
export function createConsumer(options: CreateConsumerOptions): ConsumerHandler {
  const { clock = systemClock, rng = systemRng, sqs = sharedSqs(), log = createPowertoolsLogger() } = options;
  const queueUrl = options.queueUrl ?? requiredEnv(CONSUMER_ENV.queueUrl, 'the Consumer construct');
  const inbox = options.inbox ?? createInbox({ clock, rng });
  const deadLetters = options.deadLetters ?? createDeadLetters({ client: sqs, queueUrl: deadLetterQueueUrlOf(options), clock, rng });
  const source = options.source ?? options.outbox?.source ?? process.env[OUTBOX_ENV.source];
  const emitted = options.metrics === undefined ? consumerMetrics(options.name) : undefined;
  const handler = createConsumerHandler({
    ...options,
    inbox,
    deadLetters,
    sqs,
    queueUrl,
    log,
    ...(emitted && { metrics: emitted }),
    ...(source !== undefined && { source }),
  });
  if (emitted === undefined) return handler;
  const flush = () => emitted.flush();
  return handler.use({ after: flush, onError: flush });
}

/** CloudWatch metrics in one log line per batch: the consumer is a dimension of all of them. */
function consumerMetrics(consumer: string): BufferedMetrics {
  const { add, flush } = createPowertoolsMetrics({ consumer });
  return {
    add(name, value, { unit = 'Count' } = {}) {
      add(name, value, { unit });
      // What blocks its key may be about to take the process with it, and the lines that were not written; what is lost is counted at once.
      if (name === CONSUMER_METRICS.blocked || name === CONSUMER_METRICS.lost) flush();
    },
    flush,
  };
}

function deadLetterQueueUrlOf({ deadLetterQueueUrl }: CreateConsumerOptions): string {
  return deadLetterQueueUrl ?? requiredEnv(CONSUMER_ENV.deadLetterQueueUrl, 'the Consumer construct');
}
