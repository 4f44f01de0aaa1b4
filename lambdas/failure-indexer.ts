import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import { systemClock } from '../lib/core/clock.ts';
import { requiredEnv } from '../lib/core/env.ts';
import { systemIds } from '../lib/core/ids.ts';
import { systemRng } from '../lib/core/rng.ts';
import { FAILURE_STORE_ENV } from '../lib/dlq/dlq.contract.ts';
import { createFailureBodies } from '../lib/dlq/failure-bodies.s3.ts';
import { createFailureIndexer, type IndexerResponse } from '../lib/dlq/failure-indexer.ts';
import { createFailureStore } from '../lib/dlq/failure-store.dynamodb.ts';
import type { LetterEvent } from '../lib/dlq/letter.ts';
import { createPowertoolsLogger, createPowertoolsMetrics } from '../lib/observability/powertools.ts';
import { limitCalls } from '../lib/retry/call-limit.ts';
import { CLIENT_SETTINGS } from '../lib/retry/client-settings.ts';
import { TOPOLOGY_ENV } from '../lib/topology/topology.contract.ts';
import { createTopology } from '../lib/topology/topology.ssm.ts';

const env = (name: string) => requiredEnv(name, 'the FailureStore construct');
const system = { clock: systemClock, rng: systemRng, ids: systemIds };
const metrics = createPowertoolsMetrics();
const bodies = createFailureBodies({
  client: limitCalls(new S3Client(CLIENT_SETTINGS)),
  bucket: env(FAILURE_STORE_ENV.bucket),
  owner: env(FAILURE_STORE_ENV.bucketOwner),
  ...system,
});
const indexer = createFailureIndexer({
  store: createFailureStore({
    client: limitCalls(new DynamoDBClient(CLIENT_SETTINGS)),
    table: env(FAILURE_STORE_ENV.table),
    bodies,
    ...system,
  }),
  topology: createTopology({ client: limitCalls(new SSMClient(CLIENT_SETTINGS)), path: env(TOPOLOGY_ENV.path), ...system }),
  clock: systemClock,
  log: createPowertoolsLogger(),
  metrics,
});

/** Kept free to write the answer. */
const RESERVE_MS = 1_000;

/** Moves dead letters into the failure store. */
export async function handler(event: LetterEvent, context: { getRemainingTimeInMillis(): number }): Promise<IndexerResponse> {
  try {
    return await indexer.index(event, { deadline: systemClock.now() + context.getRemainingTimeInMillis() - RESERVE_MS });
  } finally {
    metrics.flush();
  }
}
