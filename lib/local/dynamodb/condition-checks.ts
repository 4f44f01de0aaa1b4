import type { AttributeType } from './attribute-value.ts';
import type { Term } from './condition-term.ts';
import type { Condition, Operand } from './expression.ts';
import { type ExpressionReader, shownPath } from './expression-reader.ts';

const ARITY: Readonly<Record<string, number>> = {
  attribute_exists: 1,
  attribute_not_exists: 1,
  attribute_type: 2,
  begins_with: 2,
  contains: 2,
  size: 1,
};
const ORDERED: readonly (AttributeType | undefined)[] = ['S', 'N', 'B', undefined];
const SIZELESS: readonly (AttributeType | undefined)[] = ['N', 'BOOL', 'NULL'];
const NOWHERE: Operand = { kind: 'path', path: [] };

/** Checks a call of a function in a condition and turns it into its meaning. */
export function checkFunction(reader: ExpressionReader, name: string, terms: readonly Term[]): Term {
  const arity = Object.hasOwn(ARITY, name) ? ARITY[name] : undefined;
  if (arity === undefined) reader.note('unknown-function', `Invalid function name; function: ${name}`);
  else if (arity !== terms.length) {
    const count = `operator or function: ${name}, number of operands: ${terms.length}`;
    reader.note('operand', `Incorrect number of operands for operator or function; ${count}`);
  } else {
    noteSamePath(reader, name, terms.map(operand));
    checkTypes(reader, name, terms);
  }
  const [first = NOWHERE, second = NOWHERE] = terms.map(operand);
  if (name === 'size') return { kind: 'operand', operand: { kind: 'size', of: first }, type: 'N' };
  return { kind: 'condition', condition: predicate(name, first, second), called: name };
}

function predicate(name: string, first: Operand, second: Operand): Condition {
  switch (name) {
    case 'attribute_type':
      return { kind: 'type', of: first, type: second };
    case 'begins_with':
      return { kind: 'begins-with', of: first, part: second };
    case 'contains':
      return { kind: 'contains', of: first, part: second };
    default:
      return { kind: 'exists', path: first.kind === 'path' ? first.path : [], expected: name === 'attribute_exists' };
  }
}

function operand(term: Term): Operand {
  return term.kind === 'operand' ? term.operand : NOWHERE;
}

function typeAt(terms: readonly Term[], at: number): AttributeType | undefined {
  const term = terms[at];
  return term?.kind === 'operand' ? term.type : undefined;
}

function checkTypes(reader: ExpressionReader, name: string, terms: readonly Term[]): void {
  const [first, second] = [typeAt(terms, 0), typeAt(terms, 1)];
  const wrong = (type: string) => reader.note('function', wrongType(name, type));
  switch (name) {
    case 'attribute_exists':
    case 'attribute_not_exists':
      if (terms.map(operand)[0]?.kind !== 'path') {
        reader.note('function', `Operator or function requires a document path; operator or function: ${name}`);
      }
      return;
    case 'begins_with':
      for (const type of [first, second]) if (type && type !== 'S' && type !== 'B') wrong(type);
      return;
    case 'attribute_type':
      if (second !== 'S') wrong(second ?? '{NS,SS,L,BS,N,M,B,BOOL,NULL,S}');
      return;
    case 'size':
      if (SIZELESS.includes(first)) wrong(first as string);
      return;
    default:
      return;
  }
}

/** Only texts, numbers and blobs have an order. */
export function checkOrderedOperands(reader: ExpressionReader, operator: string, terms: readonly Term[]): void {
  if (operator === '=' || operator === '<>') return;
  const wrong = terms.map((_, at) => typeAt(terms, at)).find((type) => !ORDERED.includes(type));
  if (wrong) reader.note('function', wrongType(operator, wrong));
}

/** Comparing a path with itself is refused. */
export function noteSamePath(reader: ExpressionReader, operator: string, [first, second]: readonly Operand[]): void {
  if (first?.kind !== 'path' || second?.kind !== 'path' || shownPath(first.path) !== shownPath(second.path)) return;
  reader.note(
    'distinct',
    `The first operand must be distinct from the remaining operands for this operator or function; operator: ${operator}, first operand: ${shownPath(first.path)}`,
  );
}

function wrongType(operator: string, type: string): string {
  return `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`;
}
