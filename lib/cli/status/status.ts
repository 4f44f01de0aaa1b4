import { sleep } from '../../core/clock.ts';
import type { StackStatus } from '../../ops/operations.ts';
import { ArgumentError, parseWords } from '../arguments.ts';
import { EXIT } from '../exit-code.ts';
import { answer, type Desk } from '../operator/desk.ts';
import type { OperatorCommand } from '../operator/operate.ts';
import { operatorHelp } from '../operator/operator.help.ts';
import { PLACE_OPTIONS, type Place, placeOf } from '../operator/place.ts';
import { viewOf } from '../operator/view.ts';
import { statusLines, troublesOf } from './status.render.ts';

/** What `posthaste status` was asked to do. */
interface StatusArguments {
  readonly place: Place;
  readonly json: boolean;
  readonly watch: boolean;
  readonly check: boolean;
  readonly fresh: boolean;
}

/** `posthaste status`: how a stack stands, on one screen. */
export const statusCommand: OperatorCommand<StatusArguments> = {
  help: () =>
    operatorHelp({
      title: 'posthaste status: how a stack stands: queues, outboxes, failures by group, redrives.',
      usage: ['npx posthaste status [options]'],
      rows: [
        ['--watch', 'again every 2 seconds, with --aws every 10, until Ctrl-C, which ends it with 0'],
        ['--check', 'exit 1 when somebody should look'],
        ['--fresh', 'ask Lambda and CloudWatch again for what is remembered, e.g. after a pause or a resume'],
      ],
      notes: [
        'Somebody should look when a failure is open, a message is parked in the outbox, undelivered or left in a dead-letter queue, a mapping does\n' +
          '  not deliver, or the oldest message has waited for 5 minutes.',
        'In an account whether a mapping delivers is remembered for 30 seconds, and the age of the oldest message for a minute.',
        'Exit code: 0 shown, 1 with --check if somebody should look, 2 it could not be done.',
      ],
      examples: ['npx posthaste status --check --json'],
    }),
  parse(argv) {
    const { values, words } = parseWords(argv, {
      ...PLACE_OPTIONS,
      watch: { type: 'boolean' },
      check: { type: 'boolean' },
      fresh: { type: 'boolean' },
    });
    const { watch = false, check = false, fresh = false, json = false } = values;
    if (words.length > 0) throw new ArgumentError(`posthaste status takes options only, not ${JSON.stringify(words.join(' '))}`);
    if (watch && check) throw new ArgumentError('--check looks once; it does not go with --watch');
    if (watch && fresh)
      throw new ArgumentError('--fresh asks once; --watch lives on what is remembered, because others need the same quotas');
    return { place: placeOf(values), json, watch, check, fresh };
  },
  async run(args, desk) {
    const { json, check } = args;
    if (args.watch) return watch(args, desk);
    const value = await desk.operations.ask(requestOf(args));
    answer(desk, json, { value, lines: () => linesOf(desk, value) });
    return check && troublesOf(value, desk).length > 0 ? EXIT.failed : EXIT.ok;
  },
};

/** The embedded AWS has no quota and takes no money: what it says is never old. */
const requestOf = ({ fresh, place }: StatusArguments) =>
  ({ operation: 'status', ...((fresh || place.kind === 'local') && { fresh: true }) }) as const;

const linesOf = (desk: Desk, status: StackStatus): readonly string[] => statusLines(status, viewOf(desk));

/** In an account each look costs some calls, whose figures change once a minute. */
const WATCH_MS = { local: 2_000, aws: 10_000 } as const;

/** Clears the screen and what was scrolled off it (ECMA-48, ED and CUP). */
const CLEAR = '\x1b[H\x1b[2J\x1b[3J';

/** On a terminal a screen that is drawn anew; elsewhere, and for machines, one document after the other. */
async function watch(args: StatusArguments, desk: Desk): Promise<number> {
  const { json, place } = args;
  const redraw = Number.isFinite(desk.columns) && !json;
  while (!desk.signal.aborted) {
    const status = await desk.operations.ask(requestOf(args));
    const text = json ? JSON.stringify(status) : linesOf(desk, status).join('\n');
    await desk.write(`${redraw ? CLEAR : ''}${text}\n`);
    await sleep(desk.clock, WATCH_MS[place.kind], desk.signal).catch(() => {});
  }
  return EXIT.ok;
}
