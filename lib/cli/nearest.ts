/** Letters that may be wrong, missing, too many or swapped in a word that still is taken for another. */
const SLIPS = 2;

/** The word that somebody meant who wrote `given`: one that begins so, or else the one with the fewest slips; undefined if none is near. */
export function nearest(given: string, words: readonly string[]): string | undefined {
  const begun = words.filter((word) => given.length > 1 && word.startsWith(given));
  if (begun.length === 1) return begun[0];
  const near = words.map((word) => ({ word, slips: slipsBetween(given, word) }));
  const [best] = near.filter(({ word, slips }) => slips <= Math.min(SLIPS, word.length - 2)).sort((one, other) => one.slips - other.slips);
  return best?.word;
}

/** Damerau-Levenshtein distance, of adjacent letters only. */
function slipsBetween(one: string, other: string): number {
  const rows: number[][] = [Array.from({ length: other.length + 1 }, (_, column) => column)];
  const cell = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= one.length; row += 1) {
    rows[row] = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1];
      const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      const steps = [cell(row - 1, column) + 1, cell(row, column - 1) + 1, cell(row - 1, column - 1) + (same ? 0 : 1)];
      (rows[row] as number[])[column] = Math.min(...steps, swapped ? cell(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY);
    }
  }
  return cell(one.length, other.length);
}
