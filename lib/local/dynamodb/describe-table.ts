import type { Json } from '../aws.ts';
import { integer, tableName, text } from './fields.ts';
import type { KeySchema } from './key-schema.ts';
import type { SecondaryIndex } from './secondary-index.ts';
import type { Table } from './table.ts';
import { describedTable, type World } from './world.ts';

/** DescribeTable. */
export function describeTable(world: World, input: Json): Json {
  return { Table: describe(describedTable(world, tableName(input))) };
}

/** ListTables: names in order, up to 100 a page. */
export function listTables(world: World, input: Json): Json {
  const limit = integer(input, 'Limit', 1, 100) ?? 100;
  const after = text(input, 'ExclusiveStartTableName') ?? '';
  const rest = [...world.tables.keys()].sort().filter((name) => name > after);
  const page = rest.slice(0, limit);
  return { TableNames: page, ...(rest.length > limit && { LastEvaluatedTableName: page.at(-1) }) };
}

/** A table as descriptions show it. Counts are exact here; AWS refreshes them about every six hours. */
export function describe(table: Table, status = 'ACTIVE'): Json {
  const local = [...table.indexes.values()].filter((index) => index.kind === 'local');
  const global = [...table.indexes.values()].filter((index) => index.kind === 'global');
  const { mode } = table.billing;
  const { TableClass, SSESpecification, ...settings } = table.settings;
  return {
    TableName: table.name,
    TableArn: table.arn,
    TableId: table.id,
    TableStatus: status,
    CreationDateTime: table.createdAt / 1000,
    AttributeDefinitions: table.attributes.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
    KeySchema: keySchemaJson(table.key),
    ItemCount: table.rows.size,
    TableSizeBytes: table.bytes,
    DeletionProtectionEnabled: table.deletionProtected,
    ProvisionedThroughput: throughputJson(table.billing.read, table.billing.write),
    ...(mode === 'PAY_PER_REQUEST' && {
      BillingModeSummary: { BillingMode: mode, LastUpdateToPayPerRequestDateTime: table.createdAt / 1000 },
    }),
    ...(local.length > 0 && { LocalSecondaryIndexes: local.map(describeIndex) }),
    ...(global.length > 0 && {
      GlobalSecondaryIndexes: global.map((index) => ({ ...describeIndex(index), IndexStatus: 'ACTIVE', ...indexThroughput(index) })),
    }),
    ...(table.stream && streamJson(table)),
    ...(TableClass !== undefined && { TableClassSummary: { TableClass } }),
    ...(SSESpecification !== undefined && { SSEDescription: encryptionJson(SSESpecification as Json) }),
    ...settings,
  };
}

function describeIndex(index: SecondaryIndex): Json {
  let bytes = 0;
  for (const row of index.rows.between('', '\uffff\uffff\uffff')) bytes += row.size;
  return {
    IndexName: index.name,
    IndexArn: index.arn,
    KeySchema: keySchemaJson(index.key),
    Projection: index.projection,
    ItemCount: index.rows.size,
    IndexSizeBytes: bytes,
  };
}

function indexThroughput(index: SecondaryIndex): Json {
  return { ProvisionedThroughput: throughputJson(index.throughput.read, index.throughput.write) };
}

function throughputJson(read: number, write: number): Json {
  return { NumberOfDecreasesToday: 0, ReadCapacityUnits: read, WriteCapacityUnits: write };
}

function streamJson({ stream }: Table): Json {
  if (!stream) return {};
  return {
    LatestStreamArn: stream.arn,
    LatestStreamLabel: stream.label,
    ...(stream.enabled && { StreamSpecification: { StreamEnabled: true, StreamViewType: stream.viewType } }),
  };
}

function encryptionJson(specification: Json): Json {
  const { Enabled, SSEType = 'KMS', KMSMasterKeyId } = specification;
  return { Status: Enabled ? 'ENABLED' : 'DISABLED', SSEType, ...(KMSMasterKeyId !== undefined && { KMSMasterKeyArn: KMSMasterKeyId }) };
}

/** A key schema as the API writes it. */
export function keySchemaJson({ hash, range }: KeySchema): Json[] {
  const elements: Json[] = [{ AttributeName: hash.name, KeyType: 'HASH' }];
  if (range) elements.push({ AttributeName: range.name, KeyType: 'RANGE' });
  return elements;
}
