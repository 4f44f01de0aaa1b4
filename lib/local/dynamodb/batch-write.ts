import type { Json } from '../aws.ts';
import { refusalsOf } from './batch-get.ts';
import { capacityMode, createMeter } from './capacity.ts';
import { commit } from './commit.ts';
import { broken, list, required, shown, structure, tableName } from './fields.ts';
import { collectionsOf, wantsCollectionMetrics } from './item-collections.ts';
import { keyOf, partsOf, refuseWrongKey } from './key-schema.ts';
import { invalid } from './refusals.ts';
import type { Table } from './table.ts';
import { tableOf, type World } from './world.ts';
import { addressOf, planWrite, refuseEmptyKeys } from './write-plan.ts';
import { readWrite, type WriteRequest } from './write-request.ts';

/** Limits of a batch (API reference, BatchWriteItem). */
const MAX_REQUESTS = 25;
const MAX_BYTES = 16 * 1024 * 1024;

/** BatchWriteItem: puts and deletes, each on its own; all are checked before the first is applied. */
export function batchWriteItem(world: World, input: Json): Json {
  const meter = createMeter(capacityMode(input));
  const metrics = wantsCollectionMetrics(input);
  const writes = readBatch(input).map((request) => ({ request, table: tableOf(world, request.tableName) }));
  const seen = new Set<string>();
  const addressed = writes.map(({ request, table }) => {
    refuseEmptyKeys(table, request);
    refuseWrongBatchKey(table, request);
    const address = addressOf(table, request);
    if (seen.has(`${table.name}/${address}`)) throw invalid('Provided list of item keys contains duplicates');
    seen.add(`${table.name}/${address}`);
    return { request, table, address };
  });
  const refuses = refusalsOf(world);
  const [left, taken] = [[] as WriteRequest[], [] as typeof addressed];
  for (const each of addressed) {
    if (refuses()) left.push(each.request);
    else taken.push(each);
  }
  for (const { request, table, address } of taken) meter.write(table, commit(world, planWrite(table, request, address)));
  const collections = metrics ? collectionsOf(taken.map(({ table, request }) => ({ table, item: request.item }))) : undefined;
  const consumed = meter.report();
  return {
    UnprocessedItems: unprocessed(left),
    ...(consumed && { ConsumedCapacity: consumed }),
    ...(collections && { ItemCollectionMetrics: collections }),
  };
}

function unprocessed(left: readonly WriteRequest[]): Json {
  const tables: Record<string, Json[]> = {};
  for (const { tableName: name, kind, item } of left) {
    const entry = kind === 'put' ? { PutRequest: { Item: item } } : { DeleteRequest: { Key: item } };
    tables[name] = [...(tables[name] ?? []), entry];
  }
  return tables;
}

/** A batch reports every key mistake alike, also those of a put. */
function refuseWrongBatchKey(table: Table, { item }: WriteRequest): void {
  const complete = partsOf(table.key).every((part) => item[part.name] !== undefined);
  refuseWrongKey(table.key, complete ? keyOf(table.key, item) : {});
}

function readBatch(input: Json): WriteRequest[] {
  const tables = structure(input, 'RequestItems');
  if (!tables) throw required('RequestItems');
  const names = Object.keys(tables);
  if (names.length === 0) throw broken(`Value at 'RequestItems'`, 'Member must have length greater than or equal to 1');
  const requests = names.flatMap((name) => {
    const entries = list(tables, name) ?? [];
    if (entries.length === 0 || entries.length > MAX_REQUESTS) {
      const constraint =
        'Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]';
      throw broken(shown('RequestItems', tables), constraint);
    }
    return entries.map((entry) => readEntry(tableName({ TableName: name }), entry));
  });
  if (requests.length > MAX_REQUESTS) throw invalid('Too many items requested for the BatchWriteItem call');
  if (requests.reduce((sum, request) => sum + request.size, 0) > MAX_BYTES) throw invalid('Request size exceeds the limit of 16 MB');
  return requests;
}

function readEntry(name: string, entry: Json): WriteRequest {
  const [put, remove] = [structure(entry, 'PutRequest'), structure(entry, 'DeleteRequest')];
  if (put && !remove) return readWrite('put', { TableName: name, Item: put['Item'] });
  if (remove && !put) return readWrite('delete', { TableName: name, Key: remove['Key'] });
  throw invalid('Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes');
}
