import fc from 'fast-check';
import { type Plan, runPlan } from './plan.ts';
import type { Experiment } from './trial.ts';

/**
 * The smallest plan found that still breaks a promise: first with services at their best, then with fewer faults.
 * Promise: the result fails, and none of its faults can be left out. fast-check does the shrinking ("Subarray shrinker").
 */
export async function shrinkPlan(experiment: Experiment, failing: Plan): Promise<Plan> {
  const fails = async (plan: Plan) => (await runPlan(experiment, plan)).violations.length > 0;
  const calm = { ...failing, calm: true };
  const start = !failing.calm && (await fails(calm)) ? calm : failing;
  if (start.faults.length === 0 || (await fails({ ...start, faults: [] }))) return { ...start, faults: [] };
  const holds = fc.asyncProperty(fc.subarray([...start.faults]), async (faults) => !(await fails({ ...start, faults })));
  // The known failure is the only case to begin with: everything else is shrinking.
  const { counterexample } = await fc.check(holds, { examples: [[[...start.faults]]], numRuns: 1 });
  return { ...start, faults: counterexample?.[0] ?? start.faults };
}
