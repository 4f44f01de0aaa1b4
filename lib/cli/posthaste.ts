import { isPosthasteError } from '../core/errors.ts';
import { type Demo, demoCommand } from './demo.ts';
import { dev } from './dev.ts';
import { EXIT } from './exit-code.ts';
import { mainHelp } from './help.ts';
import { nearest } from './nearest.ts';
import { operate } from './operator/operate.ts';
import { type Program, programOf } from './program.ts';
import { packageVersion } from './version.ts';

/** How the command line is started. */
export interface CommandLine {
  readonly argv: readonly string[];
  /** The folder of cdk.json. */
  readonly project: string;
  /** What `posthaste dev` shows on the deployed stack. */
  readonly demo?: Demo;
}

interface Asked {
  readonly argv: readonly string[];
  readonly program: Program;
}

/** Commands that work on a deployed stack, loaded when they are called: `dev` starts no slower for them. */
const OPERATORS: Readonly<Record<string, (asked: Asked) => Promise<number>>> = {
  dlq: async (asked) => operate((await import('./dlq/dlq.ts')).dlqCommand, asked),
  redrive: async (asked) => operate((await import('./redrive/redrive.ts')).redriveCommand, asked),
  status: async (asked) => operate((await import('./status/status.ts')).statusCommand, asked),
  tail: async (asked) => operate((await import('./tail/tail.ts')).createTailCommand(), asked),
};

/** Runs one command and returns its exit code. */
export async function posthaste({ argv, project, demo }: CommandLine): Promise<number> {
  const [command, ...rest] = argv;
  if (command === 'dev') return dev({ argv: rest, project, ...(demo && { demo }) });
  if (command === 'demo' && demo) return await withSentence(() => demoCommand(rest));
  if (command !== undefined && Object.hasOwn(OPERATORS, command)) {
    return OPERATORS[command]?.({ argv: rest, program: programOf(demo) }) ?? EXIT.unusable;
  }
  if (command === undefined || command === '--help' || command === '-h') {
    process.stdout.write(mainHelp({ demo: demo !== undefined }));
    return command === undefined ? EXIT.unusable : EXIT.ok;
  }
  if (command === '--version') {
    process.stdout.write(`${packageVersion()}\n`);
    return EXIT.ok;
  }
  const meant = nearest(command, ['dev', ...(demo ? ['demo'] : []), ...Object.keys(OPERATORS)]);
  const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`;
  process.stderr.write(`there is no command ${JSON.stringify(command)}${hint}; see posthaste --help\n`);
  return EXIT.unusable;
}

/** An error of this library is a sentence for people, not a stack. */
async function withSentence(run: () => Promise<number>): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!isPosthasteError(error)) throw error;
    process.stderr.write(`${error.code} ${error.message}\n`);
    return EXIT.unusable;
  }
}
