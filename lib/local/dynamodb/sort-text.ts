import type { AttributeValue } from './attribute-value.ts';
import { orderText } from './decimal.ts';

const BEYOND_ASCII_ORDER = /[\ud800-\uffff]/;

/**
 * A text whose code unit order is the order in which DynamoDB sorts key values: strings by their UTF-8 bytes, numbers by
 * value, blobs by unsigned bytes (Developer guide, "Data types"). Undefined for types that have no order.
 */
export function sortText(value: AttributeValue): string | undefined {
  if (value.S !== undefined) return BEYOND_ASCII_ORDER.test(value.S) ? inUtf8Order(value.S) : value.S;
  if (value.N !== undefined) return orderText(value.N);
  if (value.B !== undefined) return Buffer.from(value.B, 'base64').toString('latin1');
  return undefined;
}

/** UTF-16 sorts surrogate pairs before U+E000..U+FFFF, UTF-8 after: rotating those units gives UTF-8's order. */
function inUtf8Order(text: string): string {
  let rotated = '';
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    rotated += String.fromCharCode(unit < 0xd800 ? unit : unit >= 0xe000 ? unit - 0x800 : unit + 0x2000);
  }
  return rotated;
}
