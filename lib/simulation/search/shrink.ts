import fc from 'fast-check';
import type { PlannedFault } from '../fault-plan.ts';
import { CALM, type Swarm, type SwarmFeature } from '../swarm.ts';
import { type Plan, runPlan } from './plan.ts';
import type { Experiment } from './trial.ts';

/** One thing that goes wrong in a plan: a fault at a call, or a feature of the swarm. */
type Trouble = PlannedFault | SwarmFeature;

/**
 * The smallest plan found that still breaks a promise: first without the swarm, then with less of everything.
 * Promise: the result fails, and nothing of it can be left out alone. fast-check does the shrinking ("Arbitraries, subarray").
 */
export async function shrinkPlan(experiment: Experiment, failing: Plan): Promise<Plan> {
  const fails = async (plan: Plan) => (await runPlan(experiment, plan)).violations.length > 0;
  const calm = { ...failing, swarm: CALM };
  const start = (await fails(calm)) ? calm : failing;
  const all = troublesOf(start);
  const holds = fc.asyncProperty(fc.subarray(all), async (troubles) => !(await fails(withTroubles(start, troubles))));
  // The known failure is the only case to begin with: everything else is shrinking.
  const { counterexample } = await fc.check(holds, { examples: [[all]], numRuns: 1 });
  return withTroubles(start, counterexample?.[0] ?? all);
}

const troublesOf = ({ swarm, faults }: Plan): Trouble[] => [...faults, ...(Object.keys(swarm.rates) as SwarmFeature[])];

function withTroubles(plan: Plan, troubles: readonly Trouble[]): Plan {
  const swarm: Swarm = { ...plan.swarm, rates: pick(plan.swarm.rates, troubles) };
  return { ...plan, swarm, faults: troubles.filter((trouble) => typeof trouble !== 'string') };
}

function pick(rates: Swarm['rates'], troubles: readonly Trouble[]): Swarm['rates'] {
  return Object.fromEntries(Object.entries(rates).filter(([feature]) => troubles.includes(feature as SwarmFeature)));
}
