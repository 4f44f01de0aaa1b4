import type { Violation } from '../conservation.ts';
import { formatPlan, type Plan, runPlan } from './plan.ts';
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
