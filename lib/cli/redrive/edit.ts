import { readFile } from 'node:fs/promises';
import { compactJson, isJson, prettyJson } from '../../core/json-text.ts';
import type { FailureFilter } from '../../dlq/failure.ts';
import { editedCopy } from '../../ops/edited-copy.ts';
import { diffOf } from '../../ops/line-diff.ts';
import { ArgumentError } from '../arguments.ts';
import { agreed, authorOf, type Desk } from '../operator/desk.ts';
import { count, printableLines } from '../operator/printable.ts';
import { failuresOf } from '../operator/resolve-where.ts';
import type { StartTask } from './redrive.arguments.ts';

/**
 * Gives the one failure that is meant another body: a copy of it takes its place, which the filter that it resolves with selects.
 * Undefined if nothing was changed.
 */
export async function editBody(desk: Desk, task: StartTask): Promise<FailureFilter | undefined> {
  const id = await theOne(desk, task.where);
  const { failure: original, body, missing } = await desk.operations.ask({ operation: 'show', id });
  if (missing !== undefined) throw new ArgumentError(`the body of ${id} cannot be edited: ${missing}`);
  const written = inShapeOf(body, await newBody(desk, task, body));
  if (written === body) {
    desk.terminal.line('the body is as it was; nothing was changed');
    return undefined;
  }
  // Throws what the function would throw: also a dry run says so.
  editedCopy({ failure: original, body }, written);
  for (const line of printableLines(diffOf(body, written))) desk.terminal.line(painted(desk, line));
  if (task.dryRun) return task.where;
  if (!(await agreed(desk, { yes: task.yes, question: 'put this body in its place?' }))) return undefined;
  const author = await authorOf(desk, task.why);
  const { failure } = await desk.operations.ask({ operation: 'edit', id, body: written, author });
  desk.terminal.line(`the copy with this body is ${failure.id}`);
  return { id: failure.id, status: failure.status };
}

async function theOne(desk: Desk, where: FailureFilter): Promise<string> {
  const ids: string[] = [];
  for await (const { id } of failuresOf(desk, where)) {
    ids.push(id);
    if (ids.length > 1) break;
  }
  const [only] = ids;
  if (only !== undefined && ids.length === 1) return only;
  throw new ArgumentError(
    `a body is edited of one failure, and ${ids.length === 0 ? 'none matches' : `more than ${count(1, 'failure')} match`}: give its id`,
  );
}

async function newBody(desk: Desk, { edit }: StartTask, body: string): Promise<string> {
  if (typeof edit === 'object') {
    return readFile(edit.file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new ArgumentError(`--edit-from cannot read ${JSON.stringify(edit.file)} (${error.code})`);
    });
  }
  const written = await desk.edit(`${prettyJson(body)}\n`, isJson(body) ? 'body.json' : 'body.txt');
  if (written === undefined) throw new ArgumentError('there is no terminal to edit on: --edit-from FILE takes the new body from a file');
  return written;
}

/** What was laid out for people goes back to the shape it had; the newline that editors leave at the end is theirs. */
function inShapeOf(body: string, written: string): string {
  if (isJson(written) && compactJson(body) === body) return compactJson(written);
  return written.endsWith('\n') && !body.endsWith('\n') ? written.replace(/\r?\n$/, '') : written;
}

function painted({ terminal }: Desk, line: string): string {
  if (line.startsWith('+')) return terminal.green(line);
  return line.startsWith('-') ? terminal.red(line) : line;
}
