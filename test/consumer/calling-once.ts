import { on } from '../../lib/consumer/consumer.routes.ts';
import { sleep } from '../../lib/core/clock.ts';
import type { VirtualClock } from '../../lib/simulation/virtual-clock.ts';
import { createWorld, effects, OrderPlaced, type WorldOptions } from './world.ts';

interface Calling {
  readonly tookMs?: number;
  readonly respond?: (id: string) => void;
}

/** A consumer that calls somebody who must not be called twice, and writes down the answer in its unit. */
export function callingOnce({ tookMs = 2_000, respond }: Calling = {}, options: WorldOptions = {}) {
  const calls: string[] = [];
  const late: { clock?: VirtualClock } = {};
  const lost: number[] = [];
  const route = on(OrderPlaced, async ({ id }, { unit }) => {
    calls.push(id);
    await sleep(late.clock as VirtualClock, tookMs);
    respond?.(id);
    unit.update(effects, { id }, { update: { expression: 'ADD #n :one', names: { '#n': 'n' }, values: { ':one': 1 } } });
  });
  const metrics = { add: (name: string, value: number) => void (name === 'MessagesLost' && lost.push(value)) };
  const world = createWorld({ handlers: [route], delivery: 'at-most-once', metrics, ...options });
  late.clock = world.clock;
  return { world, calls, lostCount: () => lost.length };
}
