import type { Json } from '../aws.ts';
import { choice } from './fields.ts';
import { invalid } from './refusals.ts';
import { type Shard, STREAM_VIEW_TYPES, type Stream, type StreamViewType } from './stream.ts';
import type { Table } from './table.ts';
import type { World } from './world.ts';

const DEFAULT_SHARDS = 4;

/** Reads what an enabled stream shall carry; a table has one stream at a time. */
export function readViewType(table: Table, specification: Json): StreamViewType {
  const viewType = choice(specification, 'StreamViewType', STREAM_VIEW_TYPES);
  if (!viewType) {
    throw invalid('One or more parameter values were invalid: StreamViewType must be specified when enabling a stream');
  }
  if (table.stream?.enabled) throw invalid(`Table already has an enabled stream: TableName: ${table.name}`);
  return viewType;
}

/** Refuses to disable what is not enabled. */
export function refuseWithoutStream(table: Table): void {
  if (!table.stream?.enabled) throw invalid(`Table is not enabled for streams: TableName: ${table.name}`);
}

/** Enables a table's stream: a new stream with a new ARN, each time. */
export function startStream(world: World, table: Table, viewType: StreamViewType): Stream {
  const createdAt = world.clock.now();
  const label = freshLabel(world, table, createdAt);
  const shards = Array.from({ length: world.options.shards ?? DEFAULT_SHARDS }, (_, at) => emptyShard(world, at));
  const arn = `${table.arn}/stream/${label}`;
  const stream: Stream = {
    arn,
    label,
    tableName: table.name,
    viewType,
    key: table.key,
    createdAt,
    shards,
    roots: shards,
    shardsMade: shards.length,
    enabled: true,
  };
  table.stream = stream;
  world.streams.set(arn, stream);
  return stream;
}

/** Disables a stream: its shards close; their records stay readable until they are 24 hours old. */
export function stopStream(world: World, table: Table): void {
  const { stream } = table;
  if (!stream?.enabled) return;
  stream.enabled = false;
  for (const shard of stream.shards) if (shard.children.length === 0) close(world, shard);
}

/** The label is the moment of creation; two in one millisecond get neighbouring labels. */
function freshLabel(world: World, table: Table, now: number): string {
  for (let ms = now; ; ms++) {
    const label = new Date(ms).toISOString().replace('Z', '');
    if (!world.streams.has(`${table.arn}/stream/${label}`)) return label;
  }
}

/**
 * Closes a shard and lets as many others continue it: one is a shard that rolled over, as every one does after a while, more are a split
 * (Developer guide, "Change data capture for DynamoDB Streams": shards).
 */
export function continueShard(world: World, stream: Stream, { shard, count }: { readonly shard: Shard; readonly count: number }): void {
  close(world, shard);
  shard.children = Array.from({ length: count }, (_, at) => emptyShard(world, stream.shardsMade + at, shard));
  stream.shardsMade += count;
  stream.shards = [...stream.shards, ...shard.children];
}

function close(world: World, shard: Shard): void {
  shard.lastSequence = world.sequence;
  shard.closedAt = world.clock.now();
}

function emptyShard(world: World, at: number, parent?: Shard): Shard {
  const firstSequence = world.sequence + 1;
  const id = `shardId-${String(world.clock.now()).padStart(20, '0')}-${at.toString(16).padStart(8, '0')}`;
  return { id, firstSequence, entries: [], trimmedBelow: firstSequence, children: [], ...(parent && { parent }) };
}
