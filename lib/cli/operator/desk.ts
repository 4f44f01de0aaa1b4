import type { Clock } from '../../core/clock.ts';
import type { Author } from '../../ops/operations.ts';
import { ArgumentError } from '../arguments.ts';
import type { Terminal } from '../terminal.ts';
import type { Operations } from './operations-client.ts';

/** What a command of operators works with: the stack's operations, and the person who asks. */
export interface Desk {
  readonly operations: Operations;
  /** Standard output: answers. */
  readonly output: Terminal;
  /** Writes to standard output as it is, and waits until there is room for more. */
  write(text: string): Promise<void>;
  /** Standard error: questions, progress, what has to be said. */
  readonly terminal: Terminal;
  /** Whether standard error is a terminal, where a line can replace the one before. */
  readonly live: boolean;
  /** Columns of standard output; endless where it is no terminal. */
  readonly columns: number;
  /** A command, e.g. `dlq list`, as it can be pasted to work on the same stack. */
  readonly command: (command: string) => string;
  readonly clock: Clock;
  /** Ctrl-C. */
  readonly signal: AbortSignal;
  /** Who asks, as audits name them. */
  who(): Promise<string>;
  /** Asks a yes-or-no question; undefined where there is nobody to ask. */
  confirm(question: string): Promise<boolean | undefined>;
  /** The text after the person has edited it in an editor of their own; undefined where there is none. */
  edit(text: string, name: string): Promise<string | undefined>;
}

/** What decides whether to ask. */
interface Consent {
  readonly yes: boolean;
  readonly question: string;
}

/** Whether the person agrees; `--yes` agrees beforehand, and where nobody can be asked it must. */
export async function agreed(desk: Desk, { yes, question }: Consent): Promise<boolean> {
  if (yes) return true;
  const answer = await desk.confirm(question);
  if (answer === undefined) throw new ArgumentError('there is no terminal to ask on: --yes agrees beforehand');
  if (!answer) desk.terminal.line('nothing was changed');
  return answer;
}

/** The author of what is about to be done. */
export async function authorOf(desk: Desk, why: string | undefined): Promise<Author> {
  return { who: await desk.who(), ...(why !== undefined && { why }) };
}

/** Prints an answer: as it is for machines, else as lines for people. */
export function answer(desk: Desk, json: boolean, shown: { readonly value: unknown; readonly lines: () => readonly string[] }): void {
  if (json) desk.output.line(JSON.stringify(shown.value, null, 2));
  else for (const line of shown.lines()) desk.output.line(line);
}
