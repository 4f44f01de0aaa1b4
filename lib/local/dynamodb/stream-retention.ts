import { RETENTION_MS, type Shard, type Stream, trim } from './stream.ts';
import type { World } from './world.ts';

/** Records of this moment and before are gone. */
export function oldestMoment({ clock, options }: World): number {
  return clock.now() - (options.streamRetentionMs ?? RETENTION_MS);
}

/** Forgets old records, and closed shards that hold nothing any more. */
export function settleShards(world: World, stream: Stream): void {
  const before = oldestMoment(world);
  for (const shard of stream.shards) trim(shard, before);
  if (stream.enabled && stream.shards.some((shard) => isGone(shard, before))) {
    stream.shards = stream.shards.filter((shard) => !isGone(shard, before));
  }
}

function isGone({ entries, children, closedAt }: Shard, before: number): boolean {
  return children.length > 0 && entries.length === 0 && closedAt !== undefined && closedAt <= before;
}
