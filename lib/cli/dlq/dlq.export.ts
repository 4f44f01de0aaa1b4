import { open } from 'node:fs/promises';
import { PosthasteError } from '../../core/errors.ts';
import { EXIT } from '../exit-code.ts';
import type { Desk } from '../operator/desk.ts';
import { count } from '../operator/printable.ts';
import { resolveWhere } from '../operator/resolve-where.ts';
import type { DlqArguments } from './dlq.arguments.ts';

/** The file to export to cannot be written. */
class OutputUnwritableError extends PosthasteError {
  constructor(file: string, cause: NodeJS.ErrnoException) {
    const why =
      cause.code === 'EEXIST' ? 'is there already: name another, or write over it with --yes' : `cannot be written (${cause.code})`;
    super(`the file ${JSON.stringify(file)} ${why}`, { code: 'OUTPUT_UNWRITABLE', cause });
  }
}

/** Writes failures with their bodies as JSON lines, page by page, to standard output or a file. */
export async function exportFailures({ where, out, yes }: DlqArguments, desk: Desk): Promise<number> {
  const file = out === undefined ? undefined : await create(out, yes);
  try {
    const selected = where && (await resolveWhere(desk, where));
    const write = (text: string) => (file ? file.appendFile(text) : desk.write(text));
    let [written, cursor] = [0, undefined as string | undefined];
    do {
      const page = await desk.operations.ask({
        operation: 'export',
        ...(selected && { where: selected }),
        ...(cursor !== undefined && { cursor }),
      });
      await write(page.failures.map((failure) => `${JSON.stringify(failure)}\n`).join(''));
      written += page.failures.length;
      cursor = page.cursor;
      desk.terminal.progress(`${count(written, 'failure')} written …`);
    } while (cursor !== undefined && !desk.signal.aborted);
    desk.terminal.line(
      `${count(written, 'failure')} written${out === undefined ? '' : ` to ${out}`}${cursor === undefined ? '' : ', and there are more'}`,
    );
    return desk.signal.aborted ? EXIT.interrupted : EXIT.ok;
  } finally {
    await file?.close();
  }
}

function create(file: string, overwrite: boolean) {
  // Bodies may hold what is nobody else's business.
  return open(file, overwrite ? 'w' : 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new OutputUnwritableError(file, error);
  });
}
