import type { AttributeValue, Item } from './attribute-value.ts';
import { attributeOf } from './attribute-value.ts';
import type { Row } from './secondary-index.ts';
import { createSortedMap, type SortedMap } from './sorted-map.ts';

/** A row that will expire. */
export interface Expiry {
  readonly key: string;
  readonly rowKey: string;
  readonly at: number;
}

/** The rows of a table with time to live, by the moment at which they expire. */
export interface Expiries {
  readonly attribute: string;
  readonly byTime: SortedMap<Expiry>;
}

/** Items that expired more than five years ago are kept (Developer guide, "Using time to live"). */
const OLDEST_MS = 5 * 365 * 24 * 60 * 60 * 1000;

/** Starts to watch an attribute, with the rows that are there. */
export function watchExpiries(attribute: string, rows: Iterable<Row>): Expiries {
  const expiries: Expiries = { attribute, byTime: createSortedMap() };
  for (const row of rows) followExpiry(expiries, undefined, row);
  return expiries;
}

/** Follows a write of the table. */
export function followExpiry(expiries: Expiries, before: Row | undefined, after: Row | undefined): void {
  const old = before && expiryOf(expiries.attribute, before);
  const fresh = after && expiryOf(expiries.attribute, after);
  if (old && old.key !== fresh?.key) expiries.byTime.delete(old.key);
  if (fresh) expiries.byTime.set(fresh);
}

/** The rows to delete at `now`. */
export function expiredBy(expiries: Expiries, now: number): readonly string[] {
  const due = [...expiries.byTime.between(timeText(Math.max(0, now - OLDEST_MS)), timeText(now + 1))];
  return due.map((expiry) => expiry.rowKey);
}

/** The first moment, from `now` on or overdue, at which a row expires. */
export function nextExpiry(expiries: Expiries, now: number): number | undefined {
  for (const expiry of expiries.byTime.between(timeText(Math.max(0, now - OLDEST_MS)), '~')) return expiry.at;
  return undefined;
}

/** Only a number counts; it is seconds since the epoch. */
function expiryOf(attribute: string, row: Row): Expiry | undefined {
  const seconds = secondsOf(attributeOf(row.item as Item, attribute));
  if (seconds === undefined) return undefined;
  const at = seconds * 1000;
  return { key: timeText(at) + row.key, rowKey: row.key, at };
}

function secondsOf(value: AttributeValue | undefined): number | undefined {
  const seconds = value?.N === undefined ? Number.NaN : Math.floor(Number(value.N));
  return seconds >= 0 && seconds < 1e12 ? seconds : undefined;
}

function timeText(ms: number): string {
  return String(ms).padStart(16, '0');
}
