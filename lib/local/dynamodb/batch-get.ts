import type { Json } from '../aws.ts';
import type { Item } from './attribute-value.ts';
import { capacityMode, createMeter, type Meter } from './capacity.ts';
import { readExpressions } from './expressions.ts';
import { broken, flag, list, refuseLegacy, required, shown, structure, tableName } from './fields.ts';
import { refuseEmptyKey, refuseWrongKey, rowKey } from './key-schema.ts';
import { invalid } from './refusals.ts';
import { fetch, type ReadRequest } from './single-reads.ts';
import type { Table } from './table.ts';
import { checkedItem } from './value-check.ts';
import { tableOf, type World } from './world.ts';

/** Limits of a batch (API reference, BatchGetItem). */
const MAX_KEYS = 100;
const MAX_BYTES = 16 * 1024 * 1024;

interface TableGets {
  readonly asked: Json;
  readonly table: Table;
  readonly gets: readonly ReadRequest[];
}

/** BatchGetItem: what does not fit into 16 MB comes back as unprocessed keys. */
export function batchGetItem(world: World, input: Json): Json {
  const meter = createMeter(capacityMode(input));
  const room: Room = { bytes: MAX_BYTES, refuses: refusalsOf(world) };
  const responses: Record<string, Item[]> = {};
  const unprocessed: Record<string, Json> = {};
  for (const each of readTables(world, input)) {
    const { items, left } = fetchAll(each, room, meter);
    responses[each.table.name] = items;
    if (left.length > 0) unprocessed[each.table.name] = { ...each.asked, Keys: left };
  }
  const consumed = meter.report();
  return { Responses: responses, UnprocessedKeys: unprocessed, ...(consumed && { ConsumedCapacity: consumed }) };
}

function readTables(world: World, input: Json): TableGets[] {
  const tables = structure(input, 'RequestItems');
  if (!tables) throw required('RequestItems');
  const names = Object.keys(tables);
  if (names.length === 0) throw broken(`Value at 'RequestItems'`, 'Member must have length greater than or equal to 1');
  const read = names.map((name) => ({
    name: tableName({ TableName: name }),
    asked: tables[name] as Json,
    gets: readGets(tables[name] as Json),
  }));
  if (read.reduce((sum, { gets }) => sum + gets.length, 0) > MAX_KEYS) throw invalid('Too many items requested for the BatchGetItem call');
  return read.map(({ name, asked, gets }) => {
    const table = tableOf(world, name);
    refuseWrongKeys(table, gets);
    return { table, asked, gets };
  });
}

function readGets(asked: Json): ReadRequest[] {
  const keys = list(asked, 'Keys');
  if (!keys) throw required('Keys');
  if (keys.length === 0) throw broken(`Value '[]' at 'requestItems.member.keys'`, 'Member must have length greater than or equal to 1');
  if (keys.length > MAX_KEYS)
    throw broken(shown('requestItems.member.keys', keys), `Member must have length less than or equal to ${MAX_KEYS}`);
  refuseLegacy(asked, ['AttributesToGet']);
  const consistent = flag(asked, 'ConsistentRead');
  const expressions = readExpressions(asked, ['ProjectionExpression']);
  return keys.map((key) => ({ key: checkedItem(key), consistent, expressions }));
}

function refuseWrongKeys(table: Table, gets: readonly ReadRequest[]): void {
  const seen = new Set<string>();
  for (const { key } of gets) {
    refuseEmptyKey(table.key, key);
    refuseWrongKey(table.key, key);
    seen.add(rowKey(table.key, key));
  }
  if (seen.size < gets.length) throw invalid('Provided list of item keys contains duplicates');
}

interface Room {
  bytes: number;
  /** Whether the next key is left over though it would fit. */
  readonly refuses: () => boolean;
}

/** What a hostile service leaves over of a batch: anything but the first. */
export function refusalsOf({ options: { hostility } }: World): () => boolean {
  let asked = 0;
  return () => {
    asked += 1;
    return asked > 1 && hostility?.leavesOver?.() === true;
  };
}

function fetchAll({ table, gets }: TableGets, room: Room, meter: Meter): { items: Item[]; left: Item[] } {
  const items: Item[] = [];
  const left: Item[] = [];
  for (const get of gets) {
    const size = table.rows.get(rowKey(table.key, get.key))?.size ?? 0;
    if (size > room.bytes || room.refuses()) {
      left.push(get.key);
      continue;
    }
    room.bytes -= size;
    const item = fetch(table, get, meter);
    if (item) items.push(item);
  }
  return { items, left };
}
