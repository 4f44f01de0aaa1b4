import { resolve } from 'node:path';
import { isPosthasteError, PosthasteError } from '../core/errors.ts';
import type { Json } from '../local/aws.ts';
import type { LocalAws } from '../local/local-aws.ts';
import { type DevArguments, parseDemoArguments } from './dev.arguments.ts';
import { EndpointUnreachableError } from './endpoint.errors.ts';
import { EXIT } from './exit-code.ts';
import { demoHelp } from './help.ts';
import { createTerminal, type Terminal } from './terminal.ts';

/** What a demo shows in the end. */
export interface DemoResult {
  /** Whether every guarantee held. */
  readonly holds: boolean;
  /** Why the run proves nothing, e.g. because nothing was accepted, or chaos hit too little; absent when it does. */
  readonly unusable?: string;
  /** The report for machines. */
  readonly json: Readonly<Record<string, unknown>>;
  /** The report for people. */
  readonly lines: (terminal: Terminal) => readonly string[];
}

/** What a demo may use while it runs. */
export interface DemoRun {
  readonly local: LocalAws;
  readonly args: DevArguments;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

/** A demo of an application: what it needs before its stack is deployed, and what it does afterwards. */
export interface Demo {
  /** Reads the input before anything is started, so that a wrong path fails at once. */
  load(args: DevArguments): Promise<void>;
  /** Makes what must exist before the deployment; what it starts is ended by the function that it returns. */
  prepare(local: LocalAws): Promise<() => Promise<void>>;
  run(run: DemoRun): Promise<DemoResult>;
  /** Commands worth trying next, shown once the stack is up. */
  hints(local: LocalAws): readonly string[];
}

/** Runs the demo, prints its report, and answers the exit code. */
export async function runDemo({ demo, ...run }: Omit<DemoRun, 'progress'> & { demo: Demo; terminal: Terminal }): Promise<number> {
  const { terminal, args, signal } = run;
  const result = await demo.run({ ...run, progress: (text) => terminal.progress(text) });
  if (signal.aborted) return EXIT.interrupted;
  const output = createTerminal(process.stdout);
  return print({ ...result, text: result.lines(output) }, { json: args.json, terminal });
}

interface Shown extends Pick<DemoResult, 'holds' | 'unusable' | 'json'> {
  readonly text: readonly string[];
}

function print({ holds, unusable, json, text }: Shown, to: { readonly json: boolean; readonly terminal: Terminal }): number {
  to.terminal.progress('');
  process.stdout.write(to.json ? `${JSON.stringify(json, null, 2)}\n` : `${text.join('\n')}\n`);
  if (unusable) {
    to.terminal.line(to.terminal.red(unusable));
    return EXIT.unusable;
  }
  return holds ? EXIT.ok : EXIT.failed;
}

/** What another process may ask of the demo. */
interface Asked {
  readonly input?: string;
  readonly rate?: number;
}

/** Lets another process run the demo on this endpoint, however its stack was deployed: `posthaste demo`. One run at a time. */
export function offerDemo({ demo, local, args, signal }: { demo: Demo; local: LocalAws; args: DevArguments; signal: AbortSignal }): void {
  let last: Promise<unknown> = Promise.resolve();
  const runOnce = async ({ input, rate }: Asked): Promise<Json> => {
    const asked = { ...args, input, rate };
    await demo.load(asked);
    const { lines, ...result } = await demo.run({ local, args: asked, signal, progress: () => {} });
    return { ...result, text: lines(PLAIN) };
  };
  local.serve('demo', async (asked) => {
    const run = last.then(() => runOnce(asked));
    last = run.catch(() => {});
    return run.catch((error: unknown) => {
      // The other process shows what went wrong: an input that cannot be read, a stack that is not there.
      if (error instanceof Error) return { error: { code: codeOf(error), message: error.message } };
      throw error;
    });
  });
}

const codeOf = (error: Error): string => (isPosthasteError(error) ? error.code : 'DEMO_FAILED');

const asItIs = (text: string): string => text;
const PLAIN: Terminal = { line() {}, progress() {}, bold: asItIs, dim: asItIs, green: asItIs, red: asItIs };

/** The demo did not run, for a reason that the endpoint gave. */
class DemoRefusedError extends PosthasteError {}

/** Runs `posthaste demo` and returns the exit code. */
export async function demoCommand(argv: readonly string[]): Promise<number> {
  const args = parseDemoArguments(argv);
  const terminal = createTerminal(process.stderr);
  if (args.help) {
    process.stdout.write(demoHelp());
    return EXIT.ok;
  }
  terminal.progress(`running the demo on port ${args.port} …`);
  const { input, rate } = args;
  const answer = await ask(`http://127.0.0.1:${args.port}`, {
    ...(input !== undefined && { input: resolve(input) }),
    ...(rate !== undefined && { rate }),
  });
  if ('error' in answer) throw new DemoRefusedError(answer.error.message, { code: answer.error.code });
  return print(answer, { json: args.json, terminal });
}

async function ask(
  endpoint: string,
  asked: Asked,
): Promise<Shown | { readonly error: { readonly code: string; readonly message: string } }> {
  const response = await fetch(`${endpoint}/_posthaste/demo`, { method: 'POST', body: JSON.stringify(asked) }).catch((cause: unknown) => {
    throw new EndpointUnreachableError(endpoint, { cause });
  });
  if (!response.ok) throw new EndpointUnreachableError(endpoint, { cause: new Error(await response.text()) });
  return (await response.json()) as Shown;
}
