import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { systemClock } from '../../core/clock.ts';
import type { Program } from '../program.ts';
import { createTerminal } from '../terminal.ts';
import { sentenceFor } from './aws-sentence.ts';
import type { Desk } from './desk.ts';
import { EditorFailedError } from './operations.errors.ts';
import { createFunctions } from './operations-client.lambda.ts';
import { createOperations } from './operations-client.ts';
import { clientConfigOf, type Place } from './place.ts';
import { createCommandWriter } from './place-words.ts';

/** Where the desk stands. */
export interface Seat {
  readonly place: Place;
  readonly program: Program;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
}

/** The desk of the person at this terminal. */
export function openDesk({ place, program, signal }: Seat): Desk {
  const interactive = process.stdin.isTTY === true && process.stderr.isTTY === true;
  return {
    operations: createOperations(createFunctions(place), place),
    output: createTerminal(process.stdout),
    write: (text) => new Promise((resolve, reject) => void process.stdout.write(text, (error) => (error ? reject(error) : resolve()))),
    terminal: createTerminal(process.stderr),
    live: process.stderr.isTTY === true,
    columns: process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY,
    command: createCommandWriter(place, program),
    clock: systemClock,
    signal,
    who: () => whoAsks(place),
    confirm: async (question) => (interactive ? confirmed(question, signal) : undefined),
    edit: async (text, name) => (interactive ? edited(text, name) : undefined),
  };
}

/** On this machine the user; in an account the identity that AWS has of them. */
async function whoAsks(place: Place): Promise<string> {
  if (place.kind === 'local') return `local:${userInfo().username}`;
  const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
  const { Arn } = await new STSClient(clientConfigOf(place)).send(new GetCallerIdentityCommand({})).catch((error: unknown) => {
    throw sentenceFor(error, { place, functionName: 'sts:GetCallerIdentity' });
  });
  return Arn ?? 'aws:unknown';
}

async function confirmed(question: string, signal: AbortSignal): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // On a terminal Ctrl-C comes as a key while a line is read.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const closed = once(lines, 'close').then(() => '');
  try {
    return /^y(es)?$/i.test((await Promise.race([lines.question(`${question} [y/N] `, { signal }), closed])).trim());
  } catch (error) {
    // Ctrl-D: no answer is no.
    if (!signal.aborted && error instanceof Error && error.name === 'AbortError') return false;
    throw error;
  } finally {
    lines.close();
  }
}

/** Opens the person's editor on a file and waits for its end. The file stays, whatever happens: it is somebody's work. */
async function edited(text: string, name: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'posthaste-edit-')), name);
  await writeFile(file, text, { mode: 0o600 });
  const editor = process.env['VISUAL'] || process.env['EDITOR'] || 'vi';
  // A shell, because the variables may hold arguments, e.g. `code --wait`; the file is an argument and never part of the script.
  const code = await withoutCtrlC(
    () =>
      new Promise<number | null>((resolve, reject) => {
        const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'edit', file], { stdio: 'inherit' });
        child.once('error', reject);
        child.once('close', resolve);
      }),
  );
  if (code !== 0) throw new EditorFailedError(editor, file);
  return readFile(file, 'utf8');
}

/** While an editor has the terminal, Ctrl-C is the editor's. */
async function withoutCtrlC<T>(work: () => Promise<T>): Promise<T> {
  const ours = process.listeners('SIGINT');
  const ignored = () => {};
  process.on('SIGINT', ignored);
  for (const listener of ours) process.removeListener('SIGINT', listener);
  try {
    return await work();
  } finally {
    for (const listener of ours) process.on('SIGINT', listener);
    process.removeListener('SIGINT', ignored);
  }
}
