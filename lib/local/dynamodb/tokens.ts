/** What a piece of an expression is. */
export type TokenKind = 'name' | 'alias' | 'value' | 'number' | 'symbol' | 'end';

/** A piece of an expression with its place in the text. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
}

const PIECE =
  /\s+|(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<alias>#[A-Za-z0-9_]+)|(?<value>:[A-Za-z0-9_]+)|(?<number>\d+)|(?<symbol><=|>=|<>|.)/gs;

/** Cuts an expression into tokens; the last one is the end. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(PIECE)) {
    const [kind, piece] = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined) ?? [];
    if (piece !== undefined) tokens.push({ kind: kind as TokenKind, text: piece, at: match.index });
  }
  tokens.push({ kind: 'end', text: '<EOF>', at: text.length });
  return tokens;
}

/**
 * DynamoDB's words for a token it did not expect: the token, and the text from its left to its right neighbour.
 *
 * @example
 * `attribute_not_exists(` // => Syntax error; token: "<EOF>", near: "("
 */
export function syntaxProblem(text: string, tokens: readonly Token[], index: number): string {
  const first = tokens[Math.max(index - 1, 0)];
  const last = tokens[Math.min(index + 1, tokens.length - 1)];
  const end = last?.kind === 'end' ? text.trimEnd().length : (last?.at ?? 0) + (last?.text.length ?? 0);
  return `Syntax error; token: "${tokens[index]?.text}", near: "${text.slice(first?.at, end)}"`;
}
