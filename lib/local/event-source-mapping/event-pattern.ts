import { compileLeaf, type Leaf, PatternError } from './pattern-leaf.ts';

/** Whether a JSON value matches a compiled event pattern. */
export type EventPattern = (value: unknown) => boolean;

/** A field test: gets the values found under the field, or undefined when the field is absent. */
type FieldTest = (value: unknown) => boolean;

export { PatternError } from './pattern-leaf.ts';

/**
 * Compiles an event pattern of EventBridge's language, as Lambda's filter criteria use it (Lambda guide "Filter rule syntax",
 * EventBridge guide "Comparison operators"). Throws `PatternError` for a pattern that AWS would refuse.
 *
 * @example
 * const matches = compilePattern({ body: { type: ['order'], total: [{ numeric: ['>', 10] }] } });
 * matches({ body: { type: 'order', total: 12 } }); // => true
 */
export function compilePattern(pattern: unknown): EventPattern {
  if (!isObject(pattern)) throw new PatternError('Event pattern is not a JSON object.');
  const tests = Object.entries(pattern).map(([key, rule]) => (key === '$or' ? compileOr(rule) : compileField(key, rule)));
  return (value) => tests.every((test) => test(value));
}

function compileOr(rule: unknown): FieldTest {
  if (!Array.isArray(rule) || rule.length < 1) throw new PatternError('"$or" must be an array of objects.');
  const branches = rule.map(compilePattern);
  return (value) => branches.some((branch) => branch(value));
}

function compileField(key: string, rule: unknown): FieldTest {
  if (isObject(rule)) {
    const nested = compilePattern(rule);
    return (value) => valuesUnder(value, key).some((child) => nested(child)) || (isAbsent(value, key) && nested({}));
  }
  if (!Array.isArray(rule)) throw new PatternError(`"${key}" must be an object or an array.`);
  if (rule.length === 0) throw new PatternError(`Empty arrays are not allowed, at "${key}".`);
  const leaves: Leaf[] = rule.map(compileLeaf);
  return (value) => {
    if (isAbsent(value, key)) return leaves.some((leaf) => leaf.matchesAbsent);
    return leafValues(value, key).some((found) => leaves.some((leaf) => leaf.matches(found)));
  };
}

/** An array in the event is a set of values: one match is enough (EventBridge guide, "Matching arrays"). */
function valuesUnder(value: unknown, key: string): unknown[] {
  const owners = Array.isArray(value) ? value : [value];
  const found = owners.flatMap((owner) => (isObject(owner) && Object.hasOwn(owner, key) ? [owner[key]] : []));
  return found.flatMap((item) => (Array.isArray(item) ? item : [item]));
}

function leafValues(value: unknown, key: string): unknown[] {
  const values = valuesUnder(value, key);
  return values.length === 0 ? [undefined] : values;
}

function isAbsent(value: unknown, key: string): boolean {
  const owners = Array.isArray(value) ? value : [value];
  return !owners.some((owner) => isObject(owner) && Object.hasOwn(owner, key));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
