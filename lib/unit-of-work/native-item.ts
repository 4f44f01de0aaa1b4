import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { NumberValueImpl, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Item } from './unit-of-work.ts';

/**
 * An item in plain JavaScript values, whatever it holds: DynamoDB keeps 38 digits and exponents up to 125, and an item of somebody else's
 * may have any of them. A number is a `number`, a large integer a `bigint`, and what neither can hold the SDK's `NumberValue`.
 */
export function nativeItem(raw: Readonly<Record<string, AttributeValue>>): Item {
  return unmarshall(raw, { wrapNumbers: nativeNumber });
}

function nativeNumber(text: string): unknown {
  const number = Number(text);
  if (Math.abs(number) <= Number.MAX_SAFE_INTEGER) return number;
  return /^-?\d+$/.test(text) ? BigInt(text) : NumberValueImpl.from(text);
}
