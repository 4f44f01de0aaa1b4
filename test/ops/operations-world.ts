import { silentLogger } from '../../lib/core/logger.ts';
import type { Arrival } from '../../lib/dlq/failure.ts';
import { createFailureBodies } from '../../lib/dlq/failure-bodies.s3.ts';
import { createFailureStore } from '../../lib/dlq/failure-store.dynamodb.ts';
import type { FailureStore } from '../../lib/dlq/failure-store.ts';
import { DEVELOPER, type Interceptor } from '../../lib/local/aws.ts';
import { operationsFromEnv } from '../../lib/ops/create-operations.ts';
import type { Answers, OperationRequest, Refusal } from '../../lib/ops/operations.ts';
import { OPERATIONS_ENV } from '../../lib/ops/ops.contract.ts';
import type { FaultSource } from '../../lib/simulation/fault.ts';
import { failureTable, keyedTable, outboxTable } from '../../lib/simulation/table-inputs.ts';
import { createWorld, type World } from '../../lib/simulation/world.ts';
import type { ConsumerEntry, OutboxEntry } from '../../lib/topology/topology.contract.ts';
import { TABLE } from '../dlq/failure-world.ts';
import { underClock } from '../work-under-clock.ts';
import { BILL, SHIP } from './redrive-world.ts';

const SHIP_FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:ship-order';
const PLAIN: ConsumerEntry = { ...BILL, name: 'plain', indexed: false, ordered: false };
const OUTBOX: OutboxEntry = {
  kind: 'outbox',
  name: 'outbox',
  table: 'orders-outbox',
  relayFunction: 'relay',
  sweeperFunction: 'sweeper',
  failuresBucket: 'stream-failures',
};

export type Answer<Operation extends keyof Answers> = Answers[Operation] & Partial<Refusal>;

export interface OperationsWorld {
  readonly world: World;
  readonly failures: FailureStore;
  /** What the function has measured, by metric. */
  readonly measured: Record<string, number>;
  add(...letters: readonly Arrival[]): Promise<void>;
  /** Somebody's redrive claims a failure, and dies. */
  claim(id: string): Promise<void>;
  /** Switches the deliveries to ship-order on, which are off. */
  resume(): void;
  /** Calls of an action until now. */
  calls(action: string): number;
  /** What the operations function answers, as it would travel; the ids of its invocations are request-1, request-2, … */
  ask<Operation extends keyof Answers>(request: OperationRequest & { readonly operation: Operation }): Promise<Answer<Operation>>;
  /** The same for what nobody should ask. */
  askAnything(request: unknown): Promise<Partial<Refusal>>;
}

/** A stack in a simulated account, and its operations function made by the composition root that is deployed. */
export function operationsWorld(options: { readonly faults?: FaultSource } = {}): OperationsWorld {
  const calls = new Map<string, number>();
  let invocations = 0;
  const count: Interceptor = ({ action }, next) => {
    calls.set(action, (calls.get(action) ?? 0) + 1);
    return next();
  };
  const world = createWorld({ seed: 1, hostile: false, interceptors: [count], ...options });
  for (const table of [failureTable(TABLE), keyedTable('inbox', 'pk'), outboxTable(OUTBOX.table)]) {
    world.call('dynamodb', 'CreateTable', { ...table });
  }
  for (const Bucket of ['bodies', OUTBOX.failuresBucket]) world.call('s3', 'CreateBucket', { Bucket });
  const dlq = world.call('sqs', 'CreateQueue', { QueueName: 'ship-order-dlq' });
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: SHIP.deadLetterQueue.arn, maxReceiveCount: 100 });
  world.call('sqs', 'CreateQueue', { QueueName: 'ship-order', Attributes: { RedrivePolicy } });
  const create = () => async () => ({ batchItemFailures: [] });
  world.functions.deploy({ arn: SHIP_FUNCTION, name: 'ship-order', timeoutMs: 60_000, caller: DEVELOPER, create });
  const { UUID } = world.mappings.create(SHIP_FUNCTION, { EventSourceArn: SHIP.queue.arn, Enabled: false });
  const entries = [
    { ...SHIP, mappingId: String(UUID) },
    { ...PLAIN, queue: SHIP.queue, deadLetterQueue: SHIP.deadLetterQueue, mappingId: String(UUID) },
    OUTBOX,
  ];
  for (const entry of entries) {
    world.call('ssm', 'PutParameter', {
      Name: `/posthaste/orders/${entry.kind}/${entry.name}`,
      Value: JSON.stringify(entry),
      Type: 'String',
    });
  }

  const process = world.process('operations/1');
  const { rng, ids } = world;
  const measured: Record<string, number> = {};
  const env = {
    [OPERATIONS_ENV.table]: TABLE,
    [OPERATIONS_ENV.bucket]: 'bodies',
    [OPERATIONS_ENV.bucketOwner]: '000000000000',
    [OPERATIONS_ENV.topology]: '/posthaste/orders',
    [OPERATIONS_ENV.stack]: 'orders',
  };
  const operations = operationsFromEnv({
    dynamodb: process.client('dynamodb'),
    sqs: process.client('sqs'),
    s3: process.client('s3'),
    ssm: process.client('ssm'),
    cloudwatch: process.client('cloudwatch'),
    lambda: process.client('lambda'),
    clock: process.clock,
    ...{ rng, ids, env, log: silentLogger },
    metrics: {
      add(name, value) {
        measured[name] = value;
      },
    },
  });
  const indexer = world.process('indexer');
  const bodies = createFailureBodies({ client: indexer.client('s3'), bucket: 'bodies', owner: '000000000000', clock: indexer.clock, rng });
  const failures = createFailureStore({ client: indexer.client('dynamodb'), table: TABLE, clock: indexer.clock, rng, ids, bodies });

  const timed = <T>(work: Promise<T>) => underClock(world, work, { ms: 100, most: 2_000 });

  const ask = async (request: unknown) => {
    invocations += 1;
    const answer = await timed(operations.handle(request, { deadline: world.clock.now() + 50_000, requestId: `request-${invocations}` }));
    return JSON.parse(JSON.stringify(answer));
  };
  if (dlq['QueueUrl'] === undefined) throw new Error('the dead-letter queue was not made');
  return {
    ...{ world, failures, measured },
    resume: () => void world.mappings.update({ UUID, Enabled: true }),
    calls: (action) => calls.get(action) ?? 0,
    async claim(id) {
      const failure = await timed(failures.get(id));
      if (failure !== undefined) await timed(failures.claim([failure], 'r-1'));
    },
    add: async (...letters) => {
      for (let at = 0; at < letters.length; at += 10) await timed(failures.add(letters.slice(at, at + 10)));
      await world.run(1_000);
    },
    ask,
    askAnything: ask,
  };
}
