import type { Table } from './table.ts';
import { expiredBy, nextExpiry } from './time-to-live.ts';
import type { World } from './world.ts';

const DEFAULT_DELAY_MS = 2 * 60 * 1000;
/** Timers may wait no longer than setTimeout can count. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000;

/**
 * Keeps a timer at the next expiry of a table; `remove` deletes a row. Expired items stay readable until the sweep, as on AWS,
 * where deletion comes within a few days (Developer guide, "Using time to live").
 */
export function armExpiry(world: World, table: Table, remove: (rowKey: string) => void): void {
  const now = world.clock.now();
  const next = table.expiry && nextExpiry(table.expiry, now);
  if (next === undefined) return;
  const at = Math.min(Math.max(next + delayOf(world), now + 1), now + LONGEST_WAIT_MS);
  const armed = world.timers.get(table.id);
  if (armed && armed.at <= at) return;
  armed?.cancel();
  const cancel = world.clock.after(at - now, () => {
    world.timers.delete(table.id);
    for (const rowKey of table.expiry ? expiredBy(table.expiry, world.clock.now() - delayOf(world)) : []) remove(rowKey);
    armExpiry(world, table, remove);
  });
  world.timers.set(table.id, { at, cancel });
}

/** Stops the timer of a table. */
export function disarmExpiry(world: World, table: Table): void {
  world.timers.get(table.id)?.cancel();
  world.timers.delete(table.id);
}

function delayOf(world: World): number {
  return world.options.expiryDelayMs ?? DEFAULT_DELAY_MS;
}
