const TOKEN = /[A-Za-z0-9_#:]+|<=|>=|<>|\s+|./gs;

/**
 * A parser's failure in DynamoDB's words: the token at which reading stopped, and that token with its neighbours.
 *
 * @example
 * `attribute_not_exists(` // => Syntax error; token: "<EOF>", near: "("
 */
export function syntaxProblem(text: string, error: unknown): string {
  if (!(error instanceof Error)) throw error;
  const at = (error as { location?: { start?: { offset?: number } } }).location?.start?.offset;
  if (at === undefined) throw error;
  const tokens = [...text.matchAll(TOKEN)].filter((match) => match[0].trim() !== '');
  const found = tokens.findIndex((match) => at < match.index + match[0].length);
  const index = found < 0 ? tokens.length : found;
  const first = tokens[Math.max(index - 1, 0)];
  const last = tokens[Math.min(index + 1, tokens.length - 1)];
  const near = first && last ? text.slice(first.index, last.index + last[0].length) : '';
  return `Syntax error; token: "${tokens[index]?.[0] ?? '<EOF>'}", near: "${near}"`;
}
