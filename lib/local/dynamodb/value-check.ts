import { type AttributeType, type AttributeValue, type Item, setAttribute } from './attribute-value.ts';
import { normalNumber } from './decimal.ts';
import { invalid, unreadable } from './refusals.ts';

/** The deepest nesting of an attribute, itself included (Developer guide, "Service quotas"). */
const MAX_DEPTH = 32;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const INVALID = 'One or more parameter values were invalid: ';

/** Checks an item or a key of a request and returns the store's own copy of it, numbers normalised. */
export function checkedItem(input: unknown, depth = 1): Item {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw unreadable('Start of structure or map found where not expected');
  const item: Item = {};
  for (const name of Object.keys(input)) setAttribute(item, name, checkedValue((input as Json)[name], depth));
  return item;
}

type Json = Record<string, unknown>;

/** Checks one attribute value of a request and returns the store's own copy of it. */
export function checkedValue(input: unknown, depth = 1): AttributeValue {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) throw unreadable('Unexpected value type in payload');
  if (depth > MAX_DEPTH) {
    throw invalid('Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit');
  }
  let type: AttributeType | undefined;
  for (const key of Object.keys(input)) {
    if (!Object.hasOwn(CHECKS, key) || (input as Json)[key] === undefined || (input as Json)[key] === null) continue;
    if (type !== undefined) {
      throw invalid('Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes');
    }
    type = key as AttributeType;
  }
  if (type === undefined) throw invalid('Supplied AttributeValue is empty, must contain exactly one of the supported datatypes');
  return CHECKS[type]((input as Json)[type], depth);
}

const CHECKS: Record<AttributeType, (value: unknown, depth: number) => AttributeValue> = {
  S: (value) => ({ S: text(value) }),
  N: (value) => ({ N: normalNumber(text(value)) }),
  B: (value) => ({ B: blob(value) }),
  BOOL: (value) => ({ BOOL: flag(value) }),
  NULL: (value) => {
    if (!flag(value)) throw invalid(`${INVALID}Null attribute value types must have the value of true`);
    return { NULL: true };
  },
  SS: (value) => {
    const members = list(value).map(text);
    if (members.length === 0) throw invalid(`${INVALID}An string set  may not be empty`);
    refuseRepeats(members, (shown) => `${INVALID}Input collection [${shown.join(', ')}] contains duplicates.`);
    return { SS: members };
  },
  NS: (value) => {
    const members = list(value).map((member) => normalNumber(text(member)));
    if (members.length === 0) throw invalid(`${INVALID}An number set  may not be empty`);
    refuseRepeats(members, () => `${INVALID}Input collection contains duplicates.`);
    return { NS: members };
  },
  BS: (value) => {
    const members = list(value).map(blob);
    if (members.length === 0) throw invalid(`${INVALID}Binary sets should not be empty`);
    refuseRepeats(members, (shown) => `${INVALID}Input collection [${shown.join(',')}]of type BS contains duplicates.`);
    return { BS: members };
  },
  L: (value, depth) => ({ L: list(value).map((element) => checkedValue(element, depth + 1)) }),
  M: (value, depth) => ({ M: checkedItem(value, depth + 1) }),
};

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') throw unreadable('NUMBER_VALUE cannot be converted to String');
  if (typeof value === 'boolean') throw unreadable(`${value ? 'TRUE' : 'FALSE'}_VALUE cannot be converted to String`);
  throw unreadable('Start of structure or map found where not expected');
}

function flag(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw unreadable('Unexpected token received from parser');
}

function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw unreadable('Unexpected field type');
}

function blob(value: unknown): string {
  if (typeof value !== 'string') throw unreadable('only base-64-encoded strings are convertible to bytes');
  if (value.length % 4 !== 0 || !BASE64.test(value)) throw unreadable('Invalid base64 text');
  return value;
}

/** DynamoDB shows the members up to the first repeat in order, then the repeat and the rest as they were sent. */
function refuseRepeats(members: string[], message: (shown: string[]) => string): void {
  const seen = new Set<string>();
  for (const [index, member] of members.entries()) {
    if (seen.has(member)) {
      const shown = [...[...seen].sort(), ...members.slice(index)];
      throw invalid(message(shown.map((each) => JSON.stringify(each))));
    }
    seen.add(member);
  }
}
