import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { convertToAttr } from '@aws-sdk/util-dynamodb';
import type { Item } from './unit-of-work.ts';

/**
 * The attributes of an item, as the SDK's `marshall` makes them of everything that DynamoDB has a type for; undefined properties are left
 * out, as JSON does. Texts and whole numbers, nearly all there is, are spared the SDK's search for a type, which compares names of classes.
 *
 * @example
 * attributesOf({ id: 'order-1', total: 12, note: undefined }); // => { id: { S: 'order-1' }, total: { N: '12' } }
 */
export function attributesOf(item: Item): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  for (const name in item) {
    const value = item[name];
    if (value !== undefined && typeof value !== 'function') attributes[name] = attributeOf(value);
  }
  return attributes;
}

function attributeOf(value: unknown): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (Number.isSafeInteger(value)) return { N: String(value) };
  return convertToAttr(value, { removeUndefinedValues: true });
}
