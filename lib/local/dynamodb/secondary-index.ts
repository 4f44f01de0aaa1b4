import { attributeOf, type Item, sameItem, setAttribute, typeOf } from './attribute-value.ts';
import { itemSize } from './item-size.ts';
import { isEmpty, type KeySchema, partsOf, rowKey } from './key-schema.ts';
import type { Lag } from './lag.ts';
import { invalid } from './refusals.ts';
import { createSortedMap, type SortedMap } from './sorted-map.ts';

/** An item of a table with what it weighs. Never changed, only replaced. */
export interface Row {
  readonly key: string;
  readonly item: Item;
  readonly size: number;
}

/** An entry of an index: the projected attributes, and the row that it comes from. */
export interface IndexRow extends Row {
  readonly row: Row;
}

/** Which attributes an index carries besides its own and the table's key. */
export interface Projection {
  readonly ProjectionType: 'ALL' | 'KEYS_ONLY' | 'INCLUDE';
  readonly NonKeyAttributes?: readonly string[];
}

/** A global or local secondary index, kept in step with the table inside every write unless it lags. */
export interface SecondaryIndex {
  readonly kind: 'global' | 'local';
  readonly name: string;
  readonly arn: string;
  readonly key: KeySchema;
  readonly tableKey: KeySchema;
  readonly projection: Projection;
  /** The attributes it carries; undefined means all. */
  readonly carried: ReadonlySet<string> | undefined;
  readonly rows: SortedMap<IndexRow>;
  readonly throughput: { readonly read: number; readonly write: number };
  /** By how much it follows later than at once. */
  readonly lag?: Lag | undefined;
}

/** Makes an empty index. */
export function createIndex(options: Omit<SecondaryIndex, 'carried' | 'rows'>): SecondaryIndex {
  const { key, tableKey, projection } = options;
  const own = [...partsOf(key), ...partsOf(tableKey)].map((part) => part.name);
  const carried = projection.ProjectionType === 'ALL' ? undefined : new Set([...own, ...(projection.NonKeyAttributes ?? [])]);
  return { ...options, carried, rows: createSortedMap() };
}

/** Where a row sorts in an index; undefined when it lacks an attribute of the index key (the index is sparse). */
function indexKey(index: SecondaryIndex, row: Row): string | undefined {
  const { hash, range } = index.key;
  if (!attributeOf(row.item, hash.name) || (range && !attributeOf(row.item, range.name))) return undefined;
  return rowKey(index.key, row.item) + row.key;
}

/** The index entry of a row, if it has one. */
export function entryOf(index: SecondaryIndex, row: Row | undefined): IndexRow | undefined {
  const key = row && indexKey(index, row);
  if (!row || key === undefined) return undefined;
  if (!index.carried) return { key, item: row.item, size: row.size, row };
  const item: Item = {};
  for (const name in row.item) if (index.carried.has(name)) setAttribute(item, name, row.item[name] as Item[string]);
  return { key, item, size: itemSize(item), row };
}

/**
 * Follows a write of the table and returns the write units it cost: none when the entry stays equal, one write for a change,
 * two (delete and insert) when the entry moves (Developer guide, "Using global secondary indexes": write throughput).
 */
export function followWrite(index: SecondaryIndex, before: Row | undefined, after: Row | undefined): number {
  const old = entryOf(index, before);
  const fresh = entryOf(index, after);
  const follow = () => {
    if (old && old.key !== fresh?.key) index.rows.delete(old.key);
    if (fresh) index.rows.set(fresh);
  };
  if (index.lag) index.lag.follow((after ?? before)?.key ?? '', follow);
  else follow();
  return indexUnits(old, fresh);
}

function indexUnits(old: IndexRow | undefined, fresh: IndexRow | undefined): number {
  if (!old || !fresh) return old || fresh ? writeUnits((old ?? fresh)?.size ?? 0) : 0;
  if (old.key !== fresh.key) return writeUnits(old.size) + writeUnits(fresh.size);
  return sameItem(old.item, fresh.item) ? 0 : writeUnits(Math.max(old.size, fresh.size));
}

/** Write units of that many bytes: one per started kilobyte, at least one. */
export function writeUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 1024));
}

/** Refuses an item whose attribute is an index key of another type. */
export function refuseWrongIndexKeys(indexes: Iterable<SecondaryIndex>, item: Item): void {
  for (const index of indexes) {
    for (const { name, type } of partsOf(index.key)) {
      const value = attributeOf(item, name);
      if (!value || typeOf(value) === type) continue;
      const types = `Expected: ${type} Actual: ${typeOf(value)}`;
      throw invalid(`One or more parameter values were invalid: Type mismatch for Index Key ${name} ${types} IndexName: ${index.name}`);
    }
  }
}

/** Refuses an item whose attribute is an index key with an empty value. */
export function refuseEmptyIndexKeys(indexes: Iterable<SecondaryIndex>, item: Item): void {
  for (const index of indexes) {
    for (const { name, type } of partsOf(index.key)) {
      const value = attributeOf(item, name);
      if (!value || !isEmpty(value)) continue;
      throw invalid(
        'One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute ' +
          `cannot contain an empty ${type === 'B' ? 'binary' : 'string'} value. IndexName: ${index.name}, IndexKey: ${name}`,
      );
    }
  }
}
