import type { Json } from '../aws.ts';
import { broken, choice, integer, list, required, requiredText, shown, structure } from './fields.ts';
import type { KeyPart, KeySchema } from './key-schema.ts';
import { invalid } from './refusals.ts';
import type { Projection } from './secondary-index.ts';
import type { Billing } from './table.ts';

const INVALID = 'One or more parameter values were invalid: ';
const TYPES = ['B', 'N', 'S'] as const;

/** An index as a request defines it. */
export interface IndexDefinition {
  readonly name: string;
  readonly key: KeySchema;
  readonly projection: Projection;
  readonly throughput: { readonly read: number; readonly write: number };
}

/** Reads the attribute definitions: the only attributes whose type a table knows. */
export function readAttributes(input: Json): KeyPart[] {
  const definitions = list(input, 'AttributeDefinitions');
  if (!definitions) throw required('AttributeDefinitions');
  return definitions.map((definition) => {
    const type = choice(definition, 'AttributeType', TYPES);
    if (!type) throw required('AttributeType');
    return { name: requiredText(definition, 'AttributeName'), type };
  });
}

/** Reads a key schema: a partition key, and a sort key or none. */
export function readKeySchema(input: Json, attributes: readonly KeyPart[]): KeySchema {
  const elements = list(input, 'KeySchema');
  if (!elements) throw required('KeySchema');
  if (elements.length === 0) throw broken(`Value '[]' at 'keySchema'`, 'Member must have length greater than or equal to 1');
  if (elements.length > 2) throw broken(shown('KeySchema', elements), 'Member must have length less than or equal to 2');
  const named = elements.map((element) => ({
    name: requiredText(element, 'AttributeName'),
    kind: choice(element, 'KeyType', ['HASH', 'RANGE']),
  }));
  const [hash, range] = named;
  if (hash?.kind !== 'HASH') throw invalid('Invalid KeySchema: The first KeySchemaElement is not a HASH key type');
  if (range && range.kind !== 'RANGE') throw invalid('Invalid KeySchema: The second KeySchemaElement is not a RANGE key type');
  if (hash.name === range?.name) throw invalid('Both the Hash Key and the Range Key element in the KeySchema have the same name');
  const keys = named.map(({ name }) => attributes.find((attribute) => attribute.name === name));
  if (keys.includes(undefined))
    throw undefinedKeys(
      named.map(({ name }) => name),
      attributes,
    );
  const [hashPart, rangePart] = keys as [KeyPart, KeyPart?];
  return rangePart ? { hash: hashPart, range: rangePart } : { hash: hashPart };
}

function undefinedKeys(names: readonly string[], attributes: readonly KeyPart[]) {
  const defined = attributes.map((attribute) => attribute.name).join(', ');
  return invalid(
    `${INVALID}Some index key attributes are not defined in AttributeDefinitions. Keys: [${names.join(', ')}], AttributeDefinitions: [${defined}]`,
  );
}

/** Reads the billing mode and its throughput. */
export function readBilling(input: Json, current?: Billing): Billing {
  const throughput = structure(input, 'ProvisionedThroughput');
  const mode = choice(input, 'BillingMode', ['PROVISIONED', 'PAY_PER_REQUEST']) ?? current?.mode ?? 'PROVISIONED';
  if (mode === 'PAY_PER_REQUEST') {
    if (throughput)
      throw invalid(`${INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST`);
    return { mode, read: 0, write: 0 };
  }
  if (!throughput && current?.mode === 'PROVISIONED') return current;
  if (!throughput)
    throw invalid(`${INVALID}ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED`);
  return { mode, ...readThroughput(throughput) };
}

function readThroughput(input: Json): { read: number; write: number } {
  const read = integer(input, 'ReadCapacityUnits', 1, 1e12);
  const write = integer(input, 'WriteCapacityUnits', 1, 1e12);
  if (read === undefined) throw required('provisionedThroughput.readCapacityUnits');
  if (write === undefined) throw required('provisionedThroughput.writeCapacityUnits');
  return { read, write };
}

/** Reads one index of a table. */
function readIndex(input: Json, attributes: readonly KeyPart[]): IndexDefinition {
  const name = requiredText(input, 'IndexName');
  if (name.length < 3 || name.length > 255) throw broken(shown('IndexName', name), 'Member must have length greater than or equal to 3');
  if (!/^[a-zA-Z0-9_.-]+$/.test(name))
    throw broken(shown('IndexName', name), 'Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+');
  const throughput = structure(input, 'ProvisionedThroughput');
  return {
    name,
    key: readKeySchema(input, attributes),
    projection: readProjection(input),
    throughput: throughput ? readThroughput(throughput) : { read: 0, write: 0 },
  };
}

