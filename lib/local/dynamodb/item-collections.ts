import type { Json } from '../aws.ts';
import type { Item } from './attribute-value.ts';
import { choice } from './fields.ts';
import { partitionPrefix } from './key-schema.ts';
import { END } from './sorted-map.ts';
import type { Table } from './table.ts';

const GIGABYTE = 1024 ** 3;

/** Whether the caller asks for the sizes of the item collections that a write touches. */
export function wantsCollectionMetrics(input: Json): boolean {
  return choice(input, 'ReturnItemCollectionMetrics', ['SIZE', 'NONE']) === 'SIZE';
}

/** The collections that several writes touch, by table, in the shape of batches and transactions. */
export function collectionsOf(writes: Iterable<{ readonly table: Table; readonly item: Item }>): Json | undefined {
  const found: Record<string, Json[]> = {};
  for (const { table, item } of writes) {
    const each = collectionMetrics(table, item);
    if (each) found[table.name] = [...(found[table.name] ?? []), each];
  }
  return Object.keys(found).length > 0 ? found : undefined;
}

/** The item collection (all items of a partition) of an item: only tables with local secondary indexes have them. */
export function collectionMetrics(table: Table, item: Item): Json | undefined {
  if (![...table.indexes.values()].some((index) => index.kind === 'local')) return undefined;
  const value = item[table.key.hash.name];
  if (!value) return undefined;
  const prefix = partitionPrefix(value);
  let bytes = 0;
  for (const row of table.rows.between(prefix, prefix + END)) bytes += row.size;
  const low = Math.floor(bytes / GIGABYTE);
  return { ItemCollectionKey: { [table.key.hash.name]: { ...value } }, SizeEstimateRangeGB: [low, low + 1] };
}
