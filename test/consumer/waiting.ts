import { on } from '../../lib/consumer/consumer.routes.ts';
import { Transient } from '../../lib/retry/retry.errors.ts';
import { createWorld, effects, OrderPlaced, type WorldOptions } from './world.ts';

export const HOUR = 3_600_000;

export const hoursOf = (ms: number) => Math.round((ms / HOUR) * 100) / 100;

/** A consumer whose handler asks for a wait of 30 hours the first few times, and when it was called. */
export function waiting(options: WorldOptions & { readonly failures?: number } = {}) {
  const { failures = 1, ...rest } = options;
  const runs: { readonly id: string; readonly at: number; readonly attempt: number; readonly receiveCount: number }[] = [];
  const route = on(OrderPlaced, ({ id }, { unit, attempt, receiveCount }) => {
    runs.push({ id, at: world.clock.now() - begunAt, attempt, receiveCount });
    if (runs.filter((run) => run.id === id).length <= failures) throw new Transient('closed', { retryAfterMs: 30 * HOUR });
    unit.update(effects, { id }, { update: { expression: 'ADD #n :one', names: { '#n': 'n' }, values: { ':one': 1 } } });
  });
  const world = createWorld({ handlers: [route], scheduled: true, ...rest });
  const begunAt = world.clock.now();
  return { world, runs };
}
