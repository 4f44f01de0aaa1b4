import { sameItem } from './attribute-value.ts';
import { armExpiry } from './expiry-sweep.ts';
import type { Row } from './secondary-index.ts';
import { append, type Change, trim } from './stream.ts';
import { applyWrite, type Table, type WriteUnits } from './table.ts';
import { followExpiry } from './time-to-live.ts';
import type { World } from './world.ts';

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
    for (const listener of world.listeners.get(arn) ?? []) for (const shard of shards) listener(shard);
  }
}

function record(world: World, table: Table, change: Change): string {
  const stream = table.stream as NonNullable<Table['stream']>;
  const now = world.clock.now();
  world.sequence += 1;
  const eventId = world.ids.next().replaceAll('-', '');
  const shard = append(stream, { change, sequence: world.sequence, at: now, eventId });
  // Readers trim exactly; here it is only about memory, so now and then is enough.
  if (shard.entries.length % 1024 === 0) trim(shard, now);
  return shard.id;
}
