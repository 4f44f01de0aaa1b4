import { type Clock, sleep, systemClock } from '../../core/clock.ts';
import type { VirtualClock } from '../virtual-clock.ts';

/** The time in which a case runs: real, or as fast as it can be simulated. */
export interface ContractTime {
  readonly clock: Clock;
  /** Resolves `ms` milliseconds from now. */
  wait(ms: number): Promise<void>;
  /** Lets time pass until the work has settled, and settles as it did. */
  drive<T>(work: Promise<T>): Promise<T>;
}

/** Time that passes by itself. */
export const realTime: ContractTime = {
  clock: systemClock,
  wait: (ms) => sleep(systemClock, ms),
  drive: (work) => work,
};

/** How far time goes at once while only the adapter waits for something. */
const STEP_MS = 10;
/** An adapter that takes longer than this over one step of a case is stuck: ten minutes, and a thousand settlings without a timer. */
const MAX_ADAPTER_ROUNDS = 60_000;
const MAX_IDLE_ROUNDS = 1_000;

/**
 * The time of a virtual clock: waiting takes none, so that cases which wait for weeks can run.
 *
 * @example
 * const world = createWorld({ seed: 1 });
 * const time = virtualTime(world.clock);
 */
export function virtualTime(clock: VirtualClock): ContractTime {
  const wakings: number[] = [];

  /** Runs to the next waking of the case on the millisecond, or a little on if it is the adapter that waits. */
  async function step(): Promise<'woken' | 'adapter' | 'idle'> {
    if (wakings.length > 0) {
      await clock.run(Math.min(...wakings));
      return 'woken';
    }
    const waits = clock.pending() > 0;
    const ran = await clock.run(waits ? clock.now() + STEP_MS : clock.now());
    return waits || ran > 0 ? 'adapter' : 'idle';
  }

  return {
    clock,
    async wait(ms) {
      const at = clock.now() + ms;
      wakings.push(at);
      await sleep(clock, ms);
      wakings.splice(wakings.indexOf(at), 1);
    },
    async drive(work) {
      let settled = false;
      const settle = () => {
        settled = true;
      };
      work.then(settle, settle);
      const rounds = { woken: 0, adapter: 0, idle: 0 };
      while (!settled) {
        const kind = await step();
        if (kind === 'woken') Object.assign(rounds, { adapter: 0, idle: 0 });
        rounds[kind] += 1;
        if (rounds.adapter > MAX_ADAPTER_ROUNDS || rounds.idle > MAX_IDLE_ROUNDS) {
          throw new Error('the case waits for something that never happens');
        }
      }
      return work;
    },
  };
}
