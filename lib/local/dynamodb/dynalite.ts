import { createRequire } from 'node:module';
import type { AttributeType, AttributeValue, Item } from './attribute-value.ts';
import type { Comparator, Condition, Operand, Parsed, Path, UpdateAction, UpdateValue } from './expression.ts';
import { isReservedWord } from './reserved-words.ts';
import { syntaxProblem } from './syntax-problem.ts';

/**
 * The one door to dynalite: its three expression parsers, which load nothing else (its other modules open a LevelDB). They are
 * no public API, so the version is pinned and this file turns their trees into ours.
 */
const require = createRequire(import.meta.url);

interface Parser {
  parse(text: string, options: { context: ParserContext }): unknown;
}

interface ParserContext {
  readonly attrNames: Record<string, string>;
  readonly attrVals: Record<string, Placeholder>;
  readonly unusedAttrNames: Record<string, true>;
  readonly unusedAttrVals: Record<string, true>;
  readonly isReserved: (name: string) => boolean;
  readonly compare: () => boolean;
}

/** Stands for a value of the request: only its type matters to the parser, so a tree serves every request of the same shape. */
type Placeholder = { readonly ref: string } & Partial<Record<AttributeType, unknown>>;
type Raw = Path | Placeholder | { readonly type: string; readonly name?: string; readonly args: readonly Raw[] };
interface RawSection {
  readonly type: 'set' | 'remove' | 'add' | 'delete';
  readonly path: Path;
  readonly val?: Raw;
}

/** What a parser needs to know of the request. */
export interface Vocabulary {
  readonly names: Readonly<Record<string, string>>;
  readonly values: Item;
}

const conditions: Parser = require('dynalite/db/conditionParser.js');
const updates: Parser = require('dynalite/db/updateParser.js');
const projections: Parser = require('dynalite/db/projectionParser.js');

/** Parses a condition, filter or key condition; a text is what DynamoDB says is wrong with it. */
export function parseCondition(text: string, vocabulary: Vocabulary): Parsed<Condition> | string {
  const parsed = run(conditions, text, vocabulary);
  if (typeof parsed === 'string') return parsed;
  const problem = operandProblem(parsed.raw['expression'] as Raw);
  return problem ?? finished(parsed, condition(parsed.raw['expression'] as Raw), Object.keys(parsed.raw['pathHeads'] as object));
}

/** Parses an update expression; a text is what DynamoDB says is wrong with it. */
export function parseUpdate(text: string, vocabulary: Vocabulary): Parsed<readonly UpdateAction[]> | string {
  const parsed = run(updates, text, vocabulary);
  if (typeof parsed === 'string') return parsed;
  const sections = parsed.raw['sections'] as readonly RawSection[];
  const heads = sections.map((section) => String(section.path[0]));
  return finished(parsed, sections.map(updateAction), heads);
}

/** Parses a projection expression; a text is what DynamoDB says is wrong with it. */
export function parseProjection(text: string, vocabulary: Vocabulary): Parsed<readonly Path[]> | string {
  const parsed = run(projections, text, vocabulary);
  if (typeof parsed === 'string') return parsed;
  const paths = parsed.raw['paths'] as readonly Path[];
  return finished(parsed, paths, [...new Set(paths.map((path) => String(path[0])))]);
}

interface Run {
  readonly raw: Record<string, unknown>;
  readonly names: readonly string[];
  readonly values: readonly string[];
}

function run(parser: Parser, text: string, vocabulary: Vocabulary, standIn = placeholder): Run | string {
  const { names, values } = vocabulary;
  const unusedAttrNames = marks(names);
  const unusedAttrVals = marks(values);
  const attrVals = Object.fromEntries(Object.entries(values).map(([ref, value]) => [ref, standIn(ref, value)]));
  const context = { attrNames: names, attrVals, unusedAttrNames, unusedAttrVals, isReserved: isReservedWord, compare: () => false };
  try {
    const raw = parser.parse(text, { context });
    // Some complaints quote the values: they are asked for again with the real ones.
    if (typeof raw === 'string') return standIn === asIs ? raw : run(parser, text, vocabulary, asIs);
    return {
      raw: raw as Record<string, unknown>,
      names: Object.keys(names).filter((name) => !(name in unusedAttrNames)),
      values: Object.keys(values).filter((ref) => !(ref in unusedAttrVals)),
    };
  } catch (error) {
    return syntaxProblem(text, error);
  }
}

