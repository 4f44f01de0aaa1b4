import type { FailureFilter, FailureGroup } from '../../dlq/failure.ts';
import { EXIT } from '../exit-code.ts';
import { agreed, answer, authorOf, type Desk } from '../operator/desk.ts';
import type { OperatorCommand } from '../operator/operate.ts';
import { shellWord } from '../operator/place-words.ts';
import { count, printable, shortId } from '../operator/printable.ts';
import { type Doing, failuresOf, isWholeId, PAGE, resolveId, resolveWhere } from '../operator/resolve-where.ts';
import { warnOfUnknownConsumer } from '../operator/unknown-consumer.ts';
import { viewOf } from '../operator/view.ts';
import { whereText } from '../operator/where.ts';
import { type DlqArguments, MAX_LIMIT, parseDlqArguments } from './dlq.arguments.ts';
import { exportFailures } from './dlq.export.ts';
import { dlqHelp } from './dlq.help.ts';
import { failureLines, groupLines, storyLines } from './dlq.render.ts';

/** `posthaste dlq`: looks at dead letters, and decides about them. */
export const dlqCommand: OperatorCommand<DlqArguments> = {
  help: dlqHelp,
  parse: parseDlqArguments,
  run: (args, desk) => VERBS[args.verb](args, desk),
};

type Verb = (args: DlqArguments, desk: Desk) => Promise<number>;

const VERBS: Readonly<Record<DlqArguments['verb'], Verb>> = {
  group,
  list,
  show,
  archive: (args, desk) => transition(args, desk, 'archive'),
  restore: (args, desk) => transition(args, desk, 'restore'),
  export: exportFailures,
  move,
};

const whereIn = async (desk: Desk, where: FailureFilter | undefined) => ({ ...(where && { where: await resolveWhere(desk, where) }) });

async function group({ where, json }: DlqArguments, desk: Desk): Promise<number> {
  const value = await desk.operations.ask({ operation: 'groups', ...(await whereIn(desk, where)) });
  const lines = () => {
    if (value.groups.length === 0) return ['no failures'];
    return [...groupLines(value.groups, viewOf(desk)), ...nextSteps(value.groups, desk)];
  };
  answer(desk, json, { value, lines });
  if (value.groups.length === 0) await warnOfUnknownConsumer(desk, where);
  return EXIT.ok;
}

/** What to type next about the first group that waits for somebody. */
function nextSteps(groups: readonly FailureGroup[], { command }: Desk): readonly string[] {
  const waiting = groups.find(({ counts }) => (counts.open ?? 0) > 0);
  if (waiting === undefined) return [];
  return [
    `next: ${command(`dlq show ${shortId(waiting.sampleId)}`)}`,
    `then: ${command(`redrive --where fingerprint=${printable(waiting.fingerprint)} --dry-run`)}`,
  ];
}

async function list({ where, json, limit }: DlqArguments, desk: Desk): Promise<number> {
  const asked = await whereIn(desk, where);
  const page = async (room: number, cursor?: string) =>
    desk.operations.ask({ operation: 'list', ...asked, limit: Math.min(room, PAGE), ...(cursor !== undefined && { cursor }) });
  let { failures, cursor } = await page(limit);
  while (cursor !== undefined && failures.length < limit && !desk.signal.aborted) {
    const next = await page(limit - failures.length, cursor);
    failures = [...failures, ...next.failures];
    cursor = next.cursor;
  }
  const lines = () => [
    ...(failures.length === 0 ? ['no failures'] : failureLines(failures, viewOf(desk))),
    ...(cursor === undefined ? [] : [`there are more: ${desk.command(longer(where, limit))}`]),
  ];
  answer(desk, json, { value: { failures, ...(cursor !== undefined && { cursor }) }, lines });
  if (failures.length === 0) await warnOfUnknownConsumer(desk, where);
  return EXIT.ok;
}

/** The command that shows more of the same. */
function longer(where: FailureFilter | undefined, limit: number): string {
  const selection = where === undefined ? '' : ` --where ${shellWord(printable(whereText(where)))}`;
  return limit < MAX_LIMIT ? `dlq list${selection} --limit ${Math.min(limit * 10, MAX_LIMIT)}` : `dlq export${selection}`;
}

async function show({ where, json, body }: DlqArguments, desk: Desk): Promise<number> {
  const given = where?.id ?? '';
  const { id } = isWholeId(given) ? { id: given } : await resolveId(desk, given);
  const value = await desk.operations.ask({ operation: 'show', id });
  if (body) await desk.write(value.body);
  else answer(desk, json, { value, lines: () => storyLines(value, viewOf(desk)) });
  return EXIT.ok;
}

/** More are not counted before the question: the answer would be the same. */
const COUNTED = 1_000;

const DOINGS: Readonly<Record<'archive' | 'restore', Doing>> = {
  archive: { among: ['open', 'parked'], done: 'archived' },
  restore: { among: ['archived'], done: 'restored' },
};

async function transition({ where = {}, json, yes, why }: DlqArguments, desk: Desk, operation: 'archive' | 'restore'): Promise<number> {
  const archived = operation === 'restore' && where.id === undefined;
  const selected = await resolveWhere(desk, { ...(archived && { status: 'archived' as const }), ...where }, DOINGS[operation]);
  // What fails after the question was not part of it.
  const bounded = selected.id === undefined && selected.until === undefined ? { ...selected, until: desk.clock.now() } : selected;
  const matching = await countOf(desk, bounded);
  if (matching === 0) {
    answer(desk, json, { value: { changed: 0, refused: 0 }, lines: () => ['nothing matches'] });
    await warnOfUnknownConsumer(desk, where);
    return EXIT.ok;
  }
  const many = matching > COUNTED ? `more than ${COUNTED} failures` : count(matching, 'failure');
  if (!(await agreed(desk, { yes, question: `${operation} ${many}?` }))) return EXIT.failed;
  const author = await authorOf(desk, why);
  let [changed, refused] = [0, 0];
  for (let more = true; more && !desk.signal.aborted; ) {
    const part = await desk.operations.ask({ operation, where: bounded, author });
    more = part.more === true;
    changed += part.changed;
    refused += part.refused;
    desk.terminal.progress(`${changed} ${operation}d …`);
  }
  desk.terminal.progress('');
  const left = refused === 0 ? [] : [`${count(refused, 'failure')} stood differently by then and ${refused === 1 ? 'was' : 'were'} left`];
  answer(desk, json, { value: { changed, refused }, lines: () => [`${count(changed, 'failure')} ${operation}d`, ...left] });
  return desk.signal.aborted ? EXIT.interrupted : EXIT.ok;
}

async function countOf(desk: Desk, where: FailureFilter): Promise<number> {
  let found = 0;
  for await (const _ of failuresOf(desk, where)) {
    found += 1;
    if (found > COUNTED) break;
  }
  return found;
}

async function move({ consumer = '', json, yes, why, rate }: DlqArguments, desk: Desk): Promise<number> {
  const question = `move everything in the dead-letter queue of ${consumer} back to its queue, without a canary and without a record of each message?`;
  if (!(await agreed(desk, { yes, question }))) return EXIT.failed;
  const author = await authorOf(desk, why);
  const value = await desk.operations.ask({ operation: 'move', consumer, author, ...(rate !== undefined && { rate }) });
  answer(desk, json, { value, lines: () => [`SQS moves the messages; both queues: ${desk.command('status --watch')}`] });
  return EXIT.ok;
}
