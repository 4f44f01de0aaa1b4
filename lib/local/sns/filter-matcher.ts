import { BlockList, isIP } from 'node:net';
import { createGlob, STAR } from '../glob.ts';

/** A value that a condition can look at. */
export type Scalar = string | number | boolean | null;

/** One side of a numeric condition. */
export interface NumericBound {
  readonly operator: '=' | '<' | '<=' | '>' | '>=';
  readonly value: number;
}

/** One condition on a value. Several conditions of a key are alternatives. */
export type Matcher =
  | { readonly kind: 'equals'; readonly value: Scalar }
  | { readonly kind: 'exists'; readonly expected: boolean }
  | { readonly kind: 'test'; matches(value: Scalar): boolean };

/** What is wrong with a policy, in the service's words. */
export class FilterPolicyError extends Error {}

const TEXT_OPERATORS = ['prefix', 'suffix', 'equals-ignore-case', 'wildcard', 'cidr'] as const;
type TextOperator = (typeof TEXT_OPERATORS)[number];

/** Whether the key names an operator, so that its object is a condition and not a level of the message. */
export function isOperator(key: string): boolean {
  return isTextOperator(key) || key === 'numeric' || key === 'exists' || key === 'anything-but';
}

/** Parses one condition (SNS Developer Guide, "Filter policy operators"). Throws `FilterPolicyError`. */
export function parseMatcher(rule: unknown): Matcher {
  if (isScalar(rule)) return { kind: 'equals', value: rule };
  if (Array.isArray(rule)) throw new FilterPolicyError('FilterPolicy: Match value must be String, number, true, false, or null');
  const entries = Object.entries(rule as Record<string, unknown>);
  if (entries.length > 1) throw new FilterPolicyError('FilterPolicy: Only one key allowed in match expression');
  const [operator, operand] = entries[0] ?? ['', undefined];
  if (operator === 'exists') return parseExists(operand);
  if (operator === 'numeric') return test(numericTest(operand));
  if (operator === 'anything-but') return test(anythingButTest(operand));
  if (isTextOperator(operator)) return test(textTest(operator, operand));
  throw new FilterPolicyError(`FilterPolicy: Unrecognized match type ${operator}`);
}

type Test = (value: Scalar) => boolean;

const test = (matches: Test): Matcher => ({ kind: 'test', matches });
const isScalar = (value: unknown): value is Scalar => value === null || ['string', 'number', 'boolean'].includes(typeof value);
const isTextOperator = (key: string): key is TextOperator => (TEXT_OPERATORS as readonly string[]).includes(key);

function parseExists(operand: unknown): Matcher {
  if (typeof operand !== 'boolean') throw new FilterPolicyError('FilterPolicy: exists match pattern must be either true or false.');
  return { kind: 'exists', expected: operand };
}

function textTest(operator: TextOperator, operand: unknown): Test {
  if (typeof operand !== 'string') throw new FilterPolicyError(`FilterPolicy: ${operator} match pattern must be a string`);
  const matches = textPredicate(operator, operand);
  return (value) => typeof value === 'string' && matches(value);
}

function textPredicate(operator: TextOperator, operand: string): (text: string) => boolean {
  switch (operator) {
    case 'prefix':
      return (text) => text.startsWith(operand);
    case 'suffix':
      return (text) => text.endsWith(operand);
    case 'equals-ignore-case':
      return (text) => text.toLowerCase() === operand.toLowerCase();
    case 'wildcard':
      return wildcardPredicate(operand);
    case 'cidr':
      return cidrPredicate(operand);
  }
}

/** `*` stands for any characters, `\*` for itself; two stars in a row are refused. */
function wildcardPredicate(pattern: string): (text: string) => boolean {
  const tokens = pattern.match(/\\[*\\]|./gsu) ?? [];
  if (tokens.some((token, index) => token === '*' && tokens[index + 1] === '*')) {
    throw new FilterPolicyError('FilterPolicy: Consecutive wildcard characters are not allowed');
  }
  return createGlob(tokens.map((token) => (token === '*' ? STAR : literal(token))));
}

