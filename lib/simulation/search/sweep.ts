import type { PlannedFault } from '../fault-plan.ts';
import { CALM } from '../swarm.ts';
import { explain, type Failure } from './failure.ts';
import { runForPlaces } from './places.ts';
import type { Plan } from './plan.ts';
import type { PlaceOptions } from './search-options.ts';
import type { Experiment } from './trial.ts';

/** A sweep's extent. */
export interface SweepOptions extends PlaceOptions {
  /** Faults at a time: with 2, after every single one also every second one. */
  readonly order: 1 | 2;
  /** Of the first faults only every `of`-th, from the `index`-th: a share of the work. @default - all of them */
  readonly share?: { readonly index: number; readonly of: number };
}

/**
 * Runs an experiment without a fault, with every fault at every call of that run, and for two at a time with every second fault at every
 * call that then still comes: also at those that only recovering from the first one makes. Yields what broke.
 */
export async function* sweep(experiment: Experiment, options: SweepOptions): AsyncGenerator<Failure> {
  const { share = { index: 0, of: 1 } } = options;
  const { trial, nexts } = await runForPlaces(experiment, [], options);
  // Without a fault every share sees the same; one tells it.
  if (share.index === 0) {
    options.onSchedule?.(trial);
    if (trial.violations.length > 0) yield explain(experiment, planOf(experiment, [], options));
  }
  for (const [number, next] of nexts.entries()) if (number % share.of === share.index) yield* sweepFrom([next], experiment, options);
}

async function* sweepFrom(faults: readonly PlannedFault[], experiment: Experiment, options: SweepOptions): AsyncGenerator<Failure> {
  const { trial, nexts } = await runForPlaces(experiment, faults, options);
  options.onSchedule?.(trial);
  if (trial.violations.length > 0) yield explain(experiment, planOf(experiment, faults, options));
  else if (faults.length < options.order) for (const next of nexts) yield* sweepFrom([...faults, next], experiment, options);
}

const planOf = ({ name }: Experiment, faults: readonly PlannedFault[], { seed }: SweepOptions): Plan => ({
  experiment: name,
  seed,
  swarm: CALM,
  faults,
});
