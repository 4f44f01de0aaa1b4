import type { Json } from '../aws.ts';
import type { Item } from './attribute-value.ts';
import { type ExpressionName, type Expressions, readExpressions } from './expressions.ts';
import { choice, refuseLegacy, required, tableName } from './fields.ts';
import { itemSize, MAX_ITEM_BYTES } from './item-size.ts';
import { invalid } from './refusals.ts';
import { checkedItem } from './value-check.ts';

/** The four things that a write can be; a check only asserts its condition, in a transaction. */
export type WriteKind = 'put' | 'update' | 'delete' | 'check';

/** A write after the checks that need no table. */
export interface WriteRequest {
  readonly kind: WriteKind;
  readonly tableName: string;
  /** The whole item of a put, the key of everything else. */
  readonly item: Item;
  /** The bytes of `item`. */
  readonly size: number;
  readonly expressions: Expressions;
  /** Whether a failed condition shows the item. */
  readonly showsItem: boolean;
}

const EXPRESSIONS: Record<WriteKind, readonly ExpressionName[]> = {
  put: ['ConditionExpression'],
  update: ['UpdateExpression', 'ConditionExpression'],
  delete: ['ConditionExpression'],
  check: ['ConditionExpression'],
};

/** Reads a put, update, delete or condition check, as an operation of its own or inside a transaction. */
export function readWrite(kind: WriteKind, input: Json): WriteRequest {
  const name = tableName(input);
  const member = kind === 'put' ? 'Item' : 'Key';
  if (!input[member]) throw required(member);
  refuseLegacy(input, ['Expected', 'ConditionalOperator', 'AttributeUpdates']);
  const showsItem = choice(input, 'ReturnValuesOnConditionCheckFailure', ['ALL_OLD', 'NONE']) === 'ALL_OLD';
  if (kind === 'check' && input['ConditionExpression'] === undefined) throw required('ConditionExpression');
  const item = checkedItem(input[member]);
  const expressions = readExpressions(input, EXPRESSIONS[kind]);
  const size = itemSize(item);
  if (kind === 'put' && size > MAX_ITEM_BYTES) throw invalid('Item size has exceeded the maximum allowed size');
  return { kind, tableName: name, item, size, expressions, showsItem };
}
