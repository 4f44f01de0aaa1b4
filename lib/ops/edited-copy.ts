import { fingerprintOf } from '../dlq/arrival-of.ts';
import type { Arrival, Failure } from '../dlq/failure.ts';
import { failureIdOf } from '../dlq/failure-id.ts';
import { withMember } from './json-members.ts';
import { OperationError } from './operations.errors.ts';

/** A failure with the body that it was received with. */
export interface Held {
  readonly failure: Failure;
  readonly body: string;
}

/**
 * The copy of a failure that has the body an operator wrote, with the `revision` after the original's. It is the same message: another id
 * would be another message, which the inbox would not know as this one. Throws `OperationError` (code `EDIT_REFUSED`).
 */
export function editedCopy({ failure, body }: Held, written: string): Arrival {
  const before = envelopeOf(body);
  const after = envelopeOf(written);
  if (after === undefined) {
    if (before !== undefined) throw refused(failure, 'the new body is no JSON object, and the one it replaces is');
    return copyOf(failure, { body: written });
  }
  if (before !== undefined && after['id'] !== before['id']) {
    throw refused(failure, `the new body has the id ${said(after['id'])} and the message ${said(before['id'])}: leave the id as it is`);
  }
  const edited = withMember(written, 'revision', String(revisionOf(before) + 1));
  if (withMember(edited, 'revision', '0') === withMember(body, 'revision', '0')) throw refused(failure, 'the new body says what it said');
  return copyOf(failure, { body: edited, ...factsOf(after) });
}

/** The copy of a failure that counts as sent at `time` (epoch milliseconds), or undefined for a body that is no envelope. Equal times give equal copies. */
export function renewedCopy({ failure, body }: Held, time: number): Arrival | undefined {
  const envelope = envelopeOf(body);
  if (envelope === undefined) return undefined;
  const timed = withMember(body, 'time', JSON.stringify(new Date(time).toISOString()));
  return copyOf(failure, { body: withMember(timed, 'revision', String(revisionOf(envelope) + 1)), messageTime: time });
}

type Fields = Readonly<Record<string, unknown>>;

function copyOf(failure: Failure, changes: Partial<Arrival> & { readonly body: string }): Arrival {
  const { status, letters, redrives, redriveId, claimedBy, claimedAt, runAgainAfter, editOf, indexedAt, body, ...rest } = failure;
  const messageId = changes.messageId ?? failure.messageId ?? failure.id;
  const id = failureIdOf({ consumer: failure.consumer, messageId, body: changes.body });
  // A group is of one type.
  const { messageType = rest.messageType } = changes;
  const fingerprint = messageType === rest.messageType ? rest.fingerprint : fingerprintOf([rest.fingerprint, messageType ?? '']);
  return { ...rest, ...changes, id, letterId: id, copyId: id, fingerprint, status: status === 'parked' ? 'parked' : 'open' };
}

function envelopeOf(body: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function revisionOf(envelope: Fields | undefined): number {
  const revision = envelope?.['revision'];
  return Number.isSafeInteger(revision) && (revision as number) > 0 ? (revision as number) : 0;
}

// What an edit may have mended; what it says wrongly is for the consumer to refuse.
function factsOf({ id, type, time, partitionkey }: Fields): Partial<Arrival> {
  const messageTime = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return {
    ...(isText(id) && { messageId: id }),
    ...(isText(type) && { messageType: type }),
    ...(isText(partitionkey) && { key: partitionkey }),
    ...(Number.isFinite(messageTime) && { messageTime }),
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function said(value: unknown): string {
  return JSON.stringify(value) ?? 'that is missing';
}

function refused(failure: Failure, why: string): OperationError {
  return new OperationError('EDIT_REFUSED', `the failure ${failure.id} was not edited: ${why}`);
}
