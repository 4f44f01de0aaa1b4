/** Where the value of a member of an object is in its text. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Sets one member of the outermost object of a JSON text, and leaves every other byte as it is: parsing and writing it anew would change
 * numbers beyond a double's precision. `text` must be a JSON object; of a member that is there twice the last counts, as it does for readers.
 *
 * @example
 * withMember('{"n":12345678901234567890}', 'revision', '1'); // => '{"revision":1,"n":12345678901234567890}'
 */
export function withMember(text: string, name: string, json: string): string {
  const span = spanOf(text, name);
  if (span !== undefined) return text.slice(0, span.start) + json + text.slice(span.end);
  const open = text.indexOf('{') + 1;
  const empty = text.slice(open).trimStart().startsWith('}');
  return `${text.slice(0, open)}${JSON.stringify(name)}:${json}${empty ? '' : ','}${text.slice(open)}`;
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

function spanOf(text: string, name: string): Span | undefined {
  let found: Span | undefined;
  let depth = 0;
  let key: string | undefined;
  let start = -1;
  let end = -1;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === '}' || token === ']') depth -= 1;
    const outermost = depth === (token === '{' || token === '[' ? 0 : 1);
    if ((depth === 0 && token === '}') || (outermost && token === ',')) {
      if (key === name) found = { start, end };
      key = undefined;
      start = -1;
    } else if (outermost && token === ':') start = -2;
    else if (depth === 1 && key === undefined && token.startsWith('"')) key = JSON.parse(token) as string;
    else if (start === -2) start = index;
    if (start >= 0) end = index + token.length;
    if (token === '{' || token === '[') depth += 1;
  }
  return found;
}
