import type { Json } from '../aws.ts';
import { copyItem, type Item } from './attribute-value.ts';
import { itemSize } from './item-size.ts';
import { hashOfRow, type KeySchema, keyOf } from './key-schema.ts';
import type { Row } from './secondary-index.ts';

/** Which images of an item a stream record carries. */
export type StreamViewType = 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES';

/** All view types. */
export const STREAM_VIEW_TYPES: readonly StreamViewType[] = ['NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES', 'KEYS_ONLY'];

/** Records can be read for 24 hours (Developer guide, "Change data capture for DynamoDB Streams"). */
export const RETENTION_MS = 24 * 60 * 60 * 1000;

/** One change with its place in the shard; rows are never changed, so the record is made when somebody reads it. */
export interface StreamEntry {
  readonly sequence: number;
  readonly at: number;
  readonly eventId: string;
  readonly change: Change;
}

/** A shard: the changes of the items whose partition key hashes to it, in the order of their commits. */
export interface Shard {
  readonly id: string;
  readonly firstSequence: number;
  entries: StreamEntry[];
  /** The sequence number below which records are gone. */
  trimmedBelow: number;
  /** The shard that it continues, if any: that one's records come first. */
  readonly parent?: Shard;
  /** What continues this shard, once it rolled over or split. */
  children: readonly Shard[];
  /** Set when the shard takes no more records, with the moment. */
  lastSequence?: number;
  closedAt?: number;
}

/** The change log of a table. It outlives being disabled, and the table, for as long as its records do. */
export interface Stream {
  readonly arn: string;
  readonly label: string;
  readonly tableName: string;
  readonly viewType: StreamViewType;
  readonly key: KeySchema;
  readonly createdAt: number;
  /** All that still have records, parents before children. */
  shards: readonly Shard[];
  /** The shards it began with, among which items are divided. */
  readonly roots: readonly Shard[];
  /** How many shards it has had. */
  shardsMade: number;
  enabled: boolean;
}

/** A committed change of one item. */
export interface Change {
  readonly before: Row | undefined;
  readonly after: Row | undefined;
  /** Deleted by time to live, not by a caller. */
  readonly expired?: boolean;
}

/** A sequence number as the API writes it: 21 digits, ascending as texts. */
export function sequenceText(sequence: number): string {
  return `1${String(sequence).padStart(20, '0')}`;
}

/** The number behind a sequence number, or NaN. */
export function sequenceOf(text: string): number {
  return /^\d{21,40}$/.test(text) ? Number(text.slice(1)) : Number.NaN;
}

/** The open shard that takes the changes of a row: an item stays with its root shard and what continues it. */
export function shardOf(stream: Stream, { before, after }: Change): Shard {
  let hash = hashOfRow(((after ?? before) as Row).key);
  let shards = stream.roots;
  for (;;) {
    const shard = shards[hash % shards.length] as Shard;
    if (shard.children.length === 0) return shard;
    hash = Math.floor(hash / shards.length);
    shards = shard.children;
  }
}

function rowOf({ before, after }: Change): Row {
  return (after ?? before) as Row;
}

/** Forgets the records up to a moment. */
export function trim(shard: Shard, before: number): void {
  const kept = shard.entries.findIndex((entry) => entry.at > before);
  if (kept === 0) return;
  const gone = kept < 0 ? shard.entries : shard.entries.slice(0, kept);
  const last = gone.at(-1);
  if (!last) return;
  shard.trimmedBelow = last.sequence + 1;
  shard.entries = kept < 0 ? [] : shard.entries.slice(kept);
}

/** A change in the shape of `GetRecords`; the reader may do with it what it likes. */
export function recordOf(stream: Stream, { change, sequence, at, eventId }: StreamEntry, region: string): Json {
  const { before, after, expired } = change;
  const keys = keyOf(stream.key, rowOf(change).item);
  const newImage = after && stream.viewType.startsWith('NEW') ? copyItem(after.item) : undefined;
  const oldImage = before && stream.viewType.includes('OLD') ? copyItem(before.item) : undefined;
  return {
    eventID: eventId,
    eventName: !before ? 'INSERT' : after ? 'MODIFY' : 'REMOVE',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: region,
    dynamodb: {
      // Rounded down to the second (API reference, StreamRecord).
      ApproximateCreationDateTime: Math.floor(at / 1000),
      Keys: keys,
      ...(newImage && { NewImage: newImage }),
      ...(oldImage && { OldImage: oldImage }),
      SequenceNumber: sequenceText(sequence),
      SizeBytes: itemSize(keys) + imageSize(newImage) + imageSize(oldImage),
      StreamViewType: stream.viewType,
    },
    ...(expired && { userIdentity: { Type: 'Service', PrincipalId: 'dynamodb.amazonaws.com' } }),
  };
}

function imageSize(image: Item | undefined): number {
  return image ? itemSize(image) : 0;
}
