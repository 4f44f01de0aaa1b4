import { type Clock, sleep } from '../core/clock.ts';

/** Lets messages go at a rate. */
export interface Pace {
  /** Waits until `count` messages may go, and lets none go; false if that were not before `until`. */
  ready(count: number, until: number): Promise<boolean>;
  /** Waits until `count` messages may go, at most as many as a batch; false if that were not before `until` (epoch milliseconds). */
  take(count: number, until: number): Promise<boolean>;
  /** Since when what may go by now was earned, epoch milliseconds: who goes on from there with another pace loses nothing of the rate. */
  earnedFrom(): number;
}

/** What a pace is made from. */
export interface PaceOptions {
  readonly clock: Clock;
  /** Messages a second. */
  readonly rate: number;
  /** Since when messages were earned, epoch milliseconds: of the pace before this one, or the beginning. */
  readonly earnedFrom: number;
}

/** Messages in one batch at this rate: a slow redrive sends one at a time and does not wait a minute to send ten. */
export function batchOf(rate: number): number {
  return Math.min(10, Math.max(1, Math.floor(rate)));
}

/**
 * A token bucket with a second's worth beyond a batch: what calls and late timers cost is caught up with, at twice the rate and never in a
 * burst; what a longer stall has missed is not.
 *
 * @example
 * const pace = createPace({ clock, rate: 10, earnedFrom: clock.now() });
 * while (await pace.take(10, deadline)) await sendTen();
 */
export function createPace({ clock, rate, earnedFrom }: PaceOptions): Pace {
  const capacity = batchOf(rate) + rate;
  let tokens = 0;
  let at = earnedFrom;
  let next = clock.now();
  let line: Promise<unknown> = Promise.resolve();

  function refill(): void {
    const now = clock.now();
    tokens = Math.min(capacity, tokens + (Math.max(0, now - at) * rate) / 1_000);
    at = now;
  }

  async function waited(count: number, until: number): Promise<boolean> {
    refill();
    const wait = Math.ceil(Math.max(((count - tokens) * 1_000) / rate, next - at, 0));
    if (clock.now() + wait >= until) return false;
    if (wait > 0) await sleep(clock, wait);
    refill();
    return true;
  }

  function inTurn(work: () => Promise<boolean>): Promise<boolean> {
    const turn = line.then(work);
    line = turn;
    return turn;
  }

  return {
    earnedFrom() {
      refill();
      return at - (tokens * 1_000) / rate;
    },
    ready: (count, until) => inTurn(() => waited(count, until)),
    take: (count, until) =>
      inTurn(async () => {
        const may = await waited(count, until);
        if (!may) return false;
        tokens -= count;
        next = at + (count * 500) / rate;
        return true;
      }),
  };
}
