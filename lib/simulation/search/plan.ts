import type { FaultSource } from '../fault.ts';
import { formatFault, type PlannedFault, parseFault, plannedFaults } from '../fault-plan.ts';
import type { Experiment, Trial } from './trial.ts';

/** A run that can be named: which experiment, from which seed, with which faults at calls. */
export interface Plan {
  readonly experiment: string;
  readonly seed: number;
  readonly calm: boolean;
  readonly faults: readonly PlannedFault[];
}

/** Runs an experiment under a plan; `observe` may look at its faults. */
export function runPlan(
  experiment: Experiment,
  { seed, calm, faults }: Plan,
  observe: (source: FaultSource) => FaultSource = (source) => source,
): Promise<Trial> {
  return experiment.run({ seed, calm, faults: observe(plannedFaults(faults)) });
}

/**
 * A plan in one line, as it is given to a replay: experiment, seed, `calm` or `hostile`, faults.
 *
 * @example
 * formatPlan({ experiment: 'orders', seed: 7, calm: true, faults: [] }); // => 'orders/7/calm/'
 */
export function formatPlan({ experiment, seed, calm, faults }: Plan): string {
  return [experiment, seed, calm ? 'calm' : 'hostile', faults.map(formatFault).join('+')].join('/');
}

/** Reads what `formatPlan` wrote. Throws a `RangeError` that says what was given and how a plan is written. */
export function parsePlan(line: string): Plan {
  const { experiment, seed, mood, faults } =
    /^(?<experiment>[\w-]+)\/(?<seed>\d+)\/(?<mood>calm|hostile)\/(?<faults>.*)$/.exec(line)?.groups ?? {};
  if (experiment === undefined || mood === undefined) {
    throw new RangeError(`not a plan: "${line}"; write experiment/seed/calm/faults or experiment/seed/hostile/faults, faults joined by +`);
  }
  return { experiment, seed: Number(seed), calm: mood === 'calm', faults: faults ? faults.split('+').map(parseFault) : [] };
}
