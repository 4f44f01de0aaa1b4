import { AwsError, type Json } from '../aws.ts';
import { addIndex, readTags } from './create-table.ts';
import { describe } from './describe-table.ts';
import { disarmExpiry } from './expiry-sweep.ts';
import { flag, list, requiredText, structure, tableName } from './fields.ts';
import type { KeyPart } from './key-schema.ts';
import { invalid } from './refusals.ts';
import { startStream, stopStream } from './stream-control.ts';
import type { Table } from './table.ts';
import { readAttributes, readBilling, readGlobalIndex } from './table-definition.ts';
import { describedTable, type World } from './world.ts';

const SETTINGS = ['SSESpecification', 'TableClass', 'OnDemandThroughput', 'WarmThroughput'];

/** UpdateTable: billing, stream, one global index, deletion protection. Takes effect at once. */
export function updateTable(world: World, input: Json): Json {
  const table = describedTable(world, tableName(input));
  const indexUpdates = list(input, 'GlobalSecondaryIndexUpdates') ?? [];
  const stream = structure(input, 'StreamSpecification');
  if (input['BillingMode'] !== undefined || input['ProvisionedThroughput'] !== undefined) table.billing = readBilling(input, table.billing);
  for (const update of indexUpdates) updateIndex(table, input, update);
  if (stream) updateStream(world, table, stream);
  if (input['DeletionProtectionEnabled'] !== undefined) table.deletionProtected = flag(input, 'DeletionProtectionEnabled');
  for (const setting of SETTINGS) if (input[setting] !== undefined) table.settings[setting] = input[setting];
  return { TableDescription: describe(table) };
}

function updateStream(world: World, table: Table, specification: Json): void {
  if (flag(specification, 'StreamEnabled')) startStream(world, table, specification);
  else stopStream(world, table);
}

function updateIndex(table: Table, input: Json, update: Json): void {
  const [create, remove] = [structure(update, 'Create'), structure(update, 'Delete')];
  if (create) {
    const attributes = merged(table.attributes, input['AttributeDefinitions'] ? readAttributes(input) : []);
    const definition = readGlobalIndex(create, table.billing, attributes);
    if (table.indexes.has(definition.name)) {
      throw invalid(`One or more parameter values were invalid: Duplicate index name: ${definition.name}`);
    }
    addIndex(table, 'global', definition);
    table.attributes = usedAttributes(table, attributes);
  } else if (remove) {
    const name = requiredText(remove, 'IndexName');
    if (table.indexes.get(name)?.kind !== 'global') {
      throw new AwsError('ResourceNotFoundException', `Requested resource not found: Index: ${name} not found`);
    }
    table.indexes.delete(name);
    table.attributes = usedAttributes(table, table.attributes);
  }
}

function merged(current: readonly KeyPart[], added: readonly KeyPart[]): KeyPart[] {
  return [...current.filter((part) => !added.some((each) => each.name === part.name)), ...added];
}

function usedAttributes(table: Table, attributes: readonly KeyPart[]): KeyPart[] {
  const keys = [table.key, ...[...table.indexes.values()].map((index) => index.key)];
  return attributes.filter(({ name }) => keys.some(({ hash, range }) => hash.name === name || range?.name === name));
}

/** DeleteTable: the table goes at once; its stream stays readable. */
export function deleteTable(world: World, input: Json): Json {
  const table = describedTable(world, tableName(input));
  if (table.deletionProtected) {
    throw invalid(`Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.`);
  }
  if (table.stream?.enabled) stopStream(world, table);
  disarmExpiry(world, table);
  world.tables.delete(table.name);
  return { TableDescription: describe(table, 'DELETING') };
}

/** TagResource. */
export function tagResource(world: World, input: Json): Json {
  const table = taggedTable(world, input);
  for (const [tag, value] of readTags(input)) table.tags.set(tag, value);
  return {};
}

/** UntagResource. */
export function untagResource(world: World, input: Json): Json {
  const table = taggedTable(world, input);
  for (const tag of (list(input, 'TagKeys') ?? []) as unknown as string[]) table.tags.delete(tag);
  return {};
}

/** ListTagsOfResource. */
export function listTagsOfResource(world: World, input: Json): Json {
  return { Tags: [...taggedTable(world, input).tags].map(([Key, Value]) => ({ Key, Value })) };
}

function taggedTable(world: World, input: Json): Table {
  const arn = requiredText(input, 'ResourceArn');
  const table = [...world.tables.values()].find((each) => each.arn === arn);
  if (!table) throw new AwsError('ResourceNotFoundException', `Requested resource not found: ResourcArn: ${arn} not found`);
  return table;
}
