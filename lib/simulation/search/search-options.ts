import type { Call } from '../fault.ts';
import type { CoverageCounter } from './coverage.ts';
import type { Trial } from './trial.ts';

/** How a search goes on and what it tells. */
export interface SearchOptions {
  /** Told after each schedule. */
  readonly onSchedule?: (trial: Trial) => void;
  /** @default - counts nothing */
  readonly coverage?: CoverageCounter;
}

/** Where faults are put: at the calls of an experiment's calm run. */
export interface PlaceOptions extends SearchOptions {
  readonly seed: number;
  /** Leaves out calls, e.g. a poll that repeats for ever. @default - none */
  readonly skips?: (call: Call) => boolean;
}
