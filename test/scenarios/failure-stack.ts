import { silentLogger } from '../../lib/core/logger.ts';
import { silentMetrics } from '../../lib/core/metrics.ts';
import { createFailureBodies } from '../../lib/dlq/failure-bodies.s3.ts';
import { createFailureIndexer } from '../../lib/dlq/failure-indexer.ts';
import { createFailureStore } from '../../lib/dlq/failure-store.dynamodb.ts';
import type { LetterEvent } from '../../lib/dlq/letter.ts';
import type { Caller } from '../../lib/local/aws.ts';
import { operationsFromEnv } from '../../lib/ops/create-operations.ts';
import { OPERATIONS_ENV, OPERATIONS_TICK } from '../../lib/ops/ops.contract.ts';
import { deadlineOf } from '../../lib/outbox/publish-deps.ts';
import type { SimHandler } from '../../lib/simulation/functions.ts';
import type { SimProcess } from '../../lib/simulation/process.ts';
import { failureTable } from '../../lib/simulation/table-inputs.ts';
import type { World } from '../../lib/simulation/world.ts';
import { type ConsumerEntry, type OutboxEntry, topologyPath } from '../../lib/topology/topology.contract.ts';
import { createTopology } from '../../lib/topology/topology.ssm.ts';
import { type ConsumerPlace, functionArn, MINUTE, type StackOptions } from './order-stack.ts';

export const FAILURES = 'failures';
export const INDEXER = 'failure-indexer';
export const OPERATIONS = 'operations';

const PATH = topologyPath('orders');
const BODIES = 'failure-bodies';
const GIVEN_UP = 'outbox-given-up';
/** Where a stream mapping that is told so leaves what it gives up. */
export const GIVEN_UP_ARN = `arn:aws:s3:::${GIVEN_UP}`;
const OWNER = '000000000000';

const roleOf = (name: string): Caller => ({ kind: 'role', roleArn: `arn:aws:iam::${OWNER}:role/${name}` });

/** The part of the pipeline that keeps dead letters and sends them back, as the `FailureStore` construct deploys it. */
export function deployFailureStore(world: World, consumers: readonly ConsumerPlace[], { tickEveryMs = MINUTE }: StackOptions): void {
  world.call('dynamodb', 'CreateTable', { ...failureTable(FAILURES) });
  const TimeToLiveSpecification = { AttributeName: 'expiresAt', Enabled: true };
  world.call('dynamodb', 'UpdateTimeToLive', { TableName: FAILURES, TimeToLiveSpecification });
  for (const Bucket of [BODIES, GIVEN_UP]) world.call('s3', 'CreateBucket', { Bucket });
  for (const entry of [OUTBOX, ...consumers.map((place) => entryOf(world, place))]) {
    world.call('ssm', 'PutParameter', { Name: `${PATH}/${entry.kind}/${entry.name}`, Value: JSON.stringify(entry), Type: 'String' });
  }
  deployIndexer(world, consumers);
  deployOperations(world);
  startTicks(world, tickEveryMs);
}

const OUTBOX: OutboxEntry = {
  kind: 'outbox',
  name: 'outbox',
  table: 'outbox',
  relayFunction: 'relay',
  sweeperFunction: 'sweeper',
  failuresBucket: GIVEN_UP,
};

function entryOf({ sqs }: World, { name, queueUrl, deadLetterQueueUrl, undeliveredUrl, mapping }: ConsumerPlace): ConsumerEntry {
  const address = (url: string) => ({ url, arn: sqs.queueArn(url) });
  return {
    kind: 'consumer',
    name,
    queue: address(queueUrl),
    ordered: queueUrl.endsWith('.fifo'),
    deadLetterQueue: address(deadLetterQueueUrl),
    indexed: true,
    undelivered: [address(undeliveredUrl)],
    functionName: name,
    mappingId: mapping,
    inbox: { table: 'inbox', scope: '', retentionDays: 60 },
  };
}

/** Clients, clock and chance of one process. */
function portsOf({ rng, ids }: World, process: SimProcess) {
  return { clock: process.clock, rng, ids, dynamodb: process.client('dynamodb'), s3: process.client('s3'), ssm: process.client('ssm') };
}

const INDEXER_SECONDS = 10;
const INDEXER_RESERVE_MS = 1_000;

function deployIndexer(world: World, consumers: readonly ConsumerPlace[]): void {
  world.functions.deploy({
    arn: functionArn(INDEXER),
    name: INDEXER,
    timeoutMs: INDEXER_SECONDS * 1_000,
    caller: roleOf(INDEXER),
    create: (process): SimHandler => {
      const { clock, rng, ids, dynamodb, s3, ssm } = portsOf(world, process);
      const bodies = createFailureBodies({ client: s3, bucket: BODIES, owner: OWNER, clock, rng });
      const store = createFailureStore({ client: dynamodb, table: FAILURES, bodies, clock, rng, ids });
      const topology = createTopology({ client: ssm, path: PATH, clock, rng });
      const indexer = createFailureIndexer({ store, topology, clock, log: silentLogger, metrics: silentMetrics });
      return (event: LetterEvent, context) =>
        indexer.index(event, { deadline: clock.now() + context.getRemainingTimeInMillis() - INDEXER_RESERVE_MS });
    },
  });
  for (const url of consumers.flatMap(({ deadLetterQueueUrl, undeliveredUrl }) => [deadLetterQueueUrl, undeliveredUrl])) {
    // Six times the function's timeout, as its construct sets it.
    world.call('sqs', 'SetQueueAttributes', { QueueUrl: url, Attributes: { VisibilityTimeout: String(6 * INDEXER_SECONDS) } });
    world.mappings.create(functionArn(INDEXER), {
      EventSourceArn: world.sqs.queueArn(url),
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    });
  }
}

/** Shorter than the construct has it, and longer than a minute: ticks meet, and a slow answer of the world still comes too late. */
const OPERATIONS_MS = 90_000;

function deployOperations(world: World): void {
  world.functions.deploy({
    arn: functionArn(OPERATIONS),
    name: OPERATIONS,
    timeoutMs: OPERATIONS_MS,
    caller: roleOf(OPERATIONS),
    create: (process): SimHandler => {
      const { clock, ...ports } = portsOf(world, process);
      const others = { sqs: process.client('sqs'), cloudwatch: process.client('cloudwatch'), lambda: process.client('lambda') };
      const env = {
        [OPERATIONS_ENV.table]: FAILURES,
        [OPERATIONS_ENV.bucket]: BODIES,
        [OPERATIONS_ENV.bucketOwner]: OWNER,
        [OPERATIONS_ENV.topology]: PATH,
        [OPERATIONS_ENV.stack]: 'orders',
      };
      const operations = operationsFromEnv({ ...ports, ...others, clock, env, log: silentLogger, metrics: silentMetrics });
      return (request: unknown, context) => operations.handle(request, { deadline: deadlineOf(context, clock) });
    },
  });
}

function startTicks(world: World, everyMs: number): void {
  if (everyMs === 0) return;
  const tick = () => {
    void world.functions.invoke(functionArn(OPERATIONS), OPERATIONS_TICK);
    world.clock.after(everyMs, tick);
  };
  world.clock.after(everyMs, tick);
}
