import { FAILURE_STATUSES, type FailureFilter, type FailureStatus } from '../../dlq/failure.ts';
import { ArgumentError } from '../arguments.ts';
import { instantOf } from './time-argument.ts';

/** What `--where` calls the fields of a filter. */
const FIELDS = {
  id: 'id',
  fingerprint: 'fingerprint',
  consumer: 'consumer',
  type: 'type',
  reason: 'reason',
  key: 'key',
  message: 'messageId',
  since: 'since',
  until: 'until',
  status: 'status',
} as const satisfies Record<string, keyof FailureFilter>;

type Field = keyof typeof FIELDS;

/** The grammar in a line, for help texts. */
export const WHERE_FIELDS = Object.keys(FIELDS).join(', ');

/** A pair and the comma behind it. A value is in double quotes, or ends at the next comma; `\` takes what follows as it is. */
const PAIR = /\s*([^\s=,"]+)\s*=\s*(?:"((?:[^"\\]|\\[\s\S])*)"\s*|((?:[^,"\\]|\\[\s\S])*))(,|$)/y;

/**
 * Reads `field=value,field=value` into a filter. All pairs must hold.
 *
 * @throws ArgumentError with the part that cannot be read, and what is allowed there
 * @example
 * whereOf('consumer=ship-order,since=2h,key="a,b"', now); // => { consumer: 'ship-order', since: now - 7_200_000, key: 'a,b' }
 */
export function whereOf(text: string, now: number): FailureFilter {
  const filter: Record<string, string | number> = {};
  for (const [field, value] of pairsOf(text)) {
    if (FIELDS[field] in filter) throw new ArgumentError(`--where names ${field} twice; it selects what all of its fields say`);
    filter[FIELDS[field]] = readValue(field, value, now);
  }
  return filter;
}

/** What `whereOf` reads as this filter. Times are in it as they are, not as spans: they mean the same later. */
export function whereText(filter: FailureFilter): string {
  return Object.entries(FIELDS)
    .flatMap(([field, name]) => (filter[name] === undefined ? [] : [`${field}=${valueText(filter[name])}`]))
    .join(',');
}

function valueText(value: string | number): string {
  if (typeof value === 'number') return new Date(value).toISOString();
  return /^[^\s,"\\]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

function pairsOf(text: string): readonly (readonly [Field, string])[] {
  const pairs: [Field, string][] = [];
  for (let at = 0; at < text.length || pairs.length === 0; ) {
    PAIR.lastIndex = at;
    const [whole = '', name = '', quoted, plain = '', comma] = PAIR.exec(text) ?? [];
    if (whole === '') throw unreadable(text.slice(at));
    if (!Object.hasOwn(FIELDS, name))
      throw new ArgumentError(`--where has no field ${JSON.stringify(name)}; its fields are ${WHERE_FIELDS}`);
    const value = (quoted ?? plain.trim()).replace(/\\([\s\S])/g, '$1');
    if (value === '') throw new ArgumentError(`--where gives ${name} no value; it is ${name}=value`);
    pairs.push([name as Field, value]);
    at += whole.length;
    if (comma === ',' && at === text.length) throw unreadable('');
  }
  return pairs;
}

function unreadable(rest: string): ArgumentError {
  return new ArgumentError(
    `--where cannot be read from ${JSON.stringify(rest)} on; it is field=value,field=value, and a value with a comma in it is put in double quotes`,
  );
}

function readValue(field: Field, value: string, now: number): string | number {
  if (field === 'since' || field === 'until') return instantOf(`--where ${field}`, value, now);
  if (field === 'status' && !FAILURE_STATUSES.includes(value as FailureStatus)) {
    throw new ArgumentError(`--where status is one of ${FAILURE_STATUSES.join(', ')}, not ${JSON.stringify(value)}`);
  }
  return value;
}
