import type { Redrive, RedrivePlan } from '../../ops/operations.ts';
import { count, span } from '../operator/printable.ts';
import type { View } from '../operator/view.ts';
import { ahead, begunLine, largestGroups, outcomeLines } from './redrive.render.ts';

/** What a stopped redrive has still to try. */
export interface Rest {
  readonly plan: RedrivePlan;
  /** Failures that it has not tried. */
  readonly untried: number;
  /** Those of them that go ahead: canaries that were handled need not go again. */
  readonly canaries: number;
  /** Failures that it is about, tried or not; undefined where they are too many to count. */
  readonly total: number | undefined;
}

/** What a stopped redrive would do if it went on. */
export function restLines(redrive: Redrive, { plan, untried, canaries }: Rest, view: View): readonly string[] {
  const many = `${plan.more ? 'more than ' : ''}${count(untried, 'failure')} not tried yet`;
  const { mayHaveRun, takesSeconds } = plan;
  return [
    ...largestGroups(plan, view),
    ...outcomeLines(redrive, view),
    view.terminal.bold(`${many}${ahead(canaries)}, about ${span(takesSeconds)}`),
    ...(redrive.options.runAgain && mayHaveRun > 0 ? [begunLine(mayHaveRun, true)] : []),
  ];
}
