import type { Lag } from './lag.ts';
import type { Row } from './secondary-index.ts';
import { createSortedMap, type SortedMap } from './sorted-map.ts';

/** A copy of a table's rows that lags behind: what eventually consistent reads may see. */
export interface Replica {
  /** The rows for one read: the copy's, or the table's own. */
  rowsFor(own: SortedMap<Row>): SortedMap<Row>;
  follow(before: Row | undefined, after: Row | undefined): void;
}

/** Makes the copy of an empty table; `isAsked` decides, read by read, whether it answers. */
export function createReplica(lag: Lag, isAsked: () => boolean): Replica {
  const rows = createSortedMap<Row>();
  return {
    rowsFor: (own) => (isAsked() ? rows : own),
    follow(before, after) {
      const key = (after ?? before)?.key;
      if (key === undefined) return;
      lag.follow(key, () => {
        if (after) rows.set(after);
        else rows.delete(key);
      });
    },
  };
}
