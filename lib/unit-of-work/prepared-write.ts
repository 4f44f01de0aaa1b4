import type { AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { attributesOf } from './attributes-of.ts';
import { itemBytes, MAX_ITEM_BYTES } from './item-size.ts';
import { describe, UnitLimitError, UnitWriteError } from './unit-of-work.errors.ts';
import type { Expression, Item, PreparedWrite, Table, Write, WriteSite } from './unit-of-work.ts';

/**
 * Checks and marshals one write. Throws `UnitWriteError` for what DynamoDB could not store, `UnitLimitError` for an item over 400 KB.
 * Undefined properties are left out, as JSON does.
 */
export function prepareWrite(write: Write): PreparedWrite {
  const { table } = write;
  const key = keyOf(table, write.kind === 'put' ? write.item : write.key, write.kind);
  const site: WriteSite = {
    kind: write.kind,
    table: table.name,
    key,
    ...(write.condition !== undefined && { condition: write.condition.expression }),
  };
  const action = toAction(write, site);
  const bytes = bytesOf(action);
  if (bytes > MAX_ITEM_BYTES) {
    throw new UnitLimitError(`the ${describe(site)} has ${bytes} bytes; an item takes ${MAX_ITEM_BYTES} at most, attribute names included`);
  }
  return { site, action, identity: identityOf(table, keyIn(action)), bytes };
}

function keyOf(table: Table, source: Item, kind: Write['kind']): Item {
  const names = table.sortKey === undefined ? [table.partitionKey] : [table.partitionKey, table.sortKey];
  const key: Record<string, unknown> = {};
  for (const name of names) {
    const value = source[name];
    if (!isKeyValue(value)) {
      throw new UnitWriteError(
        `the ${kind} for table ${table.name} has no usable key attribute ${name} (given: ${value === '' ? "''" : typeof value}); it is a non-empty string, a number or bytes`,
      );
    }
    key[name] = value;
  }
  if (kind !== 'put' && Object.keys(source).length !== names.length) {
    throw new UnitWriteError(
      `the key of the ${kind} for table ${table.name} has exactly ${names.join(' and ')}, not ${Object.keys(source).join(', ')}`,
    );
  }
  return key;
}

function isKeyValue(value: unknown): boolean {
  if (typeof value === 'string') return value !== '';
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value === 'bigint' || (value instanceof Uint8Array && value.byteLength > 0) || isNumberValue(value);
}

// `NumberValue` of util-dynamodb, for numbers beyond the safe integers.
function isNumberValue(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && typeof (value as { value?: unknown }).value === 'string' && 'toAttributeValue' in value
  );
}

function toAction(write: Write, site: WriteSite): TransactWriteItem {
  const TableName = write.table.name;
  const condition = write.condition === undefined ? {} : conditionOf(write.condition);
  const fields = { TableName, ...condition, ...placeholders(write, site) };
  switch (write.kind) {
    case 'put':
      return { Put: { ...fields, Item: marshalled(write.item, site) } };
    case 'update':
      return { Update: { ...fields, Key: marshalled(write.key, site), UpdateExpression: write.update.expression } };
    case 'delete':
      return { Delete: { ...fields, Key: marshalled(write.key, site) } };
    case 'check':
      return { ConditionCheck: { ...fields, Key: marshalled(write.key, site), ConditionExpression: write.condition.expression } };
  }
}

// The item as it is when a condition fails tells an own earlier success from someone else's.
function conditionOf(condition: Expression): { ConditionExpression: string; ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } {
  return { ConditionExpression: condition.expression, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
}

function placeholders(
  write: Write,
  site: WriteSite,
): Pick<NonNullable<TransactWriteItem['Update']>, 'ExpressionAttributeNames' | 'ExpressionAttributeValues'> {
  const expressions = [write.kind === 'update' ? write.update : undefined, write.condition].filter((one) => one !== undefined);
  const names = merge(
    expressions.map((one) => one.names),
    site,
  );
  const values = merge(
    expressions.map((one) => one.values && marshalled(one.values, site)),
    site,
  );
  return {
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
}

// DynamoDB has one set of placeholders for the update and its condition: one that means two things would silently mean one.
function merge<T>(parts: readonly (Readonly<Record<string, T>> | undefined)[], site: WriteSite): Record<string, T> {
  const merged: Record<string, T> = {};
  for (const [placeholder, value] of parts.flatMap((part) => Object.entries(part ?? {}))) {
    if (Object.hasOwn(merged, placeholder) && JSON.stringify(merged[placeholder]) !== JSON.stringify(value)) {
      throw new UnitWriteError(
        `the ${describe(site)} uses the placeholder ${placeholder} for two things, in its update and its condition: rename one`,
      );
    }
    merged[placeholder] = value;
  }
  return merged;
}

function marshalled(item: Item, site: WriteSite): Record<string, AttributeValue> {
  try {
    return attributesOf(item);
  } catch (cause) {
    throw new UnitWriteError(
      `the ${describe(site)} holds a value that DynamoDB has no type for: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }
}

function bytesOf(action: TransactWriteItem): number {
  return itemBytes(keyIn(action)) + itemBytes(action.Update?.ExpressionAttributeValues ?? {});
}

/** The key of a write; of a put, the whole item. */
function keyIn({ Put, Update, Delete, ConditionCheck }: TransactWriteItem): Readonly<Record<string, AttributeValue>> {
  return Put?.Item ?? Update?.Key ?? Delete?.Key ?? ConditionCheck?.Key ?? {};
}

function identityOf(table: Table, key: Readonly<Record<string, AttributeValue>>): string {
  const values = [key[table.partitionKey], table.sortKey === undefined ? undefined : key[table.sortKey]];
  return JSON.stringify([table.name, ...values.map(keyText)]);
}

function keyText(value: AttributeValue | undefined): string {
  if (value === undefined) return '';
  if (value.B !== undefined) return `B${Buffer.from(value.B).toString('base64')}`;
  return value.N !== undefined ? `N${Number(value.N) === 0 ? '0' : value.N}` : `S${value.S ?? ''}`;
}
