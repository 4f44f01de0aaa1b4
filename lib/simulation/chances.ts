import { createRng, type Rng } from '../core/rng.ts';
import type { Swarm, SwarmFeature } from './swarm.ts';

/** A feature's own source of chance: whether one feature is on changes nothing about the others. */
export interface Chance extends Rng {
  /** How much of the feature the swarm has: 0 when it is off. */
  readonly rate: number;
  /** Whether it strikes this time. */
  strikes(): boolean;
  /** A whole number from 0 to `most`. */
  upTo(most: number): number;
  /** Whether the world has healed. */
  ended(): boolean;
}

/** The chances of one world; they end when it heals. */
export interface Chances {
  of(feature: SwarmFeature): Chance;
  /** From here on nothing strikes. */
  end(): void;
}

/** Draws everything that a swarm leaves open from the seed; `onStrike` is told what happens. */
export function createChances(seed: number, { rates }: Swarm, onStrike: (feature: SwarmFeature) => void = () => {}): Chances {
  let ended = false;
  return {
    of(feature) {
      const rng = createRng(seed ^ hashOf(feature));
      const rate = rates[feature] ?? 0;
      return {
        ...rng,
        rate,
        strikes: () => {
          const struck = rate > 0 && !ended && rng.next() < rate;
          if (struck) onStrike(feature);
          return struck;
        },
        upTo: (most) => Math.floor(rng.next() * (most + 1)),
        ended: () => ended,
      };
    },
    end: () => {
      ended = true;
    },
  };
}

/** A number from a name (FNV-1a). */
export function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
