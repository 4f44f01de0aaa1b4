import { type AttributeValue, attributeOf, type Item, typeOf } from './attribute-value.ts';
import { blobLength, utf8Length } from './item-size.ts';
import { invalid } from './refusals.ts';
import { sortText } from './sort-text.ts';

/** One attribute of a key. */
export interface KeyPart {
  readonly name: string;
  readonly type: 'S' | 'N' | 'B';
}

/** The primary key of a table or the key of an index. */
export interface KeySchema {
  readonly hash: KeyPart;
  readonly range?: KeyPart;
}

/** Ends a key part. A NUL inside is escaped, so that no part is a prefix of another and order is kept. */
const PART_END = '\0\0';
/** Just above every key that continues a finished part. */
const PART_AFTER = '\0\x01';
const MISMATCH = 'The provided key element does not match the schema';
const EMPTY = 'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty';

/** The attributes of a key, partition first. */
export function partsOf(schema: KeySchema): readonly KeyPart[] {
  return schema.range ? [schema.hash, schema.range] : [schema.hash];
}

/**
 * Where an item sorts: the hash of the partition (Scan's order, cut into segments), the partition, the sort key. The item must
 * have the key's attributes.
 */
export function rowKey(schema: KeySchema, item: Item): string {
  const prefix = partitionPrefix(item[schema.hash.name] as AttributeValue);
  return schema.range ? prefix + rangeText(item[schema.range.name] as AttributeValue) : prefix;
}

/** What all keys of a partition start with. */
export function partitionPrefix(value: AttributeValue): string {
  const text = escaped(value);
  return hashText(hashOf(text)) + text + PART_END;
}

/** A sort key as part of a row key. */
export function rangeText(value: AttributeValue): string {
  return escaped(value) + PART_END;
}

/** What sort keys that begin with a value start with. */
export function rangePrefix(value: AttributeValue): string {
  return escaped(value);
}

/** Just above every row key whose sort key is this value. */
export function afterRange(value: AttributeValue): string {
  return escaped(value) + PART_AFTER;
}

/** A 32-bit hash as the start of a row key: four bytes, so that V8 keeps keys of plain text at one byte per character. */
export function hashText(hash: number): string {
  return String.fromCharCode(hash >>> 24, (hash >>> 16) & 0xff, (hash >>> 8) & 0xff, hash & 0xff);
}

/** The hash that a row key starts with. */
export function hashOfRow(key: string): number {
  return key.charCodeAt(0) * 0x1000000 + (key.charCodeAt(1) << 16) + (key.charCodeAt(2) << 8) + key.charCodeAt(3);
}

function escaped(value: AttributeValue): string {
  const text = sortText(value) ?? '';
  return text.includes('\0') ? text.replaceAll('\0', PART_AFTER) : text;
}

/** FNV-1a with a final mix, so that neighbouring names land far apart. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Checks a `Key` of a request: exactly the key's attributes, with their types. */
export function refuseWrongKey(schema: KeySchema, key: Item): void {
  const parts = partsOf(schema);
  const fits = Object.keys(key).length === parts.length && parts.every((part) => typeAt(key, part.name) === part.type);
  if (!fits) throw invalid(MISMATCH);
  refuseLongKey(schema, key);
}

/** Checks the key attributes inside an item that is put. */
export function refuseWrongKeyAttributes(schema: KeySchema, item: Item): void {
  for (const part of partsOf(schema)) {
    const type = typeAt(item, part.name);
    if (!type) throw invalid(`One or more parameter values were invalid: Missing the key ${part.name} in the item`);
    if (type !== part.type) {
      const types = `expected: ${part.type} actual: ${type}`;
      throw invalid(`One or more parameter values were invalid: Type mismatch for key ${part.name} ${types}`);
    }
  }
  refuseLongKey(schema, item);
}

/** Key attributes of type string and binary may not be empty; other attributes may since 2020. */
export function refuseEmptyKey(schema: KeySchema, item: Item): void {
  for (const { name, type } of partsOf(schema)) {
    const value = attributeOf(item, name);
    if (value && isEmpty(value)) throw invalid(`${EMPTY} ${type === 'B' ? 'binary' : 'string'} value. Key: ${name}`);
  }
}

/** Whether a value is the empty string or blob. */
export function isEmpty(value: AttributeValue): boolean {
  return value.S === '' || value.B === '';
}

/** Partition keys have up to 2,048 bytes, sort keys up to 1,024 (Developer guide, "Service quotas"). */
function refuseLongKey(schema: KeySchema, item: Item): void {
  if (keyBytes(item, schema.hash) > 2048) {
    throw invalid('One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes');
  }
  if (schema.range && keyBytes(item, schema.range) > 1024) {
    throw invalid('One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes');
  }
}

function keyBytes(item: Item, part: KeyPart): number {
  const value = item[part.name] as AttributeValue;
  if (value.S !== undefined) return value.S.length > 341 ? utf8Length(value.S) : 0;
  return value.B === undefined ? 0 : blobLength(value.B);
}

function typeAt(item: Item, name: string) {
  const value = attributeOf(item, name);
  return value && typeOf(value);
}

/** Only the key attributes of an item. */
export function keyOf(schema: KeySchema, item: Item): Item {
  return Object.fromEntries(partsOf(schema).map(({ name }) => [name, { ...(item[name] as AttributeValue) }]));
}