/** One character, maybe behind a backslash, that stands for itself. */
function literal(token: string): string {
  return token.length > 1 && token.startsWith('\\') ? token.slice(1) : token;
}

function cidrPredicate(block: string): (text: string) => boolean {
  const [address = '', bits = '', ...more] = block.split('/');
  const family = isIP(address);
  const malformed = new FilterPolicyError(`FilterPolicy: Malformed CIDR: ${block}`);
  if (family === 0 || more.length > 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) throw malformed;
  const addresses = new BlockList();
  addresses.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return (text) => isIP(text) === family && addresses.check(text, family === 4 ? 'ipv4' : 'ipv6');
}

/** A list of values to avoid, or a text operator whose pattern or patterns to avoid. */
function anythingButTest(operand: unknown): Test {
  if (typeof operand === 'object' && operand !== null && !Array.isArray(operand)) {
    const [operator = '', patterns] = Object.entries(operand)[0] ?? [];
    if (!isTextOperator(operator) || operator === 'cidr')
      throw new FilterPolicyError(`FilterPolicy: Unsupported anything-but pattern: ${operator}`);
    const tests = (Array.isArray(patterns) ? patterns : [patterns]).map((pattern) => textTest(operator, pattern));
    return (value) => !tests.some((matches) => matches(value));
  }
  const avoided: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  if (avoided.length === 0 || avoided.some((value) => typeof value !== 'string' && typeof value !== 'number')) {
    throw new FilterPolicyError('FilterPolicy: Value of anything-but must be an array or single string/number value.');
  }
  return (value) => !avoided.includes(value);
}

const LOWER = ['>', '>='];
const UPPER = ['<', '<='];

function numericTest(operand: unknown): Test {
  const terms: unknown[] = Array.isArray(operand) ? operand : [operand];
  const first = readBound(terms, 0);
  if (terms.length <= 2) return boundsTest([first]);
  if (!LOWER.includes(first.operator)) throw new FilterPolicyError('FilterPolicy: Too many elements in numeric expression');
  if (typeof terms[2] !== 'string') throw new FilterPolicyError(`FilterPolicy: Bad value in numeric range: ${terms[2]}`);
  if (!UPPER.includes(terms[2])) throw new FilterPolicyError(`FilterPolicy: Bad numeric range operator: ${terms[2]}`);
  const second = readBound(terms, 2);
  if (terms.length > 4) throw new FilterPolicyError('FilterPolicy: Too many terms in numeric range expression');
  if (first.value >= second.value) throw new FilterPolicyError('FilterPolicy: Bottom must be less than top');
  return boundsTest([first, second]);
}

function readBound(terms: readonly unknown[], index: number): NumericBound {
  const [operator, value] = terms.slice(index, index + 2);
  if (typeof operator !== 'string') throw new FilterPolicyError(`FilterPolicy: Invalid member in numeric match: ${operator ?? ']'}`);
  if (operator !== '=' && operator !== '<' && operator !== '<=' && operator !== '>' && operator !== '>=') {
    throw new FilterPolicyError(`FilterPolicy: Unrecognized numeric range operator: ${operator}`);
  }
  if (typeof value !== 'number')
    throw new FilterPolicyError(`FilterPolicy: Value of ${operator === '=' ? 'equals' : operator} must be numeric`);
  // "Filter policy constraints": from -10^9 to 10^9.
  if (Math.abs(value) > 1e9) throw new FilterPolicyError('FilterPolicy: Value must be between -1.0E9 and 1.0E9, inclusive');
  return { operator, value };
}

function boundsTest(bounds: readonly NumericBound[]): Test {
  return (value) => typeof value === 'number' && bounds.every((bound) => satisfies(value, bound));
}

function satisfies(number: number, { operator, value }: NumericBound): boolean {
  switch (operator) {
    case '=':
      return number === value;
    case '<':
      return number < value;
    case '<=':
      return number <= value;
    case '>':
      return number > value;
    case '>=':
      return number >= value;
  }
}
