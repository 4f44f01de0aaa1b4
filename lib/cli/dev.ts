import { join } from 'node:path';
import { isPosthasteError } from '../core/errors.ts';
import { type LocalAws, startLocalAws } from '../local/local-aws.ts';
import type { AlarmEvent } from '../local/monitoring.ts';
import { ArgumentError, DEFAULT_PORT } from './arguments.ts';
import { type Demo, offerDemo, runDemo } from './demo.ts';
import { type DevArguments, parseDevArguments } from './dev.arguments.ts';
import { EXIT } from './exit-code.ts';
import { devHelp } from './help.ts';
import { programOf } from './program.ts';
import { synthesize } from './synth-cache.ts';
import { createTerminal, type Terminal } from './terminal.ts';

/** How the command is started. */
export interface DevOptions {
  readonly argv: readonly string[];
  /** The folder of cdk.json. */
  readonly project: string;
  readonly demo?: Demo;
}

interface Session {
  readonly project: string;
  readonly demo: Demo | undefined;
  readonly args: DevArguments;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** Runs `posthaste dev` and returns the exit code. Ctrl-C ends it cleanly at any moment; a second one at once. */
export async function dev({ argv, project, demo }: DevOptions): Promise<number> {
  const terminal = createTerminal(process.stderr);
  const stop = new AbortController();
  const onSignal = () => (stop.signal.aborted ? process.exit(EXIT.interrupted) : stop.abort());
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    const args = parseDevArguments(argv);
    if (args.help) {
      process.stdout.write(devHelp({ demo: demo !== undefined }));
      return EXIT.ok;
    }
    return await runStack({ project, demo, args, terminal, signal: stop.signal });
  } catch (error) {
    if (!isPosthasteError(error)) throw error;
    terminal.line(`${terminal.red(error.code)} ${error.message}`);
    return error instanceof ArgumentError || error.code !== 'SYNTH_FAILED' ? EXIT.unusable : EXIT.failed;
  } finally {
    process.removeListener('SIGINT', onSignal);
    process.removeListener('SIGTERM', onSignal);
  }
}

async function runStack(session: Session): Promise<number> {
  const { args, demo, terminal, signal } = session;
  if (args.demo) await demo?.load(args);
  const trouble = showTrouble(terminal);
  const chaos = args.chaos ? { seed: args.seed } : undefined;
  const environment = args.debug ? { POWERTOOLS_LOG_LEVEL: 'DEBUG' } : {};
  const onAlarm = (event: AlarmEvent) => showAlarm(terminal, event);
  const local = await startLocalAws({ port: args.port, chaos, environment, onTrouble: trouble.tell, onAlarm });
  const closers: (() => Promise<void>)[] = [() => local.close()];
  try {
    if (demo) {
      closers.unshift(await demo.prepare(local));
      offerDemo({ demo, local, args, signal });
    }
    if (args.deploy) await deploy(session, local);
    else terminal.line(`${terminal.bold('ready')} ${local.endpoint} ${terminal.dim('nothing deployed')}`);
    const code = args.demo && demo ? await runDemo({ demo, local, args, terminal, signal }) : EXIT.ok;
    trouble.start();
    if (args.once || signal.aborted) return signal.aborted ? EXIT.interrupted : code;
    await stayUp(session, local);
    return EXIT.ok;
  } finally {
    for (const close of closers) await close();
  }
}

async function deploy({ project, terminal, args, demo }: Session, local: LocalAws): Promise<void> {
  const assembly = join(project, '.posthaste', 'cdk.out');
  const { cached } = await synthesize({ project, output: assembly, onSynth: () => terminal.progress('synthesizing the CDK app …') });
  const { resourceCount, ignoredTypes, outputs } = await local.deploy(assembly);
  const detail = `${resourceCount} resources, ${Math.round(performance.now())} ms after the start${cached ? ', synth cached' : ''}`;
  terminal.line(`${terminal.bold('ready')} ${local.endpoint} ${terminal.dim(detail)}`);
  for (const type of ignoredTypes) terminal.line(terminal.dim(`ignored on this machine: ${type}`));
  if (args.demo && demo) return;
  for (const [stack, values] of Object.entries(outputs)) {
    for (const [name, value] of Object.entries(values)) terminal.line(`  ${stack}.${name} = ${value}`);
  }
}

/** The same trouble is shown once in this many milliseconds: a failing function fails often. */
const REPEAT_MS = 5_000;

/** Shows what functions complain of, from `start` on: a demo reports its own, and provokes some. */
function showTrouble(terminal: Terminal): { start(): void; tell(functionName: string, trouble: string): void } {
  const shownAt = new Map<string, number>();
  let showing = false;
  return {
    start: () => {
      showing = true;
    },
    tell(functionName, trouble) {
      const line = `${functionName}: ${trouble}`;
      const now = performance.now();
      if (!showing || now - (shownAt.get(line) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) return;
      shownAt.set(line, now);
      terminal.line(terminal.red(line));
    },
  };
}

/** What CloudWatch says of an alarm where nothing was reported yet. */
const NOTHING_REPORTED = 'no datapoints were received';

/**
 * An alarm that fires, one that is over, and one that could not tell whom it should. The first look at a new alarm is no news, also where it
 * misses what a function reports once a minute: that has not run yet.
 */
function showAlarm(terminal: Terminal, { name, description, before, state, reason, failedActions }: AlarmEvent): void {
  if (state === 'ALARM' && before === 'INSUFFICIENT_DATA' && reason.includes(NOTHING_REPORTED)) return;
  if (state === 'ALARM') terminal.line(terminal.red(`ALARM ${name}: ${description ?? reason}`));
  else if (before === 'ALARM') terminal.line(`${terminal.green(state)} ${name}: ${reason}`);
  for (const { action, message } of failedActions) terminal.line(terminal.red(`${name} could not tell ${action}: ${message}`));
}

/** What a command needs to be told, to find an endpoint that is not where every command looks. */
function portWords({ endpoint }: LocalAws): string {
  const { port } = new URL(endpoint);
  return Number(port) === DEFAULT_PORT ? '' : ` --port ${port}`;
}

async function stayUp({ demo, terminal, signal }: Session, local: LocalAws): Promise<void> {
  terminal.line(`\nThe endpoint stays up at ${terminal.bold(local.endpoint)} until Ctrl-C. Any AWS client works with it:`);
  const env = `AWS_ENDPOINT_URL=${local.endpoint} AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=x AWS_SECRET_ACCESS_KEY=x`;
  const status = `${programOf(demo)} status${portWords(local)}`;
  for (const hint of [`export ${env}`, 'npx cdk deploy', 'aws sqs list-queues', status, ...(demo?.hints(local) ?? [])]) {
    terminal.line(`  ${hint}`);
  }
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
