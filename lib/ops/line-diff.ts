/** Lines that a diff compares line by line; beyond, what differs in the middle is shown as one change. */
const MAX_COMPARED = 400;
const CONTEXT = 3;

type Edit = readonly [sign: ' ' | '-' | '+', line: string];

/**
 * A unified diff of two JSON texts, indented so that a change of one value is a change of one line; of other texts line by line as they are.
 * Empty when nothing differs.
 */
export function diffOf(before: string, after: string): string {
  const edits = editsOf(indented(before).split('\n'), indented(after).split('\n'));
  return hunksOf(edits).join('\n');
}

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function editsOf(before: readonly string[], after: readonly string[]): Edit[] {
  let head = 0;
  while (head < Math.min(before.length, after.length) && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(before.length, after.length) - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const middle = compared(before.slice(head, before.length - tail), after.slice(head, after.length - tail));
  const same = (lines: readonly string[]) => lines.map((line): Edit => [' ', line]);
  return [...same(before.slice(0, head)), ...middle, ...same(before.slice(before.length - tail))];
}

// The longest common subsequence, by its table.
function compared(before: readonly string[], after: readonly string[]): Edit[] {
  if (Math.max(before.length, after.length) > MAX_COMPARED) return [...signed('-', before), ...signed('+', after)];
  const table = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  const at = (row: number, column: number) => table[row]?.[column] ?? 0;
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      const length = before[row] === after[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
      (table[row] as number[])[column] = length;
    }
  }
  const edits: Edit[] = [];
  let [row, column] = [0, 0];
  while (row < before.length && column < after.length) {
    if (before[row] === after[column]) {
      edits.push([' ', before[row] as string]);
      row += 1;
      column += 1;
    } else if (at(row + 1, column) >= at(row, column + 1)) {
      edits.push(['-', before[row] as string]);
      row += 1;
    } else {
      edits.push(['+', after[column] as string]);
      column += 1;
    }
  }
  return [...edits, ...signed('-', before.slice(row)), ...signed('+', after.slice(column))];
}

function signed(sign: '-' | '+', lines: readonly string[]): Edit[] {
  return lines.map((line): Edit => [sign, line]);
}

function hunksOf(edits: readonly Edit[]): string[] {
  const near = edits.map((_, index) => edits.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(([sign]) => sign !== ' '));
  const lines: string[] = [];
  let [before, after] = [1, 1];
  edits.forEach(([sign, line], index) => {
    if (near[index] && !near[index - 1]) {
      const length = near.slice(index).indexOf(false);
      const hunk = edits.slice(index, length === -1 ? undefined : index + length);
      const count = (other: '-' | '+') => hunk.filter(([one]) => one !== other).length;
      lines.push(`@@ -${before},${count('+')} +${after},${count('-')} @@`);
    }
    if (near[index]) lines.push(`${sign}${line}`);
    if (sign !== '+') before += 1;
    if (sign !== '-') after += 1;
  });
  return lines;
}
