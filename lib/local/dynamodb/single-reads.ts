import type { Json } from '../aws.ts';
import { copyItem, type Item } from './attribute-value.ts';
import { capacityMode, createMeter, type Meter, readUnits } from './capacity.ts';
import { selectPaths } from './document-path.ts';
import { type Expressions, readExpressions } from './expressions.ts';
import { flag, refuseLegacy, required, tableName } from './fields.ts';
import { refuseEmptyKey, refuseWrongKey, rowKey } from './key-schema.ts';
import { rowsOf, type Table } from './table.ts';
import { checkedItem } from './value-check.ts';
import { tableOf, type World } from './world.ts';

/** One item to read, after the checks that need no table. */
export interface ReadRequest {
  readonly key: Item;
  readonly consistent: boolean;
  readonly expressions: Expressions;
}

/** GetItem. */
export function getItem(world: World, input: Json): Json {
  const name = tableName(input);
  const mode = capacityMode(input);
  const request = readGet(input);
  const table = tableOf(world, name);
  const meter = createMeter(mode);
  const item = fetch(table, request, meter);
  const consumed = meter.report()?.[0];
  return { ...(item && { Item: item }), ...(consumed && { ConsumedCapacity: consumed }) };
}

/** Reads the key and the projection of a get, alone or inside a transaction. */
export function readGet(input: Json): ReadRequest {
  if (!input['Key']) throw required('Key');
  refuseLegacy(input, ['AttributesToGet']);
  const key = checkedItem(input['Key']);
  return { key, consistent: flag(input, 'ConsistentRead'), expressions: readExpressions(input, ['ProjectionExpression']) };
}

/** Looks the item up and charges for it; a missing item costs as much as a small one. */
export function fetch(table: Table, { key, consistent, expressions }: ReadRequest, meter: Meter): Item | undefined {
  refuseEmptyKey(table.key, key);
  refuseWrongKey(table.key, key);
  const row = rowsOf(table, consistent).get(rowKey(table.key, key));
  meter.read(table, readUnits(row?.size ?? 0, consistent));
  if (!row) return undefined;
  const paths = expressions.ProjectionExpression?.tree;
  return copyItem(paths ? selectPaths(paths, row.item) : row.item);
}
