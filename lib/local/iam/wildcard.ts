import { ANY_ONE, createGlob, type GlobPart, STAR } from '../glob.ts';

const LITERAL_STAR = '\u0001';
const LITERAL_QUESTION = '\u0002';

/**
 * Compiles an IAM wildcard pattern: `*` stands for any characters (colons and slashes included), `?` for exactly one
 * (IAM JSON policy elements: Resource). Patterns without a wildcard compare directly.
 */
export function wildcard(pattern: string): (text: string) => boolean {
  if (pattern === '*') return () => true;
  const first = pattern.search(/[*?]/);
  if (first === -1) {
    const literal = pattern.replaceAll(LITERAL_STAR, '*').replaceAll(LITERAL_QUESTION, '?');
    return (text) => text === literal;
  }
  return createGlob([...pattern].map(partOf));
}

const PARTS: ReadonlyMap<string, GlobPart> = new Map<string, GlobPart>([
  ['*', STAR],
  ['?', ANY_ONE],
  [LITERAL_STAR, '*'],
  [LITERAL_QUESTION, '?'],
]);

function partOf(character: string): GlobPart {
  return PARTS.get(character) ?? character;
}

/** Marks the wildcard characters of a text so that `wildcard` takes them literally. */
export function literally(text: string): string {
  return text.replaceAll('*', LITERAL_STAR).replaceAll('?', LITERAL_QUESTION);
}

/**
 * Compiles a pattern of the ARN condition operators: each of the six colon-delimited parts is compared on its own, so a
 * wildcard never reaches across a colon of the first five (IAM JSON policy elements: Condition operators, ARN).
 */
export function arnWildcard(pattern: string): (arn: string) => boolean {
  if (pattern === '*') return () => true;
  const parts = splitArn(pattern).map(wildcard);
  return (arn) => {
    const given = splitArn(arn);
    return given.length === parts.length && parts.every((matches, index) => matches(given[index] ?? ''));
  };
}

function splitArn(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}
