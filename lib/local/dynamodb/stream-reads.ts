import { AwsError, type Json } from '../aws.ts';
import { keySchemaJson } from './describe-table.ts';
import { choice, integer, requiredText, text } from './fields.ts';
import { invalid, notFound } from './refusals.ts';
import { recordOf, type Shard, type Stream, sequenceOf, sequenceText, trim } from './stream.ts';
import { oldestMoment, settleShards } from './stream-retention.ts';
import { notify, type World } from './world.ts';

/** An iterator serves for 15 minutes (API reference, GetShardIterator). */
const ITERATOR_LIFE_MS = 15 * 60 * 1000;
/** An iterator: stream, version, shard, sequence number, moment of issue. */
const ITERATOR = /^([^|]+)\|1\|([^|]+)\|(\d+)\|([\d.]+)$/;
const ITERATOR_TYPES = ['AFTER_SEQUENCE_NUMBER', 'AT_SEQUENCE_NUMBER', 'LATEST', 'TRIM_HORIZON'] as const;
const MAX_RECORDS = 1000;
/** When the readers of a stream are told again that nothing was found where something is. */
const READ_AGAIN_MS = 250;
/** One GetRecords returns up to 1 MB (Developer guide, "Service quotas"). */
const MAX_BYTES = 1024 * 1024;

/** DescribeStream: the stream and its shards, up to 100 a page. */
export function describeStream(world: World, input: Json): Json {
  const stream = streamOf(world, requiredText(input, 'StreamArn'));
  const limit = integer(input, 'Limit', 1, 100) ?? 100;
  const after = text(input, 'ExclusiveStartShardId') ?? '';
  settleShards(world, stream);
  const rest = stream.shards.filter((shard) => shard.id > after);
  const page = rest.slice(0, limit);
  return {
    StreamDescription: {
      StreamArn: stream.arn,
      StreamLabel: stream.label,
      StreamStatus: stream.enabled ? 'ENABLED' : 'DISABLED',
      StreamViewType: stream.viewType,
      CreationRequestDateTime: stream.createdAt / 1000,
      TableName: stream.tableName,
      KeySchema: keySchemaJson(stream.key),
      Shards: page.map(describeShard),
      ...(rest.length > limit && { LastEvaluatedShardId: page.at(-1)?.id }),
    },
  };
}

function describeShard(shard: Shard): Json {
  const end = shard.lastSequence === undefined ? {} : { EndingSequenceNumber: sequenceText(shard.lastSequence) };
  const parent = shard.parent === undefined ? {} : { ParentShardId: shard.parent.id };
  return { ShardId: shard.id, ...parent, SequenceNumberRange: { StartingSequenceNumber: sequenceText(shard.firstSequence), ...end } };
}

/** ListStreams: all, or those of a table. */
export function listStreams(world: World, input: Json): Json {
  const name = text(input, 'TableName');
  const limit = integer(input, 'Limit', 1, 100) ?? 100;
  const after = text(input, 'ExclusiveStartStreamArn') ?? '';
  const streams = [...world.streams.values()].sort((a, b) => (a.arn < b.arn ? -1 : 1));
  const rest = streams.filter((stream) => stream.arn > after && (name === undefined || stream.tableName === name));
  const page = rest.slice(0, limit);
  return {
    Streams: page.map(({ arn, label, tableName }) => ({ StreamArn: arn, StreamLabel: label, TableName: tableName })),
    ...(rest.length > limit && { LastEvaluatedStreamArn: page.at(-1)?.arn }),
  };
}

