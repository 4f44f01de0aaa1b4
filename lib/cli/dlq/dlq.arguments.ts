import type { FailureFilter } from '../../dlq/failure.ts';
import { MOVE_RATE } from '../../ops/rate.limits.ts';
import { ArgumentError, parseWords, wholeNumber } from '../arguments.ts';
import { PLACE_OPTIONS, type Place, placeOf } from '../operator/place.ts';
import { rateOf } from '../operator/time-argument.ts';
import { whereOf } from '../operator/where.ts';

/** The verbs of `posthaste dlq`; without one it groups. */
export const DLQ_VERBS = ['group', 'list', 'show', 'archive', 'restore', 'export', 'move'] as const;
export type DlqVerb = (typeof DLQ_VERBS)[number];

/** What `posthaste dlq` was asked to do. */
export interface DlqArguments {
  readonly verb: DlqVerb;
  readonly json: boolean;
  /** The body alone, of `show`. */
  readonly body: boolean;
  readonly place: Place;
  /** Undefined where nothing was said: all that is open. */
  readonly where: FailureFilter | undefined;
  /** The consumer of `move`. */
  readonly consumer: string | undefined;
  readonly limit: number;
  readonly out: string | undefined;
  readonly why: string | undefined;
  /** Messages a second, of `move`. */
  readonly rate: number | undefined;
  readonly yes: boolean;
}

/** Lines of a list; what is longer is exported. */
export const MAX_LIMIT = 100_000;

const OPTIONS = {
  ...PLACE_OPTIONS,
  where: { type: 'string' },
  body: { type: 'boolean' },
  limit: { type: 'string' },
  out: { type: 'string' },
  why: { type: 'string' },
  rate: { type: 'string' },
  yes: { type: 'boolean', short: 'y' },
} as const;

/** The verbs that an option goes with. */
export const VERBS_OF = {
  where: ['group', 'list', 'archive', 'restore', 'export'],
  body: ['show'],
  limit: ['list'],
  out: ['export'],
  rate: ['move'],
  why: ['archive', 'restore', 'move'],
  yes: ['archive', 'restore', 'move', 'export'],
} as const satisfies Record<string, readonly DlqVerb[]>;

/** Reads the arguments of `posthaste dlq`. */
export function parseDlqArguments(argv: readonly string[], now: number): DlqArguments {
  const { values, words } = parseWords(argv, OPTIONS);
  const [first = 'group', operand, ...more] = words;
  const verb = DLQ_VERBS.find((each) => each === first);
  if (verb === undefined) throw new ArgumentError(`posthaste dlq has no ${JSON.stringify(first)}; it has ${DLQ_VERBS.join(', ')}`);
  if (more.length > 0)
    throw new ArgumentError(`posthaste dlq ${verb} takes one word more at most, not ${JSON.stringify([operand, ...more].join(' '))}`);
  for (const [option, verbs] of Object.entries<readonly DlqVerb[]>(VERBS_OF)) {
    // Where an id is wanted, or the name of a consumer, the sentence says so.
    if (option !== 'where' && values[option as keyof typeof VERBS_OF] !== undefined && !verbs.includes(verb)) {
      throw new ArgumentError(`--${option} goes with posthaste dlq ${verbs.join(', ')}, not with ${verb}`);
    }
  }
  if (values.body && values.json) throw new ArgumentError('give --body, for the body alone, or --json, not both');
  const where = selectionOf(verb, { where: values.where, operand, now });
  return {
    verb,
    json: values.json ?? false,
    body: values.body ?? false,
    place: placeOf(values),
    where,
    consumer: verb === 'move' ? operand : undefined,
    limit: values.limit === undefined ? 50 : wholeNumber('--limit', values.limit, { min: 1, max: MAX_LIMIT }),
    out: values.out,
    why: values.why,
    rate: values.rate === undefined ? undefined : rateOf('--rate', values.rate, MOVE_RATE),
    yes: values.yes ?? false,
  };
}

interface Selection {
  readonly where: string | undefined;
  readonly operand: string | undefined;
  readonly now: number;
}

function selectionOf(verb: DlqVerb, { where, operand, now }: Selection): FailureFilter | undefined {
  if (verb === 'move') {
    if (operand === undefined || where !== undefined)
      throw new ArgumentError('posthaste dlq move takes the name of a consumer and no --where: all of its queue moves');
    return undefined;
  }
  if (operand !== undefined && where !== undefined) throw new ArgumentError('give an id or --where, not both');
  if (operand !== undefined && (verb === 'group' || verb === 'list')) {
    throw new ArgumentError(`posthaste dlq ${verb} selects with --where, e.g. --where consumer=${operand}`);
  }
  if (operand === undefined && verb === 'show')
    throw new ArgumentError('posthaste dlq show takes the id of a failure, as dlq list shows it');
  if (operand === undefined && where === undefined && (verb === 'archive' || verb === 'restore')) {
    throw new ArgumentError(`say what to ${verb}: an id, or --where, e.g. --where consumer=ship-order`);
  }
  return operand !== undefined ? { id: operand } : where === undefined ? undefined : whereOf(where, now);
}
