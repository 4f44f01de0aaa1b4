import type { FailureFilter } from '../../dlq/failure.ts';
import type { Redrive, RedriveOptions, RedrivePlan } from '../../ops/operations.ts';
import { ArgumentError } from '../arguments.ts';
import { EXIT } from '../exit-code.ts';
import { agreed, answer, authorOf, type Desk } from '../operator/desk.ts';
import type { OperatorCommand } from '../operator/operate.ts';
import { count } from '../operator/printable.ts';
import { type Doing, resolveWhere } from '../operator/resolve-where.ts';
import { warnOfUnknownConsumer } from '../operator/unknown-consumer.ts';
import { viewOf } from '../operator/view.ts';
import { editBody } from './edit.ts';
import { follow, hasEnded } from './follow.ts';
import { leftSentence, leftSome } from './left.render.ts';
import { parseRedriveArguments, type RedriveArguments, type ResumeTask, type StartTask } from './redrive.arguments.ts';
import { redriveHelp } from './redrive.help.ts';
import { begunLine, planLines, redriveLines, sendsNothing, summaryLines } from './redrive.render.ts';
import { agreedRest } from './resume.ts';

/** `posthaste redrive`: sends dead letters back to their consumers. */
export const redriveCommand: OperatorCommand<RedriveArguments> = {
  help: redriveHelp,
  parse: parseRedriveArguments,
  run(args, desk) {
    const { task } = args;
    if (task.kind === 'list') return list(args, desk);
    if (task.kind === 'stop') return stop(args, desk, task.id);
    if (task.kind === 'resume') return resume(args, desk, task);
    return start(args, desk, task);
  },
};

async function list({ json }: RedriveArguments, desk: Desk): Promise<number> {
  const value = await desk.operations.ask({ operation: 'redrives' });
  answer(desk, json, { value, lines: () => (value.redrives.length === 0 ? ['no redrives'] : redriveLines(value.redrives, desk.output)) });
  return EXIT.ok;
}

async function stop({ json }: RedriveArguments, desk: Desk, given: string): Promise<number> {
  const { id } = await named(desk, given);
  const value = await desk.operations.ask({ operation: 'stop-redrive', id });
  answer(desk, json, { value, lines: () => summaryLines(value, viewOf(desk)) });
  return EXIT.ok;
}

/** One that runs is only watched: it was agreed to. */
async function resume(args: RedriveArguments, desk: Desk, { id: given, yes }: ResumeTask): Promise<number> {
  const redrive = await named(desk, given);
  const rest = redrive.state === 'stopped' ? await agreedRest(desk, { redrive, yes, json: args.json }) : undefined;
  if (redrive.state === 'stopped' && rest === undefined) return EXIT.failed;
  return watch(args, desk, { redrive: await desk.operations.ask({ operation: 'resume-redrive', id: redrive.id }), total: rest?.total });
}

/** A redrive by its id or the beginning of it. */
async function named(desk: Desk, given: string): Promise<Redrive> {
  const { redrives } = await desk.operations.ask({ operation: 'redrives' });
  const found = redrives.filter(({ id }) => id.startsWith(given));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const trouble = only === undefined ? 'no redrive has' : `${found.length} redrives have`;
  throw new ArgumentError(
    `${trouble} an id that begins with ${JSON.stringify(given)}: they are shown by ${desk.command('redrive --list')}`,
  );
}

const SENDING: Doing = { among: ['open', 'parked'], done: 'sent back' };

async function start(args: RedriveArguments, desk: Desk, task: StartTask): Promise<number> {
  // 1. What is meant; an edit makes a copy, which is meant from then on.
  const selected = await resolveWhere(desk, task.where, SENDING);
  const where = task.edit === undefined ? selected : await editBody(desk, { ...task, where: selected });
  if (where === undefined) return EXIT.failed;

  // 2. What would be done.
  const plan = await desk.operations.ask({ operation: 'plan', where, options: task.options });
  const view = viewOf(desk);
  const nothing = plan.matching === 0;
  if (nothing || task.dryRun) {
    const lines = () => (nothing ? ['nothing matches'] : planLines(plan, task.options, view));
    answer(desk, args.json, { value: nothing && !task.dryRun ? null : plan, lines });
    if (nothing) await warnOfUnknownConsumer(desk, where);
    return EXIT.ok;
  }
  if (!args.json) for (const line of planLines(plan, task.options, view)) desk.output.line(line);
  const options = await consented(args, desk, { ...task, plan });
  if (!task.yes && sendsNothing(plan, options)) {
    desk.terminal.line('nothing would be sent back');
    return EXIT.failed;
  }
  if (!(await agreed(desk, { yes: task.yes, question: 'send them back?' }))) return EXIT.failed;

  // 3. The redrive itself, which the function does.
  return watch(args, desk, { redrive: await begin(desk, { ...task, options }, where), total: plan.more ? undefined : plan.matching });
}

type Planned = StartTask & { readonly plan: RedrivePlan };

/** Nothing else implies that a message may run a second time, `--yes` neither: it is asked for where somebody can be asked. */
async function consented({ json }: RedriveArguments, desk: Desk, { options, yes, plan }: Planned): Promise<RedriveOptions> {
  const { mayHaveRun } = plan;
  if (mayHaveRun === 0 || options.runAgain) return options;
  const question = `${count(mayHaveRun, 'failure')} may have run already: run ${mayHaveRun === 1 ? 'it' : 'them'} once more?`;
  if (!yes && (await desk.confirm(question))) return { ...options, runAgain: true };
  // Where the plan is not shown.
  if (json) desk.terminal.line(begunLine(mayHaveRun, false));
  return options;
}

async function begin(desk: Desk, { options, why }: StartTask, where: FailureFilter): Promise<Redrive> {
  return desk.operations.ask({ operation: 'redrive', where, options, author: await authorOf(desk, why) });
}

interface Watched {
  readonly redrive: Redrive;
  /** Failures it is about, where that is known. */
  readonly total: number | undefined;
}

async function watch({ json, detach }: RedriveArguments, desk: Desk, { redrive, total }: Watched): Promise<number> {
  if (detach && !hasEnded(redrive)) {
    const lines = () => [`the function goes on with redrive ${redrive.id}; to watch it: ${desk.command(`redrive --resume ${redrive.id}`)}`];
    answer(desk, json, { value: redrive, lines });
    return EXIT.ok;
  }
  const ended = await follow(desk, redrive, total);
  answer(desk, json, { value: ended, lines: () => summaryLines(ended, viewOf(desk), total) });
  if (leftSome(ended)) desk.terminal.line(leftSentence(ended));
  else if (ended.state === 'finished') return EXIT.ok;
  return desk.signal.aborted && ended.state !== 'finished' ? EXIT.interrupted : EXIT.failed;
}
