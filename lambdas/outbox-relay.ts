import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, DynamoDBStreamEvent } from 'aws-lambda';
import { createPowertoolsLogger, createPowertoolsMetrics } from '../lib/observability/powertools.ts';
import { OUTBOX_METRICS } from '../lib/outbox/outbox.contract.ts';
import { createRelay, type StreamResponse } from '../lib/outbox/outbox.relay.ts';
import { createPublishDeps, deadlineOf, ONE_TRY } from '../lib/outbox/publish-deps.ts';

const metrics = createPowertoolsMetrics(OUTBOX_METRICS.namespace);
const relay = createRelay(
  createPublishDeps({
    dynamodb: new DynamoDBClient(ONE_TRY),
    sns: new SNSClient(ONE_TRY),
    sqs: new SQSClient(ONE_TRY),
    log: createPowertoolsLogger(),
    metrics,
  }),
);

/** Publishes what the stream of the outbox table brings. */
export async function handler(event: DynamoDBStreamEvent, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<StreamResponse> {
  try {
    return await relay.handle(event.Records, { deadline: deadlineOf(context) });
  } finally {
    metrics.flush();
  }
}
