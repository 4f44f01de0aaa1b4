import fc from 'fast-check';
import { createChances } from '../chances.ts';
import type { Violation } from '../conservation.ts';
import { applies, type Call, FAULT_KINDS, type FaultSource, noFaults } from '../fault.ts';
import { type PlannedFault, recordFaults } from '../fault-plan.ts';
import { swarmFaults } from '../incidents.ts';
import { CALM, drawSwarm, type Swarm } from '../swarm.ts';
import { type CoverageCounter, countCoverage } from './coverage.ts';
import { formatPlan, type Plan, runPlan, runTrial } from './plan.ts';
import { shrinkPlan } from './shrink.ts';
import { formatTimeline } from './timeline.ts';
import type { Experiment } from './trial.ts';

/** A broken promise, as small as it was found, with all that is needed to see it again. */
export interface Failure {
  readonly plan: Plan;
  /** Before it was shrunk. */
  readonly found: Plan;
  readonly violations: readonly Violation[];
  /** At most 30 events of the smallest run. */
  readonly timeline: readonly string[];
}

/** How a search goes on and what it tells. */
export interface SearchOptions {
  /** Told after each schedule. */
  readonly onSchedule?: () => void;
  /** @default - counts nothing */
  readonly coverage?: CoverageCounter;
}

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
    const { violations } = await runTrial(experiment, { seed, swarm, faults: recorded });
    onSchedule?.();
    if (violations.length > 0) yield explain(experiment, { experiment: experiment.name, seed, swarm, faults: recorded.injected });
  }
}

/** Where faults are put: at the calls of an experiment's calm run. */
export interface PlaceOptions extends SearchOptions {
  readonly seed: number;
  /** Leaves out calls, e.g. a poll that repeats for ever. @default - none */
  readonly skips?: (call: Call) => boolean;
}

/** A sweep's extent. */
export interface SweepOptions extends PlaceOptions {
  /** Faults at once: 1 for every single one, 2 for every pair at different calls. */
  readonly order: 1 | 2;
  /** Runs every `of`-th plan only, from the `index`-th: a share of the work. @default - all of them */
  readonly share?: { readonly index: number; readonly of: number };
}

/** Runs an experiment with every fault, or every pair of faults, at the calls that its calm run makes, and yields what broke. */
export async function* sweep(experiment: Experiment, options: SweepOptions): AsyncGenerator<Failure> {
  const { seed, order, coverage = countCoverage(), onSchedule, share = { index: 0, of: 1 } } = options;
  let number = 0;
  for (const faults of plansOf(await placesOf(experiment, options), order)) {
    number += 1;
    if ((number - 1) % share.of !== share.index) continue;
    const plan: Plan = { experiment: experiment.name, seed, swarm: CALM, faults };
    const { violations } = await runPlan(experiment, plan, coverage.observe);
    onSchedule?.();
    if (violations.length > 0) yield explain(experiment, plan);
  }
}

/** How many schedules a sweep runs. */
export async function countSweep(experiment: Experiment, options: SweepOptions): Promise<number> {
  let count = 0;
  for (const _ of plansOf(await placesOf(experiment, options), options.order)) count += 1;
  return count;
}

/** Every fault that can hit a call of the run without faults. */
async function placesOf(experiment: Experiment, { seed, skips = () => false }: PlaceOptions): Promise<readonly PlannedFault[]> {
  const calls: Call[] = [];
  const decide = (call: Call) => {
    if (!skips(call)) calls.push(call);
    return noFaults.decide(call);
  };
  await experiment.run({ seed, swarm: CALM, faults: { decide } });
  return calls.flatMap(({ role, service, action, visit }) =>
    FAULT_KINDS.filter((kind) => applies(kind, action)).map((kind) => ({ role, service, action, nth: visit, kind })),
  );
}

/** Single faults, or pairs of them at two different calls. */
function* plansOf(places: readonly PlannedFault[], order: 1 | 2): Generator<readonly PlannedFault[]> {
  for (const [index, first] of places.entries()) {
    if (order === 1) yield [first];
    else for (const second of places.slice(index + 1)) if (!isSameCall(first, second)) yield [first, second];
  }
}

const isSameCall = (a: PlannedFault, b: PlannedFault) =>
  a.role === b.role && a.service === b.service && a.action === b.action && a.nth === b.nth;

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
  const plans = fc.uniqueArray(fc.constantFrom(...(await placesOf(experiment, options))), { maxLength: 6 });
  const holds = fc.asyncProperty(plans, async (faults) => {
    const { violations } = await runPlan(experiment, planOf(faults), coverage.observe);
    onSchedule?.();
    return violations.length === 0;
  });
  const { counterexample } = await fc.check(holds, { numRuns: runs, seed });
  if (counterexample) yield explain(experiment, planOf(counterexample[0]));
}

/** Shrinks a failing plan and runs it once more to show what happens. */
export async function explain(experiment: Experiment, found: Plan): Promise<Failure> {
  const plan = await shrinkPlan(experiment, found);
  const { violations, history } = await runPlan(experiment, plan);
  return { plan, found, violations, timeline: formatTimeline(history.events) };
}

/** A failure as people read it: what broke, by which faults, how to see it again, and what happened. */
export function formatFailure({ plan, violations, timeline }: Failure, replay: (line: string) => string): string {
  return [
    ...violations.map(({ guarantee, message }) => `${guarantee} violated: ${message}`),
    `  replay: ${replay(formatPlan(plan))}`,
    ...timeline.map((line) => `  ${line}`),
  ].join('\n');
}
