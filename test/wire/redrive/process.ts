import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { type Clock, systemClock } from '../../../lib/core/clock.ts';
import { silentLogger } from '../../../lib/core/logger.ts';
import { silentMetrics } from '../../../lib/core/metrics.ts';
import { operationsFromEnv } from '../../../lib/ops/create-operations.ts';
import type { Operations } from '../../../lib/ops/operations.handler.ts';
import type { Answers, OperationRequest, Redrive } from '../../../lib/ops/operations.ts';
import { OPERATIONS_ENV } from '../../../lib/ops/ops.contract.ts';
import { CLIENT_SETTINGS, SQS_CLIENT_SETTINGS } from '../../../lib/retry/client-settings.ts';
import { topologyPath } from '../../../lib/topology/topology.contract.ts';
import { type Done, type Go, KEYS, type Order, REGION } from './protocol.ts';

// The operations function as it is deployed, in a process that is killed in the middle of a redrive: begins one, or goes on with it.

const BUDGET_MS = 50_000;

function operationsOf({ endpoint, table, stack }: Order, clock: Clock): Operations {
  const place = { endpoint, region: REGION, credentials: KEYS };
  return operationsFromEnv({
    dynamodb: new DynamoDBClient({ ...CLIENT_SETTINGS, ...place }),
    sqs: new SQSClient({ ...SQS_CLIENT_SETTINGS, ...place }),
    s3: new S3Client({ ...CLIENT_SETTINGS, ...place }),
    ssm: new SSMClient({ ...CLIENT_SETTINGS, ...place }),
    cloudwatch: new CloudWatchClient({ ...CLIENT_SETTINGS, ...place }),
    lambda: new LambdaClient({ ...CLIENT_SETTINGS, ...place }),
    ...{ clock, log: silentLogger, metrics: silentMetrics },
    env: {
      [OPERATIONS_ENV.table]: table,
      [OPERATIONS_ENV.bucket]: 'bodies',
      [OPERATIONS_ENV.bucketOwner]: '000000000000',
      [OPERATIONS_ENV.topology]: topologyPath(stack),
      [OPERATIONS_ENV.stack]: stack,
    },
  });
}

const order = JSON.parse(process.argv[2] ?? '{}') as Order;
let aheadMs = 0;
const clock: Clock = { now: () => systemClock.now() + aheadMs, after: systemClock.after };
const operations = operationsOf(order, clock);

async function ask<Name extends keyof Answers>(request: OperationRequest & { readonly operation: Name }): Promise<Answers[Name]> {
  const answer = await operations.handle(request, { deadline: clock.now() + BUDGET_MS });
  if ('error' in answer) throw new Error(answer.error.message);
  return answer as Answers[Name];
}

async function work(): Promise<Done> {
  const { redrives } = await ask({ operation: 'redrives' });
  const author = { who: 'ada', why: 'the fix is out' };
  let redrive: Redrive = redrives[0] ?? (await ask({ operation: 'redrive', where: {}, options: { rate: order.rate }, author }));
  while (redrive.state === 'running') redrive = await ask({ operation: 'redrive-status', id: redrive.id });
  return { id: redrive.id, state: redrive.state };
}

process.on('message', async (go: Go) => {
  aheadMs = go.aheadMs;
  process.send?.(await work());
});
process.once('disconnect', () => process.exit(0));
// The first call of a process takes longer than most of its lives here.
await ask({ operation: 'redrives' });
process.send?.('ready');
