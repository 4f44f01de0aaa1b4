/**
 * The operations function, as its composition root makes it, with stock SDK clients in a process of its own: what it does when it is asked
 * again and again how its redrive stands, as the command line asks.
 */
import { systemClock } from '../../lib/core/clock.ts';
import { silentLogger } from '../../lib/core/logger.ts';
import { silentMetrics } from '../../lib/core/metrics.ts';
import { operationsFromEnv } from '../../lib/ops/create-operations.ts';
import type { OperationRequest, Redrive } from '../../lib/ops/operations.ts';
import { operationsClients } from '../../lib/ops/operations-clients.ts';
import { OPERATIONS_ENV } from '../../lib/ops/ops.contract.ts';
import { topologyPath } from '../../lib/topology/topology.contract.ts';
import { type Memory, REDRIVE, type RedriveRequest, type RedriveResult } from './redrive.contract.ts';

const BUDGET_MS = 50_000;
const SHARES = [0.1, 0.5, 1] as const;

const operations = operationsFromEnv({
  ...operationsClients(),
  log: silentLogger,
  metrics: silentMetrics,
  env: {
    [OPERATIONS_ENV.table]: REDRIVE.table,
    [OPERATIONS_ENV.bucket]: REDRIVE.bucket,
    [OPERATIONS_ENV.bucketOwner]: '000000000000',
    [OPERATIONS_ENV.topology]: topologyPath(REDRIVE.stack),
    [OPERATIONS_ENV.stack]: REDRIVE.stack,
  },
});

async function ask(request: OperationRequest): Promise<Redrive> {
  const answer = await operations.handle(request, { deadline: systemClock.now() + BUDGET_MS });
  if ('error' in answer) throw new Error(answer.error.message);
  return answer as Redrive;
}

function memoryNow(): Memory {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed };
}

async function run({ rate, failures }: RedriveRequest): Promise<RedriveResult> {
  const samples: Memory[] = [];
  const sample = ({ counts }: Redrive) => {
    while (samples.length < SHARES.length && counts.sent >= failures * (SHARES[samples.length] ?? 1)) samples.push(memoryNow());
  };
  let redrive = await ask({ operation: 'redrive', where: {}, options: { rate }, author: { who: 'bench' } });
  sample(redrive);
  while (redrive.state === 'running') {
    redrive = await ask({ operation: 'redrive-status', id: redrive.id });
    sample(redrive);
  }
  const [first, second, third] = samples;
  if (redrive.state !== 'finished' || !first || !second || !third) throw new Error(`the redrive ended as ${JSON.stringify(redrive)}`);
  return { memory: [first, second, third], sent: redrive.counts.sent };
}

process.on('message', async (request: RedriveRequest) => process.send?.(await run(request)));
process.once('disconnect', () => process.exit(0));
process.send?.('ready');
