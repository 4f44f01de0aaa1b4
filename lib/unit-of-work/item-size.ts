import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** 400 KB, attribute names included (DynamoDB "Service, account, and table quotas"). */
export const MAX_ITEM_BYTES = 409_600;

/**
 * The size of an item as DynamoDB counts it ("Item sizes and formats"): names and values in UTF-8, a number about one byte per two
 * digits plus one, a list or map 3 bytes plus 1 for each element. DynamoDB documents numbers as approximate; this rounds up.
 *
 * @example
 * itemBytes({ id: { S: 'a' } }) // => 3
 */
export function itemBytes(item: Readonly<Record<string, AttributeValue>>): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + valueBytes(value);
  return bytes;
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S);
  if (value.N !== undefined) return numberBytes(value.N);
  if (value.B !== undefined) return value.B.byteLength;
  if (value.SS !== undefined) return sum(value.SS, (text) => Buffer.byteLength(text));
  if (value.NS !== undefined) return sum(value.NS, numberBytes);
  if (value.BS !== undefined) return sum(value.BS, (binary) => binary.byteLength);
  if (value.L !== undefined) return 3 + sum(value.L, (element) => 1 + valueBytes(element));
  if (value.M !== undefined) return 3 + Object.keys(value.M).length + itemBytes(value.M);
  return 1;
}

function numberBytes(text: string): number {
  const digits = (text.toLowerCase().split('e', 1)[0] ?? '').replace(/[-+.]/g, '').replace(/^0+|0+$/g, '');
  return Math.ceil(digits.length / 2) + 1 + (text.startsWith('-') ? 1 : 0);
}

function sum<T>(values: readonly T[], bytesOf: (value: T) => number): number {
  return values.reduce((total, value) => total + bytesOf(value), 0);
}
