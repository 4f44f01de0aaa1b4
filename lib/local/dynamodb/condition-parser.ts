import { checkFunction, checkOrderedOperands, noteSamePath } from './condition-checks.ts';
import type { Term } from './condition-term.ts';
import type { Comparator, Condition, Operand, Parsed } from './expression.ts';
import { type ExpressionReader, type Fault, readExpression, type Vocabulary } from './expression-reader.ts';

const COMPARATORS: readonly string[] = ['=', '<>', '<', '<=', '>', '>='];
/** Words that cannot start an operand. */
const KEYWORDS: readonly string[] = ['AND', 'OR', 'NOT', 'BETWEEN', 'IN'];
const MAX_CANDIDATES = 100;
/** Within one condition, and then for the whole expression. */
const CONDITION_FAULTS: readonly Fault[] = ['undefined', 'operand', 'distinct', 'function'];
const FAULTS: readonly Fault[] = ['parens', 'unknown-function', 'misused-function', 'reserved', 'condition'];

/** Parses a condition, filter or key condition; a text is what DynamoDB says is wrong with it. */
export function parseCondition(text: string, vocabulary: Vocabulary): Parsed<Condition> | string {
  return readExpression(text, vocabulary, (reader) => {
    const condition = conditionOf(reader, disjunction(reader));
    if (reader.peek().kind !== 'end') reader.stop();
    return reader.first(FAULTS) ?? reader.finish(condition);
  });
}

function disjunction(reader: ExpressionReader): Term {
  let left = conjunction(reader);
  while (reader.takeIf('OR')) left = joined(reader, 'or', left, conjunction(reader));
  return left;
}

function conjunction(reader: ExpressionReader): Term {
  let left = negation(reader);
  while (reader.takeIf('AND')) left = joined(reader, 'and', left, negation(reader));
  return left;
}

function joined(reader: ExpressionReader, kind: 'and' | 'or', left: Term, right: Term): Term {
  return { kind: 'condition', condition: { kind, left: conditionOf(reader, left), right: conditionOf(reader, right) } };
}

function negation(reader: ExpressionReader): Term {
  if (!reader.takeIf('NOT')) return comparison(reader);
  return { kind: 'condition', condition: { kind: 'not', of: conditionOf(reader, negation(reader)) } };
}

/** A term where a condition must be; `size()` is no condition, and an operand alone is unfinished. */
function conditionOf(reader: ExpressionReader, term: Term): Condition {
  if (term.kind === 'condition') return term.condition;
  if (term.operand.kind !== 'size') reader.stop();
  noteMisuse(reader, 'size');
  return { kind: 'exists', path: [], expected: true };
}

function comparison(reader: ExpressionReader): Term {
  const term = tail(reader, primary(reader));
  const fault = reader.drain(CONDITION_FAULTS);
  if (fault !== undefined) reader.note('condition', fault);
  return term;
}

/** What may follow a term: a comparator, BETWEEN or IN. */
function tail(reader: ExpressionReader, left: Term): Term {
  const { text } = reader.peek();
  if (COMPARATORS.includes(text)) {
    reader.take();
    const right = primary(reader);
    const [a, b] = [operandOf(reader, left), operandOf(reader, right)];
    noteSamePath(reader, text, [a, b]);
    checkOrderedOperands(reader, text, [left, right]);
    return { kind: 'condition', condition: { kind: 'compare', comparator: text as Comparator, left: a, right: b } };
  }
  if (reader.takeIf('BETWEEN')) return between(reader, left);
  return reader.takeIf('IN') ? membership(reader, left) : left;
}

function between(reader: ExpressionReader, left: Term): Term {
  const low = primary(reader);
  reader.expect('AND');
  const high = primary(reader);
  const of = operandOf(reader, left);
  checkOrderedOperands(reader, 'BETWEEN', [left, low, high]);
  return { kind: 'condition', condition: { kind: 'between', of, low: operandOf(reader, low), high: operandOf(reader, high) } };
}

function membership(reader: ExpressionReader, left: Term): Term {
  const of = operandOf(reader, left);
  reader.expect('(');
  const candidates = argumentsOf(reader).map((term) => operandOf(reader, term));
  if (candidates.length > MAX_CANDIDATES) {
    reader.note('operand', `The IN operator is provided with too many operands; number of operands: ${candidates.length}`);
  }
  return { kind: 'condition', condition: { kind: 'in', of, candidates } };
}

/** A term where an operand must be; a function other than `size` is no operand. */
function operandOf(reader: ExpressionReader, term: Term): Operand {
  if (term.kind === 'operand') return term.operand;
  if (term.called === undefined) reader.stop();
  noteMisuse(reader, term.called);
  return { kind: 'path', path: [] };
}

function noteMisuse(reader: ExpressionReader, name: string): void {
  reader.note('misused-function', `The function is not allowed to be used this way in an expression; function: ${name}`);
}

function primary(reader: ExpressionReader): Term {
  if (reader.takeIf('(')) {
    const inner = disjunction(reader);
    reader.expect(')');
    if (inner.parens) reader.note('parens', 'The expression has redundant parentheses;');
    return { ...inner, parens: true };
  }
  if (reader.peek().kind === 'value') {
    const ref = reader.value();
    return { kind: 'operand', operand: { kind: 'value', ref }, type: reader.typeOfValue(ref) };
  }
  if (reader.peek().kind === 'name' && reader.peek(1).text === '(') return call(reader);
  if (KEYWORDS.includes(reader.peek().text.toUpperCase())) reader.stop();
  return { kind: 'operand', operand: { kind: 'path', path: reader.path() } };
}

function call(reader: ExpressionReader): Term {
  const name = reader.take().text;
  reader.take();
  const terms = argumentsOf(reader);
  for (const term of terms) if (term.kind === 'condition') operandOf(reader, term);
  return checkFunction(reader, name, terms);
}

function argumentsOf(reader: ExpressionReader): Term[] {
  const terms = [primary(reader)];
  while (reader.takeIf(',')) terms.push(primary(reader));
  reader.expect(')');
  return terms;
}
