import { requiredEnv } from '../core/env.ts';
import { PosthasteError } from '../core/errors.ts';
import { mapConcurrent } from '../core/map-concurrent.ts';
import { type Lane, singleLane } from './lanes.ts';
import { OUTBOX_ENV, OUTBOX_METRICS } from './outbox.contract.ts';
import { oldestFirst } from './outbox.relay.ts';
import type { IndexEntry } from './outbox.ts';
import { type PublishDeps, publishLanes } from './publish-lanes.ts';
import { isPending, KEY_PREFIX, PARKED_STATES, PENDING_STATES } from './row.ts';

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
  /** One pass over all rows that are due; nothing new starts after `deadline` (epoch milliseconds). */
  sweep(options: { readonly deadline: number }): Promise<SweepReport>;
}

/** What the sweeper works with. */
export interface SweeperDeps extends PublishDeps {
  /** Age from which a pending row is due, in milliseconds; above what the relay usually takes. */
  readonly sweepAfterMs: number;
}

/** Index entries read at a time: the most that one BatchGetItem reads the rows of. */
const PAGE = 100;

/**
 * The sweeper: the net under the relay, for a stream that was paused, throttled or trimmed. It follows the relay's own rule, so the two
 * may run at the same time: a row is then published twice under one id, and never overtakes an older one of its key.
 *
 * @example
 * const report = await createSweeper({ ...deps, sweepAfterMs: 60_000 }).sweep({ deadline: clock.now() + 45_000 });
 */
export function createSweeper(deps: SweeperDeps): Sweeper {
  return {
    async sweep({ deadline }) {
      const now = deps.clock.now();
      const tally: Tally = { swept: 0, left: [], keys: new Map() };
      for (const state of PENDING_STATES) await sweepShard(deps, tally, { state, before: now - deps.sweepAfterMs, deadline });
      const counts = await mapConcurrent(PARKED_STATES, PARKED_STATES.length, (state) => deps.store.countOf(state));
      const oldest = tally.left.reduce((least, entry) => Math.min(least, entry.committedAt), now);
      const report: SweepReport = {
        swept: tally.swept,
        pending: tally.left.length,
        parked: counts.reduce((total, count) => total + count, 0),
        oldestPendingAge: Math.round((now - oldest) / 1_000),
      };
      publishReport(deps, report);
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

interface Tally {
  swept: number;
  readonly left: IndexEntry[];
  /** Keys that this sweep has dealt with already. */
  readonly keys: Map<string, Lane>;
}

interface Shard {
  readonly state: string;
  /** Rows committed before this are due. */
  readonly before: number;
  readonly deadline: number;
}

async function sweepShard(deps: SweeperDeps, tally: Tally, { state, before, deadline }: Shard): Promise<void> {
  let from: unknown;
  do {
    const page = await deps.store.due(state, { before, limit: PAGE, ...(from !== undefined && { from }) });
    const late = deps.clock.now() >= deadline;
    if (late) tally.left.push(...page.items);
    else await sweepPage(deps, tally, { entries: page.items, deadline });
    // Past the deadline one page is enough to know how old the oldest row is.
    from = late ? undefined : page.next;
  } while (from !== undefined);
}

async function sweepPage(
  deps: SweeperDeps,
  tally: Tally,
  { entries, deadline }: { entries: readonly IndexEntry[]; deadline: number },
): Promise<void> {
  const keyless = entries.filter((entry) => keyOf(entry) === undefined);
  // The index lags behind the table: a row that is gone or parked there is none of the sweeper's.
  const rows = (await deps.store.readRows(keyless)).filter(isPending);
  const lanes = new Map<string, Lane>(rows.map((row) => [nameOf(row), singleLane(row)]));
  const fresh = new Map<string, Lane>();
  for (const entry of entries) {
    const key = keyOf(entry);
    if (key === undefined || tally.keys.has(key)) continue;
    const lane = oldestFirst(deps.store, key);
    tally.keys.set(key, lane);
    fresh.set(key, lane);
  }
  await publishLanes(deps, [...lanes.values(), ...fresh.values()], deadline);
  for (const entry of entries) {
    const key = keyOf(entry);
    const lane = key === undefined ? lanes.get(nameOf(entry)) : tally.keys.get(key);
    if (lane === undefined || lane.state === 'drained') continue;
    // A row that was parked just now, and had no key, waits for an operator; rows behind a parked one of their key still wait.
    const waits = key === undefined ? lane.state === 'failed' : sequenceOf(entry) > lane.reached;
    if (waits) tally.left.push(entry);
  }
  for (const lane of [...lanes.values(), ...fresh.values()]) tally.swept += lane.published;
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

function publishReport({ metrics, log }: SweeperDeps, report: SweepReport): void {
  metrics.add(OUTBOX_METRICS.swept, report.swept);
  metrics.add(OUTBOX_METRICS.pending, report.pending);
  metrics.add(OUTBOX_METRICS.oldestPendingAge, report.oldestPendingAge, { unit: 'Seconds' });
  if (report.swept + report.pending + report.parked > 0) log.info('swept the outbox', { ...report });
}
