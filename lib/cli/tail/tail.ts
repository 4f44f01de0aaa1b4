import { sleep } from '../../core/clock.ts';
import { isPosthasteError } from '../../core/errors.ts';
import { pagesOf } from '../../core/pages.ts';
import { type Rng, systemRng } from '../../core/rng.ts';
import { NAME_LIMITS, nameWithin } from '../../topology/name-within.ts';
import { ArgumentError, parseWords } from '../arguments.ts';
import { EXIT } from '../exit-code.ts';
import type { Desk } from '../operator/desk.ts';
import type { OperatorCommand } from '../operator/operate.ts';
import { operatorHelp } from '../operator/operator.help.ts';
import { PLACE_OPTIONS, type Place, placeOf } from '../operator/place.ts';
import { count } from '../operator/printable.ts';
import { durationOf } from '../operator/time-argument.ts';
import { createGroupReader } from './group-reader.ts';
import { createLogs } from './logs.cloudwatch.ts';
import type { Logs } from './logs.ts';
import { paceLogs } from './paced-logs.ts';
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
export function createTailCommand(logsAt: (place: Place) => Logs = createLogs, rng: Rng = systemRng): OperatorCommand<TailArguments> {
  return {
    help: tailHelp,
    parse(argv) {
      const { values, words } = parseWords(argv, { ...PLACE_OPTIONS, consumer: { type: 'string' }, since: { type: 'string' } });
      if (words.length > 0) throw new ArgumentError(`posthaste tail takes options only, not ${JSON.stringify(words.join(' '))}`);
      const { json = false, consumer, since } = values;
      return { place: placeOf(values), json, consumer, sinceMs: since === undefined ? 0 : durationOf('--since', since) };
    },
    run: (args, desk) => tail(args, desk, { logs: logsAt(args.place), rng }),
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
/** Between two rounds. The embedded AWS has no quota. */
const POLL_MS = { local: 500, aws: 2_000 } as const;
/** FilterLogEvents: 5 a second in an account and region, by everybody together, and never more (CloudWatch Logs quotas). One is left to them. */
const CALL_MS = { local: 0, aws: 250 } as const;

const THROTTLED = 'AWS throttles the reading of logs, whose quota everybody in the account shares: lines come later, and none is left out';

interface TailSource {
  readonly logs: Logs;
  readonly rng: Rng;
}

async function tail(args: TailArguments, desk: Desk, source: TailSource): Promise<number> {
  const { consumer, place: given } = args;
  const place = consumer === undefined || given.stack !== undefined ? given : { ...given, stack: await onlyStack(desk) };
  const onThrottled = once(() => desk.terminal.line(desk.terminal.dim(THROTTLED)));
  const pace = { clock: desk.clock, signal: desk.signal, rng: source.rng, everyMs: CALL_MS[place.kind], onThrottled };
  try {
    await follow({ ...args, place }, desk, paceLogs(source.logs, pace));
  } catch (error) {
    if (!desk.signal.aborted) throw error;
  }
  return EXIT.ok;
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}

/** Shows what is new, round after round, until Ctrl-C. */
async function follow({ place, json, consumer, sinceMs }: TailArguments, desk: Desk, logs: Logs): Promise<void> {
  const groups = await groupsOf(logs, place, consumer);
  const nameOf = namesWithin(place.stack ?? (await desk.operations.stack().catch(() => undefined)));
  const since = desk.clock.now() - sinceMs;
  const readers = groups.map((group) => ({ from: nameOf(group), read: createGroupReader(logs, group, since) }));
  const show = createDisplay(desk, json);
  desk.terminal.line(desk.terminal.dim(`${count(groups.length, 'function')}${paceText(groups.length, place)}; Ctrl-C ends it`));
  while (!desk.signal.aborted) {
    const news: TailEvent[] = [];
    for (const { from, read } of readers) {
      for (const line of await read()) {
        const event = readLine(line, from);
        if (event !== undefined) news.push(event);
      }
    }
    for (const event of news.sort((one, other) => one.at - other.at)) await show(event);
    await sleep(desk.clock, POLL_MS[place.kind], desk.signal).catch(() => {});
  }
}

/** What the function of a log group is called in its stack; one that is in none, as it is. */
function namesWithin(stack: string | undefined): (group: string) => string {
  const prefix = `${GROUPS}${stack}-`;
  return (group) => group.slice(stack !== undefined && group.startsWith(prefix) ? prefix.length : GROUPS.length);
}

/** Said where it can be felt. */
function paceText(groups: number, { kind }: Place): string {
  const reading = groups * CALL_MS[kind];
  if (reading <= POLL_MS[kind]) return '';
  return `, each looked at every ${Math.ceil((reading + POLL_MS[kind]) / 1_000)} seconds, as AWS has a quota on that (--consumer NAME reads one)`;
}

/** The stack of a consumer is found as every command finds it: by the operations that a failure store gives to it. */
async function onlyStack({ operations }: Desk): Promise<string> {
  return operations.stack().catch((error: unknown) => {
    if (!isPosthasteError(error, 'OPERATIONS_MISSING')) throw error;
    throw new ArgumentError('--consumer needs the name of its stack, which has no failure store to be found by: --stack NAME');
  });
}

async function groupsOf(logs: Logs, { stack }: Place, consumer: string | undefined): Promise<readonly string[]> {
  if (consumer !== undefined && stack !== undefined) return [await groupOf(logs, stack, consumer)];
  const prefix = `${GROUPS}${stack === undefined ? '' : `${stack}-`}`;
  const groups = await groupsFrom(logs, prefix);
  if (groups.length === 0)
    throw new ArgumentError(`there is no log group ${prefix}*: is the stack deployed, and its name right (--stack)?`);
  return groups;
}

/** The log group of one function, or a sentence that says which ones there are. */
async function groupOf(logs: Logs, stack: string, consumer: string): Promise<string> {
  const group = `${GROUPS}${nameWithin(stack, consumer, { max: NAME_LIMITS.function })}`;
  if ((await groupsFrom(logs, group)).includes(group)) return group;
  const names = (await groupsFrom(logs, `${GROUPS}${stack}-`)).map(namesWithin(stack));
  const there = names.length === 0 ? 'none at all: is it deployed, and its name right (--stack)?' : names.join(', ');
  throw new ArgumentError(`the stack ${stack} has no function ${JSON.stringify(consumer)} with a log; it has ${there}`);
}

async function groupsFrom(logs: Logs, prefix: string): Promise<readonly string[]> {
  const groups: string[] = [];
  for await (const { items } of pagesOf((cursor) => logs.groups(prefix, cursor))) groups.push(...items);
  return groups;
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
