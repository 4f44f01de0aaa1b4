import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { createPowertoolsLogger, createPowertoolsMetrics } from '../lib/observability/powertools.ts';
import { operationsFromEnv } from '../lib/ops/create-operations.ts';
import { OPERATIONS_METRICS } from '../lib/ops/ops.contract.ts';
import { deadlineOf, type InvocationTime } from '../lib/outbox/publish-deps.ts';
import { limitCalls } from '../lib/retry/call-limit.ts';
import { CLIENT_SETTINGS, SQS_CLIENT_SETTINGS } from '../lib/retry/client-settings.ts';

const metrics = createPowertoolsMetrics(OPERATIONS_METRICS.namespace);
const operations = operationsFromEnv({
  dynamodb: limitCalls(new DynamoDBClient(CLIENT_SETTINGS)),
  sqs: limitCalls(new SQSClient(SQS_CLIENT_SETTINGS)),
  s3: limitCalls(new S3Client(CLIENT_SETTINGS)),
  ssm: limitCalls(new SSMClient(CLIENT_SETTINGS)),
  cloudwatch: limitCalls(new CloudWatchClient(CLIENT_SETTINGS)),
  lambda: limitCalls(new LambdaClient(CLIENT_SETTINGS)),
  log: createPowertoolsLogger(),
  metrics,
});

/** Answers operators, and does once a minute what the schedule asks. */
export async function handler(request: unknown, context: InvocationTime): Promise<unknown> {
  try {
    return await operations.handle(request, { deadline: deadlineOf(context) });
  } finally {
    metrics.flush();
  }
}
