import type { Cancel } from '../../core/clock.ts';
import { compileFilterCriteria } from './filter-criteria.ts';
import { callAsFunction, type MappingRunner, type MappingTarget, type RunnerDeps, retryDelayMs } from './mapping-runner.ts';
import { createCounters } from './mapping-stats.ts';
import { openShard, type ShardPosition, type ShardReader } from './stream-shard.ts';

/** The signal by which a stream tells that it has new records. */
export interface StreamSignal {
  /** Each call names the shard that has something to read. */
  onRecords(streamArn: string, listener: (shardId: string) => void): Cancel;
}

interface StreamDescription {
  readonly shards: readonly { readonly ShardId: string; readonly ParentShardId?: string }[];
  readonly hashKey: string | undefined;
}

/** Where each shard of a mapping was left when it stopped; a mapping that is enabled again goes on from there. */
export type Checkpoints = Map<string, ShardPosition>;

interface StreamSource {
  readonly streams: StreamSignal;
  readonly checkpoints: Checkpoints;
}

/** Polls a DynamoDB stream for one function: a reader per shard, parents before children. Nothing runs while the stream is quiet. */
export function runStreamMapping(deps: RunnerDeps & StreamSource, target: MappingTarget): MappingRunner {
  const { clock } = deps;
  const { config } = target;
  const counters = createCounters();
  const passes = compileFilterCriteria(config.filterCriteria);
  const readers = new Map<string, ShardReader>();
  let beginning = deps.checkpoints.size === 0;
  /** Shards with something to do; the others are left alone. */
  const due = new Set<string>();
  let cancelWake: Cancel | undefined;
  let stopped = false;
  let sourceErrors = 0;

  function wakeFor(shardId: string): void {
    due.add(shardId);
    wake();
  }

  function wake(ms = 0): void {
    if (stopped || cancelWake) return;
    cancelWake = clock.after(ms, () => {
      cancelWake = undefined;
      poll();
    });
  }

  function poll(): void {
    if (stopped) return;
    try {
      openShards();
      for (const [shardId, reader] of readers) if (due.has(shardId)) pollShard(shardId, reader);
      if (sourceErrors > 0) target.onProblem(null);
      sourceErrors = 0;
    } catch (error) {
      sourceErrors += 1;
      for (const shardId of readers.keys()) due.add(shardId);
      target.onProblem(`PROBLEM: ${(error as Error).message}`);
      wake(retryDelayMs(deps.rng, sourceErrors));
    }
  }

  /** A shard that turns out to be at its end makes way for its children. */
  function pollShard(shardId: string, reader: ShardReader): void {
    const before = reader.finished;
    due.delete(shardId);
    reader.poll();
    if (!before && reader.finished) wake();
  }

  /**
   * A child starts when its parent is done, so that a key's records stay in order across a split. LATEST means the end of the stream
   * when the mapping began, in every shard at once; a shard that appears later is read from its start.
   */
  function openShards(): void {
    const { shards, hashKey } = describe();
    const listed = new Set(shards.map((shard) => shard.ShardId));
    const latest = beginning && config.startingPosition === 'LATEST';
    for (const { ShardId: shardId, ParentShardId: parent } of shards) {
      const waits = !latest && parent !== undefined && listed.has(parent) && readers.get(parent)?.finished !== true;
      // A shard that closes says nothing: its children do.
      if (waits) due.add(parent);
      if (readers.has(shardId) || waits) continue;
      const position = deps.checkpoints.get(shardId) ?? { type: latest ? 'LATEST' : 'TRIM_HORIZON' };
      readers.set(shardId, openShard({ deps, target, shardId, counters, onProgress: () => wakeFor(shardId), position, hashKey, passes }));
      due.add(shardId);
    }
    beginning = false;
    for (const shardId of readers.keys()) if (!listed.has(shardId)) forget(shardId);
  }

  function forget(shardId: string): void {
    if (readers.get(shardId)?.finished) readers.delete(shardId);
    else due.add(shardId);
  }

  function describe(): StreamDescription {
    const shards: { ShardId: string; ParentShardId?: string }[] = [];
    let hashKey: string | undefined;
    let start: string | undefined;
    do {
      const input = { StreamArn: config.eventSourceArn, ...(start === undefined ? {} : { ExclusiveStartShardId: start }) };
      const output = callAsFunction(deps, config.functionArn, { service: 'dynamodbstreams', action: 'DescribeStream', input });
      const stream = output['StreamDescription'] as Record<string, unknown>;
      shards.push(...((stream['Shards'] as typeof shards | undefined) ?? []));
      const schema = (stream['KeySchema'] ?? []) as { AttributeName: string; KeyType: string }[];
      hashKey = schema.find((key) => key.KeyType === 'HASH')?.AttributeName;
      start = stream['LastEvaluatedShardId'] as string | undefined;
    } while (start !== undefined);
    return { shards, hashKey };
  }

  const cancelSignal = deps.streams.onRecords(config.eventSourceArn, wakeFor);
  // At once, so that LATEST means now.
  poll();
  return {
    stop() {
      stopped = true;
      cancelSignal();
      cancelWake?.();
      for (const [shardId, reader] of readers) {
        reader.stop();
        deps.checkpoints.set(shardId, reader.checkpoint);
      }
    },
    stats() {
      const oldest = Math.min(...[...readers.values()].map((reader) => reader.oldestMs ?? Number.POSITIVE_INFINITY));
      return { ...counters, iteratorAgeMs: Number.isFinite(oldest) ? clock.now() - oldest : undefined };
    },
  };
}
