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
const remembered = new Map<string, Parsed<unknown>>();
const NONE: Expressions = { values: {} };

/** Reads the expressions that an operation takes, in DynamoDB's order of complaints. */
export function readExpressions(input: Json, wanted: readonly ExpressionName[]): Expressions {
  const present = wanted.filter((name) => input[name] !== undefined && input[name] !== null);
  const { ExpressionAttributeNames: names, ExpressionAttributeValues: values } = input;
  if (present.length === 0 && !names && !values) return NONE;
  refuseUnneeded(names, values, present, wanted);
  const vocabulary = { names: readNames(names), values: readValues(values) };
  const parsed: Record<string, Parsed<unknown>> = {};
  for (const name of present) parsed[name] = parse(name, input[name], vocabulary);
  refuseUnused('Names', Object.keys(vocabulary.names), new Set(Object.values(parsed).flatMap((each) => each.names)));
  refuseUnused('Values', Object.keys(vocabulary.values), new Set(Object.values(parsed).flatMap((each) => each.values)));
  return { ...(parsed as Omit<Expressions, 'values'>), values: vocabulary.values };
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

function parse(name: ExpressionName, text: unknown, vocabulary: Vocabulary): Parsed<unknown> {
  if (typeof text !== 'string') throw unreadable('Unexpected field type');
  // Trees depend on the text, the aliases and the types of the values, not on the values: a hot path parses once.
  const key = `${name}\n${text}\n${JSON.stringify(vocabulary.names)}\n${typesOf(vocabulary.values)}`;
  let parsed = remembered.get(key);
  if (!parsed) {
    parsed = parseFresh(name, text, vocabulary);
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(key, parsed);
  }
  if (name !== 'UpdateExpression' && name !== 'ProjectionExpression') {
    const problem = contentProblem(parsed.tree as Condition, vocabulary.values);
    if (problem) throw invalid(`Invalid ${name}: ${problem}`);
  }
  return parsed;
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

function typesOf(values: Item): string {
  let types = '';
  for (const ref in values) types += `${ref}${typeOf(values[ref] as AttributeValue)}`;
  return types;
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
