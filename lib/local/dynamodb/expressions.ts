import type { Json } from '../aws.ts';
import { ATTRIBUTE_TYPES, type AttributeValue, type Item, typeOf } from './attribute-value.ts';
import { orderOf } from './condition.ts';
import { parseCondition } from './condition-parser.ts';
import type { Condition, Parsed, Path, UpdateAction } from './expression.ts';
import type { Vocabulary } from './expression-reader.ts';
import { parseProjection } from './projection-parser.ts';
import { invalid, unreadable } from './refusals.ts';
import { parseUpdate } from './update-parser.ts';
import { checkedValue } from './value-check.ts';

/** The expressions that a request may carry. */
export interface Trees {
  readonly UpdateExpression: readonly UpdateAction[];
  readonly ConditionExpression: Condition;
  readonly KeyConditionExpression: Condition;
  readonly FilterExpression: Condition;
  readonly ProjectionExpression: readonly Path[];
}

/** The member of a request that holds an expression. */
export type ExpressionName = keyof Trees;

/** The expressions of one request, parsed and checked against its names and values. */
export type Expressions = { readonly [Name in ExpressionName]?: Parsed<Trees[Name]> } & { readonly values: Item };

const PARSERS = {
  UpdateExpression: parseUpdate,
  ConditionExpression: parseCondition,
  KeyConditionExpression: parseCondition,
  FilterExpression: parseCondition,
  ProjectionExpression: parseProjection,
} as const;

/** An expression may have 4 KB (Developer guide, "Service quotas": Expression parameters). */
const MAX_EXPRESSION_BYTES = 4096;
const MAX_REMEMBERED = 2_000;
type ParsedSet = { [Name in ExpressionName]?: Parsed<unknown> };
const remembered = new Map<string, ParsedSet>();
const NONE: Expressions = { values: {} };

/** Reads the expressions that an operation takes, in DynamoDB's order of complaints. */
export function readExpressions(input: Json, wanted: readonly ExpressionName[]): Expressions {
  const present = wanted.filter((name) => input[name] !== undefined && input[name] !== null);
  const { ExpressionAttributeNames: names, ExpressionAttributeValues: values } = input;
  if (present.length === 0 && !names && !values) return NONE;
  refuseUnneeded(names, values, present, wanted);
  const vocabulary = { names: readNames(names), values: readValues(values) };
  return { ...(parsedAll(input, present, vocabulary) as Omit<Expressions, 'values'>), values: vocabulary.values };
}

/** Trees depend on the texts, the aliases and the types of the values, not on the values: a hot path parses once. */
function parsedAll(input: Json, present: readonly ExpressionName[], vocabulary: Vocabulary): ParsedSet {
  const key = keyOf(input, present, vocabulary);
  let parsed = remembered.get(key);
  if (!parsed) {
    parsed = parseAll(input, present, vocabulary);
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(key, parsed);
  } else for (const name of present) refuseContent(name, parsed[name] as Parsed<unknown>, vocabulary);
  return parsed;
}

/** Lengths keep what one text ends with from passing for what the next one begins with. */
function keyOf(input: Json, present: readonly ExpressionName[], { names, values }: Vocabulary): string {
  let key = '';
  for (const name of present) {
    const text = textIn(input, name);
    key += `${name}${text.length}:${text}`;
  }
  for (const alias in names) key += `${alias}${names[alias]?.length}:${names[alias]}`;
  for (const ref in values) key += `${ref} ${typeOf(values[ref] as AttributeValue)}`;
  return key;
}

function refuseUnneeded(names: unknown, values: unknown, present: readonly ExpressionName[], wanted: readonly ExpressionName[]): void {
  if (names && present.length === 0) throw invalid('ExpressionAttributeNames can only be specified when using expressions');
  const takers = wanted.filter((name) => name !== 'ProjectionExpression');
  if (!values || present.some((name) => name !== 'ProjectionExpression')) return;
  const reason = takers.length > 1 ? `: ${takers.join(' and ')} are null` : '';
  throw invalid(`ExpressionAttributeValues can only be specified when using expressions${reason}`);
}

