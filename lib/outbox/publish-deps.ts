import type { SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { type Clock, systemClock } from '../core/clock.ts';
import { requiredEnv } from '../core/env.ts';
import { PosthasteError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Metrics } from '../core/metrics.ts';
import { type Rng, systemRng } from '../core/rng.ts';
import { type Destination, parseDestinations } from '../topic/destination.ts';
import { createSnsSender } from '../topic/topic.sns.ts';
import { createSqsSender } from '../topic/topic.sqs.ts';
import type { DynamoDbSender } from '../unit-of-work/unit-of-work.dynamodb.ts';
import { OUTBOX_ENV } from './outbox.contract.ts';
import { createOutboxStore } from './outbox.dynamodb.ts';
import type { PublishDeps } from './publish-lanes.ts';

/** What a composition root gives the relay and the sweeper. */
export interface PublishParts {
  readonly dynamodb: DynamoDbSender;
  readonly sns: Pick<SNSClient, 'send'>;
  readonly sqs: Pick<SQSClient, 'send'>;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** @default - real time */
  readonly clock?: Clock;
  readonly rng?: Rng;
  /** @default - the process's */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** `POSTHASTE_DESTINATIONS` is not what the construct writes. Code `DESTINATIONS_UNREADABLE`. */
class DestinationsUnreadableError extends PosthasteError {
  constructor(options: ErrorOptions) {
    super(`${OUTBOX_ENV.destinations} is not a JSON object from destination name to ARN; the Outbox construct writes it`, {
      ...options,
      code: 'DESTINATIONS_UNREADABLE',
    });
  }
}

/** The dependencies of the relay and the sweeper, from AWS clients (`maxAttempts: 1`) and the environment that the construct sets. */
export function createPublishDeps({
  dynamodb,
  sns,
  sqs,
  log,
  metrics,
  clock = systemClock,
  rng = systemRng,
  env = process.env,
}: PublishParts): PublishDeps {
  const table = requiredEnv(OUTBOX_ENV.table, 'Outbox', env);
  return {
    store: createOutboxStore({ client: dynamodb, table, clock, rng }),
    senders: { topic: createSnsSender(sns), queue: createSqsSender(sqs) },
    destinations: readDestinations(requiredEnv(OUTBOX_ENV.destinations, 'Outbox', env)),
    clock,
    rng,
    log,
    metrics,
  };
}

function readDestinations(text: string): ReadonlyMap<string, Destination> {
  let arns: unknown;
  try {
    arns = JSON.parse(text);
  } catch (cause) {
    throw new DestinationsUnreadableError({ cause });
  }
  if (typeof arns !== 'object' || arns === null || Array.isArray(arns)) throw new DestinationsUnreadableError({});
  return parseDestinations(arns as Record<string, unknown>);
}

/** Time kept free at the end of an invocation, in milliseconds: to remove what was published and write the answer. */
const RESERVE_MS = 5_000;

/** What Lambda's context tells of time. */
export interface InvocationTime {
  getRemainingTimeInMillis(): number;
}

/** When an invocation stops starting anything new; a short one keeps a third of its time. */
export function deadlineOf(context: InvocationTime, clock: Clock = systemClock): number {
  const remaining = context.getRemainingTimeInMillis();
  return clock.now() + remaining - Math.min(RESERVE_MS, remaining / 3);
}
