import { sleep } from '../core/clock.ts';
import type { Ids } from '../core/ids.ts';
import type { Logger } from '../core/logger.ts';
import type { ConsumerEntry } from '../topology/topology.contract.ts';
import { batchOf, createPace, type Pace } from './rate.ts';
import type { BatchDeps, BatchResult, BatchRun } from './redrive.batch.ts';
import { chooseCanaries, watchCanaries } from './redrive.canary.ts';
import { chunkOf, inLine, isSendable, workChunk } from './redrive.chunk.ts';
import type { Halt } from './redrive.ending.ts';
import { recover } from './redrive.recover.ts';
import { pageOf } from './redrive.renewed.ts';
import type { RedriveProgress, RedriveRow, RedriveRows } from './redrive.rows.ts';
import { added, NO_TALLY } from './redrive.tally.ts';

/** What running redrives works with. */
export interface RunnerDeps extends BatchDeps {
  readonly rows: RedriveRows;
  readonly consumers: () => Promise<ReadonlyMap<string, ConsumerEntry>>;
  readonly ids: Ids;
  readonly log: Logger;
}

/** Works at a redrive until it ends or the time is over. Undefined while another runner has it. */
export type GoOn = (id: string, time: RunTime) => Promise<RedriveRow | undefined>;

/** How long a run may take, in epoch milliseconds. */
export interface RunTime {
  /** No batch is begun after this. */
  readonly enough: number;
  /** No call starts after this: what is left between is for ending a batch. */
  readonly until: number;
}

/** How often canaries are looked after, in milliseconds. */
const WATCH_MS = 1_000;

/** How long a redrive may find nothing to send without writing its row, in milliseconds: well within its lease. */
const QUIET_MS = 5_000;

/** How often a lease is renewed while a chunk is under way, in milliseconds: a message may wait for its turn for ten seconds. */
const RENEW_MS = 10_000;

/** A redrive under one runner. */
interface Held extends BatchRun, RunTime {
  readonly owner: string;
}

/** Where a step has led, and whether there is another; without a row another runner has the redrive. */
interface Step {
  readonly row: RedriveRow | undefined;
  readonly on: boolean;
}

/**
 * The runner. Before it touches failures it writes down which; what becomes of them is counted with the next write. So a killed runner
 * leaves at most one batch uncounted, and whoever goes on counts it from the audits.
 */
export function createRunner(deps: RunnerDeps): GoOn {
  return async (id, time) => {
    const owner = deps.ids.next();
    const row = await deps.rows.lease(id, owner);
    if (row === undefined) return undefined;
    try {
      const pace = heldPace(deps, { id, owner }, paceOf(deps, row));
      return await runOn(deps, { redrive: row, consumers: await deps.consumers(), ...time, owner, pace });
    } finally {
      // A lease that could not be given back ends by itself.
      await deps.rows.release(id, owner).catch((error: unknown) => deps.log.warn('a redrive was not released', { redrive: id, error }));
    }
  };
}

// A pace that began full at every call would be no rate at all, and one that began empty would lose some of it at every call.
function paceOf({ clock }: RunnerDeps, { options: { rate }, startedAt, earnedFrom = startedAt }: RedriveRow): Pace {
  return createPace({ clock, rate, earnedFrom });
}

/** What was claimed at once may take longer to go than a lease lasts: it is renewed meanwhile, and nothing goes without it. */
function heldPace({ rows, clock }: RunnerDeps, { id, owner }: { readonly id: string; readonly owner: string }, pace: Pace): Pace {
  let renewedAt = clock.now();
  const isOurs = async () => {
    if (clock.now() - renewedAt < RENEW_MS) return true;
    renewedAt = clock.now();
    return (await rows.lease(id, owner)) !== undefined;
  };
  return { ...pace, take: async (count, until) => (await pace.take(count, until)) && (await isOurs()) };
}

async function runOn(deps: RunnerDeps, held: Held): Promise<RedriveRow | undefined> {
  const { id, batch } = held.redrive;
  let step: Step = batch.length > 0 ? await mended(deps, held) : { row: held.redrive, on: true };
  while (step.row !== undefined && step.on && deps.clock.now() < held.enough) {
    const now: Held = { ...held, redrive: step.row };
    if (step.row.state === 'canary') step = await canaryStep(deps, now);
    else if (step.row.state === 'running') step = await chunkStep(deps, now);
    else break;
  }
  // A batch that has not ended stays written down.
  const saved = step.row?.batch.length === 0 ? await save(deps, { ...held, redrive: step.row }, {}) : undefined;
  return saved ?? deps.rows.get(id);
}

function save({ rows }: RunnerDeps, { redrive, owner, pace }: Held, changes: Partial<RedriveProgress>): Promise<RedriveRow | undefined> {
  const { counts, reasons, canaries, batch, canariesAt, cursor } = redrive;
  const version = redrive.version + 1;
  return rows.save(redrive.id, owner, {
    counts,
    reasons,
    canaries,
    batch,
    canariesAt,
    cursor,
    version,
    waiting: undefined,
    earnedFrom: pace.earnedFrom(),
    ...changes,
  });
}

