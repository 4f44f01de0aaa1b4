import type { Item } from './attribute-value.ts';
import type { PlannedWrite } from './commit.ts';
import { holds } from './condition.ts';
import type { UpdateAction } from './expression.ts';
import { itemSize, MAX_ITEM_BYTES } from './item-size.ts';
import { isEmpty, partsOf, refuseEmptyKey, refuseWrongKey, refuseWrongKeyAttributes, rowKey } from './key-schema.ts';
import { conditionFailed, invalid } from './refusals.ts';
import { type Row, refuseEmptyIndexKeys, refuseWrongIndexKeys } from './secondary-index.ts';
import type { Table } from './table.ts';
import { updated } from './update.ts';
import type { WriteRequest } from './write-request.ts';

const NOTHING: Item = {};

/** Refuses empty key values: a transaction reports these up front, all other key mistakes as a reason of its cancellation. */
export function refuseEmptyKeys(table: Table, request: WriteRequest): void {
  refuseEmptyKey(table.key, request.item);
  if (request.kind === 'put') refuseEmptyIndexKeys(table.indexes.values(), request.item);
}

/** Checks the key against the table and tells where the write goes. */
export function addressOf(table: Table, request: WriteRequest): string {
  if (request.kind === 'put') {
    refuseWrongKeyAttributes(table.key, request.item);
    refuseWrongIndexKeys(table.indexes.values(), request.item);
  } else refuseWrongKey(table.key, request.item);
  const update = request.expressions.UpdateExpression;
  if (update) refuseKeyUpdate(table, update.heads);
  return rowKey(table.key, request.item);
}

function refuseKeyUpdate(table: Table, heads: readonly string[]): void {
  for (const { name } of partsOf(table.key)) {
    if (!heads.includes(name)) continue;
    throw invalid(`One or more parameter values were invalid: Cannot update attribute ${name}. This attribute is part of the key`);
  }
}

/** Decides a write at its address: what the row becomes, or the refusal. Changes nothing yet. */
export function planWrite(table: Table, request: WriteRequest, address: string): PlannedWrite {
  const before = table.rows.get(address);
  const condition = request.expressions.ConditionExpression;
  if (condition && !holds(condition.tree, before?.item ?? NOTHING, request.expressions.values)) {
    throw conditionFailed(request.showsItem ? before?.item : undefined);
  }
  return { table, before, after: outcomeOf(table, request, address, before) };
}

function outcomeOf(table: Table, request: WriteRequest, address: string, before: Row | undefined): Row | undefined {
  switch (request.kind) {
    case 'put':
      return { key: address, item: request.item, size: request.size };
    case 'update':
      return updatedRow(table, request, address, before);
    case 'delete':
      return undefined;
    case 'check':
      return before;
  }
}

function updatedRow(table: Table, request: WriteRequest, address: string, before: Row | undefined): Row {
  const actions = request.expressions.UpdateExpression?.tree ?? [];
  const item = updated(before?.item ?? request.item, actions, request.expressions.values);
  refuseIndexKeys(table, actions, item);
  const size = itemSize(item);
  if (size > MAX_ITEM_BYTES) throw invalid('Item size to update has exceeded the maximum allowed size');
  return { key: address, item, size };
}

/** An update says it differently when the value came from an operand rather than from the item as a whole. */
function refuseIndexKeys(table: Table, actions: readonly UpdateAction[], item: Item): void {
  if (table.indexes.size === 0) return;
  const literal = new Set(
    actions.flatMap((action) => (action.kind === 'set' && action.value.kind === 'value' ? [String(action.path[0])] : [])),
  );
  for (const index of table.indexes.values()) {
    for (const { name, type } of partsOf(index.key)) {
      const value = Object.hasOwn(item, name) ? item[name] : undefined;
      if (!value) continue;
      if (value[type] === undefined && literal.has(name)) refuseWrongIndexKeys([index], item);
      if (value[type] === undefined) throw invalid('The update expression attempted to update the secondary index key to unsupported type');
      if (isEmpty(value)) {
        throw invalid(
          'One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. ' +
            `The AttributeValue for a key attribute cannot contain an empty ${type === 'B' ? 'binary' : 'string'} value.`,
        );
      }
    }
  }
}
