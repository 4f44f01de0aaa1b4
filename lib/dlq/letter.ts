import type { RecordAttribute } from '../retry/dead-letter.ts';

/** A message of a dead-letter queue, as the event source mapping of Lambda delivers it. */
export interface Letter {
  /** The id that SQS gave it. */
  readonly messageId: string;
  readonly body: string;
  /** System attributes. */
  readonly attributes: Readonly<Record<string, string | undefined>>;
  readonly messageAttributes?: Readonly<Record<string, RecordAttribute>> | undefined;
  readonly eventSourceARN: string;
}

/** What the indexer is invoked with. */
export interface LetterEvent {
  readonly Records: readonly Letter[];
}

/** What an envelope says of itself, as far as it can be read: a letter may be here because it cannot. */
export interface EnvelopeGlimpse {
  readonly messageId?: string;
  readonly messageType?: string;
  readonly key?: string;
  /** Epoch milliseconds. */
  readonly messageTime?: number;
  readonly traceId?: string;
}

/** No id, type or key of a message that was sent by this library is longer. */
const MAX_TEXT = 1_024;
const TRACE_ID = /^[0-9a-f]{2}-([0-9a-f]{32})-/;

/** Reads what can be read of an envelope. Never throws. */
export function glimpse(body: string): EnvelopeGlimpse {
  const { id, type, partitionkey, time, traceparent } = membersOf(body);
  const messageTime = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  const traceId = typeof traceparent === 'string' ? TRACE_ID.exec(traceparent)?.[1] : undefined;
  return {
    ...(isShortText(id) && { messageId: id }),
    ...(isShortText(type) && { messageType: type }),
    ...(isShortText(partitionkey) && { key: partitionkey }),
    ...(Number.isFinite(messageTime) && { messageTime }),
    ...(traceId !== undefined && { traceId }),
  };
}

/** The members of a JSON object, or none: a letter may hold anything. */
export function membersOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

export function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT && value.isWellFormed();
}
