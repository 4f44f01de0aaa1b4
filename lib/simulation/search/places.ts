import { applies, type Call, FAULT_KINDS } from '../fault.ts';
import { type PlannedFault, plannedFaults } from '../fault-plan.ts';
import { CALM } from '../swarm.ts';
import { countCoverage } from './coverage.ts';
import { runTrial } from './plan.ts';
import type { PlaceOptions } from './search-options.ts';
import type { Experiment, Trial } from './trial.ts';

/** A run and every fault that could be added to it: at the calls that come after its last one. */
export interface PlacedRun {
  readonly trial: Trial;
  readonly nexts: readonly PlannedFault[];
}

/** Runs an experiment with given faults and nothing else, and looks where the next one could be put. */
export async function runForPlaces(
  experiment: Experiment,
  faults: readonly PlannedFault[],
  { seed, skips = () => false, coverage = countCoverage() }: PlaceOptions,
): Promise<PlacedRun> {
  const source = coverage.observe(plannedFaults(faults));
  const calls: Call[] = [];
  let hits = 0;
  const decide = (call: Call) => {
    // Only what comes after the last fault can be hit next: what comes before it is another pair's first.
    const isNext = hits === faults.length && !skips(call);
    const kind = source.decide(call);
    if (kind !== undefined) hits += 1;
    else if (isNext) calls.push(call);
    return kind;
  };
  const trial = await runTrial(experiment, { seed, swarm: CALM, faults: { decide } });
  return { trial, nexts: faultsAt(calls) };
}

/** Every fault that can hit a call. */
function faultsAt(calls: readonly Call[]): readonly PlannedFault[] {
  return calls.flatMap(({ role, service, action, visit }) =>
    FAULT_KINDS.filter((kind) => applies(kind, action)).map((kind) => ({ role, service, action, nth: visit, kind })),
  );
}
