import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createPowertoolsLogger, createPowertoolsMetrics } from '../lib/observability/powertools.ts';
import { createRelay, type StreamRecord, type StreamResponse } from '../lib/outbox/outbox.relay.ts';
import { createPublishDeps, deadlineOf, type InvocationTime } from '../lib/outbox/publish-deps.ts';
import { limitCalls } from '../lib/retry/call-limit.ts';
import { CLIENT_SETTINGS, SQS_CLIENT_SETTINGS } from '../lib/retry/client-settings.ts';

const metrics = createPowertoolsMetrics();
const relay = createRelay(
  createPublishDeps({
    dynamodb: limitCalls(new DynamoDBClient(CLIENT_SETTINGS)),
    sns: limitCalls(new SNSClient(CLIENT_SETTINGS)),
    sqs: limitCalls(new SQSClient(SQS_CLIENT_SETTINGS)),
    log: createPowertoolsLogger(),
    metrics,
  }),
);

/** Publishes what the stream of the outbox table brings. */
export async function handler(event: { readonly Records: readonly StreamRecord[] }, context: InvocationTime): Promise<StreamResponse> {
  try {
    return await relay.handle(event.Records, { deadline: deadlineOf(context) });
  } finally {
    metrics.flush();
  }
}
