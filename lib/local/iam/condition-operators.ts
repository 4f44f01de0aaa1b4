import { isIpInBlock } from './ip-block.ts';
import { arnWildcard, wildcard } from './wildcard.ts';

/** Compiles one value of a policy into a test of one value of a request. */
type Comparison = (expected: string) => (given: string) => boolean;

/** An operator without its quantifier and suffix; a negated one holds when no value matches. */
export interface ConditionOperator {
  readonly compare: Comparison;
  readonly negated: boolean;
}

const literal = wildcardFree();

const equals: Comparison = (expected) => (given) => given === expected;
const equalsIgnoreCase: Comparison = (expected) => {
  const lower = expected.toLowerCase();
  return (given) => given.toLowerCase() === lower;
};
const bool: Comparison = equalsIgnoreCase;
const binary: Comparison = equals;
const ip: Comparison = (expected) => (given) => isIpInBlock(given, expected);

const numeric = (holds: (given: number, expected: number) => boolean): Comparison => ordered(Number, holds);
const date = (holds: (given: number, expected: number) => boolean): Comparison => ordered(toEpochMs, holds);

const eq = (given: number, expected: number) => given === expected;
const lt = (given: number, expected: number) => given < expected;
const lte = (given: number, expected: number) => given <= expected;
const gt = (given: number, expected: number) => given > expected;
const gte = (given: number, expected: number) => given >= expected;

const yes = (compare: Comparison): ConditionOperator => ({ compare, negated: false });
const no = (compare: Comparison): ConditionOperator => ({ compare, negated: true });

/**
 * Every condition operator but `Null` (IAM JSON policy elements: Condition operators), by lower-case name. ArnEquals and ArnLike
 * behave identically.
 */
export const CONDITION_OPERATORS: ReadonlyMap<string, ConditionOperator> = new Map([
  ['stringequals', yes(literal)],
  ['stringnotequals', no(literal)],
  ['stringequalsignorecase', yes(equalsIgnoreCase)],
  ['stringnotequalsignorecase', no(equalsIgnoreCase)],
  ['stringlike', yes(wildcard)],
  ['stringnotlike', no(wildcard)],
  ['arnequals', yes(arnWildcard)],
  ['arnlike', yes(arnWildcard)],
  ['arnnotequals', no(arnWildcard)],
  ['arnnotlike', no(arnWildcard)],
  ['numericequals', yes(numeric(eq))],
  ['numericnotequals', no(numeric(eq))],
  ['numericlessthan', yes(numeric(lt))],
  ['numericlessthanequals', yes(numeric(lte))],
  ['numericgreaterthan', yes(numeric(gt))],
  ['numericgreaterthanequals', yes(numeric(gte))],
  ['dateequals', yes(date(eq))],
  ['datenotequals', no(date(eq))],
  ['datelessthan', yes(date(lt))],
  ['datelessthanequals', yes(date(lte))],
  ['dategreaterthan', yes(date(gt))],
  ['dategreaterthanequals', yes(date(gte))],
  ['bool', yes(bool)],
  ['binaryequals', yes(binary)],
  ['ipaddress', yes(ip)],
  ['notipaddress', no(ip)],
]);

function ordered(read: (text: string) => number, holds: (given: number, expected: number) => boolean): Comparison {
  return (expected) => {
    const limit = read(expected);
    return (given) => holds(read(given), limit);
  };
}

/** Dates are ISO 8601 or seconds since the epoch. */
function toEpochMs(text: string): number {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}

/** Equality that still takes the marks of filled-in variables as the characters they stand for. */
function wildcardFree(): Comparison {
  return (expected) => {
    const plain = expected.replaceAll('\u0001', '*').replaceAll('\u0002', '?');
    return (given) => given === plain;
  };
}
