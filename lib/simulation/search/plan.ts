import type { FaultSource } from '../fault.ts';
import { formatFault, type PlannedFault, parseFault, plannedFaults } from '../fault-plan.ts';
import { createHistory } from '../history.ts';
import { formatSwarm, parseSwarm, type Swarm } from '../swarm.ts';
import type { Conditions, Experiment, Trial } from './trial.ts';

/** A run that can be named: which experiment, from which seed, with which faults at calls. */
export interface Plan {
  readonly experiment: string;
  readonly seed: number;
  readonly swarm: Swarm;
  readonly faults: readonly PlannedFault[];
}

/** Runs an experiment under a plan; `observe` may look at its faults. */
export function runPlan(
  experiment: Experiment,
  { seed, swarm, faults }: Plan,
  observe: (source: FaultSource) => FaultSource = (source) => source,
): Promise<Trial> {
  return runTrial(experiment, { seed, swarm, faults: observe(plannedFaults(faults)) });
}

/** Runs an experiment; one that throws has broken the promise to come to rest. */
export async function runTrial(experiment: Experiment, conditions: Conditions): Promise<Trial> {
  try {
    return await experiment.run(conditions);
  } catch (error) {
    const message = `the run ended with ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    return { violations: [{ guarantee: 'G12', message }], history: createHistory({ now: () => 0, after: () => () => {} }) };
  }
}

/**
 * A plan in one line, as it is given to a replay: experiment, seed, swarm, faults.
 *
 * @example
 * formatPlan({ experiment: 'orders', seed: 7, swarm: CALM, faults: [] }); // => 'orders/7/calm/'
 */
export function formatPlan({ experiment, seed, swarm, faults }: Plan): string {
  return [experiment, seed, formatSwarm(swarm), faults.map(formatFault).join('+')].join('/');
}

const PLAN_TEXT = /^(?<experiment>[\w-]+)\/(?<seed>\d+)\/(?<swarm>[^/]+)\/(?<faults>.*)$/;

/** Reads what `formatPlan` wrote. Throws a `RangeError` that says what was given and how a plan is written. */
export function parsePlan(line: string): Plan {
  const { experiment, seed, swarm, faults } = PLAN_TEXT.exec(line)?.groups ?? {};
  if (experiment === undefined || swarm === undefined) {
    throw new RangeError(`not a plan: "${line}"; write experiment/seed/swarm/faults, e.g. orders/7/calm/throttle@relay:sns:PublishBatch#0`);
  }
  return { experiment, seed: Number(seed), swarm: parseSwarm(swarm), faults: faults ? faults.split('+').map(parseFault) : [] };
}
