import type { Page } from './outbox.ts';
import { isPending, type OutboxRow } from './row.ts';

/**
 * Rows that must be published one after the other: all pending rows of one ordering key, or a single row without one.
 * `held`: a parked row is at the front. `failed`: publishing was tried, or could not be, and someone must try again.
 */
export interface Lane {
  /** The ordering key; undefined for a row without one. */
  readonly key: string | undefined;
  state: 'open' | 'drained' | 'held' | 'failed';
  /** Rows read and not yet published, the oldest first. */
  queue: OutboxRow[];
  /** Sequence of the last row published here, for lanes of a key. */
  reached: number;
  /** Rows published here. */
  published: number;
  /** Reads the next page after the last row read; undefined when the last page has been read. */
  more: ((after: OutboxRow | undefined) => Promise<Page<OutboxRow>>) | undefined;
}

/** A lane of one row. */
export function singleLane(row: OutboxRow): Lane {
  return { key: undefined, state: 'open', queue: [row], reached: 0, published: 0, more: undefined };
}

/** A lane that reads its rows as it goes. */
export function keyLane(key: string, more: NonNullable<Lane['more']>): Lane {
  return { key, state: 'open', queue: [], reached: 0, published: 0, more };
}

/** The row to publish next, or undefined when the lane has ended; reads on where needed. Errors of reading are thrown. */
export async function frontOf(lane: Lane, after?: OutboxRow): Promise<OutboxRow | undefined> {
  while (lane.state === 'open' && lane.queue.length === 0) {
    if (lane.more === undefined) lane.state = 'drained';
    else {
      const page = await lane.more(after);
      lane.queue = [...page.items];
      if (page.next === undefined) lane.more = undefined;
    }
  }
  const [front] = lane.queue;
  if (front === undefined || lane.state !== 'open') return undefined;
  if (!isPending(front)) lane.state = 'held';
  return lane.state === 'open' ? front : undefined;
}
