import type { FailureFilter } from '../../dlq/failure.ts';
import type { RedriveOptions } from '../../ops/operations.ts';
import { REDRIVE_RATE } from '../../ops/rate.limits.ts';
import { ArgumentError, parseWords, wholeNumber } from '../arguments.ts';
import { PLACE_OPTIONS, type Place, placeOf } from '../operator/place.ts';
import { durationOf, rateOf } from '../operator/time-argument.ts';
import { whereOf } from '../operator/where.ts';

/** What `posthaste redrive` was asked to do. */
export interface RedriveArguments {
  readonly place: Place;
  readonly json: boolean;
  readonly task: RedriveTask;
  /** Leave it to the function, do not watch. */
  readonly detach: boolean;
}

export type RedriveTask =
  | StartTask
  | { readonly kind: 'list' }
  /** `id`: of the redrive, or the beginning of it. */
  | { readonly kind: 'stop'; readonly id: string }
  | ResumeTask;

export interface ResumeTask {
  readonly kind: 'resume';
  /** As of one to stop. */
  readonly id: string;
  readonly yes: boolean;
}

export interface StartTask {
  readonly kind: 'start';
  readonly where: FailureFilter;
  readonly options: RedriveOptions;
  readonly dryRun: boolean;
  /** Where a new body comes from: the person's editor, or a file. */
  readonly edit: 'editor' | { readonly file: string } | undefined;
  readonly why: string | undefined;
  readonly yes: boolean;
}

const OPTIONS = {
  ...PLACE_OPTIONS,
  where: { type: 'string' },
  'dry-run': { type: 'boolean' },
  canary: { type: 'string' },
  'canary-wait': { type: 'string' },
  rate: { type: 'string' },
  edit: { type: 'boolean' },
  'edit-from': { type: 'string' },
  'renew-old': { type: 'boolean' },
  'run-again': { type: 'boolean' },
  'max-redrives': { type: 'string' },
  why: { type: 'string' },
  yes: { type: 'boolean', short: 'y' },
  detach: { type: 'boolean' },
  list: { type: 'boolean' },
  stop: { type: 'string' },
  resume: { type: 'string' },
} as const;

type Values = ReturnType<typeof parseWords<typeof OPTIONS>>['values'];

/** Reads the arguments of `posthaste redrive`. */
export function parseRedriveArguments(argv: readonly string[], now: number): RedriveArguments {
  const { values, words } = parseWords(argv, OPTIONS);
  if (words.length > 1)
    throw new ArgumentError(`posthaste redrive takes the id of one failure, or --where for many, not ${JSON.stringify(words.join(' '))}`);
  const [id] = words;
  return { place: placeOf(values), json: values.json ?? false, task: taskOf(values, id, now), detach: values.detach ?? false };
}

/** Options of a redrive that is started here. */
const OF_START = [
  'where',
  'dry-run',
  'canary',
  'canary-wait',
  'rate',
  'edit',
  'edit-from',
  'renew-old',
  'run-again',
  'max-redrives',
  'why',
  'yes',
] as const;

function taskOf(values: Values, id: string | undefined, now: number): RedriveTask {
  const { list = false, stop, resume } = values;
  const others = [list ? '--list' : [], stop === undefined ? [] : '--stop', resume === undefined ? [] : '--resume'].flat();
  const [other] = others;
  if (other === undefined) return startOf(values, id, now);
  const allowed = other === '--resume' ? ['yes'] : [];
  const started = OF_START.find((option) => values[option] !== undefined && !allowed.includes(option));
  const alien = others[1] ?? (started === undefined ? id : `--${started}`);
  if (alien !== undefined) throw new ArgumentError(`${other} stands alone; ${alien} does not go with it`);
  if (list) return { kind: 'list' };
  return stop === undefined ? { kind: 'resume', id: resume ?? '', yes: values.yes ?? false } : { kind: 'stop', id: stop };
}

function startOf(values: Values, id: string | undefined, now: number): StartTask {
  const { where, edit = false, 'edit-from': file } = values;
  if (id !== undefined && where !== undefined) throw new ArgumentError('give an id or --where, not both');
  if (id === undefined && where === undefined) {
    throw new ArgumentError('say what to send back: an id, or --where, e.g. --where consumer=ship-order, or --where status=open for all');
  }
  if (edit && file !== undefined) throw new ArgumentError('give --edit, for an editor, or --edit-from FILE, not both');
  return {
    kind: 'start',
    where: id === undefined ? waitingOf(where ?? '', now) : { id },
    options: optionsOf(values),
    dryRun: values['dry-run'] ?? false,
    edit: file !== undefined ? { file } : edit ? 'editor' : undefined,
    why: values.why,
    yes: values.yes ?? false,
  };
}

function waitingOf(text: string, now: number): FailureFilter {
  const where = whereOf(text, now);
  const { status = 'open' } = where;
  if (status === 'open' || status === 'parked') return where;
  throw new ArgumentError(`--where status is open or parked for posthaste redrive, not ${status}: nothing else can be sent back`);
}

function optionsOf({
  canary,
  rate,
  'canary-wait': wait,
  'renew-old': renewOld,
  'run-again': runAgain,
  'max-redrives': max,
}: Values): RedriveOptions {
  if (wait !== undefined && canary === undefined) throw new ArgumentError('--canary-wait goes with --canary N');
  return {
    ...(canary !== undefined && { canary: wholeNumber('--canary', canary, { min: 0, max: 100 }) }),
    ...(wait !== undefined && { canaryWaitMs: durationOf('--canary-wait', wait) }),
    ...(rate !== undefined && { rate: rateOf('--rate', rate, REDRIVE_RATE) }),
    ...(renewOld !== undefined && { renewOld }),
    ...(runAgain !== undefined && { runAgain }),
    ...(max !== undefined && { maxRedrives: wholeNumber('--max-redrives', max, { min: 1, max: 1_000 }) }),
  };
}
