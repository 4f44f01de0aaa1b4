import type { Clock } from '../core/clock.ts';
import { createRng } from '../core/rng.ts';
import type { EventSourceMappings } from '../local/event-source-mapping/event-source-mappings.ts';
import { type Chance, type Chances, hashOf } from './chances.ts';
import { applies, type FaultKind, type FaultSource } from './fault.ts';
import type { SimFunctions } from './functions.ts';
import type { History } from './history.ts';
import type { Pause } from './process-world.ts';
import type { Swarm } from './swarm.ts';

const MINUTE = 60_000;
const MOST_SKEW_MS = 5 * MINUTE;
const LONGEST_FREEZE_MS = 20_000;

/** What incidents happen to. */
export interface Scene {
  readonly clock: Clock;
  readonly history: History;
  readonly functions: SimFunctions;
  readonly mappings: EventSourceMappings;
}

/** Deployments and replaced pollers, at random moments until the chances end. */
export function startIncidents({ clock, history, functions, mappings }: Scene, chances: Chances): void {
  repeat(clock, chances.of('deploy'), () => {
    history.record('deploy');
    functions.recycle();
  });
  const restart = chances.of('restart');
  repeat(clock, restart, () => {
    const all = mappings.list({});
    const uuid = all[restart.upTo(all.length - 1)]?.['UUID'];
    if (uuid === undefined) return;
    history.record('restart', { mapping: uuid });
    mappings.restart(String(uuid));
  });
}

/** Lets something happen `rate` times a minute, at moments of its own, until the world heals. */
function repeat(clock: Clock, chance: Chance, happen: () => void): void {
  if (chance.rate === 0) return;
  clock.after(chance.upTo(Math.round((2 * MINUTE) / chance.rate)), () => {
    if (chance.ended()) return;
    happen();
    repeat(clock, chance, happen);
  });
}

/** Faults of the swarm's kinds at calls, at its rate. */
export function swarmFaults(chances: Chances, { kinds }: Swarm): FaultSource {
  const chance = chances.of('fault');
  return {
    decide({ action }) {
      if (kinds.length === 0 || !chance.strikes()) return undefined;
      const kind = kinds[chance.upTo(kinds.length - 1)] as FaultKind;
      return applies(kind, action) ? kind : undefined;
    },
  };
}

/** How wrong each process's clock is, for as long as the process lives. */
export function swarmSkew(seed: number, { rates }: Swarm): (process: string) => number {
  const most = (rates.skew ?? 0) * MOST_SKEW_MS;
  return (process) => Math.round((2 * createRng(seed ^ hashOf(process)).next() - 1) * most);
}

/** Invocations that stand still for a while soon after their start. */
export function swarmPauses(chances: Chances): () => Pause | undefined {
  const chance = chances.of('freeze');
  return () => (chance.strikes() ? { afterMs: chance.upTo(60), forMs: chance.upTo(LONGEST_FREEZE_MS) } : undefined);
}
