import { requiredEnv } from '../core/env.ts';
import { PosthasteError } from '../core/errors.ts';
import { mapConcurrent } from '../core/map-concurrent.ts';
import { createBreakers } from '../topic/breaker.ts';
import { type Lane, singleLane } from './lanes.ts';
import { OUTBOX_ENV, OUTBOX_METRICS } from './outbox.contract.ts';
import { oldestFirst } from './outbox.relay.ts';
import type { IndexEntry } from './outbox.ts';
import { type PublishDeps, type PublishRun, publishLanes } from './publish-lanes.ts';
import { isPending, KEY_PREFIX, type OutboxRow, PARKED_STATES, PENDING_STATES } from './row.ts';

/** What one sweep found and did. */
export interface SweepReport {
  /** Rows that this sweep published. */
  readonly swept: number;
  /** Rows that were due and still wait: held by a parked row, refused for now, or out of time. */
  readonly pending: number;
  /** Rows that are parked. */
  readonly parked: number;
  /** Age in seconds of the oldest row that was due and still waits; 0 when there is none. */
  readonly oldestPendingAge: number;
}

/** Publishes what the stream missed. */
export interface Sweeper {
  /**
   * One pass over all rows that are due; nothing new starts after `deadline` (epoch milliseconds). Throws what kept it from reading a part
   * of the table, after it has done and reported the rest.
   */
  sweep(options: { readonly deadline: number }): Promise<SweepReport>;
}

/** What the sweeper works with. */
export interface SweeperDeps extends PublishDeps {
  /** Age from which a pending row is due, in milliseconds; above what the relay usually takes. */
  readonly sweepAfterMs: number;
}

/** Index entries read at a time: the most that one BatchGetItem reads the rows of. */
const PAGE = 100;
/** Rows of one key that one sweep publishes; a longer line goes on in the next, so that it does not use up everybody's time. */
const MAX_OF_KEY = 500;

/**
 * The sweeper: the net under the relay, for a stream that was paused, throttled or trimmed. It follows the relay's own rule, so the two
 * may run at the same time: a row is then published twice under one id, and never overtakes an older one of its key.
 *
 * @example
 * const report = await createSweeper({ ...deps, sweepAfterMs: 60_000 }).sweep({ deadline: clock.now() + 45_000 });
 */
export function createSweeper(deps: SweeperDeps): Sweeper {
  const resume = new Map<string, unknown>();
  return {
    async sweep({ deadline }) {
      const now = deps.clock.now();
      const pass: Pass = {
        ...{ deadline, breakers: createBreakers(deps.clock), before: now - deps.sweepAfterMs, resume },
        ...{ swept: 0, left: new Map(), keys: new Map(), errors: [] },
      };
      await Promise.all(PENDING_STATES.map((state) => isolated(pass, () => sweepShard(deps, pass, state))));
      let parked = 0;
      await isolated(pass, async () => {
        const counts = await mapConcurrent(PARKED_STATES, PARKED_STATES.length, (state) => deps.store.countOf(state));
        parked = counts.reduce((total, count) => total + count, 0);
      });
      const oldest = [...pass.left.values()].reduce((least, entry) => Math.min(least, entry.committedAt), now);
      const oldestPendingAge = Math.round((now - oldest) / 1_000);
      const report: SweepReport = { swept: pass.swept, pending: pass.left.size, parked, oldestPendingAge };
      publishReport(deps, report, pass.errors);
      if (pass.errors.length > 0) throw pass.errors[0];
      return report;
    },
  };
}

/** The age at which rows are due, in milliseconds, from the environment that the construct sets. Throws code `SWEEP_AFTER_INVALID`. */
export function sweepAfterFromEnv(env: Readonly<Record<string, string | undefined>> = process.env): number {
  const text = requiredEnv(OUTBOX_ENV.sweepAfterSeconds, 'Outbox', env);
  const seconds = Number(text);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds * 1_000;
  throw new PosthasteError(`${OUTBOX_ENV.sweepAfterSeconds} is '${text}'; it is a number of seconds, 0 or more`, {
    code: 'SWEEP_AFTER_INVALID',
  });
}

/** One sweep, on its way. */
interface Pass extends PublishRun {
  /** Rows committed before this are due. */
  readonly before: number;
  /** Where the last sweep of a shard ran out of time. */
  readonly resume: Map<string, unknown>;
  swept: number;
  /** Rows that still wait, by their place. */
  readonly left: Map<string, IndexEntry>;
  /** Keys that this sweep has dealt with already. */
  readonly keys: Map<string, Lane>;
  readonly errors: unknown[];
}

