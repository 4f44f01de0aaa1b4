import { AwsError } from '../aws.ts';
import type { ConditionContext } from './condition-context.ts';
import { CONDITION_OPERATORS, type ConditionOperator } from './condition-operators.ts';
import { type ConditionElement, list } from './policy-document.ts';
import { fillVariables, hasVariables } from './policy-variables.ts';

type Test = (context: ConditionContext) => boolean;
type Quantifier = 'any' | 'forall' | 'forany';

/** Compiles a Condition element: every operator and every key in it must hold (logical AND), any of a key's values may. */
export function compileCondition(element: ConditionElement | undefined): Test {
  const tests: Test[] = [];
  for (const [operator, keys] of Object.entries(element ?? {})) {
    for (const [key, values] of Object.entries(keys)) tests.push(compileTest(operator, key.toLowerCase(), list(values).map(String)));
  }
  if (tests.length === 0) return () => true;
  return (context) => tests.every((test) => test(context));
}

function compileTest(written: string, key: string, values: readonly string[]): Test {
  const { quantifier, name, ifExists } = readOperator(written);
  if (name === 'null') return compileNull(key, values);
  const operator = CONDITION_OPERATORS.get(name);
  if (operator === undefined) throw new AwsError('MalformedPolicyDocumentException', `Invalid Condition type : ${written}.`);
  const matches = compileValues(operator, values);
  return (context) => {
    const given = context(key);
    const present = given !== undefined && !(Array.isArray(given) && given.length === 0);
    if (!present) return quantifier === 'forall' || (quantifier !== 'forany' && (ifExists || operator.negated));
    return holds(quantifier, operator, { given: typeof given === 'string' ? [given] : given, matches: (value) => matches(value, context) });
  };
}

interface Given {
  readonly given: readonly string[];
  readonly matches: (value: string) => boolean;
}

/** `ForAllValues` asks it of every value of the request, `ForAnyValue` of one; without a quantifier a negated operator asks all. */
function holds(quantifier: Quantifier, operator: ConditionOperator, { given, matches }: Given): boolean {
  const test = operator.negated ? (value: string) => !matches(value) : matches;
  const everyValue = quantifier === 'forall' || (quantifier === 'any' && operator.negated);
  return everyValue ? given.every(test) : given.some(test);
}

function compileValues(operator: ConditionOperator, values: readonly string[]): (given: string, context: ConditionContext) => boolean {
  const fixed = values.filter((value) => !hasVariables(value)).map(operator.compare);
  const variable = values.filter(hasVariables);
  return (given, context) => {
    if (fixed.some((test) => test(given))) return true;
    return variable.some((value) => {
      const filled = fillVariables(value, context);
      return filled !== undefined && operator.compare(filled)(given);
    });
  };
}

/** `Null: { key: true }` holds when the request has no such key. */
function compileNull(key: string, values: readonly string[]): Test {
  const wantsAbsent = values.some((value) => value.toLowerCase() === 'true');
  return (context) => (context(key) === undefined) === wantsAbsent;
}

function readOperator(written: string): { quantifier: Quantifier; name: string; ifExists: boolean } {
  let name = written.toLowerCase();
  let quantifier: Quantifier = 'any';
  if (name.startsWith('forallvalues:')) quantifier = 'forall';
  if (name.startsWith('foranyvalue:')) quantifier = 'forany';
  name = name.slice(name.indexOf(':') + 1);
  const ifExists = name.endsWith('ifexists');
  return { quantifier, name: ifExists ? name.slice(0, -'ifexists'.length) : name, ifExists };
}
