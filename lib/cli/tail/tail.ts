import { sleep } from '../../core/clock.ts';
import { isPosthasteError } from '../../core/errors.ts';
import { mapConcurrent } from '../../core/map-concurrent.ts';
import { NAME_LIMITS, nameWithin } from '../../topology/name-within.ts';
import { ArgumentError, parseWords } from '../arguments.ts';
import { EXIT } from '../exit-code.ts';
import type { Desk } from '../operator/desk.ts';
import type { OperatorCommand } from '../operator/operate.ts';
import { operatorHelp } from '../operator/operator.help.ts';
import { PLACE_OPTIONS, type Place, placeOf } from '../operator/place.ts';
import { durationOf } from '../operator/time-argument.ts';
import { createLogs } from './logs.cloudwatch.ts';
import type { Logs } from './logs.ts';
import { readLine, type TailEvent } from './read-line.ts';
import { eventLine } from './tail.render.ts';

/** What `posthaste tail` was asked to do. */
interface TailArguments {
  readonly place: Place;
  readonly json: boolean;
  readonly consumer: string | undefined;
  /** How far back it begins, milliseconds. */
  readonly sinceMs: number;
}

/** `posthaste tail`: what the functions of a stack do, as they do it. `logsAt` is where the logs are read. */
export function createTailCommand(logsAt: (place: Place) => Logs = createLogs): OperatorCommand<TailArguments> {
  return {
    help: tailHelp,
    parse(argv) {
      const { values, words } = parseWords(argv, { ...PLACE_OPTIONS, consumer: { type: 'string' }, since: { type: 'string' } });
      if (words.length > 0) throw new ArgumentError(`posthaste tail takes options only, not ${JSON.stringify(words.join(' '))}`);
      const { json = false, consumer, since } = values;
      return { place: placeOf(values), json, consumer, sinceMs: since === undefined ? 0 : durationOf('--since', since) };
    },
    run: (args, desk) => tail(args, desk, logsAt(args.place)),
  };
}

function tailHelp(): string {
  return operatorHelp({
    title: 'posthaste tail: messages and what becomes of them, live, from the logs of the functions.',
    usage: ['npx posthaste tail [options]'],
    rows: [
      ['--consumer NAME', 'of one consumer, or of any function by the name it has in the stack'],
      ['--since SPAN', 'begin that far back, e.g. 10m (default: now)'],
    ],
    notes: [
      'A batch is a line of counts. A function that logs at DEBUG (POWERTOOLS_LOG_LEVEL; on this machine posthaste dev --debug) writes a line\n' +
        '  for each of its messages.',
      'In an account it needs logs:DescribeLogGroups, and logs:FilterLogEvents on the log groups. Ctrl-C ends it, with exit code 0;\n' +
        '  2: it could not be done.',
    ],
    examples: ['npx posthaste tail --stack shop --consumer ship-order --since 10m'],
  });
}

const GROUPS = '/aws/lambda/';
/** Lines turn up in the logs some time after they were written; so far back they are looked for. */
const LATE_MS = 15_000;
/** In an account FilterLogEvents may be called five times a second and more (CloudWatch Logs quotas), by everybody together. */
const POLL_MS = { local: 500, aws: 2_000 } as const;
const AT_ONCE = 4;

async function tail({ place: given, json, consumer, sinceMs }: TailArguments, desk: Desk, logs: Logs): Promise<number> {
  const place = consumer === undefined || given.stack !== undefined ? given : { ...given, stack: await onlyStack(desk) };
  const groups = await groupsOf(logs, place, consumer);
  const prefix = `${GROUPS}${place.stack === undefined ? '' : `${place.stack}-`}`;
  const readers = groups.map((group) => createReader(logs, group, { prefix, since: desk.clock.now() - sinceMs }));
  const show = createDisplay(desk, json);
  desk.terminal.line(desk.terminal.dim(`${groups.length} functions; Ctrl-C ends it`));
  while (!desk.signal.aborted) {
    const news = await mapConcurrent(readers, AT_ONCE, (read) => read());
    for (const event of news.flat().sort((one, other) => one.at - other.at)) await show(event);
    await sleep(desk.clock, POLL_MS[place.kind], desk.signal).catch(() => {});
  }
  return EXIT.ok;
}

/** The stack of a consumer is found as every command finds it: by the operations that a failure store gives to it. */
async function onlyStack({ operations }: Desk): Promise<string> {
  return operations.stack().catch((error: unknown) => {
    if (!isPosthasteError(error, 'OPERATIONS_MISSING')) throw error;
    throw new ArgumentError('--consumer needs the name of its stack, which has no failure store to be found by: --stack NAME');
  });
}

async function groupsOf(logs: Logs, { stack }: Place, consumer: string | undefined): Promise<readonly string[]> {
  const named = consumer === undefined || stack === undefined ? undefined : nameWithin(stack, consumer, { max: NAME_LIMITS.function });
  const prefix = `${GROUPS}${named ?? (stack === undefined ? '' : `${stack}-`)}`;
  const found = await logs.groups(prefix);
  const groups = named === undefined ? found : found.filter((group) => group === prefix);
  if (groups.length === 0) {
    throw new ArgumentError(
      `there is no log group ${prefix}${named === undefined ? '*' : ''}: is the stack deployed, and its name right (--stack)?`,
    );
  }
  return groups;
}

interface ReaderOptions {
  /** What all groups begin with: it is left out where a function is named. */
  readonly prefix: string;
  readonly since: number;
}

/** Reads what is new in a group, each line once. */
function createReader(logs: Logs, group: string, { prefix, since }: ReaderOptions): () => Promise<readonly TailEvent[]> {
  let seen = new Map<string, number>();
  let newest = since;
  return async () => {
    const lines = await logs.lines(group, Math.max(since, newest - LATE_MS));
    const news = lines.filter(({ id }) => !seen.has(id));
    for (const { id, at } of news) seen.set(id, at);
    newest = Math.max(newest, ...news.map(({ at }) => at));
    seen = new Map([...seen].filter(([, at]) => at >= newest - LATE_MS));
    return news.flatMap((line) => readLine(line, group.slice(prefix.length)) ?? []);
  };
}

/** Where each message has a line, the counts of its batch say nothing new. */
function createDisplay(desk: Desk, json: boolean): (event: TailEvent) => Promise<void> {
  const detailed = new Set<string>();
  return async (event) => {
    if (json) return desk.write(`${JSON.stringify(event)}\n`);
    if (event.outcome !== undefined) detailed.add(event.from);
    if (event.counts !== undefined && detailed.has(event.from)) return;
    await desk.write(`${eventLine(event, desk.output)}\n`);
  };
}
