import { systemClock } from '../../../lib/core/clock.ts';
import { systemIds } from '../../../lib/core/ids.ts';
import { silentLogger } from '../../../lib/core/logger.ts';
import { silentMetrics } from '../../../lib/core/metrics.ts';
import { systemRng } from '../../../lib/core/rng.ts';
import { createFailureIndexer } from '../../../lib/dlq/failure-indexer.ts';
import { createFailureStore } from '../../../lib/dlq/failure-store.dynamodb.ts';
import type { FailureStore } from '../../../lib/dlq/failure-store.ts';
import { createConsumer, createInbox, on, Permanent } from '../../../lib/index.ts';
import { OrderNoted } from '../../scenarios/order-stack.ts';
import { pollQueue } from '../pollers.ts';
import { KEYS, REGION } from './protocol.ts';
import type { Stage } from './stage.ts';

const system = { clock: systemClock, rng: systemRng, ids: systemIds };
const POLLERS = 2;

/** The consumer and the indexer of a stack, at work. */
export interface Workers {
  /** The handler fails for every order, or for those only that nobody can repair. */
  fix(): void;
  /** Messages that the consumer was handed, of the time since it was fixed. */
  handed(): number;
  readonly failures: FailureStore;
  stop(): Promise<void>;
}

/** An order that fails whatever is deployed. */
export const isHopeless = (orderId: string): boolean => orderId.startsWith('hopeless');

/** Starts them in this process, on SDK clients; they are not what is killed. */
export function startWorkers(stage: Stage): Workers {
  const { dynamodb, sqs, consumer, tables, endpoint } = stage;
  let fixed = false;
  let handed = 0;
  const effects = { name: tables.effects, partitionKey: 'id' };
  const handler = createConsumer({
    ...{ name: consumer.name, queueUrl: consumer.queue.url, deadLetterQueueUrl: consumer.deadLetterQueue.url, sqs },
    ...{ log: silentLogger, metrics: silentMetrics, inbox: createInbox({ client: dynamodb, table: tables.inbox }) },
    handlers: [
      on(OrderNoted, ({ data: { orderId } }, { unit }) => {
        if (!fixed || isHopeless(orderId)) throw new Permanent('the ledger says no');
        unit.update(effects, { id: orderId }, { update: { expression: 'ADD n :one', values: { ':one': 1 } } });
      }),
    ],
  });
  const bodies = { put: () => Promise.reject(new Error('no body is large')), get: () => Promise.reject(new Error('no body is large')) };
  const failures = createFailureStore({ client: dynamodb, table: tables.failures, bodies, ...system });
  const topology = async () => [consumer];
  const indexer = createFailureIndexer({
    ...{ store: failures, clock: systemClock, log: silentLogger, metrics: silentMetrics },
    topology: { entries: topology, readAfter: topology },
  });

  const stopping = new AbortController();
  const deps = { settings: { endpoint, region: REGION, credentials: KEYS }, signal: stopping.signal, streamEveryMs: 0 };
  const context = { getRemainingTimeInMillis: () => 10_000 };
  const queue = { name: consumer.name, queueUrl: consumer.queue.url, queueArn: consumer.queue.arn, ...UNUSED };
  const letters = { name: 'indexer', queueUrl: consumer.deadLetterQueue.url, queueArn: consumer.deadLetterQueue.arn, ...UNUSED };
  const consume = async (_: string, event: unknown) => {
    if (fixed) handed += (event as { readonly Records: readonly unknown[] }).Records.length;
    return { payload: await handler(event as never, context as never) };
  };
  const index = async (_: string, event: unknown) => ({
    payload: await indexer.index(event as never, { deadline: systemClock.now() + 10_000 }),
  });
  const polling = Array.from({ length: POLLERS }, (_, number) => [
    pollQueue({ ...deps, invoke: consume }, queue, number),
    pollQueue({ ...deps, invoke: index }, letters, number),
  ]).flat();
  return {
    fix() {
      fixed = true;
    },
    handed: () => handed,
    failures,
    async stop() {
      stopping.abort();
      await Promise.all(polling);
    },
  };
}

/** What pollers of other tests need to know of a consumer. */
const UNUSED = { deadLetterQueueUrl: '', undeliveredUrl: '' };
