import { sameItem } from './attribute-value.ts';
import { armExpiry } from './expiry-sweep.ts';
import type { Row } from './secondary-index.ts';
import { type Change, type Shard, type Stream, shardOf, trim } from './stream.ts';
import { continueShard } from './stream-control.ts';
import { oldestMoment } from './stream-retention.ts';
import { applyWrite, type Table, type WriteUnits } from './table.ts';
import { followExpiry } from './time-to-live.ts';
import { notify, type World } from './world.ts';

/** A write that has passed all its checks. */
export interface PlannedWrite {
  readonly table: Table;
  readonly before: Row | undefined;
  readonly after: Row | undefined;
}

/** Applies one write. */
export function commit(world: World, write: PlannedWrite, expired = false): WriteUnits {
  const units = applied(world, write);
  publish(world, [write], expired);
  return units;
}

/** Applies the writes of a transaction together: nothing can see a part of them. */
export function commitAll(world: World, writes: readonly PlannedWrite[]): WriteUnits[] {
  const units = writes.map((write) => applied(world, write));
  const order = world.options.shuffleTransaction?.(writes.length);
  publish(world, order ? order.map((at) => writes[at] as PlannedWrite) : writes, false);
  return units;
}

function applied(world: World, { table, before, after }: PlannedWrite): WriteUnits {
  const units = applyWrite(table, before, after);
  if (table.expiry) {
    followExpiry(table.expiry, before, after);
    watchExpiry(world, table);
  }
  return units;
}

/** Makes sure that the rows of a table with time to live go when they expire. */
export function watchExpiry(world: World, table: Table): void {
  armExpiry(world, table, (rowKey) => {
    const before = table.rows.get(rowKey);
    if (before) commit(world, { table, before, after: undefined }, true);
  });
}

/** Records the changes; a write that changes nothing leaves no record (Developer guide, "Change data capture for DynamoDB Streams"). */
function publish(world: World, writes: readonly PlannedWrite[], expired: boolean): void {
  const touched = new Map<string, Set<string>>();
  for (const { table, before, after } of writes) {
    const unchanged = before && after ? sameItem(before.item, after.item) : before === after;
    if (unchanged || !table.stream?.enabled) continue;
    const shardId = record(world, table, { before, after, expired });
    const shards = touched.get(table.stream.arn);
    if (shards) shards.add(shardId);
    else touched.set(table.stream.arn, new Set([shardId]));
  }
  for (const [arn, shards] of touched) {
    notify(world, arn, shards);
  }
}

/** The shard that takes the change: on a hostile stream it may just have closed, so that another one continues it. */
function openShard(world: World, stream: Stream, change: Change): Shard {
  const shard = shardOf(stream, change);
  const count = shard.entries.length > 0 ? (world.options.hostility?.splitsInto?.() ?? 0) : 0;
  if (count === 0) return shard;
  continueShard(world, stream, { shard, count });
  return shardOf(stream, change);
}

function record(world: World, table: Table, change: Change): string {
  const stream = table.stream as NonNullable<Table['stream']>;
  const now = world.clock.now();
  const shard = openShard(world, stream, change);
  world.sequence += 1;
  const eventId = world.ids.next().replaceAll('-', '');
  shard.entries.push({ change, sequence: world.sequence, at: now, eventId });
  // Readers trim exactly; here it is only about memory, so now and then is enough.
  if (shard.entries.length % 1024 === 0) trim(shard, oldestMoment(world));
  return shard.id;
}
