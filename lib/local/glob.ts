/** Stands for any characters. */
export const STAR: unique symbol = Symbol('*');
/** Stands for exactly one character. */
export const ANY_ONE: unique symbol = Symbol('?');

/** A part of a pattern: a text that stands for itself, or a wildcard. */
export type GlobPart = string | typeof STAR | typeof ANY_ONE;

/** What stands between two stars, one UTF-16 unit each. */
type Piece = readonly (string | typeof ANY_ONE)[];

/**
 * Compiles a wildcard pattern. Pieces between stars are looked for from left to right, each at its first place: that is as good as any
 * other place, so no text makes it try combinations, as the same pattern written as a regular expression would.
 *
 * @example
 * createGlob(['orders-', STAR, '.fifo'])('orders-eu.fifo'); // => true
 */
export function createGlob(parts: readonly GlobPart[]): (text: string) => boolean {
  const pieces = piecesOf(parts);
  const first = pieces[0] as Piece;
  if (pieces.length === 1) return (text) => text.length === first.length && fits(text, first, 0);
  const last = pieces.at(-1) as Piece;
  const between = pieces.slice(1, -1);
  return (text) => {
    const end = text.length - last.length;
    if (end < first.length || !fits(text, first, 0) || !fits(text, last, end)) return false;
    let at = first.length;
    for (const piece of between) {
      at = placeOf(piece, text, { from: at, to: end });
      if (at < 0) return false;
      at += piece.length;
    }
    return true;
  };
}

function piecesOf(parts: readonly GlobPart[]): readonly Piece[] {
  const pieces: (string | typeof ANY_ONE)[][] = [[]];
  for (const part of parts) {
    if (part === STAR) pieces.push([]);
    else if (part === ANY_ONE) pieces.at(-1)?.push(ANY_ONE);
    else if (typeof part === 'string') pieces.at(-1)?.push(...part.split(''));
  }
  return pieces;
}

function placeOf(piece: Piece, text: string, { from, to }: { readonly from: number; readonly to: number }): number {
  for (let at = from; at + piece.length <= to; at += 1) if (fits(text, piece, at)) return at;
  return -1;
}

function fits(text: string, piece: Piece, at: number): boolean {
  for (let index = 0; index < piece.length; index += 1) {
    const expected = piece[index];
    if (expected !== ANY_ONE && text[at + index] !== expected) return false;
  }
  return true;
}
