import { createHash } from 'node:crypto';
import type { AttemptNote, DeadLetter, RecordAttribute } from '../retry/dead-letter.ts';

/** Why a message was dead-lettered, as it travels in the attribute `posthaste.failure` next to the untouched body. */
export interface FailureRecord {
  /** A stable code: `BODY_INVALID`, `MESSAGE_INVALID`, `UNKNOWN_TYPE`, `UNKNOWN_VERSION`, `TOO_OLD`, `HOPS_EXCEEDED`, `FINGERPRINT_MISMATCH`, `HANDLER_PERMANENT`, `ATTEMPTS_EXHAUSTED`. */
  readonly reason: string;
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
  readonly messageId?: string;
  readonly messageType?: string;
  /** The last attempts, oldest first; empty when there was only this one. */
  readonly attempts: readonly AttemptNote[];
  /** The attributes that the message came with. */
  readonly attributes: Readonly<Record<string, RecordAttribute>>;
  /** Names of attributes that found no room. */
  readonly droppedAttributes?: readonly string[];
}

/** Describes a failure, before it is fitted to a size. */
export function failureRecord(letter: DeadLetter): FailureRecord {
  const { error } = letter;
  const type = errorType(error);
  const stack = error instanceof Error ? stackWithCauses(error) : undefined;
  const traceId = letter.traceparent?.split('-')[1];
  return {
    reason: letter.reason,
    type,
    message: error instanceof Error ? error.message : String(error),
    ...(stack !== undefined && { stack }),
    fingerprint: fingerprintOf([letter.consumer, letter.reason, type, topFrame(error), letter.messageType ?? '']),
    consumer: letter.consumer,
    ...(letter.handlerVersion !== undefined && { handlerVersion: letter.handlerVersion }),
    ...(traceId !== undefined && { traceId }),
    failedAt: new Date(letter.failedAt).toISOString(),
    receiveCount: letter.receiveCount,
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

function isFailureRecord(value: unknown): value is FailureRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<string, unknown>;
  const texts = ['reason', 'type', 'message', 'fingerprint', 'consumer', 'failedAt'];
  return (
    texts.every((name) => typeof record[name] === 'string') && Array.isArray(record['attempts']) && typeof record['attributes'] === 'object'
  );
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
  return typeof code === 'string' && code !== '' ? code : error.name;
}

const MAX_CAUSES = 3;

function stackWithCauses(error: Error): string {
  const parts: string[] = [];
  for (let current: unknown = error; current instanceof Error && parts.length <= MAX_CAUSES; current = current.cause) {
    parts.push(current.stack ?? `${current.name}: ${current.message}`);
  }
  return parts.join('\ncaused by ');
}

/** The function and file that threw, without line numbers, which change with every deployment. */
function topFrame(error: unknown): string {
  const frame = error instanceof Error ? error.stack?.split('\n').find((line) => line.trimStart().startsWith('at ')) : undefined;
  return (frame ?? '').trim().replace(/:\d+:\d+/g, '');
}

function fingerprintOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
