import { AwsError, type Json } from '../aws.ts';
import { describe } from './describe-table.ts';
import { broken, flag, list, requiredText, shown, structure, tableName, text } from './fields.ts';
import { createLag, type Lag } from './lag.ts';
import { createReplica, type Replica } from './replica.ts';
import { putPolicy } from './resource-policies.ts';
import { createIndex, entryOf, type SecondaryIndex } from './secondary-index.ts';
import { readViewType, startStream } from './stream-control.ts';
import { createTable as emptyTable, type Table } from './table.ts';
import {
  type IndexDefinition,
  readAttributes,
  readBilling,
  readGlobalIndexes,
  readKeySchema,
  readLocalIndexes,
  refuseLooseEnds,
} from './table-definition.ts';
import { tableArn, type World } from './world.ts';

/** Settings that the engine keeps and shows without acting on them. */
const SHOWN_SETTINGS = ['SSESpecification', 'TableClass', 'OnDemandThroughput', 'WarmThroughput', 'MultiRegionConsistency'];

/** CreateTable. The table is active at once. */
export function createTable(world: World, input: Json): Json {
  const name = tableName(input);
  if (name.length < 3) throw broken(shown('TableName', name), 'Member must have length greater than or equal to 3');
  const attributes = readAttributes(input);
  const billing = readBilling(input);
  const key = readKeySchema(input, attributes);
  const local = readLocalIndexes(input, key, attributes);
  const global = readGlobalIndexes(input, billing, attributes);
  refuseLooseEnds(attributes, key, [...local, ...global]);
  const tags = readTags(input);
  if (world.tables.has(name)) throw new AwsError('ResourceInUseException', `Table already exists: ${name}`);
  const arn = tableArn(world.place, name);
  const table = emptyTable({
    name,
    arn,
    id: world.ids.next(),
    createdAt: world.clock.now(),
    key,
    attributes,
    billing,
    replica: replicaIn(world),
  });
  for (const index of local) addIndex(world, table, { kind: 'local', ...index });
  for (const index of global) addIndex(world, table, { kind: 'global', ...index });
  for (const [tag, value] of tags) table.tags.set(tag, value);
  table.deletionProtected = flag(input, 'DeletionProtectionEnabled');
  for (const setting of SHOWN_SETTINGS) if (input[setting] !== undefined) table.settings[setting] = input[setting];
  const policy = text(input, 'ResourcePolicy');
  if (policy !== undefined) putPolicy(world, table, arn, policy);
  const stream = structure(input, 'StreamSpecification');
  if (stream && flag(stream, 'StreamEnabled')) startStream(world, table, readViewType(table, stream));
  world.tables.set(name, table);
  return { TableDescription: describe(table) };
}

/** Adds an index and fills it from the rows that are there. */
export function addIndex(world: World, table: Table, definition: IndexDefinition & Pick<SecondaryIndex, 'kind'>): void {
  const arn = `${table.arn}/index/${definition.name}`;
  const index = createIndex({ ...definition, arn, tableKey: table.key, lag: definition.kind === 'global' ? indexLag(world) : undefined });
  for (const row of table.rows.between('', '\uffff\uffff\uffff')) {
    // An item whose attribute has another type than the index key is left out, as in AWS's backfill.
    const fits = [definition.key.hash, definition.key.range].every((part) => !part || row.item[part.name]?.[part.type] !== undefined);
    const entry = fits ? entryOf(index, row) : undefined;
    if (entry) index.rows.set(entry);
  }
  table.indexes.set(definition.name, index);
}

function indexLag({ clock, options: { hostility } }: World): Lag | undefined {
  return hostility?.indexLagMs && createLag(clock, () => hostility.indexLagMs?.() ?? 0);
}

function replicaIn({ clock, options: { hostility } }: World): Replica | undefined {
  if (!hostility?.replicaLagMs) return undefined;
  const lag = createLag(clock, () => hostility.replicaLagMs?.() ?? 0);
  return createReplica(lag, () => hostility.readsReplica?.() ?? true);
}

/** Reads the tags of a request. */
export function readTags(input: Json): [string, string][] {
  return (list(input, 'Tags') ?? []).map((tag) => [requiredText(tag, 'Key'), requiredText(tag, 'Value')]);
}
