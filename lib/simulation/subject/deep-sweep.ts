import { applies, type Call, FAULT_KINDS } from '../fault.ts';
import { type PlannedFault, plannedFaults } from '../fault-plan.ts';
import { type CoverageCounter, countCoverage } from '../search/coverage.ts';
import type { Plan } from '../search/plan.ts';
import { explain, type Failure } from '../search/search.ts';
import type { Experiment } from '../search/trial.ts';
import { CALM } from '../swarm.ts';

/** A sweep's extent. */
export interface DeepSweepOptions {
  readonly seed: number;
  /** Faults at a time. */
  readonly order: 1 | 2;
  /** Leaves out calls, e.g. a poll that repeats for ever. */
  readonly skips: (call: Call) => boolean;
  readonly onSchedule?: () => void;
  readonly coverage?: CoverageCounter;
}

/**
 * Runs an experiment without a fault, with every fault at every call of that run, and for two at a time with every second fault at every
 * call that then still comes: also at those that only recovering from the first one makes. Yields what broke.
 */
export async function* sweepDeep(experiment: Experiment, options: DeepSweepOptions): AsyncGenerator<Failure> {
  yield* sweepFrom([], experiment, options);
}

async function* sweepFrom(faults: readonly PlannedFault[], experiment: Experiment, options: DeepSweepOptions): AsyncGenerator<Failure> {
  const { seed, order, skips, onSchedule, coverage = countCoverage() } = options;
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
  const { violations } = await experiment.run({ seed, swarm: CALM, faults: { decide } });
  onSchedule?.();
  const plan: Plan = { experiment: experiment.name, seed, swarm: CALM, faults };
  if (violations.length > 0) yield explain(experiment, plan);
  else if (faults.length < order) for (const next of faultsAt(calls)) yield* sweepFrom([...faults, next], experiment, options);
}

function* faultsAt(calls: readonly Call[]): Generator<PlannedFault> {
  for (const { role, service, action, visit } of calls)
    for (const kind of FAULT_KINDS) if (applies(kind, action)) yield { role, service, action, nth: visit, kind };
}
