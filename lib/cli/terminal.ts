/** What a command may print to: colour and a live line only on a terminal, plain lines elsewhere. */
export interface Terminal {
  /** A lasting line. */
  line(text?: string): void;
  /** Replaces the live line; on anything but a terminal it prints nothing. */
  progress(text: string): void;
  bold(text: string): string;
  dim(text: string): string;
  green(text: string): string;
  red(text: string): string;
}

/** A terminal over a stream. `NO_COLOR` turns colour off (https://no-color.org). */
export function createTerminal(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv = process.env): Terminal {
  const live = stream.isTTY === true;
  const colour = live && !env['NO_COLOR'];
  const paint = (open: number, close: number) => (text: string) => (colour ? `\x1b[${open}m${text}\x1b[${close}m` : text);
  let shown = false;
  const clear = () => {
    if (shown) stream.write('\r\x1b[2K');
    shown = false;
  };
  return {
    line: (text = '') => {
      clear();
      stream.write(`${text}\n`);
    },
    progress: (text) => {
      if (!live) return;
      clear();
      stream.write(text.slice(0, Math.max(20, (stream.columns ?? 80) - 1)));
      shown = true;
    },
    bold: paint(1, 22),
    dim: paint(2, 22),
    green: paint(32, 39),
    red: paint(31, 39),
  };
}

/** Aligns rows into columns; numbers to the right. */
export function table(rows: readonly (readonly (string | number)[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, String(cell).length);
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}
