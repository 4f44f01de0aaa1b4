import type { Violation } from '../conservation.ts';
import type { FaultSource } from '../fault.ts';
import type { History } from '../history.ts';
import type { Swarm } from '../swarm.ts';

/** Under what a subject is run. The same conditions give the same history, byte for byte. */
export interface Conditions {
  readonly seed: number;
  /** What goes wrong at calls. */
  readonly faults: FaultSource;
  /** What else goes wrong: with services, clocks and deployments. */
  readonly swarm: Swarm;
}

/** What one run showed: the promises that it broke, and everything that happened. */
export interface Trial {
  readonly violations: readonly Violation[];
  readonly history: History;
}

/** Something that promises hold for, in a world of its own for each run. */
export interface Experiment {
  /** As a replay line names it: letters, digits and dashes. */
  readonly name: string;
  run(conditions: Conditions): Promise<Trial>;
}
