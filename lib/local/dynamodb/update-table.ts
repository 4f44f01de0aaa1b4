import { AwsError, type Json } from '../aws.ts';
import { addIndex, readTags } from './create-table.ts';
import { describe } from './describe-table.ts';
import { disarmExpiry } from './expiry-sweep.ts';
import { flag, list, requiredText, structure, tableName } from './fields.ts';
import type { KeyPart } from './key-schema.ts';
import { invalid, notFound } from './refusals.ts';
import { readViewType, refuseWithoutStream, startStream, stopStream } from './stream-control.ts';
import type { Table } from './table.ts';
import { readAttributes, readBilling, readGlobalIndex } from './table-definition.ts';
import { describedTable, type World } from './world.ts';

const SETTINGS = ['SSESpecification', 'TableClass', 'OnDemandThroughput', 'WarmThroughput'];

/** Applies a part of an update; made only once that part has passed its checks. */
type Change = () => void;

/** UpdateTable: billing, stream, one global index, deletion protection. Takes effect at once and as a whole. */
export function updateTable(world: World, input: Json): Json {
  const table = describedTable(world, tableName(input));
  const changes = [
    billingChange(table, input),
    indexChange(world, table, input),
    streamChange(world, table, input),
    settingsChange(table, input),
  ];
  for (const change of changes) change?.();
  return { TableDescription: describe(table) };
}

function billingChange(table: Table, input: Json): Change | undefined {
  if (input['BillingMode'] === undefined && input['ProvisionedThroughput'] === undefined) return undefined;
  const billing = readBilling(input, table.billing);
  return () => {
    table.billing = billing;
  };
}

function settingsChange(table: Table, input: Json): Change {
  const { deletionProtected } = table;
  const protects = input['DeletionProtectionEnabled'] === undefined ? deletionProtected : flag(input, 'DeletionProtectionEnabled');
  return () => {
    table.deletionProtected = protects;
    for (const setting of SETTINGS) if (input[setting] !== undefined) table.settings[setting] = input[setting];
  };
}

function streamChange(world: World, table: Table, input: Json): Change | undefined {
  const specification = structure(input, 'StreamSpecification');
  if (!specification) return undefined;
  if (flag(specification, 'StreamEnabled')) {
    const viewType = readViewType(table, specification);
    return () => void startStream(world, table, viewType);
  }
  refuseWithoutStream(table);
  return () => stopStream(world, table);
}

function indexChange(world: World, table: Table, input: Json): Change | undefined {
  const updates = list(input, 'GlobalSecondaryIndexUpdates') ?? [];
  if (updates.length > 1) {
    throw new AwsError(
      'LimitExceededException',
      'Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table',
    );
  }
  const [create, remove] = updates.flatMap((update) => [structure(update, 'Create'), structure(update, 'Delete')]);
  if (create) return indexCreation(world, table, { input, create });
  return remove && indexDeletion(table, requiredText(remove, 'IndexName'));
}

function indexCreation(world: World, table: Table, { input, create }: { readonly input: Json; readonly create: Json }): Change {
  const attributes = merged(table.attributes, input['AttributeDefinitions'] ? readAttributes(input) : []);
  const definition = readGlobalIndex(create, table.billing, attributes);
  if (table.indexes.has(definition.name)) {
    throw invalid(`One or more parameter values were invalid: Duplicate index name: ${definition.name}`);
  }
  return () => {
    addIndex(world, table, { kind: 'global', ...definition });
    table.attributes = usedAttributes(table, attributes);
  };
}

function indexDeletion(table: Table, name: string): Change {
  if (table.indexes.get(name)?.kind !== 'global') throw notFound(`Requested resource not found: Index: ${name} not found`);
  return () => {
    table.indexes.delete(name);
    table.attributes = usedAttributes(table, table.attributes);
  };
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
