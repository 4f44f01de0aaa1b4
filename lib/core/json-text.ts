/** Strings, and what stands between them; a string is never touched. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s"{}[\]:,]+/g;

/**
 * JSON on many lines, made from the text and not from its values: numbers beyond what JavaScript holds stay as they were written.
 * Anything else than JSON comes back as it is.
 */
export function prettyJson(text: string): string {
  if (!isJson(text)) return text;
  let depth = 0;
  let last = '';
  let pretty = '';
  const line = () => `\n${'  '.repeat(depth)}`;
  for (const [token] of text.matchAll(TOKENS)) {
    const opens = last === '{' || last === '[';
    const closes = token === '}' || token === ']';
    if (closes) depth -= 1;
    if (closes ? !opens : opens || last === ',') pretty += line();
    pretty += token === ':' ? ': ' : token;
    if (token === '{' || token === '[') depth += 1;
    last = token;
  }
  return pretty;
}

/** JSON on one line without blanks between its tokens; anything else as it is. */
export function compactJson(text: string): string {
  return isJson(text) ? (text.match(TOKENS) ?? []).join('') : text;
}

/** Whether it is JSON. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
