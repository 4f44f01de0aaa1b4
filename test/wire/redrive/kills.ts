import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { build } from 'esbuild';
import { systemClock } from '../../../lib/core/clock.ts';
import { systemIds } from '../../../lib/core/ids.ts';
import type { Rng } from '../../../lib/core/rng.ts';
import { createRng, systemRng } from '../../../lib/core/rng.ts';
import { createRedriveRows } from '../../../lib/ops/redrive.rows.dynamodb.ts';
import { LEASE_MS, type RedriveRows } from '../../../lib/ops/redrive.rows.ts';
import { allFailures } from '../../dlq/all-failures.ts';
import type { Done, Go, Order } from './protocol.ts';
import { inQueues, type Stage, sendOrders, setStage } from './stage.ts';
import { complaintsAbout } from './verdict.ts';
import { isHopeless, startWorkers, type Workers } from './workers.ts';

/** How often a redrive is killed, and when. */
export interface KillPlan {
  readonly seed: number;
  readonly kills: number;
}

/** What came of it. */
export interface KillReport {
  readonly complaints: readonly string[];
  /** Kills while the redrive was at work, and of these while failures were under way. */
  readonly kills: { readonly atWork: number; readonly inBatch: number };
  readonly failures: number;
  /** Copies that the consumer was handed: those above the failures were sent twice, because of a crash between sending and writing it down. */
  readonly handed: number;
  readonly alreadyDone: number;
  readonly ms: number;
}

/** Enough that the redrive is not over before the last kill. */
const FAILURES_PER_KILL = 60;
const RATE = 500;
const LONGEST_LIFE_MS = 250;
const STUCK_MS = 120_000;

/**
 * A redrive by the operations function in a process of its own, killed by SIGKILL at moments that the seed draws and begun again each time,
 * while the consumer is at work; one of twenty messages fails again. In the end every failure must be handled once or stand accounted for.
 */
export async function killRedrive(endpoint: string, plan: KillPlan): Promise<KillReport> {
  const started = performance.now();
  const stage = await setStage(endpoint, `kills-${plan.seed}-${Date.now().toString(36)}`);
  const workers = startWorkers(stage);
  try {
    const orders = await fail(stage, workers, plan.kills * FAILURES_PER_KILL);
    workers.fix();
    const kills = await redriveThrough(stage, plan);
    await until('the queues are empty', async () => (await inQueues(stage)) === 0);
    const [redrive, ...others] = (await rowsOf(stage).list()).items;
    if (redrive === undefined || others.length > 0) throw new Error(`there are ${others.length + (redrive ? 1 : 0)} redrives`);
    const complaints = await complaintsAbout(stage, workers.failures, { orders, redrive });
    const { alreadyDone } = redrive.counts;
    return { complaints, kills, failures: orders.length, handed: workers.handed(), alreadyDone, ms: performance.now() - started };
  } finally {
    await workers.stop();
    stage.close();
  }
}

function rowsOf({ dynamodb, tables }: Stage): RedriveRows {
  return createRedriveRows({ client: dynamodb, table: tables.failures, clock: systemClock, rng: systemRng, ids: systemIds });
}

/** Orders that became failures: sent to a handler that is broken, dead-lettered, indexed. */
async function fail(stage: Stage, { failures }: Workers, count: number): Promise<readonly string[]> {
  const orders = Array.from({ length: count }, (_, index) => `${index % 20 === 7 ? 'hopeless' : 'order'}-${index}`);
  await sendOrders(stage, orders);
  await until(
    'every message is a failure',
    async () => (await failures.groups()).items.reduce((sum, { total }) => sum + total, 0) === count,
  );
  await until('the dead letters are deleted', async () => (await inQueues(stage)) === 0);
  const kept = await allFailures(failures);
  if (kept.length !== count || !orders.some(isHopeless)) throw new Error(`${kept.length} of ${count} messages became failures`);
  return orders;
}

/** Begins the redrive and kills it, again and again; the last process ends it. Resolves with how it stood when it died. */
async function redriveThrough(stage: Stage, plan: KillPlan): Promise<KillReport['kills']> {
  const { endpoint, tables, stack } = stage;
  const rng = createRng(plan.seed);
  const directory = mkdtempSync(join(tmpdir(), 'posthaste-kills-'));
  const program = join(directory, 'process.mjs');
  const banner = { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" };
  const entryPoints = [join(import.meta.dirname, 'process.ts')];
  await build({ entryPoints, bundle: true, platform: 'node', format: 'esm', outfile: program, banner });
  const order: Order = { endpoint, table: tables.failures, stack, rate: RATE };
  const kills = { atWork: 0, inBatch: 0 };
  let next = startProcess(program, order);
  try {
    for (let life = 0; ; life += 1) {
      const child = await next;
      if (life < plan.kills) next = startProcess(program, order);
      child.send({ aheadMs: life * (LEASE_MS + 1_000) } satisfies Go);
      const done = once(child, 'message').then(([message]) => message as Done);
      if (life === plan.kills) {
        await inTime(done);
        return kills;
      }
      if (!(await isKilled(child, done, rng))) return kills;
      kills.atWork += 1;
      const [row] = (await rowsOf(stage).list()).items;
      if (row && row.batch.length > 0) kills.inBatch += 1;
    }
  } finally {
    (await next).kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}

async function inTime(done: Promise<Done>): Promise<void> {
  const late = new AbortController();
  const stuck = wait(STUCK_MS, undefined, { signal: late.signal }).then(() => Promise.reject(new Error('the redrive did not end')));
  stuck.catch(() => {});
  await Promise.race([done, stuck]);
  late.abort();
}

/** Lets it work for a while, kills it and waits for its end; false if it was done before. */
async function isKilled(child: ChildProcess, done: Promise<Done>, rng: Rng): Promise<boolean> {
  const over = await Promise.race([done.then(() => true), wait(Math.floor(rng.next() * LONGEST_LIFE_MS)).then(() => false)]);
  done.catch(() => {});
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
  return !over;
}

/** The next one gets ready while the one before is at work. */
async function startProcess(program: string, order: Order): Promise<ChildProcess> {
  const child = fork(program, [JSON.stringify(order)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  await once(child, 'message');
  return child;
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const giveUp = performance.now() + STUCK_MS;
  while (!(await isSo())) {
    if (performance.now() > giveUp) throw new Error(`it did not come to pass that ${what}`);
    await wait(50);
  }
}
