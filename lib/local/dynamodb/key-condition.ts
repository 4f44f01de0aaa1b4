import { type AttributeValue, type Item, typeOf } from './attribute-value.ts';
import type { Comparator, Condition, Operand } from './expression.ts';
import { afterRange, type KeyPart, type KeySchema, partitionPrefix, rangePrefix, rangeText } from './key-schema.ts';
import { invalid } from './refusals.ts';
import { END } from './sorted-map.ts';

/** The row keys that a query reads: `from <= key < to`. */
export interface KeyRange {
  readonly from: string;
  readonly to: string;
  /** The start of every key of the partition. */
  readonly partition: string;
}

type Operator = Comparator | 'between' | 'begins-with';

interface KeyTest {
  readonly name: string;
  readonly operator: Operator;
  readonly values: readonly AttributeValue[];
}

const FLIPPED: Readonly<Record<string, Comparator>> = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

/** Turns a key condition into the range of row keys it selects, or refuses it in DynamoDB's words. */
export function keyRangeOf(condition: Condition, values: Item, schema: KeySchema): KeyRange {
  const tests = testsOf(condition, values);
  refuseWrongTests(tests, schema);
  const partition = partitionPrefix(tests.find((test) => test.name === schema.hash.name)?.values[0] as AttributeValue);
  const range = tests.find((test) => test.name === schema.range?.name);
  return { partition, ...(range ? boundsOf(partition, range) : { from: partition, to: partition + END }) };
}

function testsOf(condition: Condition, values: Item): KeyTest[] {
  switch (condition.kind) {
    case 'and':
      return [...testsOf(condition.left, values), ...testsOf(condition.right, values)];
    case 'compare':
      return [comparison(condition.comparator, condition.left, condition.right, values)];
    case 'between': {
      const bounds = [condition.low, condition.high].map((bound) => givenValue(bound, values));
      return [{ name: keyName(condition.of, 'BETWEEN'), operator: 'between', values: bounds }];
    }
    case 'begins-with':
      return [{ name: keyName(condition.of, 'begins_with'), operator: 'begins-with', values: [givenValue(condition.part, values)] }];
    default:
      throw invalid(`Invalid operator used in KeyConditionExpression: ${operatorName(condition)}`);
  }
}

function comparison(comparator: Comparator, left: Operand, right: Operand, values: Item): KeyTest {
  const operator = comparator === '<>' ? undefined : comparator;
  if (!operator) throw invalid('Invalid operator used in KeyConditionExpression: <>');
  if (left.kind === 'path' && right.kind === 'path') {
    throw invalid('Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition');
  }
  if (left.kind === 'value' && right.kind === 'path') {
    return { name: topLevel(right.path), operator: FLIPPED[operator] as Comparator, values: [values[left.ref] as AttributeValue] };
  }
  if (left.kind === 'value') throw invalid('Invalid condition in KeyConditionExpression: No key attribute specified');
  return { name: keyName(left, operator), operator, values: [givenValue(right, values)] };
}

function keyName(operand: Operand, operator: string): string {
  if (operand.kind === 'path') return topLevel(operand.path);
  if (operand.kind === 'size') throw invalid('KeyConditionExpressions cannot contain nested operations');
  throw invalid(`Invalid condition in KeyConditionExpression: ${operator} operator must have the key attribute as its first operand`);
}

function topLevel(path: readonly (string | number)[]): string {
  if (path.length > 1) throw invalid('KeyConditionExpressions cannot have conditions on nested attributes');
  return String(path[0]);
}

function givenValue(operand: Operand, values: Item): AttributeValue {
  if (operand.kind === 'value') return values[operand.ref] as AttributeValue;
  if (operand.kind === 'size') throw invalid('KeyConditionExpressions cannot contain nested operations');
  throw invalid('Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition');
}

function operatorName(condition: Condition): string {
  if (condition.kind === 'exists') return condition.expected ? 'attribute_exists' : 'attribute_not_exists';
  if (condition.kind === 'type') return 'attribute_type';
  return condition.kind === 'contains' ? 'contains' : condition.kind.toUpperCase();
}

function refuseWrongTests(tests: readonly KeyTest[], { hash, range }: KeySchema): void {
  const names = new Set(tests.map((test) => test.name));
  if (names.size < tests.length) {
    throw invalid('Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key');
  }
  const parts = range ? 2 : 1;
  if (tests.length > 2) {
    throw invalid(`The number of query conditions (${tests.length}) exceeds the number of key attributes defined in the schema (${parts})`);
  }
  if (tests.length > parts) throw invalid('Query key condition not supported');
  if (!names.has(hash.name)) throw invalid(`Query condition missed key schema element: ${hash.name}`);
  for (const test of tests) refuseWrongTest(test, test.name === hash.name ? hash : range, hash);
}

function refuseWrongTest(test: KeyTest, part: KeyPart | undefined, hash: KeyPart): void {
  if (part?.name !== test.name) throw invalid(`Query condition missed key schema element: ${part?.name}`);
  if (test.values.some((value) => typeOf(value) !== part.type)) {
    throw invalid('One or more parameter values were invalid: Condition parameter type does not match schema type');
  }
  if (test.values.some((value) => value.S === '' || value.B === '') && test.operator !== 'begins-with') {
    const type = part.type === 'B' ? 'binary' : 'string';
    throw invalid(
      `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${type} value. Key: ${part.name}`,
    );
  }
  if (part === hash && test.operator !== '=') throw invalid('Query key condition not supported');
}

function boundsOf(partition: string, { operator, values }: KeyTest): { from: string; to: string } {
  const [first, second = first] = values as [AttributeValue, AttributeValue?];
  const at = partition + rangeText(first);
  const after = partition + afterRange(first);
  switch (operator) {
    case '=':
      return { from: at, to: after };
    case '<':
      return { from: partition, to: at };
    case '<=':
      return { from: partition, to: after };
    case '>':
      return { from: after, to: partition + END };
    case '>=':
      return { from: at, to: partition + END };
    case 'between':
      return { from: at, to: partition + afterRange(second) };
    default:
      return { from: partition + rangePrefix(first), to: `${partition}${rangePrefix(first)}${END}` };
  }
}