function readNames(input: unknown): Record<string, string> {
  const names: Record<string, string> = {};
  for (const [alias, name] of entries(input, 'ExpressionAttributeNames')) {
    if (!/^#[0-9a-zA-Z_]+$/.test(alias)) throw invalid(`ExpressionAttributeNames contains invalid key: Syntax error; key: "${alias}"`);
    if (typeof name !== 'string') throw unreadable('Unexpected field type');
    if (name === '') throw invalid(`ExpressionAttributeNames contains invalid value: Empty attribute name; key: "${alias}"`);
    names[alias] = name;
  }
  return names;
}

function readValues(input: unknown): Item {
  const values: Item = {};
  for (const [ref, value] of entries(input, 'ExpressionAttributeValues')) {
    if (!/^:[0-9a-zA-Z_]+$/.test(ref)) throw invalid(`ExpressionAttributeValues contains invalid key: Syntax error; key: "${ref}"`);
    values[ref] = checkedValue(value);
  }
  return values;
}

function entries(input: unknown, member: string): [string, unknown][] {
  if (input === undefined || input === null) return [];
  if (typeof input !== 'object' || Array.isArray(input)) throw unreadable('Unexpected field type');
  const found = Object.entries(input);
  if (found.length === 0) throw invalid(`${member} must not be empty`);
  return found;
}

function parseAll(input: Json, present: readonly ExpressionName[], vocabulary: Vocabulary): ParsedSet {
  const parsed: ParsedSet = {};
  for (const name of present) {
    const one = parseFresh(name, textIn(input, name), vocabulary);
    refuseContent(name, one, vocabulary);
    parsed[name] = one;
  }
  refuseUnused('Names', Object.keys(vocabulary.names), new Set(Object.values(parsed).flatMap((each) => each.names)));
  refuseUnused('Values', Object.keys(vocabulary.values), new Set(Object.values(parsed).flatMap((each) => each.values)));
  return parsed;
}

function textIn(input: Json, name: ExpressionName): string {
  const text = input[name];
  if (typeof text !== 'string') throw unreadable('Unexpected field type');
  return text;
}

function refuseContent(name: ExpressionName, { tree }: Parsed<unknown>, { values }: Vocabulary): void {
  if (name === 'UpdateExpression' || name === 'ProjectionExpression') return;
  const problem = contentProblem(tree as Condition, values);
  if (problem) throw invalid(`Invalid ${name}: ${problem}`);
}

function parseFresh(name: ExpressionName, text: string, vocabulary: Vocabulary): Parsed<unknown> {
  const bytes = Buffer.byteLength(text);
  if (text === '') throw invalid(`Invalid ${name}: The expression can not be empty;`);
  if (bytes > MAX_EXPRESSION_BYTES) {
    throw invalid(`Invalid ${name}: Expression size has exceeded the maximum allowed size; expression size: ${bytes}`);
  }
  const parsed = PARSERS[name](text, vocabulary);
  if (typeof parsed === 'string') throw invalid(`Invalid ${name}: ${parsed}`);
  return parsed;
}

function refuseUnused(kind: 'Names' | 'Values', given: readonly string[], used: ReadonlySet<string>): void {
  const unused = given.filter((each) => !used.has(each));
  if (unused.length > 0) throw invalid(`Value provided in ExpressionAttribute${kind} unused in expressions: keys: {${unused.join(', ')}}`);
}

/** What only the content of the values can reveal: an unknown type name, bounds in the wrong order. */
function contentProblem(condition: Condition, values: Item): string | undefined {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return contentProblem(condition.left, values) ?? contentProblem(condition.right, values);
    case 'not':
      return contentProblem(condition.of, values);
    case 'type': {
      const type = condition.type.kind === 'value' ? values[condition.type.ref]?.S : undefined;
      if (type === undefined || (ATTRIBUTE_TYPES as readonly string[]).includes(type)) return undefined;
      return `Invalid attribute type name found; type: ${type}, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}`;
    }
    case 'between': {
      if (condition.low.kind !== 'value' || condition.high.kind !== 'value') return undefined;
      return boundsProblem(values[condition.low.ref] as AttributeValue, values[condition.high.ref] as AttributeValue);
    }
    default:
      return undefined;
  }
}

function boundsProblem(low: AttributeValue, high: AttributeValue): string | undefined {
  const shown = ([lower, upper]: [AttributeValue, AttributeValue]) =>
    `lower bound operand: AttributeValue: {${typeOf(lower)}:${lower[typeOf(lower)]}}, upper bound operand: AttributeValue: {${typeOf(upper)}:${upper[typeOf(upper)]}}`;
  if (typeOf(low) !== typeOf(high)) return `The BETWEEN operator requires same data type for lower and upper bounds; ${shown([low, high])}`;
  if ((orderOf(low, high) ?? 0) <= 0) return undefined;
  return `The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ${shown([low, high])}`;
}
