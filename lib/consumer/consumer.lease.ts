import type { Batch, RunState } from './consumer.batch-state.ts';

/** Whether a handler may be called once at most for each message. */
export function runsOnce({ ports }: Batch): boolean {
  return ports.settings.delivery === 'at-most-once';
}

/** Whether the run holds a lease of its own: others wait for its end. */
export function isLeased(batch: Batch, { reading }: RunState): boolean {
  return reading.route.effect === 'external' || runsOnce(batch);
}
