import type { Page } from './outbox.ts';
import { isPending, type OutboxRow } from './row.ts';

/**
 * Rows that must be published one after the other: the pending rows of one ordering key, or a single row without one.
 * `drained`: there is nothing left to do here. `held`: a parked row is at the front. `left`: the front row's destination is out, or the
 * lane had its share; the rows are pending in the table. `failed`: they could not even be tried, and someone must try again.
 */
export interface Lane {
  /** The ordering key; undefined for a row without one. */
  readonly key: string | undefined;
  state: 'open' | 'drained' | 'held' | 'left' | 'failed';
  /** Rows read and not yet published, the oldest first. */
  queue: OutboxRow[];
  /** Sequence of the last row published here, for lanes of a key. */
  reached: number;
  /** Rows published here. */
  published: number;
  /** Reads rows of the key, from the oldest on or behind a row; undefined for a lane that has none but its own. */
  readonly read: ReadRows | undefined;
  /** Where the lane ends. */
  readonly bounds: LaneBounds;
  /** Whether the last page has been read. */
  atEnd: boolean;
}

/** Reads a page of a key's rows behind a row, or from the oldest on. */
export type ReadRows = (after: OutboxRow | undefined) => Promise<Page<OutboxRow>>;

/** How far a lane of a key goes. */
export interface LaneBounds {
  /** The last sequence to publish; what comes after it has its own record. */
  readonly until: number;
  /** The most rows to publish: a long line must not hold up everybody else's. */
  readonly limit: number;
}

const NEW_LANE = { state: 'open', reached: 0, published: 0, atEnd: false } as const;

/** A lane of one row. */
export function singleLane(row: OutboxRow): Lane {
  return { ...NEW_LANE, key: undefined, queue: [row], read: undefined, atEnd: true, bounds: { until: 1, limit: 1 } };
}

/** A lane that reads its rows as it goes. */
export function keyLane(key: string, read: ReadRows, bounds: LaneBounds): Lane {
  return { ...NEW_LANE, key, queue: [], read, bounds };
}

/**
 * The row to publish next, or undefined when the lane has ended; reads on, behind the row `after` that was published last, where needed.
 * Errors of reading are thrown.
 */
export async function frontOf(lane: Lane, after?: OutboxRow): Promise<OutboxRow | undefined> {
  if (lane.state !== 'open') return undefined;
  const front = await oldest(lane, after);
  lane.state = stateAt(lane, front);
  return lane.state === 'open' ? front : undefined;
}

async function oldest(lane: Lane, after: OutboxRow | undefined): Promise<OutboxRow | undefined> {
  const { read } = lane;
  if (read === undefined || isDone(lane)) return lane.queue[0];
  while (lane.queue.length === 0 && !lane.atEnd) await readPage(lane, read, after);
  const front = lane.queue[0];
  if (front === undefined || !mayMissAnOlder(lane, front)) return front;
  await readPage(lane, read, after);
  return lane.queue[0];
}

async function readPage(lane: Lane, read: ReadRows, after: OutboxRow | undefined): Promise<void> {
  const page = await read(after);
  lane.queue = [...page.items];
  lane.atEnd = page.next === undefined;
}

// A Query is read-committed: it may have passed the place of a transaction's first row before the commit, and see the second ("Isolation
// levels for transactions", DynamoDB). A row in front of which rows of its own transaction are missing is therefore looked at twice: the
// transaction is complete by then, so what is still missing was published and removed. The same holds for whole transactions that
// committed while a Query went on; not for a lane that ends at a row whose record its reader had, because all before it had committed.
function mayMissAnOlder(lane: Lane, { seq = 0, first = seq }: OutboxRow): boolean {
  const mayMissTransactions = lane.bounds.until === Number.POSITIVE_INFINITY;
  return (mayMissTransactions || seq > first) && seq !== lane.reached + 1;
}

function isDone({ reached, published, bounds }: Lane): boolean {
  return reached >= bounds.until || published >= bounds.limit;
}

function stateAt(lane: Lane, front: OutboxRow | undefined): Lane['state'] {
  if (lane.reached >= lane.bounds.until) return 'drained';
  if (front !== undefined && lane.published >= lane.bounds.limit) return 'left';
  if (front === undefined) return lane.published >= lane.bounds.limit && !lane.atEnd ? 'left' : 'drained';
  if (!isPending(front)) return 'held';
  return (front.seq ?? 0) > lane.bounds.until ? 'drained' : 'open';
}
