import { join } from 'node:path';
import { isPosthasteError } from '../core/errors.ts';
import type { LocalAws } from '../local/local-aws.ts';
import { startLocalAws } from '../local/local-aws.ts';
import { ArgumentError, DEV_HELP, type DevArguments, parseDevArguments } from './arguments.ts';
import { EXIT } from './exit-code.ts';
import { synthesize } from './synth-cache.ts';
import { createTerminal, type Terminal } from './terminal.ts';

/** What a demo shows in the end. */
export interface DemoResult {
  /** Whether every guarantee held. */
  readonly holds: boolean;
  /** Why the run proves nothing, e.g. chaos that hit too little; absent when it does. */
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

/** How the command is started. */
export interface DevOptions {
  readonly argv: readonly string[];
  /** The folder of cdk.json. */
  readonly project: string;
  readonly demo?: Demo;
  readonly started?: number;
}

/** Runs `posthaste dev` and returns the exit code. Ctrl-C ends it cleanly at any moment. */
export async function dev(options: DevOptions): Promise<number> {
  const terminal = createTerminal(process.stderr);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    const args = parseDevArguments(options.argv);
    if (args.help) {
      process.stdout.write(DEV_HELP);
      return EXIT.ok;
    }
    return await runStack({ ...options, args, terminal, signal: stop.signal });
  } catch (error) {
    if (!isPosthasteError(error)) throw error;
    terminal.line(`${terminal.red(error.code)} ${error.message}`);
    return error instanceof ArgumentError || error.code !== 'SYNTH_FAILED' ? EXIT.unusable : EXIT.failed;
  } finally {
    process.removeListener('SIGINT', onSignal);
    process.removeListener('SIGTERM', onSignal);
  }
}

interface Session extends DevOptions {
  readonly args: DevArguments;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

async function runStack(session: Session): Promise<number> {
  const { args, terminal, project } = session;
  const demo = args.demo ? session.demo : undefined;
  await demo?.load(args);
  const assembly = join(project, '.posthaste', 'cdk.out');
  const { cached } = await synthesize({ project, output: assembly, onSynth: () => terminal.progress('synthesizing the CDK app …') });

  const local = await startLocalAws({ port: args.port, chaos: args.chaos ? { seed: args.seed } : undefined });
  const closers: (() => Promise<void>)[] = [() => local.close()];
  try {
    if (session.demo) closers.unshift(await session.demo.prepare(local));
    const deployment = await local.deploy(assembly);
    const ms = Math.round(performance.now() - (session.started ?? 0));
    terminal.line(
      `${terminal.bold('ready')} ${local.endpoint} ${terminal.dim(`${deployment.resourceCount} resources in ${ms} ms${cached ? ', synth cached' : ''}`)}`,
    );
    for (const type of deployment.ignoredTypes) terminal.line(terminal.dim(`ignored on this machine: ${type}`));
    const code = demo ? await runDemo(session, demo, local) : EXIT.ok;
    if (args.once || session.signal.aborted) return code;
    await stayUp(session, local);
    return EXIT.ok;
  } finally {
    for (const close of closers) await close();
  }
}

async function runDemo({ args, terminal, signal }: Session, demo: Demo, local: LocalAws): Promise<number> {
  const result = await demo.run({ local, args, signal, progress: (text) => terminal.progress(text) });
  if (signal.aborted) return EXIT.interrupted;
  if (args.json) process.stdout.write(`${JSON.stringify(result.json, null, 2)}\n`);
  else for (const line of result.lines(createTerminal(process.stdout))) process.stdout.write(`${line}\n`);
  if (result.unusable) {
    terminal.line(terminal.red(result.unusable));
    return EXIT.unusable;
  }
  return result.holds ? EXIT.ok : EXIT.failed;
}

async function stayUp({ demo, terminal, signal }: Session, local: LocalAws): Promise<void> {
  terminal.line(`\nThe stack stays up at ${terminal.bold(local.endpoint)} until Ctrl-C. Any AWS client works with it:`);
  for (const hint of demo?.hints(local) ?? []) terminal.line(`  ${hint}`);
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