/** Ends the batch that the row names, and with a reason to stop the redrive. */
async function mended(deps: RunnerDeps, held: Held, before?: Halt): Promise<Step> {
  const result: BatchResult = before?.kind === 'busy' ? { ...NO_TALLY, halt: before } : await recover(deps, held, before);
  if (result.halt?.kind === 'busy') {
    deps.log.warn('a redrive ends its batch later', { redrive: held.redrive.id, because: result.halt.because });
    if (result.waiting !== undefined) await save(deps, held, { waiting: result.waiting });
    return { row: held.redrive, on: false };
  }
  const row = await save(deps, held, { ...counted(held.redrive, result), batch: [] });
  const halt = before ?? result.halt;
  return row && halt ? stopped(deps, row, halt.because) : { row, on: true };
}

function counted({ counts, reasons }: RedriveRow, result: BatchResult): Pick<RedriveRow, 'counts' | 'reasons'> {
  const { counts: now, reasons: why } = added({ counts, reasons }, result);
  return { counts: now, reasons: why };
}

async function stopped(deps: RunnerDeps, row: RedriveRow, because: string): Promise<Step> {
  deps.log.warn('a redrive has stopped', { redrive: row.id, because });
  return { row: (await deps.rows.turn(row.id, { from: ['canary', 'running'], to: 'stopped', because })) ?? row, on: false };
}

/** Waits until the first of so many may go; false if that is not within the time. */
async function paced({ redrive, pace, enough }: Held, count: number): Promise<boolean> {
  return count === 0 || pace.ready(Math.min(count, batchOf(redrive.options.rate)), enough);
}

/** One chunk of the listing. Its counts are written with the next one. */
async function chunkStep(deps: RunnerDeps, held: Held): Promise<Step> {
  const { redrive } = held;
  const limit = chunkOf(redrive.options.rate);
  const page = await pageOf(redrive, deps.failures, { limit, ...(redrive.cursor !== undefined && { cursor: redrive.cursor }) });
  const chunk = await inLine(deps, held, page.items);
  const sendable = chunk.filter((failure) => isSendable(deps, held, failure)).length;
  if (!(await paced(held, sendable))) return { row: redrive, on: false };
  const isDue = sendable > 0 || deps.clock.now() - redrive.updatedAt > QUIET_MS;
  const row = isDue ? await save(deps, held, { batch: chunk.map(({ id }) => id) }) : redrive;
  if (row?.state !== 'running') return { row: row && { ...row, batch: [] }, on: false };
  const result = await workChunk(deps, { ...held, redrive: row }, chunk);
  if (result.halt) return mended(deps, { ...held, redrive: row }, result.halt);
  const { cursor: _, ...rest } = row;
  const next: RedriveRow = { ...rest, ...counted(row, result), batch: [], ...(page.cursor !== undefined && { cursor: page.cursor }) };
  return page.cursor === undefined ? finished(deps, { ...held, redrive: next }) : { row: next, on: true };
}

async function finished(deps: RunnerDeps, held: Held): Promise<Step> {
  const row = await save(deps, held, {});
  if (row === undefined) return { row, on: false };
  deps.log.info('a redrive has finished', { redrive: row.id, ...row.counts });
  return { row: (await deps.rows.turn(row.id, { from: ['running'], to: 'finished' })) ?? row, on: false };
}

/** Sends the canaries, looks after them, and lets the rest go once all are handled. */
async function canaryStep(deps: RunnerDeps, held: Held): Promise<Step> {
  const { redrive } = held;
  if (redrive.canariesAt === undefined) return sendCanaries(deps, held);
  const { canaries, because } = await watchCanaries(deps, held);
  // All of them turned out to be somebody else's business: others go ahead.
  const isNone = canaries.length === 0 && redrive.canaries.length > 0;
  // It renews the lease, and sees whether somebody has stopped the redrive.
  const row = await save(deps, held, { canaries, ...(isNone && { canariesAt: undefined }) });
  if (row === undefined || isNone || row.state !== 'canary') return { row, on: true };
  if (because !== undefined) return stopped(deps, row, because);
  if (canaries.every(({ result }) => result === 'done')) {
    return { row: (await deps.rows.turn(row.id, { from: ['canary'], to: 'running' })) ?? row, on: true };
  }
  if (deps.clock.now() + WATCH_MS >= held.enough) return { row, on: false };
  await sleep(deps.clock, WATCH_MS);
  return { row, on: true };
}

async function sendCanaries(deps: RunnerDeps, held: Held): Promise<Step> {
  const { redrive } = held;
  const { failures, rows } = await chooseCanaries(deps, held, redrive.options.canary - redrive.canaries.length);
  if (!(await paced(held, failures.length))) return { row: redrive, on: false };
  const canaries = [...redrive.canaries, ...rows];
  const row = await save(deps, held, { batch: failures.map(({ id }) => id), canaries, canariesAt: deps.clock.now() });
  if (row?.state !== 'canary') return { row: row && { ...row, batch: [] }, on: false };
  const result: BatchResult = failures.length === 0 ? NO_TALLY : await workChunk(deps, { ...held, redrive: row }, failures);
  if (result.halt) return mended(deps, { ...held, redrive: row }, result.halt);
  return { row: { ...row, ...counted(row, result), batch: [] }, on: true };
}
