/**
 * One contender in a process of its own: measures the CPU of this process alone while its handler works through batches, on request of its
 * parent. Events are made, and garbage is collected, before the measurement begins.
 */
import { randomUUID } from 'node:crypto';
import type { Context, SQSEvent } from 'aws-lambda';
import { queueRecord } from '../orders.ts';
import { CONTENDERS } from './contenders.ts';

/** What the parent asks for: batches of a size, for about so long. */
export interface WindowRequest {
  readonly batchSize: number;
  readonly ms: number;
}

/** What one window came to. */
export interface WindowResult {
  readonly messages: number;
  /** CPU of user and system, all threads of the process, in microseconds. */
  readonly cpuMicros: number;
  readonly wallMs: number;
}

const context = {
  functionName: 'ship-order',
  awsRequestId: 'bench',
  getRemainingTimeInMillis: () => 30_000,
} as unknown as Context;

const handler = CONTENDERS[process.argv[2] ?? '']?.();
if (!handler) throw new Error(`there is no contender ${process.argv[2]}`);

function eventOf(size: number): SQSEvent {
  const now = Date.now();
  return { Records: Array.from({ length: size }, () => queueRecord(randomUUID(), now)) };
}

async function run(events: readonly SQSEvent[]): Promise<WindowResult> {
  globalThis.gc?.();
  const started = performance.now();
  const before = process.cpuUsage();
  let failed = 0;
  for (const event of events) {
    const answer = (await handler?.(event, context)) as { readonly batchItemFailures: readonly unknown[] };
    failed += answer.batchItemFailures.length;
  }
  const { user, system } = process.cpuUsage(before);
  if (failed > 0) throw new Error(`${failed} records of a window failed`);
  return {
    messages: events.reduce((sum, event) => sum + event.Records.length, 0),
    cpuMicros: user + system,
    wallMs: performance.now() - started,
  };
}

const batchesPerMs = new Map<number, number>();

process.on('message', async ({ batchSize, ms }: WindowRequest) => {
  const count = Math.max(1, Math.round((batchesPerMs.get(batchSize) ?? 0.05) * ms));
  const result = await run(Array.from({ length: count }, () => eventOf(batchSize)));
  batchesPerMs.set(batchSize, count / result.wallMs);
  process.send?.(result);
});
process.once('disconnect', () => process.exit(0));
process.send?.('ready');
