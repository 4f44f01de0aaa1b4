import { FAILURE_STATUSES, type FailureFilter } from '../dlq/failure.ts';
import { OperationError } from './operations.errors.ts';
import type { Author, OperationRequest, RedriveOptions } from './operations.ts';
import { MOVE_RATE, REDRIVE_RATE } from './rate.limits.ts';

type Fields = Readonly<Record<string, unknown>>;
type Operation = OperationRequest['operation'];

/** Reads what the function was asked, or throws `OperationError` (code `REQUEST_INVALID`) with what is wrong and what is allowed. */
export function parseRequest(value: unknown): OperationRequest {
  const request = objectOf(value, 'a request');
  const operation = oneOf(request['operation'], Object.keys(SHAPES) as Operation[], 'operation');
  const read = SHAPES[operation];
  const known = Object.keys(read);
  const unknown = Object.keys(request).find((name) => name !== 'operation' && !known.includes(name));
  if (unknown !== undefined) throw invalid(`${operation} has no member '${unknown}'; it takes ${listed(known)}`);
  const members = known.flatMap((name) => {
    const member = read[name]?.(request[name], name);
    return member === undefined ? [] : [[name, member]];
  });
  return { operation, ...Object.fromEntries(members) } as OperationRequest;
}

type Reader = (value: unknown, name: string) => unknown;

const optional =
  (read: Reader): Reader =>
  (value, name) =>
    value === undefined ? undefined : read(value, name);

const text: Reader = (value, name) => {
  if (typeof value === 'string' && value !== '') return value;
  throw invalid(`${name} is ${said(value)}; it is a text that is not empty`);
};

/** It is written into the record of every message, a hundred of which are settled at once: 4 MB in all ("TransactWriteItems"). */
const MAX_NOTE = 2_000;

const note: Reader = (value, name) => {
  const given = String(text(value, name));
  if (given.length <= MAX_NOTE) return given;
  throw invalid(`${name} has ${given.length} characters; it takes ${MAX_NOTE}`);
};

const numberFrom =
  (least: number, most: number): Reader =>
  (value, name) => {
    if (typeof value === 'number' && value >= least && value <= most) return value;
    throw invalid(`${name} is ${said(value)}; it is a number from ${least} to ${most}`);
  };

const integerFrom =
  (least: number, most: number): Reader =>
  (value, name) => {
    if (Number.isInteger(value)) return numberFrom(least, most)(value, name);
    throw invalid(`${name} is ${said(value)}; it is a whole number from ${least} to ${most}`);
  };

const flag: Reader = (value, name) => {
  if (typeof value === 'boolean') return value;
  throw invalid(`${name} is ${said(value)}; it is true or false`);
};

/** The last millisecond that a Date can tell. */
const END_OF_TIME = 8.64e15;

const FILTER: Readonly<Record<keyof FailureFilter, Reader>> = {
  id: text,
  fingerprint: text,
  consumer: text,
  type: text,
  reason: text,
  key: text,
  messageId: text,
  since: numberFrom(0, END_OF_TIME),
  until: numberFrom(0, END_OF_TIME),
  status: (value, name) => oneOf(value, FAILURE_STATUSES, name),
};

const OPTIONS: Readonly<Record<keyof RedriveOptions, Reader>> = {
  canary: integerFrom(0, 100),
  canaryWaitMs: integerFrom(1_000, 86_400_000),
  rate: numberFrom(REDRIVE_RATE.min, REDRIVE_RATE.max),
  renewOld: flag,
  runAgain: flag,
  maxRedrives: integerFrom(1, 1_000),
};

const AUTHOR: Readonly<Record<Exclude<keyof Author, 'requestId'>, Reader>> = { who: note, why: optional(note) };

const where: Reader = (value, name) => membersOf<FailureFilter>(value, FILTER, name);
const options: Reader = (value, name) => membersOf<RedriveOptions>(value, OPTIONS, name);
const author: Reader = (value, name) => {
  const { who, why } = membersOf<Author>(value, AUTHOR, name);
  return { who: note(who, 'author.who'), ...(why !== undefined && { why }) };
};
const cursor = optional(text);
const whatWaits: Reader = (value, name) => {
  const filter = where(value, name) as FailureFilter;
  if (filter.status === undefined || filter.status === 'open' || filter.status === 'parked') return filter;
  throw invalid(`${name}.status is '${filter.status}'; only what is open or parked can be sent back`);
};

const SHAPES: Readonly<Record<Operation, Readonly<Record<string, Reader>>>> = {
  status: { fresh: optional(flag) },
  groups: { where: optional(where) },
  list: { where: optional(where), limit: optional(integerFrom(1, 100)), cursor },
  show: { id: text },
  export: { where: optional(where), cursor },
  archive: { where, author },
  restore: { where, author },
  edit: { id: text, body: text, author },
  plan: { where: whatWaits, options: optional(options) },
  redrive: { where: whatWaits, options: optional(options), author },
  redrives: {},
  'redrive-status': { id: text },
  'stop-redrive': { id: text },
  'resume-redrive': { id: text },
  move: { consumer: text, rate: optional(integerFrom(MOVE_RATE.min, MOVE_RATE.max)), author },
  tick: {},
};

function membersOf<T>(value: unknown, readers: Readonly<Record<string, Reader>>, name: string): T {
  const fields = objectOf(value, name);
  const members = Object.entries(fields).map(([member, given]) => {
    const read = Object.hasOwn(readers, member) ? readers[member] : undefined;
    if (read === undefined) throw invalid(`${name} has no member '${member}'; it takes ${listed(Object.keys(readers))}`);
    return [member, given === undefined ? undefined : read(given, `${name}.${member}`)];
  });
  return Object.fromEntries(members.filter(([, member]) => member !== undefined)) as T;
}

function objectOf(value: unknown, name: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalid(`${name} is ${said(value)}; it is an object`);
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[], name: string): T {
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  throw invalid(`${name} is ${said(value)}; it is one of ${listed(allowed)}`);
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

function said(value: unknown): string {
  return value === undefined ? 'missing' : (JSON.stringify(value)?.slice(0, 100) ?? typeof value);
}

function invalid(message: string): OperationError {
  return new OperationError('REQUEST_INVALID', message);
}