function marks(record: Readonly<Record<string, unknown>>): Record<string, true> {
  return Object.fromEntries(Object.keys(record).map((key) => [key, true]));
}

/** The type name `S` as content passes the parser's check of `attribute_type`; the real content is checked on every call. */
function placeholder(ref: string, value: AttributeValue): Placeholder {
  return { ...(value.S === undefined ? value : { S: 'S' }), ref };
}

function asIs(ref: string, value: AttributeValue): Placeholder {
  return { ...value, ref };
}

function finished<T>({ raw, names, values }: Run, tree: T, heads: readonly string[]): Parsed<T> {
  return { tree, names, values, heads, nestedHeads: Object.keys(raw['nestedPaths'] as object) };
}

function isPath(raw: Raw): raw is Path {
  return Array.isArray(raw);
}

function isValue(raw: Raw): raw is Placeholder {
  return 'ref' in raw;
}

function condition(raw: Raw): Condition {
  if (isPath(raw) || isValue(raw)) throw new TypeError('a condition cannot be an operand');
  const [first, second, third] = raw.args as readonly [Raw, Raw, Raw];
  switch (raw.type) {
    case 'and':
    case 'or':
      return { kind: raw.type, left: condition(first), right: condition(second) };
    case 'not':
      return { kind: 'not', of: condition(first) };
    case 'between':
      return { kind: 'between', of: operand(first), low: operand(second), high: operand(third) };
    case 'in':
      return { kind: 'in', of: operand(first), candidates: raw.args.slice(1).map(operand) };
    case 'function':
      return predicate(raw.name ?? '', raw.args);
    default:
      return { kind: 'compare', comparator: raw.type as Comparator, left: operand(first), right: operand(second) };
  }
}

function predicate(name: string, args: readonly Raw[]): Condition {
  const [first, second] = args as readonly [Raw, Raw];
  switch (name) {
    case 'attribute_exists':
      return { kind: 'exists', path: first as Path, expected: true };
    case 'attribute_not_exists':
      return { kind: 'exists', path: first as Path, expected: false };
    case 'attribute_type':
      return { kind: 'type', of: operand(first), type: operand(second) };
    case 'begins_with':
      return { kind: 'begins-with', of: operand(first), part: operand(second) };
    default:
      return { kind: 'contains', of: operand(first), part: operand(second) };
  }
}

function operand(raw: Raw): Operand {
  if (isPath(raw)) return { kind: 'path', path: raw };
  if (isValue(raw)) return { kind: 'value', ref: raw.ref };
  return { kind: 'size', of: operand(raw.args[0] as Raw) };
}

function updateAction({ type, path, val }: RawSection): UpdateAction {
  if (type === 'remove') return { kind: 'remove', path };
  if (type === 'set') return { kind: 'set', path, value: updateValue(val as Raw) };
  return { kind: type, path, ref: (val as Placeholder).ref };
}

function updateValue(raw: Raw): UpdateValue {
  if (isPath(raw)) return { kind: 'path', path: raw };
  if (isValue(raw)) return { kind: 'value', ref: raw.ref };
  const [first, second] = raw.args as readonly [Raw, Raw];
  if (raw.name === 'if_not_exists') return { kind: 'if-absent', path: first as Path, fallback: updateValue(second) };
  const kind = raw.name === 'list_append' ? 'append' : raw.type === 'add' ? 'plus' : 'minus';
  return { kind, left: updateValue(first), right: updateValue(second) };
}

const ORDERED: readonly AttributeType[] = ['S', 'N', 'B'];

/** Only texts, numbers and blobs have an order; the parser lets every type through. */
function operandProblem(raw: Raw): string | undefined {
  if (isPath(raw) || isValue(raw)) return undefined;
  const operator = raw.type.toUpperCase();
  if (['<', '<=', '>', '>=', 'BETWEEN'].includes(operator)) {
    for (const argument of raw.args) {
      const type = isPath(argument) || !isValue(argument) ? undefined : placeholderType(argument);
      if (type !== undefined && !ORDERED.includes(type)) {
        return `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`;
      }
    }
  }
  for (const argument of raw.args) {
    const problem = operandProblem(argument);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function placeholderType(value: Placeholder): AttributeType | undefined {
  return Object.keys(value).find((key) => key !== 'ref') as AttributeType | undefined;
}
