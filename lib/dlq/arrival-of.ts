import { createHash } from 'node:crypto';
import { SQS_MAX_BYTES } from '../message/message.contract.ts';
import type { AttemptNote, RecordAttribute } from '../retry/dead-letter.ts';
import { CUT_SHORT, FAILURE_ATTRIBUTE, UNKNOWN_CONSUMER } from './dlq.contract.ts';
import type { Arrival, FailureSource } from './failure.ts';
import { failureIdOf } from './failure-id.ts';
import { decodeFailureRecord, type FailureRecord } from './failure-record.ts';
import { type EnvelopeGlimpse, glimpse, isShortText, type Letter } from './letter.ts';
import { scheduledMessage } from './scheduled-letter.ts';

/** Whose dead-letter queue a letter was in. */
export interface Origin {
  readonly source: FailureSource;
  readonly consumer: string;
  /** Its schedules send messages to a consumer after a long wait: a letter of one holds a message. */
  readonly holdsMessage?: boolean;
}

/** The queue of nobody: a consumer that was removed, or one that is being deployed. */
export const UNKNOWN_ORIGIN: Origin = { source: 'consumer', consumer: UNKNOWN_CONSUMER };

/** A letter as it goes into the store. What stands in it was written by whoever could send to the queue: data, held to its form. Never throws. */
export function arrivalOf(letter: Letter, origin: Origin, now: number): Arrival {
  const text = letter.messageAttributes?.[FAILURE_ATTRIBUTE]?.stringValue;
  const record = origin.source === 'consumer' && text !== undefined ? decodeFailureRecord(text) : undefined;
  return record === undefined ? bareArrival(letter, origin, now) : recordedArrival(letter, { origin, record, now });
}

interface Recorded {
  readonly origin: Origin;
  readonly record: FailureRecord;
  readonly now: number;
}

/** More than any consumer writes. */
const [MAX_NOTE, MAX_ATTEMPTS, MAX_ATTRIBUTES] = [1_024, 100, 100];

/** What else stands in a note is nobody's: it could be too deep, or a number too large, for any item. */
function noteOf({ at, type, message }: AttemptNote): AttemptNote {
  return { at: at.slice(0, MAX_NOTE).toWellFormed(), type: type.slice(0, MAX_NOTE).toWellFormed(), message: message.toWellFormed() };
}

/**
 * A letter that its consumer wrote. Its group is of one consumer, one reason and one type, whatever the record says: a listing passes over groups
 * of others, and a message that could not be read has no type in its record.
 */
function recordedArrival(letter: Letter, { origin, record, now }: Recorded): Arrival {
  const seen = glimpse(letter.body);
  const { droppedAttributes } = record;
  const messageId = shortText(record.messageId) ?? seen.messageId;
  const messageType = shortText(record.messageType) ?? seen.messageType;
  const reason = shortText(record.reason) ?? 'UNKNOWN';
  return {
    ...seen,
    ...shortTexts({ messageType, handlerVersion: record.handlerVersion, traceId: record.traceId }),
    ...identity(letter, origin, messageId ?? shortText(record.sqsMessageId)),
    ...(isShortText(record.sqsMessageId) && { copyId: record.sqsMessageId }),
    ...(messageId !== undefined && { messageId }),
    status: record.disposition ?? 'open',
    reason,
    errorType: shortText(record.type) ?? 'Unknown',
    errorMessage: record.message.toWellFormed(),
    ...(record.note !== undefined && { note: record.note.slice(0, MAX_NOTE).toWellFormed() }),
    ...(record.stack !== undefined && { stack: record.stack.toWellFormed() }),
    fingerprint: fingerprintOf([origin.consumer, reason, messageType ?? '', record.fingerprint]),
    failedAt: timeOf(record.failedAt, now),
    receiveCount: countOf(record.receiveCount),
    attempts: record.attempts.slice(-MAX_ATTEMPTS).map(noteOf),
    attributes: plain(record.attributes),
    ...(droppedAttributes !== undefined && { droppedAttributes: droppedAttributes.filter(isShortText).slice(0, MAX_ATTRIBUTES) }),
    body: letter.body,
  };
}

/** What is known of a letter that nobody wrote a record for. */
const BARE: Readonly<Record<FailureSource, Pick<Arrival, 'reason' | 'errorType' | 'errorMessage'>>> = {
  consumer: {
    reason: 'RECEIVES_EXHAUSTED',
    errorType: 'Unknown',
    errorMessage: 'SQS moved it after too many receives: every run of it crashed, timed out or was throttled, and none could say why.',
  },
  subscription: {
    reason: 'UNDELIVERED',
    errorType: 'Unknown',
    errorMessage: 'SNS could not deliver it to the queue: the policy or the key of the queue refuses SNS, or the queue was gone.',
  },
  schedule: {
    reason: 'UNSCHEDULED',
    errorType: 'Unknown',
    errorMessage: 'EventBridge Scheduler could not start it.',
  },
  stream: {
    reason: 'STREAM_GIVEN_UP',
    errorType: 'Unknown',
    errorMessage: 'Lambda gave up a batch of the stream; its rows are still pending in the outbox, where the sweeper publishes them.',
  },
};

