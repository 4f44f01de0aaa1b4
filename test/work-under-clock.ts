import type { World } from '../lib/simulation/world.ts';

/** How far the clock of a world is moved in search of an end. */
export interface Turns {
  readonly ms: number;
  /** Turns after which the work counts as stuck. */
  readonly most: number;
}

/** Moves the clock of a simulated world until the work has ended, and answers as it does. */
export async function underClock<T>(world: Pick<World, 'run'>, work: Promise<T>, { ms, most }: Turns): Promise<T> {
  let isDone = false;
  const watched = work.finally(() => {
    isDone = true;
  });
  watched.catch(() => {});
  for (let turn = 0; turn < most && !isDone; turn += 1) await world.run(ms);
  if (!isDone) throw new Error('the work did not end');
  return watched;
}
