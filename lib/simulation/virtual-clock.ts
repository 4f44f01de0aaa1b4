import type { Cancel, Clock } from '../core/clock.ts';
import type { Rng } from '../core/rng.ts';

interface Timer {
  readonly at: number;
  readonly tie: number;
  readonly callback: () => void;
  cancelled: boolean;
}

/** Time that passes only when the simulation lets it, and chooses at random among timers that are due together. */
export interface VirtualClock extends Clock {
  /** Runs timers in order, letting promises settle after each, until none is left or `until` (epoch ms) is reached. Returns the number run. */
  run(until?: number): Promise<number>;
  /** Timers that have not fired. */
  pending(): number;
}

/**
 * Ends when no promise has anything left to do, however long its chain: a tick asked for within the microtask queue comes once that queue
 * is empty (Node.js, "process.nextTick").
 */
const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/**
 * A clock whose timers live in a binary heap. Equal times are ordered by `rng`, so that a seed decides every race. Time also waits for
 * `realWork`, when it is given.
 *
 * @example
 * const clock = createVirtualClock(createRng(1));
 * clock.after(60_000, () => console.log('a minute later, at once'));
 * await clock.run();
 */
export function createVirtualClock(rng: Rng, start = Date.UTC(2030, 0, 1), realWork?: () => Promise<void>): VirtualClock {
  const heap: Timer[] = [];
  let now = start;
  let live = 0;
  const settle = realWork ? () => settled().then(realWork) : settled;

  return {
    now: () => now,
    after(ms, callback): Cancel {
      // Clocks tell whole milliseconds: what is asked for in between comes at the next one.
      const timer: Timer = { at: now + Math.max(0, Math.ceil(ms)), tie: rng.next(), callback, cancelled: false };
      push(heap, timer);
      live += 1;
      return () => {
        if (timer.cancelled) return;
        timer.cancelled = true;
        live -= 1;
      };
    },
    pending: () => live,
    async run(until = Number.POSITIVE_INFINITY) {
      let count = 0;
      // The first tick leaves the queue of ticks that the caller may be part of, the second comes after what it started.
      await settle();
      await settle();
      for (let next = heap[0]; next && next.at <= until; next = heap[0]) {
        pop(heap);
        if (next.cancelled) continue;
        next.cancelled = true;
        live -= 1;
        now = Math.max(now, next.at);
        next.callback();
        await settle();
        count += 1;
      }
      if (Number.isFinite(until)) now = Math.max(now, until);
      return count;
    },
  };
}

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.tie < b.tie);

function push(heap: Timer[], timer: Timer): void {
  let index = heap.length;
  heap.push(timer);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] as Timer;
    if (!before(timer, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = timer;
}

function pop(heap: Timer[]): void {
  const last = heap.pop() as Timer;
  if (heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && before(heap[child + 1] as Timer, heap[child] as Timer)) child += 1;
    if (!before(heap[child] as Timer, last)) break;
    heap[index] = heap[child] as Timer;
    index = child;
  }
  heap[index] = last;
}
