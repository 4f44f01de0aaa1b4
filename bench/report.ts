/** Rows of one measurement, ready to print. */
export interface Table {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** A figure that the project set itself, and what was measured. */
export interface Target {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
}

/** What one suite measured. */
export interface Report {
  readonly suite: string;
  readonly title: string;
  /** How it was measured, in sentences. */
  readonly method: string;
  readonly tables: readonly Table[];
  readonly targets: readonly Target[];
}

/** One measurement of the benchmark. */
export interface Suite {
  readonly name: string;
  /** Takes minutes: runs only where it is named, and for the page of results. */
  readonly onDemand?: boolean;
  run(say: (text: string) => void): Promise<Report>;
}

/** The middle of some numbers, and how far they spread. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** The value below which `share` of the sorted numbers are. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Smallest, median and largest. */
export function spreadOf(numbers: readonly number[]): Spread {
  return { min: Math.min(...numbers), median: quantile(numbers, 0.5), max: Math.max(...numbers) };
}

/** `min / median / max`, rounded. */
export function formatSpread({ min, median, max }: Spread, digits = 0): string {
  return [min, median, max].map((value) => value.toFixed(digits)).join(' / ');
}

/** A report as text for a terminal. */
export function formatText({ title, tables, targets }: Report): string {
  const parts = tables.map(({ caption, columns, rows }) => `${caption}\n${aligned([columns, ...rows])}`);
  const verdicts = targets.map(
    ({ what, target, measured, met }) => `${met ? 'met   ' : 'MISSED'}  ${what}: ${measured} (target ${target})`,
  );
  return [`== ${title}`, ...parts, ...(verdicts.length > 0 ? [verdicts.join('\n')] : [])].join('\n\n');
}

/** A report as Markdown. */
export function formatMarkdown({ suite, title, method, tables, targets }: Report): string {
  const parts = tables.map(({ caption, columns, rows }) => `${caption}\n\n${markdownTable([columns, ...rows])}`);
  const verdicts = markdownTable([
    ['target', 'wanted', 'measured', ''],
    ...targets.map(({ what, target, measured, met }) => [what, target, measured, met ? 'met' : '**missed**']),
  ]);
  const command = `\`npm run bench -- ${suite}\``;
  return [`## ${title}`, `${command}. ${method}`, ...parts, ...(targets.length > 0 ? [verdicts] : [])].join('\n\n');
}

type Row = readonly (string | number)[];

function aligned(rows: readonly Row[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => String(row[column] ?? '').length))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `  ${line}`)
    .join('\n');
}

const pad = (cell: string | number, width: number): string =>
  typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width);

function markdownTable([head = [], ...rows]: readonly Row[]): string {
  const rule = head.map((_, column) => (typeof rows[0]?.[column] === 'number' ? '---:' : '---'));
  return [head, rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
