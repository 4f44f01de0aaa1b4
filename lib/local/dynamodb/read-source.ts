import type { Json } from '../aws.ts';
import { attributeOf, type Item, typeOf } from './attribute-value.ts';
import { text } from './fields.ts';
import { isEmpty, type KeyPart, type KeySchema, partsOf, rowKey } from './key-schema.ts';
import { invalid } from './refusals.ts';
import type { Row, SecondaryIndex } from './secondary-index.ts';
import type { SortedMap } from './sorted-map.ts';
import { rowsOf, type Table } from './table.ts';

/** What a query or scan walks: the table, or one of its indexes. */
export interface ReadSource {
  readonly table: Table;
  readonly index: SecondaryIndex | undefined;
  readonly key: KeySchema;
  readonly rows: SortedMap<Row>;
}

/** Chooses the table or the index that a request names. */
export function sourceOf(table: Table, input: Json, consistent: boolean): ReadSource {
  const name = text(input, 'IndexName');
  if (name === undefined) return { table, index: undefined, key: table.key, rows: rowsOf(table, consistent) };
  const index = table.indexes.get(name);
  if (!index) throw invalid(`The table does not have the specified index: ${name}`);
  if (consistent && index.kind === 'global') throw invalid('Consistent reads are not supported on global secondary indexes');
  return { table, index, key: index.key, rows: index.rows };
}

/** The attributes by which reading continues: the key of the source and the key of the table. */
function startKeyParts({ table, key }: ReadSource): readonly KeyPart[] {
  const own = partsOf(key);
  return [...own, ...partsOf(table.key).filter((part) => !own.some((each) => each.name === part.name))];
}

/** The key after which reading continues, as clients get it. */
export function startKeyOf(source: ReadSource, item: Item): Item {
  return Object.fromEntries(startKeyParts(source).map(({ name }) => [name, { ...(item[name] as Item[string]) }]));
}

/** Where a start key points in the source. */
export function positionOf(source: ReadSource, startKey: Item): string {
  const parts = startKeyParts(source);
  const fits = Object.keys(startKey).length === parts.length && parts.every((part) => isValueOf(part, startKey));
  if (!fits) throw invalid('The provided starting key is invalid');
  const own = rowKey(source.key, startKey);
  return source.index ? own + rowKey(source.table.key, startKey) : own;
}

function isValueOf(part: KeyPart, item: Item): boolean {
  const value = attributeOf(item, part.name);
  return value !== undefined && typeOf(value) === part.type && !isEmpty(value);
}
