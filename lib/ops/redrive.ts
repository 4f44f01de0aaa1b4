import { pagesOf } from '../core/pages.ts';
import type { FailureFilter } from '../dlq/failure.ts';
import { OperationError } from './operations.errors.ts';
import type { Author, Redrive, RedriveOptions } from './operations.ts';
import { lanesOf, laneTaken } from './redrive.lanes.ts';
import { REDRIVE_DEFAULTS } from './redrive.plan.ts';
import { isUnended, type RedriveRow } from './redrive.rows.ts';
import { createRunner, type RunnerDeps } from './redrive.run.ts';
import { NO_TALLY } from './redrive.tally.ts';

/** What an operator wants to be sent back. */
export interface RedriveOrder {
  readonly where: FailureFilter;
  readonly options?: RedriveOptions;
  readonly author: Author;
}

/** Redrives as operators see them. All but `list` work at the redrive for a while, unless a runner does. */
export interface Redrives {
  start(order: RedriveOrder, until: number): Promise<Redrive>;
  status(id: string, until: number): Promise<Redrive>;
  /** Nothing more is claimed; what was claimed is finished. */
  stop(id: string, until: number): Promise<Redrive>;
  resume(id: string, until: number): Promise<Redrive>;
  list(): Promise<readonly Redrive[]>;
  /** Works at every redrive that has not ended and that nobody works at; resolves with how many. */
  goOn(until: number): Promise<number>;
}

/**
 * How long a call works at a redrive before it answers, in milliseconds: whoever asks how it stands keeps it going, and is told every few
 * seconds. Without anybody asking, the schedule does.
 */
const ANSWER_MS = 2_000;

/** What is kept free at the end to finish a batch, in milliseconds; of a short time a third. */
const FINISH_MS = 5_000;

function enoughOf(now: number, until: number): number {
  return until - Math.min(FINISH_MS, (until - now) / 3);
}

/** Redrives shown: the newest. */
const MAX_LISTED = 100;

/** Makes the use case: an order becomes a row, and runners work at the row. */
export function createRedrives(deps: RunnerDeps): Redrives {
  const { rows, clock, log } = deps;
  const goOn = createRunner(deps);

  async function worked(id: string, until: number): Promise<Redrive> {
    try {
      await goOn(id, { until, enough: Math.min(enoughOf(clock.now(), until), clock.now() + ANSWER_MS) });
    } catch (error) {
      // Its row says how far it came, and the next runner goes on from there.
      log.warn('a redrive was interrupted', { redrive: id, error });
    }
    return redriveOf(await found(deps, id));
  }

  return {
    async start(order, until) {
      const row = rowOf(order, await lanesOf(deps, order.where), deps);
      const rival = await rows.create(row);
      if (rival !== undefined) throw laneTaken(rival);
      return worked(row.id, until);
    },
    status: (id, until) => worked(id, until),
    async stop(id, until) {
      const { state, batch } = await found(deps, id);
      const turned = await rows.turn(id, { from: ['canary', 'running'], to: 'stopped', because: 'an operator has stopped it' });
      const more = batch.length > 0 ? '; what it has claimed it still ends by itself, minute by minute' : '';
      if (turned === undefined) throw new OperationError('REDRIVE_ENDED', `the redrive ${id} is ${state}: there is nothing to stop${more}`);
      return worked(id, until);
    },
    async resume(id, until) {
      await turnOn(deps, id);
      return worked(id, until);
    },
    list: () => newest(deps),
    goOn: (until) => goOnWithAll(deps, until, goOn),
  };
}

async function found({ rows }: RunnerDeps, id: string): Promise<RedriveRow> {
  const row = await rows.get(id);
  if (row === undefined) throw new OperationError('REDRIVE_UNKNOWN', `there is no redrive '${id}': list the redrives for their ids`);
  return row;
}

async function turnOn(deps: RunnerDeps, id: string): Promise<void> {
  const row = await found(deps, id);
  if (row.state === 'finished')
    throw new OperationError('REDRIVE_ENDED', `the redrive ${id} is finished: begin another for what is open now`);
  if (row.state !== 'stopped') return;
  const done = row.canaries.filter(({ result }) => result === 'done');
  const rival = await deps.rows.resume(row, done.length < row.options.canary ? 'canary' : 'running', done);
  if (rival !== undefined) throw laneTaken(rival);
}

async function newest({ rows }: RunnerDeps): Promise<Redrive[]> {
  const found: Redrive[] = [];
  for await (const { items } of pagesOf((cursor) => rows.list(cursor))) {
    found.push(...items.map(redriveOf));
    if (found.length >= MAX_LISTED) break;
  }
  return found.slice(0, MAX_LISTED);
}

async function goOnWithAll({ rows, clock, log }: RunnerDeps, until: number, goOn: ReturnType<typeof createRunner>): Promise<number> {
  const unended: string[] = [];
  for await (const { items } of pagesOf((cursor) => rows.list(cursor))) {
    unended.push(...items.filter(isUnended).map(({ id }) => id));
    if (clock.now() >= until) break;
  }
  // All at once: a canary that is waited for must not keep the others waiting.
  const went = await Promise.allSettled(unended.map((id) => goOn(id, { until, enough: enoughOf(clock.now(), until) })));
  for (const result of went) if (result.status === 'rejected') log.warn('a redrive was interrupted', { error: result.reason });
  return went.filter((result) => result.status === 'fulfilled' && result.value !== undefined).length;
}

function rowOf({ where, options = {}, author }: RedriveOrder, lanes: readonly string[], { clock, ids }: RunnerDeps): RedriveRow {
  const now = clock.now();
  const all = { ...REDRIVE_DEFAULTS, ...options };
  return {
    // Sorts by when it began.
    id: `${new Date(now).toISOString().replaceAll(/[-:.]/g, '')}-${ids.next().slice(0, 8)}`,
    state: all.canary > 0 ? 'canary' : 'running',
    where,
    options: all,
    startedAt: now,
    updatedAt: now,
    ...NO_TALLY,
    canaries: [],
    batch: [],
    lanes,
    version: 0,
    ...author,
  };
}

/** A row without what only its runner needs. */
export function redriveOf({ batch, waiting, lanes, cursor, canariesAt, version, earnedFrom, canaries, ...redrive }: RedriveRow): Redrive {
  const isEnding = redrive.state === 'stopped' && batch.length > 0 && { ending: true as const };
  return { ...redrive, ...isEnding, canaries: canaries.map(({ id, result }) => ({ id, result })) };
}
