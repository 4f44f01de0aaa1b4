/**
 * Characters that move a terminal's cursor, colour it or turn the direction of writing: what a message says must not be able to forge
 * what this command says.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const escaped = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16)}}`;

/** Foreign text on one line, at most `max` characters. */
export function printable(text: string, max = Number.POSITIVE_INFINITY): string {
  const line = text.replace(/\s+/g, ' ').trim().replace(UNPRINTABLE, escaped);
  return line.length > max ? `${line.slice(0, max - 1).toWellFormed()}…` : line;
}

/** Foreign text of many lines, which keeps its lines and tabs. */
export function printableLines(text: string): readonly string[] {
  return text.split(/\r?\n/).map((line) => line.replaceAll('\t', '  ').replace(UNPRINTABLE, escaped));
}

/** A UTC time to the second. */
export function instant(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const;

/** A time span in its largest unit, e.g. `3m`; seconds in. */
export function span(seconds: number): string {
  const [unit, size] = UNITS.find(([, least]) => seconds >= least * 2) ?? ['s', 1];
  return `${Math.max(0, Math.round(seconds / size))}${unit}`;
}

/** `1 failure`, `2 failures`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** The beginning of an id by which people call it; every command takes it while it is the only one that begins so. */
export const shortId = (id: string): string => printable(id).slice(0, 10);