const UNRECORDED: Pick<Arrival, 'reason' | 'errorType' | 'errorMessage'> = {
  reason: 'UNRECORDED',
  errorType: 'Unknown',
  errorMessage: 'It fills all that SQS takes, which left no room for the reason; the log of its consumer has it.',
};

const CUT: Pick<Arrival, 'reason' | 'errorType' | 'errorMessage'> = { ...BARE.schedule, reason: CUT_SHORT };

/** Even the bare reason takes half a kilobyte. */
const RECORD_BYTES = 512;

function isFull({ body }: Letter, { source }: Origin): boolean {
  return source === 'consumer' && Buffer.byteLength(body) > SQS_MAX_BYTES - RECORD_BYTES;
}

function bareArrival(received: Letter, origin: Origin, now: number): Arrival {
  const message = origin.source === 'schedule' ? scheduledMessage(received) : undefined;
  const letter = { ...received, ...message };
  const hasMessage = message !== undefined || origin.source === 'consumer' || origin.source === 'subscription';
  const seen = hasMessage ? glimpse(letter.body) : {};
  const isCut = origin.holdsMessage === true && message === undefined;
  const known = isFull(received, origin) ? UNRECORDED : BARE[origin.source];
  const bare = { ...(isCut ? CUT : known), ...schedulersError(received, origin) };
  return {
    ...seen,
    ...identity(letter, origin, seen.messageId ?? letter.messageId),
    status: 'open',
    ...bare,
    fingerprint: fingerprintOf([origin.consumer, bare.reason, bare.errorType, seen.messageType ?? '']),
    failedAt: now,
    receiveCount: countOf(letter.attributes['ApproximateReceiveCount']),
    attempts: [],
    attributes: plain(letter.messageAttributes),
    body: letter.body,
  };
}

/** Scheduler says why in attributes (EventBridge Scheduler user guide, dead-letter queues). */
function schedulersError({ messageAttributes = {} }: Letter, { source }: Origin): Partial<Pick<Arrival, 'errorType' | 'errorMessage'>> {
  if (source !== 'schedule') return {};
  const [errorType, errorMessage] = [messageAttributes['ERROR_CODE']?.stringValue, messageAttributes['ERROR_MESSAGE']?.stringValue];
  return { ...(isShortText(errorType) && { errorType }), ...(errorMessage !== undefined && { errorMessage }) };
}

function identity(letter: Letter, { source, consumer }: Origin, messageId: string | undefined) {
  const groupId = letter.attributes['MessageGroupId'];
  return {
    id: failureIdOf({ consumer, messageId: messageId ?? letter.messageId, body: letter.body }),
    letterId: letter.messageId,
    // What SQS itself moves keeps its id.
    copyId: letter.messageId,
    source,
    consumer,
    ...(groupId !== undefined && { groupId }),
  };
}

/** When it failed. A time that is yet to come would make every later failure look like an old copy. */
function timeOf(text: string, now: number): number {
  const time = Date.parse(text);
  return Number.isFinite(time) && time >= 0 ? Math.min(time, now) : now;
}

function countOf(given: string | number | undefined): number {
  const count = Number(given);
  return Number.isSafeInteger(count) && count > 0 ? count : 1;
}

function shortText(value: string | undefined): string | undefined {
  return isShortText(value) ? value : undefined;
}

function shortTexts(texts: { readonly [Name in 'messageType' | 'handlerVersion' | 'traceId']: string | undefined }) {
  return Object.fromEntries(Object.entries(texts).filter(([, value]) => isShortText(value))) as EnvelopeGlimpse & {
    readonly handlerVersion?: string;
  };
}

/** What is known of attributes and no more: Lambda adds list members that SQS never fills, and a forged record anything. A record that could not be read goes no further. */
function plain({ [FAILURE_ATTRIBUTE]: _, ...attributes }: NonNullable<Letter['messageAttributes']> = {}): Record<string, RecordAttribute> {
  const bare = ({ dataType, stringValue, binaryValue }: RecordAttribute): RecordAttribute => ({
    dataType,
    ...(stringValue !== undefined && { stringValue }),
    ...(binaryValue !== undefined && { binaryValue }),
  });
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, bare(value)]));
}

/** The name of a group. */
export function fingerprintOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}