/** GetShardIterator. */
export function getShardIterator(world: World, input: Json): Json {
  const stream = streamOf(world, requiredText(input, 'StreamArn'));
  const shard = shardIn(stream, requiredText(input, 'ShardId'));
  const type = choice(input, 'ShardIteratorType', ITERATOR_TYPES);
  if (!type) throw invalid('ShardIteratorType is required');
  trim(shard, oldestMoment(world));
  if (type === 'TRIM_HORIZON') return { ShardIterator: iterator(world, stream, shard, shard.trimmedBelow) };
  if (type === 'LATEST') return { ShardIterator: iterator(world, stream, shard, world.sequence + 1) };
  const sequence = sequenceOf(requiredText(input, 'SequenceNumber'));
  if (Number.isNaN(sequence)) throw invalid('Invalid SequenceNumber');
  const from = type === 'AT_SEQUENCE_NUMBER' ? sequence : sequence + 1;
  if (from < shard.trimmedBelow) throw trimmed();
  return { ShardIterator: iterator(world, stream, shard, from) };
}

/** GetRecords: the next changes of a shard and the iterator after them; no iterator when a closed shard is exhausted. */
export function getRecords(world: World, input: Json): Json {
  const { stream, shard, from } = openIterator(world, requiredText(input, 'ShardIterator'));
  const limit = integer(input, 'Limit', 1, MAX_RECORDS) ?? MAX_RECORDS;
  trim(shard, oldestMoment(world));
  if (from < shard.trimmedBelow) throw trimmed();
  if (world.options.hostility?.findsNothing?.() === true) {
    world.clock.after(READ_AGAIN_MS, () => notify(world, stream.arn, [shard.id]));
    return { Records: [], NextShardIterator: iterator(world, stream, shard, from) };
  }
  const records: Json[] = [];
  let next = from;
  let bytes = 0;
  for (let at = firstAt(shard, from); at < shard.entries.length && records.length < limit; at++) {
    const entry = shard.entries[at] as Shard['entries'][number];
    const record = recordOf(stream, entry, world.place.region);
    bytes += (record['dynamodb'] as { SizeBytes: number }).SizeBytes;
    if (records.length > 0 && bytes > MAX_BYTES) break;
    records.push(record);
    next = entry.sequence + 1;
  }
  const closed = shard.lastSequence !== undefined && firstAt(shard, next) >= shard.entries.length;
  return { Records: records, ...(!closed && { NextShardIterator: iterator(world, stream, shard, next) }) };
}

/** The first entry whose sequence number is not below `from`. */
function firstAt({ entries }: Shard, from: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.sequence ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

function iterator(world: World, stream: Stream, shard: Shard, from: number): string {
  return `${stream.arn}|1|${shard.id}|${from}|${world.clock.now()}`;
}

function openIterator(world: World, token: string): { stream: Stream; shard: Shard; from: number } {
  const [, arn = '', shardId = '', from, issuedAt] = ITERATOR.exec(token) ?? [];
  if (issuedAt === undefined) throw invalid('Invalid ShardIterator');
  if (world.clock.now() - Number(issuedAt) > (world.options.iteratorLifeMs ?? ITERATOR_LIFE_MS)) {
    throw new AwsError('ExpiredIteratorException', 'Iterator expired. The iterator was created more than 15 minutes ago.');
  }
  const stream = streamOf(world, arn);
  return { stream, shard: shardIn(stream, shardId), from: Number(from) };
}

function streamOf(world: World, arn: string): Stream {
  const stream = world.streams.get(arn);
  if (!stream) throw notFound(`Requested resource not found: Stream: ${arn} not found`);
  return stream;
}

function shardIn(stream: Stream, id: string): Shard {
  const shard = findShard(stream.roots, id);
  if (!shard) throw notFound(`Requested resource not found: Shard: ${id} in Stream: ${stream.arn} not found`);
  return shard;
}

/** A closed shard whose records are gone is no longer listed, and can still be read to its end. */
function findShard(shards: readonly Shard[], id: string): Shard | undefined {
  for (const shard of shards) {
    const found = shard.id === id ? shard : findShard(shard.children, id);
    if (found) return found;
  }
  return undefined;
}

function trimmed(): AwsError {
  return new AwsError('TrimmedDataAccessException', 'The operation attempted to read past the oldest stream record in a shard');
}
