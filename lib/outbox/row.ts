import { deriveId } from '../core/ids.ts';
import { attributesOf, type MessageAttribute } from '../message/attributes.ts';
import { encodeEnvelope, encodeSequence } from '../message/envelope.ts';
import { ENVELOPE_ATTRIBUTES } from '../message/message.contract.ts';
import type { OutgoingMessage } from '../message/message.ts';
import type { Parcel } from '../topic/destination.ts';
import type { Item, Table } from '../unit-of-work/unit-of-work.ts';
import { OUTBOX_ATTRIBUTES, OUTBOX_STATE_SHARDS } from './outbox.contract.ts';

/** A row's place in the outbox table. */
export interface RowKey {
  readonly pk: string;
  readonly sk: string;
}

/** A message row as the relay reads it. */
export interface OutboxRow extends RowKey {
  readonly id: string;
  readonly type: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly destinations: readonly string[];
  readonly key?: string;
  readonly seq?: number;
  /** Sequence of the first row of this key in the same transaction. */
  readonly first?: number;
  readonly state: string;
  readonly committedAt: number;
}

/** The outbox table by its name. */
export function outboxTable(name: string): Table {
  return { name, partitionKey: OUTBOX_ATTRIBUTES.pk, sortKey: OUTBOX_ATTRIBUTES.sk };
}

export const KEY_PREFIX = 'KEY#';
export const SEQ_PREFIX = 'SEQ#';
const PENDING = 'PENDING#';
const PARKED = 'PARKED#';

/** Where the head of an ordering key lives: the last sequence number that was given. */
export function headKey(key: string): RowKey {
  return { pk: `${KEY_PREFIX}${key}`, sk: 'HEAD' };
}

/** Where the commit marker of a unit lives. */
export function markerKey(unitId: string): RowKey {
  return { pk: `UNIT#${unitId}`, sk: 'COMMIT' };
}

/** Where a message row lives: by ordering key and sequence, or by unit and index. */
export function messageKey(message: OutgoingMessage, place: { readonly unitId: string; readonly index: number }): RowKey {
  if (message.key !== undefined && message.sequence !== undefined) {
    return { pk: `${KEY_PREFIX}${message.key}`, sk: `${SEQ_PREFIX}${encodeSequence(message.sequence)}` };
  }
  return { pk: `UNIT#${place.unitId}`, sk: `MSG#${String(place.index).padStart(4, '0')}` };
}

/** Index partitions, one per shard. */
export const PENDING_STATES: readonly string[] = Array.from({ length: OUTBOX_STATE_SHARDS }, (_, shard) => `${PENDING}${shard}`);
export const PARKED_STATES: readonly string[] = Array.from({ length: OUTBOX_STATE_SHARDS }, (_, shard) => `${PARKED}${shard}`);

/** Whether a row waits to be published. */
export function isPending(row: Pick<OutboxRow, 'state'>): boolean {
  return row.state.startsWith(PENDING);
}

/** The state of a parked row, in the same shard. */
export function parkedState(state: string): string {
  return `${PARKED}${state.slice(state.indexOf('#') + 1)}`;
}

/** The item that stores a message until it is published; `first` is the first number that its transaction gives on its key. */
export function toItem(message: OutgoingMessage, rowKey: RowKey, first?: number): Item {
  const attributes = Object.entries(attributesOf(message)).map(([name, { DataType, StringValue }]) => [
    name,
    DataType === 'Number' ? Number(StringValue) : StringValue,
  ]);
  return {
    ...rowKey,
    id: message.id,
    type: message.type,
    body: encodeEnvelope(message),
    attributes: Object.fromEntries(attributes),
    destinations: [...message.destinations],
    ...(message.key !== undefined && { key: message.key }),
    ...(message.sequence !== undefined && { seq: message.sequence }),
    ...(first !== undefined && { first }),
    state: PENDING_STATES[shardOf(rowKey.pk)],
    committedAt: Date.parse(message.time),
  };
}

function shardOf(pk: string): number {
  return Number.parseInt(deriveId(pk).slice(0, 7), 16) % OUTBOX_STATE_SHARDS;
}

/** Reads a message row; undefined for an item that is none. */
export function fromItem(item: Item): OutboxRow | undefined {
  const { pk, sk, id, type, body, state, committedAt, attributes, destinations } = item as Partial<Record<keyof OutboxRow, unknown>>;
  if (![pk, sk, id, type, body, state].every((value) => typeof value === 'string' && value !== '')) return undefined;
  if (typeof committedAt !== 'number' || !isAttributeMap(attributes) || !isNameList(destinations)) return undefined;
  return isInPlace(item) ? (item as unknown as OutboxRow) : undefined;
}

// A row is on the line of its key with a number, or has neither: a number without a line, or a line of another key, would never move.
function isInPlace({ pk, key, seq, first }: Item): boolean {
  if (!(pk as string).startsWith(KEY_PREFIX)) return key === undefined && seq === undefined && first === undefined;
  return pk === `${KEY_PREFIX}${key}` && typeof key === 'string' && isOrdinal(seq) && (first === undefined || isOrdinal(first));
}

function isOrdinal(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isAttributeMap(value: unknown): value is OutboxRow['attributes'] {
  if (Object.prototype.toString.call(value) !== '[object Object]') return false;
  return Object.values(value as object).every((one) => typeof one === 'string' || typeof one === 'number');
}

function isNameList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

/** The row as it travels. */
export function toParcel(row: OutboxRow): Parcel {
  const attributes: Record<string, MessageAttribute> = {};
  for (const [name, value] of Object.entries(row.attributes)) {
    attributes[name] =
      typeof value === 'number' ? { DataType: 'Number', StringValue: String(value) } : { DataType: 'String', StringValue: value };
  }
  const tenant = row.attributes[ENVELOPE_ATTRIBUTES.tenant];
  return {
    id: row.id,
    body: row.body,
    attributes,
    ...(row.key !== undefined && { key: row.key }),
    ...(typeof tenant === 'string' && { tenant }),
  };
}