// One shard that cannot be read stops no other, and no report.
async function isolated(pass: Pass, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    pass.errors.push(error);
  }
}

// The first page is looked at in every sweep, and tells the age of the oldest row; then it goes on where the last sweep ran out of time,
// so that rows that cannot leave do not keep all others from their turn.
async function sweepShard(deps: SweeperDeps, pass: Pass, state: string): Promise<void> {
  const resumed = pass.resume.get(state);
  pass.resume.delete(state);
  const read = (from?: unknown) => deps.store.due(state, { before: pass.before, limit: PAGE, ...(from !== undefined && { from }) });
  const isLate = () => deps.clock.now() >= pass.deadline;
  let page = await read();
  let from = page.next === undefined ? undefined : (resumed ?? page.next);
  for (;;) {
    if (isLate()) leave(pass, page.items);
    else await sweepPage(deps, pass, page.items);
    if (from === undefined) return;
    if (isLate()) return void pass.resume.set(state, from);
    page = await read(from);
    from = page.next;
  }
}

async function sweepPage(deps: SweeperDeps, pass: Pass, entries: readonly IndexEntry[]): Promise<void> {
  const lanes = await openLanes(deps, pass, entries);
  await publishLanes(deps, [...lanes.values()], pass);
  for (const entry of entries) {
    const key = keyOf(entry);
    const lane = key === undefined ? lanes.get(nameOf(entry)) : pass.keys.get(key);
    if (lane === undefined || lane.state === 'drained') continue;
    // A row that was parked just now, and had no key, waits for an operator; rows behind a parked one of their key still wait.
    const waits = key === undefined ? lane.state !== 'held' : sequenceOf(entry) > lane.reached;
    if (waits) leave(pass, [entry]);
  }
  for (const lane of lanes.values()) pass.swept += lane.published;
}

// A sweep that goes on where the last one stopped may meet a row twice.
function leave(pass: Pass, entries: readonly IndexEntry[]): void {
  for (const entry of entries) pass.left.set(nameOf(entry), entry);
}

async function openLanes(deps: SweeperDeps, pass: Pass, entries: readonly IndexEntry[]): Promise<ReadonlyMap<string, Lane>> {
  const keyless = entries.filter((entry) => keyOf(entry) === undefined);
  // The index lags behind the table: a row that is gone or parked there is none of the sweeper's.
  const rows = (await rowsOf(deps, pass, { keyless, entries })).filter(isPending);
  const lanes = new Map<string, Lane>(rows.map((row) => [nameOf(row), singleLane(row)]));
  for (const entry of entries) {
    const key = keyOf(entry);
    if (key === undefined || pass.keys.has(key)) continue;
    const lane = oldestFirst(deps.store, key, { until: Number.POSITIVE_INFINITY, limit: MAX_OF_KEY });
    pass.keys.set(key, lane);
    lanes.set(nameOf(entry), lane);
  }
  return lanes;
}

async function rowsOf(
  deps: SweeperDeps,
  pass: Pass,
  { keyless, entries }: { readonly keyless: readonly IndexEntry[]; readonly entries: readonly IndexEntry[] },
): Promise<readonly OutboxRow[]> {
  try {
    return await deps.store.readRows(keyless);
  } catch (error) {
    leave(pass, entries);
    throw error;
  }
}

function keyOf({ pk }: IndexEntry): string | undefined {
  return pk.startsWith(KEY_PREFIX) ? pk.slice(KEY_PREFIX.length) : undefined;
}

function nameOf({ pk, sk }: { pk: string; sk: string }): string {
  return `${pk} ${sk}`;
}

// The sort key of a message with an ordering key ends in its number.
function sequenceOf({ sk }: IndexEntry): number {
  return Number(sk.slice(sk.indexOf('#') + 1));
}

// After an error the age and the number of waiting rows are least values: they are worth an alarm, and a zero among them says nothing.
function publishReport({ metrics, log }: SweeperDeps, report: SweepReport, errors: readonly unknown[]): void {
  metrics.add(OUTBOX_METRICS.swept, report.swept);
  if (errors.length === 0 || report.pending > 0) {
    metrics.add(OUTBOX_METRICS.pending, report.pending);
    metrics.add(OUTBOX_METRICS.oldestPendingAge, report.oldestPendingAge, { unit: 'Seconds' });
  }
  for (const error of errors) log.error('a part of the outbox could not be swept', { error });
  if (report.swept + report.pending + report.parked > 0) log.info('swept the outbox', { ...report });
}
