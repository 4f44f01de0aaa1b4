import { MESSAGE_OUTCOME } from '../../consumer/consumer.contract.ts';
import type { LogLine } from './logs.ts';

/** What a line of a function's log says. */
export interface TailEvent {
  /** Epoch milliseconds. */
  readonly at: number;
  /** The function, by the name it has in the stack: a consumer's is the consumer's. */
  readonly from: string;
  /** The consumer that it is about, where another function says it. */
  readonly consumer?: string;
  readonly level: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  readonly text: string;
  /** What became of a message, e.g. `done`. */
  readonly outcome?: string;
  /** What was counted, by the metric's name. */
  readonly counts?: Readonly<Record<string, number>>;
  readonly messageId?: string;
  readonly messageType?: string;
  /** The id of a redrive. */
  readonly redrive?: string;
  readonly code?: string;
  readonly error?: string;
  readonly attempt?: number;
  readonly delayMs?: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads a line that `from` logged; undefined for what the platform writes about itself. */
export function readLine({ at, message }: LogLine, from: string): TailEvent | undefined {
  const text = message.trimEnd();
  const fields = fieldsOf(text);
  if (fields === undefined) return fromText(text, { at, from });
  if ('_aws' in fields) return fromMetrics(fields, { at, from });
  if (typeof fields['type'] === 'string' && fields['type'].startsWith('platform.')) return fromPlatform(fields, { at, from });
  return fromLogger(fields, { at, from }, text);
}

interface Origin {
  readonly at: number;
  readonly from: string;
}

function fieldsOf(text: string): Fields | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Fields;
  } catch {
    return undefined;
  }
}

const textIn = (fields: Fields, name: string): string | undefined => (typeof fields[name] === 'string' ? fields[name] : undefined);
const numberIn = (fields: Fields, name: string): number | undefined => (typeof fields[name] === 'number' ? fields[name] : undefined);

/** What Powertools calls a function that has no name. */
const NAMELESS = 'service_undefined';

/** Powertools names every function, and a consumer names itself; other functions name the consumer of which they speak. */
function originIn(fields: Fields, { at, from }: Origin): Pick<TailEvent, 'at' | 'from' | 'consumer'> {
  const [service, consumer] = [textIn(fields, 'service'), textIn(fields, 'consumer')];
  const name = (service === NAMELESS ? undefined : service) ?? consumer ?? from;
  return { at, from: name, ...(consumer !== undefined && consumer !== name && { consumer }) };
}

function levelOf(level: unknown): TailEvent['level'] {
  if (level === 'DEBUG' || level === 'TRACE') return 'DEBUG';
  if (level === 'WARN') return 'WARN';
  return level === 'ERROR' || level === 'CRITICAL' || level === 'FATAL' ? 'ERROR' : 'INFO';
}

/** Lines of the Powertools logger, and of any other that writes `level` and `message`. */
function fromLogger(fields: Fields, origin: Origin, line: string): TailEvent {
  const { text, error } = saidIn(textIn(fields, 'message') ?? line);
  const outcome = text === MESSAGE_OUTCOME ? textIn(fields, 'outcome') : undefined;
  const facts = {
    outcome,
    messageId: textIn(fields, 'messageId') ?? textIn(fields, 'sqsMessageId'),
    messageType: textIn(fields, 'messageType'),
    redrive: textIn(fields, 'redrive'),
    code: textIn(fields, 'code') ?? textIn(fields, 'reason'),
    error: errorIn(fields['error']) ?? textIn(fields, 'because') ?? error,
    attempt: numberIn(fields, 'attempt'),
    delayMs: numberIn(fields, 'delayMs'),
  };
  const known = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  return { ...originIn(fields, origin), level: levelOf(fields['level']), text, ...known };
}

/** Powertools writes an error as an object. */
function errorIn(error: unknown): string | undefined {
  if (typeof error === 'string') return error;
  const { name = 'Error', message } = (typeof error === 'object' && error !== null ? error : {}) as { name?: string; message?: string };
  return message === undefined ? undefined : `${name}: ${message}`;
}

/** Lambda's words for an error that no code caught, with the error as JSON behind them (Lambda guide, "Node.js function errors"). */
function saidIn(text: string): Pick<TailEvent, 'text' | 'error'> {
  const start = text.indexOf('{');
  const said = text.slice(0, Math.max(0, start)).trimEnd();
  const { errorType, errorMessage } = fieldsOf(text.slice(start)) ?? {};
  if (said === '' || typeof errorType !== 'string' || typeof errorMessage !== 'string') return { text };
  return { text: said, error: `${errorType}: ${errorMessage}` };
}

interface EmbeddedMetrics {
  readonly CloudWatchMetrics?: readonly { readonly Metrics?: readonly { readonly Name?: string; readonly Unit?: string }[] }[];
}

/** Metrics in the embedded format (CloudWatch User Guide, "Embedded metric format specification"); how long something took or waited is no count. */
function fromMetrics(fields: Fields, origin: Origin): TailEvent | undefined {
  const { CloudWatchMetrics: sets = [] } = fields['_aws'] as EmbeddedMetrics;
  const names = sets.flatMap(({ Metrics = [] }) => Metrics.flatMap(({ Name, Unit = 'Count' }) => (Unit === 'Count' ? (Name ?? []) : [])));
  const counts = names.map((name) => [name, sum(fields[name])] as const).filter(([, value]) => value > 0);
  if (counts.length === 0) return undefined;
  return { ...originIn(fields, origin), level: 'INFO', text: 'counted', counts: Object.fromEntries(counts) };
}

function sum(value: unknown): number {
  const values = Array.isArray(value) ? value : [value];
  return values.reduce((total: number, each: unknown) => total + (typeof each === 'number' ? each : 0), 0);
}

/** What Lambda writes about an invocation (Lambda guide, "Log formats"); only how it ended badly is worth a line. */
function fromPlatform(fields: Fields, { at, from }: Origin): TailEvent | undefined {
  const { status = 'success' } = (fields['record'] ?? {}) as { status?: string };
  if (fields['type'] !== 'platform.report' || status === 'success') return undefined;
  return { at, from, level: 'ERROR', text: `the invocation ended with: ${status}` };
}

const PLATFORM = /^(INIT_START|START RequestId|END RequestId|REPORT RequestId|EXTENSION|XRAY TraceId)/;

function fromText(text: string, { at, from }: Origin): TailEvent | undefined {
  if (text === '') return undefined;
  const status = /^REPORT RequestId.*\tStatus: (\w+)/.exec(text)?.[1];
  if (status !== undefined && status !== 'success') return { at, from, level: 'ERROR', text: `the invocation ended with: ${status}` };
  if (PLATFORM.test(text)) return undefined;
  // Node.js functions: time, request, level and text, with tabs between them.
  const [, level, rest] = /^\S+\t\S+\t([A-Z]+)\t([\s\S]*)$/.exec(text) ?? [];
  return { at, from, level: levelOf(level), ...saidIn(rest ?? text) };
}
