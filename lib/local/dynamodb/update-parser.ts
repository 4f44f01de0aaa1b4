import type { AttributeType } from './attribute-value.ts';
import type { Parsed, Path, UpdateAction, UpdateValue } from './expression.ts';
import { type ExpressionReader, type Fault, notePathClashes, readExpression, type Vocabulary } from './expression-reader.ts';

const FAULTS: readonly Fault[] = [
  'reserved',
  'unknown-function',
  'section',
  'undefined-name',
  'undefined-value',
  'overlap',
  'conflict',
  'operand',
  'function',
];
const SECTIONS = ['SET', 'REMOVE', 'ADD', 'DELETE'] as const;
/** The types that ADD and DELETE refuse, by the names that their complaint uses. */
const TYPE_NAMES: Partial<Record<AttributeType, string>> = {
  S: 'STRING',
  N: 'NUMBER',
  B: 'BINARY',
  NULL: 'NULL',
  BOOL: 'BOOLEAN',
  L: 'LIST',
  M: 'MAP',
};

/** Parses an update expression; a text is what DynamoDB says is wrong with it. */
export function parseUpdate(text: string, vocabulary: Vocabulary): Parsed<readonly UpdateAction[]> | string {
  return readExpression(text, vocabulary, (reader) => {
    const actions: UpdateAction[] = [];
    const seen = new Set<string>();
    do {
      const section = SECTIONS.find((name) => reader.isNext(name)) ?? reader.stop();
      if (seen.has(section)) reader.note('section', `The "${section}" section can only be used once in an update expression;`);
      seen.add(section);
      reader.take();
      do actions.push(action(reader, section));
      while (reader.takeIf(','));
    } while (reader.peek().kind !== 'end');
    notePathClashes(
      reader,
      actions.map((each) => each.path),
    );
    // The heads of an update are what it writes, not what it reads.
    const heads = new Set(actions.map((each) => String(each.path[0])));
    return reader.first(FAULTS) ?? { ...reader.finish(actions), heads: [...heads] };
  });
}

function action(reader: ExpressionReader, section: (typeof SECTIONS)[number]): UpdateAction {
  const path = reader.path();
  if (section === 'REMOVE') return { kind: 'remove', path };
  if (section === 'SET') {
    reader.expect('=');
    return { kind: 'set', path, value: assigned(reader).value };
  }
  const ref = reader.value();
  const type = reader.typeOfValue(ref);
  const refused = type && !(section === 'ADD' && type === 'N') ? TYPE_NAMES[type] : undefined;
  if (refused) {
    reader.note('operand', `Incorrect operand type for operator or function; operator: ${section}, operand type: ${refused}`);
  }
  return { kind: section === 'ADD' ? 'add' : 'delete', path, ref };
}

/** A value with its type when it comes straight from the request. */
interface Typed {
  readonly value: UpdateValue;
  readonly type?: AttributeType | undefined;
}

function assigned(reader: ExpressionReader): Typed {
  const left = operand(reader);
  const sign = reader.peek().text;
  if (sign !== '+' && sign !== '-') return left;
  reader.take();
  const right = operand(reader);
  noteWrongTypes(reader, sign, 'N', [left, right]);
  return { value: { kind: sign === '+' ? 'plus' : 'minus', left: left.value, right: right.value } };
}

function operand(reader: ExpressionReader): Typed {
  if (reader.takeIf('(')) {
    const inner = assigned(reader);
    reader.expect(')');
    return inner;
  }
  if (reader.peek().kind === 'value') {
    const ref = reader.value();
    return { value: { kind: 'value', ref }, type: reader.typeOfValue(ref) };
  }
  if (reader.peek().kind === 'name' && reader.peek(1).text === '(') return call(reader);
  return { value: { kind: 'path', path: reader.path() } };
}

function call(reader: ExpressionReader): Typed {
  const name = reader.take().text;
  reader.take();
  const operands = [operand(reader)];
  while (reader.takeIf(',')) operands.push(operand(reader));
  reader.expect(')');
  const [first, second] = operands as [Typed, Typed?];
  if (name !== 'if_not_exists' && name !== 'list_append') reader.note('unknown-function', `Invalid function name; function: ${name}`);
  else if (operands.length !== 2) {
    const count = `operator or function: ${name}, number of operands: ${operands.length}`;
    reader.note('function', `Incorrect number of operands for operator or function; ${count}`);
  }
  const fallback = second?.value ?? first.value;
  if (name === 'list_append') {
    noteWrongTypes(reader, name, 'L', operands);
    return { value: { kind: 'append', left: first.value, right: fallback } };
  }
  return { value: { kind: 'if-absent', path: pathOf(reader, first), fallback } };
}

function pathOf(reader: ExpressionReader, { value }: Typed): Path {
  if (value.kind === 'path') return value.path;
  reader.note('function', 'Operator or function requires a document path; operator or function: if_not_exists');
  return [];
}

function noteWrongTypes(reader: ExpressionReader, operator: string, expected: AttributeType, operands: readonly Typed[]): void {
  const wrong = operands.find(({ type }) => type !== undefined && type !== expected);
  if (!wrong) return;
  reader.note(
    'function',
    `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${wrong.type}`,
  );
}
