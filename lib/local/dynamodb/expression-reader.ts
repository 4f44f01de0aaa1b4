import type { Item } from './attribute-value.ts';
import { type AttributeType, typeOf } from './attribute-value.ts';
import type { Parsed, Path } from './expression.ts';
import { isReservedWord } from './reserved-words.ts';
import { syntaxProblem, type Token, tokensOf } from './tokens.ts';

/** What a parser needs to know of the request. */
export interface Vocabulary {
  readonly names: Readonly<Record<string, string>>;
  readonly values: Item;
}

/** The kinds of mistakes; which of several is reported depends on the kind, not on the place. */
export type Fault =
  | 'parens'
  | 'unknown-function'
  | 'misused-function'
  | 'reserved'
  | 'section'
  | 'undefined'
  | 'undefined-name'
  | 'undefined-value'
  | 'overlap'
  | 'conflict'
  | 'operand'
  | 'distinct'
  | 'function'
  | 'condition';

/** Reads an expression token by token, resolves names and values, and collects what is wrong. */
export interface ExpressionReader {
  peek(ahead?: number): Token;
  take(): Token;
  /** Takes the next token if it is this symbol or keyword (keywords in any case). */
  takeIf(text: string): boolean;
  isNext(text: string): boolean;
  expect(text: string): void;
  /** Stops at the next token: a syntax error outranks everything else. */
  stop(): never;
  path(): Path;
  /** The reference of a value, as the expression writes it. */
  value(): string;
  typeOfValue(ref: string): AttributeType | undefined;
  /** Remembers the first mistake of its kind. */
  note(fault: Fault, message: string): void;
  /** Forgets and returns the first mistake in that order of kinds. */
  drain(order: readonly Fault[]): string | undefined;
  first(order: readonly Fault[]): string | undefined;
  finish<T>(tree: T): Parsed<T>;
}

class SyntaxStop extends Error {}

/** Parses a text; the result is the tree, or what DynamoDB says is wrong with it. */
export function readExpression<T>(
  text: string,
  vocabulary: Vocabulary,
  parse: (reader: ExpressionReader) => Parsed<T> | string,
): Parsed<T> | string {
  try {
    return parse(createReader(text, vocabulary));
  } catch (error) {
    if (error instanceof SyntaxStop) return error.message;
    throw error;
  }
}

function createReader(text: string, { names, values }: Vocabulary): ExpressionReader {
  const tokens = tokensOf(text);
  const deep = tokens.find(isTooDeep());
  if (deep !== undefined) throw new SyntaxStop(syntaxProblem(text, tokens, tokens.indexOf(deep)));
  const faults = new Map<Fault, string>();
  const used = { names: new Set<string>(), values: new Set<string>(), heads: new Set<string>(), nested: new Set<string>() };
  let index = 0;

  const end = tokens.at(-1) as Token;
  const peek = (ahead = 0) => tokens[index + ahead] ?? end;
  const isNext = (expected: string) => peek().kind !== 'end' && peek().text.toUpperCase() === expected;
  const note = (fault: Fault, message: string) => {
    if (!faults.has(fault)) faults.set(fault, message);
  };

  /** An update looks for undefined names before undefined values, a condition for whichever comes first. */
  function noteUndefined(fault: Fault, message: string): void {
    note(fault, message);
    note('undefined', message);
  }

  function stop(): never {
    throw new SyntaxStop(syntaxProblem(text, tokens, index));
  }

  function take(): Token {
    const token = peek();
    if (token.kind === 'end') stop();
    index++;
    return token;
  }

  function takeIf(expected: string): boolean {
    if (!isNext(expected)) return false;
    index++;
    return true;
  }

  function step(): string {
    const { kind, text: word } = peek();
    if (kind !== 'name' && kind !== 'alias') stop();
    index++;
    if (kind === 'name') {
      if (isReservedWord(word)) note('reserved', `Attribute name is a reserved keyword; reserved keyword: ${word}`);
      return word;
    }
    const name = names[word];
    if (name === undefined) {
      noteUndefined('undefined-name', `An expression attribute name used in the document path is not defined; attribute name: ${word}`);
      return word;
    }
    used.names.add(word);
    return name;
  }

  function position(): number {
    if (peek().kind !== 'number') stop();
    const at = Number(take().text);
    if (!takeIf(']')) stop();
    return at;
  }

  function path(): Path {
    const steps: (string | number)[] = [step()];
    for (;;) {
      if (takeIf('.')) steps.push(step());
      else if (takeIf('[')) steps.push(position());
      else break;
    }
    used.heads.add(String(steps[0]));
    if (steps.length > 1) used.nested.add(String(steps[0]));
    return steps;
  }

  function value(): string {
    if (peek().kind !== 'value') stop();
    const ref = take().text;
    if (Object.hasOwn(values, ref)) used.values.add(ref);
    else noteUndefined('undefined-value', `An expression attribute value used in expression is not defined; attribute value: ${ref}`);
    return ref;
  }

  const first = (order: readonly Fault[]) => order.map((fault) => faults.get(fault)).find((message) => message !== undefined);

  return {
    peek,
    take,
    takeIf,
    isNext,
    stop,
    path,
    value,
    note,
    first,
    expect(expected) {
      if (!takeIf(expected)) stop();
    },
    typeOfValue: (ref) => (Object.hasOwn(values, ref) ? typeOf(values[ref] as Item[string]) : undefined),
    drain(order) {
      const message = first(order);
      for (const fault of order) faults.delete(fault);
      return message;
    },
    finish: (tree) => ({ tree, names: [...used.names], values: [...used.values], heads: [...used.heads], nestedHeads: [...used.nested] }),
  };
}

/** More levels than an expression may have operators (Developer guide, "Service quotas"); each one is a function that calls itself. */
const MAX_LEVELS = 300;

function isTooDeep(): (token: Token) => boolean {
  let levels = 0;
  return ({ text }) => {
    if (text === '(') levels += 1;
    else if (text === ')') levels -= 1;
    return levels > MAX_LEVELS;
  };
}

/** A path as messages show it. */
export function shownPath(path: Path): string {
  return `[${path.map((step) => (typeof step === 'number' ? `[${step}]` : step)).join(', ')}]`;
}

/** Notes paths of which one contains the other, or which disagree on what an element is. */
export function notePathClashes(reader: ExpressionReader, paths: readonly Path[]): void {
  for (const [at, second] of paths.entries()) {
    for (const first of paths.slice(0, at)) noteClash(reader, first, second);
  }
}

function noteClash(reader: ExpressionReader, first: Path, second: Path): void {
  const shown = `must remove or rewrite one of these paths; path one: ${shownPath(first)}, path two: ${shownPath(second)}`;
  const shared = Math.min(first.length, second.length);
  const fork = first.findIndex((step, depth) => depth >= shared || step !== second[depth]);
  if (fork < 0 || fork >= shared) reader.note('overlap', `Two document paths overlap with each other; ${shown}`);
  else if (typeof first[fork] !== typeof second[fork]) reader.note('conflict', `Two document paths conflict with each other; ${shown}`);
}
