import type { Violation } from '../../lib/simulation/conservation.ts';

/** What became of one message, once nothing moves any more. */
export interface Fate {
  readonly id: string;
  /** How often its effect happened. */
  readonly applied: number;
  /** Whether it is still in the queue. */
  readonly waiting: boolean;
  /** Whether it is where a person will see it. */
  readonly deadLettered: boolean;
}

/** The messages of one run by what became of them; what is in none of these was applied once. */
export interface Verdict {
  /** Never applied, and nowhere to be found. */
  readonly lost: readonly string[];
  /** Applied more than once. */
  readonly duplicated: readonly string[];
  /** Never applied, and still in the queue half a day after the trouble. */
  readonly stuck: readonly string[];
  /** Never applied, and kept in the dead-letter queue: no promise is broken, and a person has to look. */
  readonly deadLettered: readonly string[];
}

/** Sorts messages by what became of them. */
export function judge(fates: readonly Fate[]): Verdict {
  const idsOf = (holds: (fate: Fate) => boolean) => fates.filter(holds).map(({ id }) => id);
  return {
    lost: idsOf(({ applied, waiting, deadLettered }) => applied === 0 && !waiting && !deadLettered),
    duplicated: idsOf(({ applied }) => applied > 1),
    stuck: idsOf(({ applied, waiting, deadLettered }) => applied === 0 && waiting && !deadLettered),
    deadLettered: idsOf(({ applied, deadLettered }) => applied === 0 && deadLettered),
  };
}

/** A verdict as the search core knows broken promises. */
export function violationsOf({ lost, duplicated, stuck }: Verdict): readonly Violation[] {
  return [
    ...lost.map((id) => ({ guarantee: 'G1' as const, message: `${id} is lost` })),
    ...duplicated.map((id) => ({ guarantee: 'G3' as const, message: `${id} was applied more than once` })),
    ...stuck.map((id) => ({ guarantee: 'G12' as const, message: `${id} still waits` })),
  ];
}
