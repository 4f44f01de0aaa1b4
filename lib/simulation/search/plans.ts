import fc from 'fast-check';
import type { PlannedFault } from '../fault-plan.ts';
import { CALM } from '../swarm.ts';
import { countCoverage } from './coverage.ts';
import { explain, type Failure } from './failure.ts';
import { runForPlaces } from './places.ts';
import { type Plan, runPlan } from './plan.ts';
import type { PlaceOptions } from './search-options.ts';
import type { Experiment } from './trial.ts';

/**
 * Runs an experiment with up to six faults at random places, which fast-check draws, and yields the plan to which it shrank the first
 * failure.
 */
export async function* searchPlans(
  experiment: Experiment,
  { runs, ...options }: PlaceOptions & { readonly runs: number },
): AsyncGenerator<Failure> {
  const { seed, coverage = countCoverage(), onSchedule } = options;
  const planOf = (faults: readonly PlannedFault[]): Plan => ({ experiment: experiment.name, seed, swarm: CALM, faults });
  const { nexts } = await runForPlaces(experiment, [], options);
  const plans = fc.uniqueArray(fc.constantFrom(...nexts), { maxLength: 6 });
  const holds = fc.asyncProperty(plans, async (faults) => {
    const trial = await runPlan(experiment, planOf(faults), coverage.observe);
    onSchedule?.(trial);
    return trial.violations.length === 0;
  });
  const { counterexample } = await fc.check(holds, { numRuns: runs, seed });
  if (counterexample) yield explain(experiment, planOf(counterexample[0]));
}