function readProjection(input: Json): Projection {
  const projection = structure(input, 'Projection');
  if (!projection) throw required('Projection');
  const type = choice(projection, 'ProjectionType', ['ALL', 'INCLUDE', 'KEYS_ONLY']);
  if (!type) throw invalid(`${INVALID}Unknown ProjectionType: null`);
  const extra = list(projection, 'NonKeyAttributes') as unknown as string[] | undefined;
  if (extra && type !== 'INCLUDE') throw invalid(`${INVALID}ProjectionType is ${type}, but NonKeyAttributes is specified`);
  if (!extra && type === 'INCLUDE') throw invalid(`${INVALID}ProjectionType is INCLUDE, but NonKeyAttributes is not specified`);
  return extra ? { ProjectionType: type, NonKeyAttributes: extra } : { ProjectionType: type };
}

/** Reads the local indexes of a new table: they share its partition key and need a sort key. */
export function readLocalIndexes(input: Json, key: KeySchema, attributes: readonly KeyPart[]): IndexDefinition[] {
  const indexes = list(input, 'LocalSecondaryIndexes');
  if (!indexes) return [];
  if (indexes.length === 0) throw invalid(`${INVALID}List of LocalSecondaryIndexes is empty`);
  if (!key.range) {
    throw invalid(`${INVALID}Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex`);
  }
  if (indexes.length > 5) throw invalid(`${INVALID}Number of LocalSecondaryIndexes exceeds per-table limit of 5`);
  const read = indexes.map((index) => readIndex(index, attributes));
  for (const index of read) {
    if (!index.key.range) throw invalid(`${INVALID}Index KeySchema does not have a range key for index: ${index.name}`);
    if (index.key.hash.name !== key.hash.name) {
      throw invalid(
        `${INVALID}Index KeySchema does not have the same leading hash key as table KeySchema for index: ${index.name}. index hash key: ${index.key.hash.name}, table hash key: ${key.hash.name}`,
      );
    }
  }
  return read;
}

/** Reads the global indexes of a new table. */
export function readGlobalIndexes(input: Json, billing: Billing, attributes: readonly KeyPart[]): IndexDefinition[] {
  const indexes = list(input, 'GlobalSecondaryIndexes');
  if (!indexes) return [];
  if (indexes.length === 0) throw invalid(`${INVALID}List of GlobalSecondaryIndexes is empty`);
  if (indexes.length > 20) throw invalid(`${INVALID}GlobalSecondaryIndex count exceeds the per-table limit of 20`);
  return indexes.map((index) => readGlobalIndex(index, billing, attributes));
}

/** Reads one global index: its throughput must follow the table's billing mode. */
export function readGlobalIndex(input: Json, billing: Billing, attributes: readonly KeyPart[]): IndexDefinition {
  const index = readIndex(input, attributes);
  const provisioned = structure(input, 'ProvisionedThroughput') !== undefined;
  if (provisioned && billing.mode === 'PAY_PER_REQUEST') {
    throw invalid(`${INVALID}ProvisionedThroughput should not be specified for index: ${index.name} when BillingMode is PAY_PER_REQUEST`);
  }
  if (!provisioned && billing.mode === 'PROVISIONED') {
    throw invalid(`${INVALID}ProvisionedThroughput must be specified for index: ${index.name}`);
  }
  return index;
}

/** Refuses attribute definitions that no key uses, and index names that are used twice. */
export function refuseLooseEnds(attributes: readonly KeyPart[], key: KeySchema, indexes: readonly IndexDefinition[]): void {
  const names = new Set<string>();
  for (const { name } of indexes) {
    if (names.has(name)) throw invalid(`${INVALID}Duplicate index name: ${name}`);
    names.add(name);
  }
  const used = new Set(
    [key, ...indexes.map((index) => index.key)].flatMap(({ hash, range }) => (range ? [hash.name, range.name] : [hash.name])),
  );
  const unused = attributes.filter((attribute) => !used.has(attribute.name));
  if (unused.length === 0) return;
  const keys = [...used].join(', ');
  if (indexes.length === 0) {
    throw invalid(
      `${INVALID}Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions`,
    );
  }
  const defined = attributes.map((attribute) => attribute.name).join(', ');
  throw invalid(`${INVALID}Some AttributeDefinitions are not used. AttributeDefinitions: [${defined}], keys used: [${keys}]`);
}
