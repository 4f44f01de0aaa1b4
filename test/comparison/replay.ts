import { formatFailure } from '../../lib/simulation/search/failure.ts';
import { parsePlan, runPlan } from '../../lib/simulation/search/plan.ts';
import { formatTimeline } from '../../lib/simulation/search/timeline.ts';
import { CONTENDERS } from './compare.ts';
import { experimentOf } from './single-faults.ts';

/** Runs one contender under one plan and tells what broke and what happened. */
export async function replay(line: string): Promise<string> {
  const plan = parsePlan(line);
  const contender = CONTENDERS.find(({ name }) => name === plan.experiment);
  if (!contender) throw new RangeError(`${plan.experiment} is no contender; one of ${CONTENDERS.map(({ name }) => name).join(', ')}`);
  const { violations, history } = await runPlan(experimentOf(contender), plan);
  const timeline = formatTimeline(history.events);
  if (violations.length === 0) return ['nothing broke', ...timeline].join('\n');
  return formatFailure({ plan, found: plan, violations, timeline }, (each) => `npm run compare -- --replay '${each}'`);
}
