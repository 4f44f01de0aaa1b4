import { createHash } from 'node:crypto';
import { messageOf } from '../core/errors.ts';
import { errorName } from '../retry/aws-failure.ts';
import type { AttemptNote, DeadLetter, RecordAttribute } from '../retry/dead-letter.ts';

/** Why a message was dead-lettered, as it travels in the attribute `posthaste.failure` next to the untouched body. */
export interface FailureRecord {
  /** A stable code: `BODY_INVALID`, `MESSAGE_INVALID`, `UNKNOWN_TYPE`, `UNKNOWN_VERSION`, `TOO_OLD`, `HOPS_EXCEEDED`, `FINGERPRINT_MISMATCH`, `HANDLER_PERMANENT`, `HANDLER_PARKED`, `ATTEMPTS_EXHAUSTED`, `AT_MOST_ONCE_FAILED`, `OUTCOME_UNKNOWN`, `WAIT_TOO_LONG`, `RECEIVES_EXHAUSTED`, `RETENTION_EXHAUSTED`. */
  readonly reason: string;
  /** An error rule set it aside on purpose: it waits, and nobody has to look into it. */
  readonly disposition?: 'parked';
  /** What that rule says about it. */
  readonly note?: string;
  /** The error's code or name. */
  readonly type: string;
  readonly message: string;
  /** At most `FAILURE_STACK_MAX_BYTES`. */
  readonly stack?: string;
  /** Equal for failures of one cause, across deployments: group by it, redrive by it. */
  readonly fingerprint: string;
  readonly consumer: string;
  readonly handlerVersion?: string;
  /** The trace id of the sender's W3C trace context. */
  readonly traceId?: string;
  /** ISO 8601, UTC. */
  readonly failedAt: string;
  readonly receiveCount: number;
  /** The id that SQS gave the copy that was received. */
  readonly sqsMessageId?: string;
  readonly messageId?: string;
  readonly messageType?: string;
  /** The last attempts, oldest first; empty when there was only this one. */
  readonly attempts: readonly AttemptNote[];
  /** The attributes that the message came with. */
  readonly attributes: Readonly<Record<string, RecordAttribute>>;
  /** Names of attributes that found no room. */
  readonly droppedAttributes?: readonly string[];
}

/** A note is a sentence; what stands beside it needs the room. */
const MAX_NOTE = 256;

/** Describes a failure, before it is fitted to a size. */
export function failureRecord(letter: DeadLetter): FailureRecord {
  const { error } = letter;
  const type = errorType(error);
  const stack = error instanceof Error ? stackWithCauses(error) : undefined;
  const traceId = letter.traceparent?.split('-')[1];
  return {
    reason: letter.reason,
    ...(letter.disposition !== undefined && { disposition: letter.disposition }),
    ...(letter.note !== undefined && { note: letter.note.slice(0, MAX_NOTE) }),
    type,
    message: messageOf(error),
    ...(stack !== undefined && { stack }),
    fingerprint: fingerprintOf([letter.consumer, letter.reason, type, topFrame(error), letter.messageType ?? '']),
    consumer: letter.consumer,
    ...(letter.handlerVersion !== undefined && { handlerVersion: letter.handlerVersion }),
    ...(traceId !== undefined && { traceId }),
    failedAt: new Date(letter.failedAt).toISOString(),
    receiveCount: letter.receiveCount,
    sqsMessageId: letter.sqsMessageId,
    ...(letter.messageId !== undefined && { messageId: letter.messageId }),
    ...(letter.messageType !== undefined && { messageType: letter.messageType }),
    attempts: letter.attempts,
    attributes: bare(letter.attributes),
  };
}

/** Reads a record back, e.g. to redrive; undefined for anything that is none. */
export function decodeFailureRecord(text: string): FailureRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFailureRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const TEXTS = ['reason', 'type', 'message', 'fingerprint', 'consumer', 'failedAt'];
const OPTIONAL_TEXTS = ['note', 'stack', 'handlerVersion', 'traceId', 'sqsMessageId', 'messageId', 'messageType'];

// Whoever can write to the queue can write a record: every member is looked at, so that a redrive can rely on the type.
function isFailureRecord(value: unknown): value is FailureRecord {
  if (!isObject(value)) return false;
  const { attempts, attributes, droppedAttributes = [], receiveCount, disposition } = value;
  return (
    (disposition === undefined || disposition === 'parked') &&
    hasTexts(value, TEXTS) &&
    hasOptionalTexts(value, OPTIONAL_TEXTS) &&
    Number.isInteger(receiveCount) &&
    Array.isArray(attempts) &&
    attempts.every((note) => isObject(note) && hasTexts(note, ['at', 'type', 'message'])) &&
    isObject(attributes) &&
    Object.values(attributes).every(isRecordAttribute) &&
    Array.isArray(droppedAttributes) &&
    droppedAttributes.every((name) => typeof name === 'string')
  );
}

function isRecordAttribute(value: unknown): boolean {
  return isObject(value) && hasTexts(value, ['dataType']) && hasOptionalTexts(value, ['stringValue', 'binaryValue']);
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasTexts(fields: Fields, names: readonly string[]): boolean {
  return names.every((name) => typeof fields[name] === 'string');
}

function hasOptionalTexts(fields: Fields, names: readonly string[]): boolean {
  return names.every((name) => fields[name] === undefined || typeof fields[name] === 'string');
}

/** Lambda adds list members that SQS never fills. */
function bare(attributes: Readonly<Record<string, RecordAttribute>>): Record<string, RecordAttribute> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, { dataType, stringValue, binaryValue }]) => [name, { dataType, stringValue, binaryValue }]),
  );
}

function errorType(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && code !== '' ? code : errorName(error);
}

const MAX_CAUSES = 3;

function stackWithCauses(error: Error): string {
  const parts: string[] = [];
  for (let current: unknown = error; current instanceof Error && parts.length <= MAX_CAUSES; current = current.cause) {
    parts.push(stackOf(current) ?? `${errorName(current)}: ${messageOf(current)}`);
  }
  return parts.join('\ncaused by ');
}

// With source maps a stack is written when it is first read, from a name and a message that may have no text.
function stackOf(error: Error): string | undefined {
  try {
    return typeof error.stack === 'string' ? error.stack : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The function and file that threw, without line numbers, which change with every deployment. The stack begins with the message: what a
 * sender wrote into it must not pass for a frame, or each message could have a group of its own.
 */
function topFrame(error: unknown): string {
  const stack = error instanceof Error ? stackOf(error) : undefined;
  if (stack === undefined) return '';
  const message = messageOf(error);
  const frames = stack.slice(Math.max(0, stack.indexOf(message)) + message.length);
  const frame = frames.split('\n').find((line) => line.trimStart().startsWith('at '));
  return (frame ?? '').trim().replace(/:\d+:\d+/g, '');
}

function fingerprintOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
