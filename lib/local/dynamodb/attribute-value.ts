/** The types of an attribute value, as the wire names them. */
export type AttributeType = 'S' | 'N' | 'B' | 'BOOL' | 'NULL' | 'SS' | 'NS' | 'BS' | 'L' | 'M';

/** One attribute value as the wire writes it: exactly one member is present; blobs are base64 strings. */
export interface AttributeValue {
  S?: string;
  N?: string;
  B?: string;
  BOOL?: boolean;
  NULL?: boolean;
  SS?: string[];
  NS?: string[];
  BS?: string[];
  L?: AttributeValue[];
  M?: Item;
}

/** An item, or the map inside an `M`: attribute names to values. Items in the store are never changed, only replaced. */
export type Item = Record<string, AttributeValue>;

/** All attribute types, in the order in which DynamoDB names them in messages. */
export const ATTRIBUTE_TYPES: readonly AttributeType[] = ['S', 'N', 'B', 'SS', 'NS', 'BS', 'M', 'L', 'NULL', 'BOOL'];

/** The type of a value that has been checked. */
export function typeOf(value: AttributeValue): AttributeType {
  for (const type in value) return type as AttributeType;
  return 'NULL';
}

/** The attribute of that name, never an inherited member of the object such as `constructor`. */
export function attributeOf(item: Item, name: string): AttributeValue | undefined {
  return Object.hasOwn(item, name) ? item[name] : undefined;
}

/** Sets an attribute, also one named `__proto__`, which plain assignment would turn into the object's prototype. */
export function setAttribute(item: Item, name: string, value: AttributeValue): void {
  if (name === '__proto__') Object.defineProperty(item, name, { value, enumerable: true, configurable: true, writable: true });
  else item[name] = value;
}

/** A deep copy of a value, so that neither the caller nor the store sees the other's later changes. */
export function copyValue(value: AttributeValue): AttributeValue {
  if (value.M) return { M: copyItem(value.M) };
  if (value.L) return { L: value.L.map(copyValue) };
  if (value.SS) return { SS: value.SS.slice() };
  if (value.NS) return { NS: value.NS.slice() };
  if (value.BS) return { BS: value.BS.slice() };
  return { ...value };
}

/** A deep copy of an item. */
export function copyItem(item: Item): Item {
  const copy: Item = {};
  for (const name in item) setAttribute(copy, name, copyValue(item[name] as AttributeValue));
  return copy;
}

/** Whether two checked values are equal: sets without regard to order, numbers by value (they are stored normalised). */
export function sameValue(a: AttributeValue, b: AttributeValue): boolean {
  if (a === b) return true;
  const type = typeOf(a);
  if (type !== typeOf(b)) return false;
  switch (type) {
    case 'M':
      return sameItem(a.M as Item, b.M as Item);
    case 'L':
      return sameList(a.L as AttributeValue[], b.L as AttributeValue[]);
    case 'SS':
    case 'NS':
    case 'BS':
      return sameSet(a[type] as string[], b[type] as string[]);
    default:
      return a[type] === b[type];
  }
}

/** Whether two checked items are equal. */
export function sameItem(a: Item, b: Item): boolean {
  if (a === b) return true;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => {
    const other = attributeOf(b, name);
    return other !== undefined && sameValue(a[name] as AttributeValue, other);
  });
}

function sameList(a: AttributeValue[], b: AttributeValue[]): boolean {
  return a.length === b.length && a.every((value, index) => sameValue(value, b[index] as AttributeValue));
}

function sameSet(a: string[], b: string[]): boolean {
  if (a.length !== b.length) return false;
  const members = new Set(a);
  return b.every((member) => members.has(member));
}
