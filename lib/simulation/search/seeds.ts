import { createChances } from '../chances.ts';
import type { FaultSource } from '../fault.ts';
import { recordFaults } from '../fault-plan.ts';
import { swarmFaults } from '../incidents.ts';
import { drawSwarm, type Swarm } from '../swarm.ts';
import { countCoverage } from './coverage.ts';
import { explain, type Failure } from './failure.ts';
import { runTrial } from './plan.ts';
import type { SearchOptions } from './search-options.ts';
import type { Experiment } from './trial.ts';

/** A seed's own trouble: faults at calls, which can be recorded, and everything else of its swarm. */
export function seededTrouble(seed: number): { readonly faults: FaultSource; readonly swarm: Swarm } {
  const { rates, kinds } = drawSwarm(seed);
  const { fault = 0, ...others } = rates;
  const faulty: Swarm = { rates: { fault }, kinds };
  return { faults: swarmFaults(createChances(seed, faulty), faulty), swarm: { rates: others, kinds: [] } };
}

/** Runs an experiment once per seed, each with its own swarm of troubles, and yields what broke, shrunk. */
export async function* searchSeeds(
  experiment: Experiment,
  { seeds, coverage = countCoverage(), onSchedule }: SearchOptions & { readonly seeds: Iterable<number> },
): AsyncGenerator<Failure> {
  for (const seed of seeds) {
    const { faults, swarm } = seededTrouble(seed);
    const recorded = recordFaults(coverage.observe(faults));
    const trial = await runTrial(experiment, { seed, swarm, faults: recorded });
    onSchedule?.(trial);
    if (trial.violations.length > 0) yield explain(experiment, { experiment: experiment.name, seed, swarm, faults: recorded.injected });
  }
}
