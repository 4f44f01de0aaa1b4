import { createHash } from 'node:crypto';
import type { FailureStatus } from './failure.ts';
import { CursorInvalidError } from './failure-store.errors.ts';

/** The key of an item of the failure table. */
export interface FailureKey {
  readonly pk: string;
  readonly sk: string;
}

const FAILURE_PREFIX = 'FAILURE#';
const STATE = 'STATE';

/** The partition of all groups, and the beginning of the sort key of what was done. */
export const GROUPS = 'GROUPS';
export const AUDIT_PREFIX = 'AUDIT#';

export function failureKey(id: string): FailureKey {
  return { pk: `${FAILURE_PREFIX}${id}`, sk: STATE };
}

export function groupRowKey(fingerprint: string): FailureKey {
  return { pk: GROUPS, sk: fingerprint };
}

export function auditKey(failureId: string, at: number, digest: string): FailureKey {
  return { pk: failureKey(failureId).pk, sk: `${AUDIT_PREFIX}${new Date(at).toISOString()}#${digest}` };
}

export function groupKeyOf(status: FailureStatus, fingerprint: string): string {
  return `${status}#${fingerprint}`;
}

/** Sorts failures by when they failed. A time of 15 digits lasts until the year 33,658. */
export function sortOf({ id, failedAt }: { readonly id: string; readonly failedAt: number }): string {
  return `${timeSort(failedAt)}#${id}`;
}

export function timeSort(time: number): string {
  return String(Math.max(0, Math.floor(time))).padStart(15, '0');
}

/** A partition key has 1 to 2,048 bytes (DynamoDB "Service, account, and table quotas"); a sender may write less and more. */
const MAX_INDEXED_BYTES = 1_024;

/** A text from a message as an index partition: itself, or its digest where it is too long; undefined for one without characters. */
export function indexPartition(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  return Buffer.byteLength(text) <= MAX_INDEXED_BYTES ? text : `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** The partition of what stands so of an ordering key: what was worked of it is not read past again and again. */
export function keyIndexOf(status: FailureStatus, key: string | undefined): string | undefined {
  const partition = indexPartition(key);
  return partition && `${status}#${partition}`;
}

/** Where a listing goes on: behind the entry `sort` of the index partition it reads; with `group`, in the group of that fingerprint. */
export interface Position {
  readonly group?: string;
  readonly sort?: string;
}

export function encodeCursor(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** Reads a cursor back. It has been outside: whatever it was there, only texts come in. */
export function decodeCursor(cursor: string): Position {
  try {
    const { group, sort } = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Position;
    if (isText(group) && isText(sort)) return { ...(group !== undefined && { group }), ...(sort !== undefined && { sort }) };
  } catch {
    // Said below.
  }
  throw new CursorInvalidError(cursor);
}

function isText(value: unknown): boolean {
  return value === undefined || (typeof value === 'string' && value !== '');
}
