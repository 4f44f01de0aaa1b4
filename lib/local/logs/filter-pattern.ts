import { createGlob, STAR } from '../glob.ts';

/** Whether a log message matches. */
export type LogMatcher = (message: string) => boolean;

/**
 * Compiles a filter pattern: terms that must all be there, `?term` of which one must, `-term` that must not, "quoted phrases", and JSON
 * comparisons joined by `&&` or `||`, e.g. `{ $.level = "ERROR" && $.ms > 100 }` (CloudWatch Logs User Guide, "Filter pattern syntax").
 */
export function compilePattern(pattern = ''): LogMatcher {
  const text = pattern.trim();
  if (text === '') return () => true;
  return text.startsWith('{') ? compileJson(text.slice(1, -1)) : compileTerms(text);
}

function compileTerms(text: string): LogMatcher {
  const terms = [...text.matchAll(/([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(([, sign = '', quoted, plain = '']) => ({
    sign,
    term: quoted?.replaceAll('\\"', '"') ?? plain,
  }));
  const withSign = (sign: string) => terms.filter((one) => one.sign === sign).map(({ term }) => term);
  const [all, any, none] = [withSign(''), withSign('?'), withSign('-')];
  return (message) =>
    all.every((term) => message.includes(term)) &&
    (any.length === 0 || any.some((term) => message.includes(term))) &&
    !none.some((term) => message.includes(term));
}

type JsonMatcher = (value: unknown) => boolean;

function compileJson(text: string): LogMatcher {
  const alternatives = text.split('||').map((part) => part.split('&&').map(compileComparison));
  return (message) => {
    const value = parse(message);
    return value !== undefined && alternatives.some((conditions) => conditions.every((matches) => matches(value)));
  };
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}

const COMPARE: Readonly<Record<string, (order: number) => boolean>> = {
  '=': (order) => order === 0,
  '!=': (order) => order !== 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
};

function compileComparison(text: string): JsonMatcher {
  const [, path = '', operator = '', operand = ''] =
    /^[\s(]*\$\.?(\S+?)\s*(!=|>=|<=|=|>|<|\s(?:IS|NOT)\s)\s*(.*?)[\s)]*$/i.exec(text) ?? [];
  const word = operator.trim().toUpperCase();
  if (word === 'IS' || word === 'NOT') return (value) => isState(at(value, path), operand.toUpperCase()) === (word === 'IS');
  const compare = COMPARE[operator];
  if (compare === undefined) return () => false;
  const wanted = operand.startsWith('"') ? operand.slice(1, -1) : operand;
  const matches = wanted.includes('*') ? createGlob(wanted.split(/(\*)/).map((part) => (part === '*' ? STAR : part))) : undefined;
  return (value) => {
    const found = at(value, path);
    // What has members is compared member by member, or not at all.
    if (found === undefined || (typeof found === 'object' && found !== null)) return false;
    if (typeof found === 'number') return compare(found - Number(wanted));
    if (matches !== undefined) return matches(String(found)) === (operator === '=');
    return compare(String(found) === wanted ? 0 : String(found) < wanted ? -1 : 1);
  };
}

function isState(value: unknown, state: string): boolean {
  if (state === 'TRUE' || state === 'FALSE') return value === (state === 'TRUE');
  return state === 'NULL' ? value === null : value === undefined;
}

/** Follows `a.b[0].c`. */
function at(value: unknown, path: string): unknown {
  let found: unknown = value;
  for (const [step] of path.matchAll(/[^.[\]]+/g)) {
    found = typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[step] : undefined;
  }
  return found;
}
