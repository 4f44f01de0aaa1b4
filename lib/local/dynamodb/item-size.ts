import type { AttributeValue, Item } from './attribute-value.ts';
import { numberSize } from './decimal.ts';

/** The largest item: 400 KB, names included (Developer guide, "Service quotas"). */
export const MAX_ITEM_BYTES = 400 * 1024;

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** Bytes behind a base64 text. */
export function blobLength(base64: string): number {
  return Buffer.byteLength(base64, 'base64');
}

/** What an item weighs for limits and capacity (Developer guide, "Item sizes and formats"). */
export function itemSize(item: Item): number {
  let size = 0;
  for (const name in item) size += utf8Length(name) + valueSize(item[name] as AttributeValue);
  return size;
}

/** What one value weighs, without its name. */
function valueSize(value: AttributeValue): number {
  if (value.S !== undefined) return utf8Length(value.S);
  if (value.N !== undefined) return numberSize(value.N);
  if (value.B !== undefined) return blobLength(value.B);
  if (value.SS) return total(value.SS, utf8Length);
  if (value.NS) return total(value.NS, numberSize);
  if (value.BS) return total(value.BS, blobLength);
  // Lists and maps cost 3 bytes and one more per element.
  if (value.L) return 3 + total(value.L, (element) => 1 + valueSize(element));
  if (value.M) return 3 + Object.keys(value.M).length + itemSize(value.M);
  return 1;
}

function total<T>(values: readonly T[], size: (value: T) => number): number {
  let sum = 0;
  for (const value of values) sum += size(value);
  return sum;
}
