import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createPowertoolsLogger, createPowertoolsMetrics } from '../lib/observability/powertools.ts';
import { createSweeper, type SweepReport, sweepAfterFromEnv } from '../lib/outbox/outbox.sweeper.ts';
import { createPublishDeps, deadlineOf, type InvocationTime } from '../lib/outbox/publish-deps.ts';
import { limitCalls } from '../lib/retry/call-limit.ts';
import { CLIENT_SETTINGS, SQS_CLIENT_SETTINGS } from '../lib/retry/client-settings.ts';

const metrics = createPowertoolsMetrics();
const clients = {
  dynamodb: limitCalls(new DynamoDBClient(CLIENT_SETTINGS)),
  sns: limitCalls(new SNSClient(CLIENT_SETTINGS)),
  sqs: limitCalls(new SQSClient(SQS_CLIENT_SETTINGS)),
};
const deps = createPublishDeps({ ...clients, log: createPowertoolsLogger(), metrics });
const sweeper = createSweeper({ ...deps, sweepAfterMs: sweepAfterFromEnv() });

/** Publishes pending messages that the stream did not bring. */
export async function handler(_event: unknown, context: InvocationTime): Promise<SweepReport> {
  try {
    return await sweeper.sweep({ deadline: deadlineOf(context) });
  } finally {
    metrics.flush();
  }
}
