import { expect, test } from 'vitest';
import { silentLogger } from '../../lib/core/logger.ts';
import { silentMetrics } from '../../lib/core/metrics.ts';
import type { Failure } from '../../lib/dlq/failure.ts';
import { createFailureBodies } from '../../lib/dlq/failure-bodies.s3.ts';
import { createFailureIndexer } from '../../lib/dlq/failure-indexer.ts';
import { createFailureStore } from '../../lib/dlq/failure-store.dynamodb.ts';
import type { LetterEvent } from '../../lib/dlq/letter.ts';
import { DEVELOPER } from '../../lib/local/aws.ts';
import { FAULT_KINDS, type FaultSource, faultAt, noFaults } from '../../lib/simulation/fault.ts';
import type { SimProcess } from '../../lib/simulation/process.ts';
import { failureTable } from '../../lib/simulation/table-inputs.ts';
import { createWorld } from '../../lib/simulation/world.ts';
import { createTopology } from '../../lib/topology/topology.ssm.ts';
import { contents, counted, recount, TABLE } from './failure-world.ts';

const ACCOUNT = '000000000000';
const INDEXER = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:failure-indexer`;
const QUEUE = `arn:aws:sqs:us-east-1:${ACCOUNT}:ship-order-dlq`;
const BUCKET = 'bodies';
/** Two of one cause, and one that goes to S3. */
const BODIES = ['{"id":"a","type":"x"}', '{"id":"b","type":"x"}', JSON.stringify({ id: 'c', type: 'y', text: 'ä'.repeat(140_000) })];

/** A dead-letter queue with letters, the indexer behind it, and everything it works with; in the end, what is where. */
async function drain(faults: FaultSource = noFaults) {
  const world = createWorld({ seed: 7, faults });
  const storeOf = (process: SimProcess) => {
    const system = { clock: process.clock, rng: world.rng, ids: world.ids };
    const bodies = createFailureBodies({ client: process.client('s3'), bucket: BUCKET, owner: ACCOUNT, ...system });
    return createFailureStore({ client: process.client('dynamodb'), table: TABLE, bodies, ...system });
  };
  world.call('dynamodb', 'CreateTable', { ...failureTable(TABLE) });
  world.call('s3', 'CreateBucket', { Bucket: BUCKET });
  const { QueueUrl } = world.call('sqs', 'CreateQueue', { QueueName: 'ship-order-dlq', Attributes: { VisibilityTimeout: '60' } });
  const entry = { kind: 'consumer', name: 'ship-order', deadLetterQueue: { arn: QUEUE }, undelivered: [] };
  world.call('ssm', 'PutParameter', { Name: '/posthaste/shop/consumer/ship-order', Value: JSON.stringify(entry), Type: 'String' });
  world.functions.deploy({
    arn: INDEXER,
    name: 'failure-indexer',
    timeoutMs: 10_000,
    caller: DEVELOPER,
    create: (process) => {
      const { clock } = process;
      const topology = createTopology({ client: process.client('ssm'), path: '/posthaste/shop', clock, rng: world.rng });
      const indexer = createFailureIndexer({ store: storeOf(process), topology, clock, log: silentLogger, metrics: silentMetrics });
      return (event: LetterEvent, context) => indexer.index(event, { deadline: clock.now() + context.getRemainingTimeInMillis() - 1_000 });
    },
  });
  for (const MessageBody of BODIES) world.call('sqs', 'SendMessage', { QueueUrl, MessageBody });
  const FunctionResponseTypes = ['ReportBatchItemFailures'];
  world.mappings.create(INDEXER, { EventSourceArn: QUEUE, BatchSize: 10, FunctionResponseTypes });
  await world.run(60 * 60_000);
  const calls = world.calls.total;
  const before = world.sqs.stats(QUEUE);
  world.heal();
  const auditor = storeOf(world.process('auditor'));
  const ending = contents(auditor).then(async ({ failures, groups }) => ({ failures, groups, bodies: await bodiesOf(failures, auditor) }));
  await world.run(10_000);
  return { ...(await ending), calls, before, waiting: world.sqs.stats(QUEUE) };
}

async function bodiesOf(failures: readonly Failure[], store: { bodyOf(failure: Failure): Promise<string> }): Promise<readonly string[]> {
  return (await Promise.all(failures.map((failure) => store.bodyOf(failure)))).sort();
}

/** Every letter is in the store once, with its bytes, and nowhere else. */
function expectDrained({ failures, groups, bodies, waiting }: Awaited<ReturnType<typeof drain>>): void {
  expect(bodies).toEqual([...BODIES].sort());
  expect(failures.map(({ consumer, letters, status }) => [consumer, letters, status])).toEqual(BODIES.map(() => ['ship-order', 1, 'open']));
  expect(counted(groups)).toEqual(recount(failures));
  expect([waiting.visible, waiting.inFlight]).toEqual([0, 0]);
}

test('letters go from their queue into the store', async () => {
  expectDrained(await drain());
});

test('whatever goes wrong at any one call, a letter is in the store once or waits in its queue until it is', async () => {
  const { calls } = await drain();
  expect(calls).toBeGreaterThan(3);
  for (const kind of FAULT_KINDS) {
    for (let index = 0; index < calls; index += 1) expectDrained(await drain(faultAt(index, kind)));
  }
}, 60_000);

test('a letter waits in its queue for as long as the table refuses it', async () => {
  const { before, failures } = await drain({ decide: ({ service }) => (service === 'dynamodb' ? 'deny' : undefined) });
  expect([before.visible + before.inFlight, failures.length]).toEqual([BODIES.length, 0]);
});
