import type { Clock } from '../../core/clock.ts';

/** Something that follows the writes of a table after a while: the writes of one item in their order, those of others in any. */
export interface Lag {
  follow(rowKey: string, change: () => void): void;
}

/** Makes a lag that asks for its length at every write; a length of zero is none. */
export function createLag(clock: Clock, lengthMs: () => number): Lag {
  const waiting = new Map<string, (() => void)[]>();

  function next(rowKey: string): void {
    const changes = waiting.get(rowKey) ?? [];
    changes.shift()?.();
    if (changes.length === 0) waiting.delete(rowKey);
  }

  return {
    follow(rowKey, change) {
      const ms = lengthMs();
      const before = waiting.get(rowKey);
      if (before === undefined && ms <= 0) {
        change();
        return;
      }
      // Whichever timer fires first lets the oldest change happen.
      if (before) before.push(change);
      else waiting.set(rowKey, [change]);
      clock.after(ms, () => next(rowKey));
    },
  };
}
