import { BlockList, isIP } from 'node:net';
import { createGlob, STAR } from '../glob.ts';

/** A pattern that AWS would refuse; the message says what is wrong with it. */
export class PatternError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PatternError';
  }
}

/** One alternative of a pattern's array: how it judges a value, and whether it accepts a missing field. */
export interface Leaf {
  /** Judges one scalar; objects and the emptiness of an array arrive as they are and match `exists` only. */
  matches(value: unknown): boolean;
  readonly matchesAbsent: boolean;
}

type Operator = (operand: unknown) => Leaf;

/** Compiles one alternative: a literal (equality) or an object with one operator. */
export function compileLeaf(rule: unknown): Leaf {
  if (rule === null || typeof rule === 'string' || typeof rule === 'number' || typeof rule === 'boolean')
    return when((value) => value === rule);
  if (typeof rule !== 'object' || Array.isArray(rule)) throw new PatternError('A rule must be a value or an object with one operator.');
  const entries = Object.entries(rule);
  const [name, operand] = entries[0] ?? [];
  if (entries.length !== 1 || name === undefined) throw new PatternError('A rule object must have exactly one operator.');
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (!operator) throw new PatternError(`Unrecognized match type ${name}`);
  return operator(operand);
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  prefix: (operand) => affix(operand, { name: 'prefix', holds: (text, part) => text.startsWith(part) }),
  suffix: (operand) => affix(operand, { name: 'suffix', holds: (text, part) => text.endsWith(part) }),
  'equals-ignore-case': (operand) => {
    const wanted = text(operand, 'equals-ignore-case').toLowerCase();
    return when((value) => typeof value === 'string' && value.toLowerCase() === wanted);
  },
  wildcard: (operand) => {
    const shape = wildcard(text(operand, 'wildcard'));
    return when((value) => typeof value === 'string' && shape(value));
  },
  'anything-but': anythingBut,
  numeric,
  exists: (operand) => {
    if (typeof operand !== 'boolean') throw new PatternError('exists match pattern must be either true or false.');
    return { matches: (value) => isLeaf(value) && operand, matchesAbsent: !operand };
  },
  cidr,
};

function when(matches: (value: unknown) => boolean): Leaf {
  return { matches, matchesAbsent: false };
}

/** `exists` judges leaf nodes only (EventBridge guide, "Exists matching"). */
function isLeaf(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

function text(operand: unknown, name: string): string {
  if (typeof operand !== 'string') throw new PatternError(`${name} match pattern must be a string.`);
  return operand;
}

function affix(operand: unknown, rule: { name: string; holds: (text: string, part: string) => boolean }): Leaf {
  if (typeof operand === 'object' && operand !== null && 'equals-ignore-case' in operand) {
    const part = text(operand['equals-ignore-case'], rule.name).toLowerCase();
    return when((value) => typeof value === 'string' && rule.holds(value.toLowerCase(), part));
  }
  const part = text(operand, rule.name);
  if (part === '') throw new PatternError(`Null ${rule.name} not allowed.`);
  return when((value) => typeof value === 'string' && rule.holds(value, part));
}

function anythingBut(operand: unknown): Leaf {
  const list = Array.isArray(operand) ? operand : [operand];
  if (list.length === 0) throw new PatternError('Empty arrays are not allowed.');
  const refused = list.flatMap((item) => {
    if (typeof item === 'string' || typeof item === 'number') return [compileLeaf(item)];
    if (typeof item !== 'object' || item === null)
      throw new PatternError('Inside anything-but, a value must be a string, a number or a rule.');
    return Object.entries(item).flatMap(([name, value]) => {
      if (!['prefix', 'suffix', 'equals-ignore-case', 'wildcard'].includes(name))
        throw new PatternError(`Unsupported anything-but pattern: ${name}`);
      return (Array.isArray(value) ? value : [value]).map((one) => compileLeaf({ [name]: one }));
    });
  });
  return when((value) => isLeaf(value) && value !== undefined && !refused.some((leaf) => leaf.matches(value)));
}

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

function numeric(operand: unknown): Leaf {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) {
    throw new PatternError('Value of numeric must be an array of one or two comparisons.');
  }
  const tests = [operand.slice(0, 2), operand.slice(2)]
    .filter((pair) => pair.length === 2)
    .map(([sign, bound]) => {
      const compare = typeof sign === 'string' && Object.hasOwn(COMPARISONS, sign) ? COMPARISONS[sign] : undefined;
      if (!compare) throw new PatternError(`Unrecognized numeric range operator: ${JSON.stringify(sign)}`);
      if (typeof bound !== 'number' || Math.abs(bound) > 5e9)
        throw new PatternError('Value of a numeric range must be a number within ±5.0e9.');
      return (value: number) => compare(value, bound);
    });
  return when((value) => typeof value === 'number' && tests.every((test) => test(value)));
}

function cidr(operand: unknown): Leaf {
  const [address = '', bits = '', ...more] = text(operand, 'cidr').split('/');
  const family = isIP(address);
  const prefix = /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (family === 0 || more.length > 0 || !(prefix <= (family === 4 ? 32 : 128))) throw new PatternError('Malformed CIDR.');
  const block = new BlockList();
  block.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  return when((value) => typeof value === 'string' && isIP(value) === family && block.check(value, family === 4 ? 'ipv4' : 'ipv6'));
}

/** `*` stands for any characters, `\*` for a star (EventBridge guide, "Matching using wildcards"). */
function wildcard(pattern: string): (text: string) => boolean {
  if (/(?<!\\)\*\*/.test(pattern)) throw new PatternError('Consecutive wildcard characters are not allowed.');
  const tokens = pattern.match(/\\[*\\]|./gs) ?? [];
  return createGlob(tokens.map((token) => (token === '*' ? STAR : token.slice(-1))));
}
