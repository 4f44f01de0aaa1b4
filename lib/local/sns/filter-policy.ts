import { FilterPolicyError, isOperator, type Matcher, parseMatcher } from './filter-matcher.ts';

/** Which part of a message a filter policy looks at. */
export type FilterScope = 'MessageAttributes' | 'MessageBody';

/** A parsed policy: every key and, if there are any, one of the alternatives must match. */
export interface FilterPolicy {
  readonly keys: Readonly<Record<string, FilterPolicy | readonly Matcher[]>>;
  /** The branches of `$or`, in conjunction with `keys`; empty when there is no `$or`. */
  readonly alternatives: readonly FilterPolicy[];
}

// SNS Developer Guide, "Filter policy constraints".
const MAX_KEYS = 5;
const MAX_COMBINATIONS = 150;
const MAX_BYTES = 256 * 1_024;

/** Parses and checks a policy. Throws `FilterPolicyError`. */
export function parseFilterPolicy(text: string, scope: FilterScope): FilterPolicy {
  if (Buffer.byteLength(text) > MAX_BYTES) throw new FilterPolicyError('FilterPolicy: Filter policy is too large');
  const policy = parseLevel(parseJson(text), { scope, depth: 1 });
  const { keys, combinations } = complexity(policy, 1);
  if (keys > MAX_KEYS) throw new FilterPolicyError(`FilterPolicy: Filter policy can not have more than ${MAX_KEYS} keys`);
  if (combinations > MAX_COMBINATIONS) throw tooComplex();
  return policy;
}

function parseJson(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FilterPolicyError(`FilterPolicy: failed to parse JSON. ${(error as Error).message}`);
  }
  if (!isObject(value)) throw new FilterPolicyError('FilterPolicy: Filter policy must be a JSON object');
  return value;
}

interface Level {
  readonly scope: FilterScope;
  readonly depth: number;
}

function parseLevel(object: Record<string, unknown>, { scope, depth }: Level): FilterPolicy {
  // A value counts once for each level it is below: at this depth a single one is too many.
  if (depth > MAX_COMBINATIONS) throw tooComplex();
  const keys: [string, FilterPolicy | readonly Matcher[]][] = [];
  let alternatives: readonly FilterPolicy[] = [];
  for (const [key, rule] of Object.entries(object)) {
    if (key === '$or' && isAlternatives(rule)) alternatives = rule.map((branch) => parseLevel(branch, { scope, depth: depth + 1 }));
    else keys.push([key, parseRule(key, rule, { scope, depth })]);
  }
  // Not by assignment: a key may be called __proto__.
  return { keys: Object.fromEntries(keys), alternatives };
}

/** `$or` is an operator only over at least two objects of rules; otherwise it is a key like any other ("OR across attributes"). */
function isAlternatives(rule: unknown): rule is readonly Record<string, unknown>[] {
  return Array.isArray(rule) && rule.length >= 2 && rule.every((branch) => isObject(branch) && !Object.keys(branch).some(isOperator));
}

function parseRule(key: string, rule: unknown, { scope, depth }: Level): FilterPolicy | readonly Matcher[] {
  if (Array.isArray(rule)) {
    if (rule.length === 0) throw new FilterPolicyError('FilterPolicy: Empty arrays are not allowed');
    return rule.map(parseMatcher);
  }
  if (!isObject(rule)) throw new FilterPolicyError(`FilterPolicy: "${key}" must be an object or an array`);
  if (scope === 'MessageAttributes') {
    const [innerKey, inner] = Object.entries(rule)[0] ?? [];
    if (innerKey !== undefined && !Array.isArray(inner) && !isObject(inner)) {
      throw new FilterPolicyError(`FilterPolicy: "${innerKey}" must be an object or an array`);
    }
    throw new FilterPolicyError('Filter policy scope MessageAttributes does not support nested filter policy');
  }
  return parseLevel(rule, { scope, depth: depth + 1 });
}

/**
 * How many leaf keys and value combinations a policy has. In a nested policy the values of a key count once for each level of
 * nesting; the branches of `$or` add up.
 */
function complexity(policy: FilterPolicy, depth: number): { readonly keys: number; readonly combinations: number } {
  let keys = 0;
  let combinations = 1;
  for (const rule of Object.values(policy.keys)) {
    const part = Array.isArray(rule) ? { keys: 1, combinations: rule.length * depth } : complexity(rule as FilterPolicy, depth + 1);
    keys += part.keys;
    combinations *= part.combinations;
  }
  if (policy.alternatives.length > 0) {
    const branches = policy.alternatives.map((branch) => complexity(branch, depth));
    keys += new Set(policy.alternatives.flatMap((branch) => Object.keys(branch.keys))).size;
    combinations *= branches.reduce((sum, branch) => sum + branch.combinations, 0);
  }
  return { keys, combinations };
}

function tooComplex(): FilterPolicyError {
  return new FilterPolicyError('FilterPolicy: Filter policy is too complex');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
