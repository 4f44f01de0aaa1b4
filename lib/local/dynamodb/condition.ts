import { type AttributeValue, attributeOf, type Item, sameValue, typeOf } from './attribute-value.ts';
import { compareNumbers } from './decimal.ts';
import type { Comparator, Condition, Operand, Path } from './expression.ts';
import { blobLength } from './item-size.ts';
import { sortText } from './sort-text.ts';

/** The value at a document path, if there is one. */
export function valueAt(path: Path, item: Item): AttributeValue | undefined {
  let value: AttributeValue | undefined = attributeOf(item, String(path[0]));
  for (let depth = 1; value !== undefined && depth < path.length; depth++) {
    const step = path[depth];
    if (typeof step === 'number') value = value.L?.[step];
    else value = value.M && attributeOf(value.M, step as string);
  }
  return value;
}

/** Whether an item (empty when there is none) satisfies a condition of the request that brought `values`. */
export function holds(condition: Condition, item: Item, values: Item): boolean {
  const resolve = (operand: Operand) => resolved(operand, item, values);
  switch (condition.kind) {
    case 'and':
      return holds(condition.left, item, values) && holds(condition.right, item, values);
    case 'or':
      return holds(condition.left, item, values) || holds(condition.right, item, values);
    case 'not':
      return !holds(condition.of, item, values);
    case 'exists':
      return (valueAt(condition.path, item) !== undefined) === condition.expected;
    case 'compare':
      return compares(condition.comparator, resolve(condition.left), resolve(condition.right));
    case 'between':
      return isBetween(resolve(condition.of), resolve(condition.low), resolve(condition.high));
    case 'in':
      return condition.candidates.some((candidate) => compares('=', resolve(condition.of), resolve(candidate)));
    case 'type':
      return hasType(resolve(condition.of), resolve(condition.type));
    case 'begins-with':
      return beginsWith(resolve(condition.of), resolve(condition.part));
    case 'contains':
      return contains(resolve(condition.of), resolve(condition.part));
  }
}

type Resolved = AttributeValue | undefined;

function resolved(operand: Operand, item: Item, values: Item): Resolved {
  if (operand.kind === 'path') return valueAt(operand.path, item);
  if (operand.kind === 'value') return values[operand.ref];
  const size = sizeOf(resolved(operand.of, item, values));
  return size === undefined ? undefined : { N: String(size) };
}

/** What `size()` gives: UTF-16 units of a text, bytes of a blob, elements of a collection; nothing for other types. */
function sizeOf(value: Resolved): number | undefined {
  if (value?.S !== undefined) return value.S.length;
  if (value?.B !== undefined) return blobLength(value.B);
  if (value?.M) return Object.keys(value.M).length;
  return (value?.L ?? value?.SS ?? value?.NS ?? value?.BS)?.length;
}

function compares(comparator: Comparator, left: Resolved, right: Resolved): boolean {
  if (comparator === '<>') return !(left && right && sameValue(left, right));
  if (!left || !right) return false;
  if (comparator === '=') return sameValue(left, right);
  const order = orderOf(left, right);
  if (order === undefined) return false;
  if (comparator === '<') return order < 0;
  if (comparator === '<=') return order <= 0;
  return comparator === '>' ? order > 0 : order >= 0;
}

/** Negative, zero or positive; undefined for values that have no order between them. */
export function orderOf(left: AttributeValue, right: AttributeValue): number | undefined {
  if (left.N !== undefined && right.N !== undefined) return compareNumbers(left.N, right.N);
  const [a, b] = [sortText(left), sortText(right)];
  if (a === undefined || b === undefined || typeOf(left) !== typeOf(right)) return undefined;
  return a < b ? -1 : a > b ? 1 : 0;
}

function isBetween(value: Resolved, low: Resolved, high: Resolved): boolean {
  return compares('>=', value, low) && compares('<=', value, high);
}

function hasType(value: Resolved, type: Resolved): boolean {
  return value !== undefined && typeOf(value) === type?.S;
}

function beginsWith(value: Resolved, part: Resolved): boolean {
  if (value?.S !== undefined && part?.S !== undefined) return value.S.startsWith(part.S);
  if (value?.B !== undefined && part?.B !== undefined) return bytes(value.B).startsWith(bytes(part.B));
  return false;
}

function contains(value: Resolved, part: Resolved): boolean {
  if (!value || !part) return false;
  if (value.L) return value.L.some((element) => sameValue(element, part));
  if (value.S !== undefined) return part.S !== undefined && value.S.includes(part.S);
  if (value.B !== undefined) return part.B !== undefined && bytes(value.B).includes(bytes(part.B));
  if (value.SS) return part.S !== undefined && value.SS.includes(part.S);
  if (value.NS) return part.N !== undefined && value.NS.includes(part.N);
  return part.B !== undefined && (value.BS ?? []).includes(part.B);
}

/** Bytes as a text with one unit per byte. */
function bytes(base64: string): string {
  return Buffer.from(base64, 'base64').toString('latin1');
}
