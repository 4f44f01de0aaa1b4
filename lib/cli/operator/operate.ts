import { isPosthasteError } from '../../core/errors.ts';
import { EXIT } from '../exit-code.ts';
import type { Program } from '../program.ts';
import { createTerminal } from '../terminal.ts';
import type { Desk } from './desk.ts';
import { openDesk } from './open-desk.ts';
import type { Place } from './place.ts';

/** A command that works on a deployed stack. */
export interface OperatorCommand<Args extends { readonly place: Place }> {
  /** `argv`: what it was asked with, where help differs by it. */
  readonly help: (argv?: readonly string[]) => string;
  /** Throws `ArgumentError` with a sentence for what cannot be used. `now`: for spans of time before it. */
  readonly parse: (argv: readonly string[], now: number) => Args;
  /** Answers the exit code. */
  readonly run: (args: Args, desk: Desk) => Promise<number>;
}

/** Runs a command at the terminal. The first Ctrl-C asks it to end, the second ends it at once. */
export async function operate<Args extends { readonly place: Place }>(
  command: OperatorCommand<Args>,
  { argv, program }: { readonly argv: readonly string[]; readonly program: Program },
): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(command.help(argv).replaceAll('npx posthaste', program));
    return EXIT.ok;
  }
  const terminal = createTerminal(process.stderr);
  const stop = new AbortController();
  const onSignal = () => (stop.signal.aborted ? process.exit(EXIT.interrupted) : stop.abort());
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.stdout.on('error', onOutputGone);
  try {
    const args = command.parse(argv, Date.now());
    const desk = openDesk({ place: args.place, program, signal: stop.signal });
    return await command.run(args, desk);
  } catch (error) {
    if (stop.signal.aborted) return EXIT.interrupted;
    if (!isPosthasteError(error)) throw error;
    terminal.line(`${terminal.red(error.code)} ${error.message}`);
    return EXIT.unusable;
  } finally {
    process.removeListener('SIGINT', onSignal);
    process.removeListener('SIGTERM', onSignal);
  }
}

/** Whoever reads our output has seen enough, e.g. head. */
function onOutputGone(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
}
