import type { RecordFilter } from './filter-criteria.ts';
import { callAsFunction } from './mapping-runner.ts';
import { partitionOf, type StreamApiRecord, streamRecord } from './stream-event.ts';
import { createStreamLane, type LaneOptions, type StreamLane } from './stream-lane.ts';

/** GetRecords returns at most this many (API reference). */
const MAX_RECORDS_PER_CALL = 1_000;

/** Where reading starts: one of GetShardIterator's types, with the sequence number it needs. */
export interface ShardPosition {
  readonly type: 'TRIM_HORIZON' | 'LATEST' | 'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER';
  readonly sequenceNumber?: string;
  /** Records created before this moment, in milliseconds, are passed over: what LATEST meant when it was asked for. */
  readonly notBefore?: number;
}

const START: ShardPosition = { type: 'TRIM_HORIZON' };

/** What a shard needs besides its lanes. */
export interface ShardOptions extends LaneOptions {
  readonly position: ShardPosition;
  /** The name of the table's partition key. */
  readonly hashKey: string | undefined;
  readonly passes: RecordFilter;
}

/** Reads one shard in order into its lanes. */
export interface ShardReader {
  /** Takes what is there, as far as the lanes have room. */
  poll(): void;
  stop(): void;
  /** Whether the shard is closed and every record of it passed: its children may start. */
  readonly finished: boolean;
  readonly oldestMs: number | undefined;
  /** Where another reader would have to go on. */
  readonly checkpoint: ShardPosition;
}

/** Positions a reader at the start of a shard or at its end. */
export function openShard(options: ShardOptions): ShardReader {
  const { deps, target, shardId, counters } = options;
  const { config } = target;
  const lanes = Array.from({ length: config.parallelizationFactor }, () => createStreamLane(options));
  const room = Math.max(config.batchSize, 100) * config.parallelizationFactor;
  let lastSequenceNumber: string | undefined;
  // Records tell their time in whole seconds.
  const notBefore = options.position.type === 'LATEST' ? Math.floor(deps.clock.now() / 1_000) * 1_000 : (options.position.notBefore ?? 0);
  let iterator: string | undefined = openIterator(options.position);

  function call(action: string, input: Record<string, unknown>): Record<string, unknown> {
    return callAsFunction(deps, config.functionArn, { service: 'dynamodbstreams', action, input });
  }

  /** What was to be read next may have been trimmed meanwhile; then the oldest record that is left comes next. */
  function openIterator({ type, sequenceNumber }: ShardPosition): string {
    const at = sequenceNumber === undefined ? {} : { SequenceNumber: sequenceNumber };
    const input = { StreamArn: config.eventSourceArn, ShardId: shardId };
    try {
      return String(call('GetShardIterator', { ...input, ShardIteratorType: type, ...at })['ShardIterator']);
    } catch (error) {
      if ((error as Error).name !== 'TrimmedDataAccessException') throw error;
      return String(call('GetShardIterator', { ...input, ShardIteratorType: 'TRIM_HORIZON' })['ShardIterator']);
    }
  }

  function readSoFar(): ShardPosition {
    if (lastSequenceNumber !== undefined) return { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: lastSequenceNumber };
    return options.position.type === 'LATEST' ? { type: 'TRIM_HORIZON', notBefore } : options.position;
  }

  function getRecords(limit: number): readonly StreamApiRecord[] {
    let output: Record<string, unknown>;
    try {
      output = call('GetRecords', { ShardIterator: iterator, Limit: limit });
    } catch (error) {
      const name = (error as Error).name;
      if (name !== 'ExpiredIteratorException' && name !== 'TrimmedDataAccessException') throw error;
      // An iterator lives 15 minutes (GetShardIterator reference).
      iterator = openIterator(name === 'TrimmedDataAccessException' ? START : readSoFar());
      output = call('GetRecords', { ShardIterator: iterator, Limit: limit });
    }
    iterator = (output['NextShardIterator'] as string | null | undefined) ?? undefined;
    return (output['Records'] as readonly StreamApiRecord[] | undefined) ?? [];
  }

  function take(record: StreamApiRecord): void {
    const shaped = streamRecord(record, config.eventSourceArn);
    lastSequenceNumber = shaped.sequenceNumber;
    if (shaped.createdMs < notBefore) return;
    counters.received += 1;
    if (options.passes(shaped.event)) laneOf(lanes, partitionOf(record, options.hashKey)).add(shaped);
    else counters.filtered += 1;
  }

  const size = () => lanes.reduce((sum, lane) => sum + lane.size, 0);

  return {
    poll() {
      while (iterator !== undefined && size() < room) {
        const records = getRecords(Math.min(MAX_RECORDS_PER_CALL, room - size()));
        if (records.length === 0) break;
        for (const record of records) take(record);
      }
      for (const lane of lanes) lane.pump();
    },
    stop() {
      for (const lane of lanes) lane.stop();
    },
    get finished() {
      return iterator === undefined && size() === 0;
    },
    get oldestMs() {
      const ages = lanes.flatMap((lane) => lane.oldest?.createdMs ?? []);
      return ages.length === 0 ? undefined : Math.min(...ages);
    },
    get checkpoint(): ShardPosition {
      const unpassed = lanes.flatMap((lane) => lane.oldest?.sequenceNumber ?? []);
      const lowest = unpassed.reduce<string | undefined>(
        (low, next) => (low === undefined || BigInt(next) < BigInt(low) ? next : low),
        undefined,
      );
      return lowest === undefined ? readSoFar() : { type: 'AT_SEQUENCE_NUMBER', sequenceNumber: lowest };
    },
  };
}

function laneOf(lanes: readonly StreamLane[], partition: string): StreamLane {
  const index = lanes.length === 1 ? 0 : hashOf(partition) % lanes.length;
  const lane = lanes[index];
  if (!lane) throw new RangeError(`no lane ${index}`);
  return lane;
}

/** FNV-1a: how Lambda divides partition keys among the batches of a shard is not documented. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
