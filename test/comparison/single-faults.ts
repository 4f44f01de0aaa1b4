import { countCoverage } from '../../lib/simulation/search/coverage.ts';
import { formatPlan } from '../../lib/simulation/search/plan.ts';
import { sweep } from '../../lib/simulation/search/sweep.ts';
import type { Experiment } from '../../lib/simulation/search/trial.ts';
import { CONTENDERS } from './compare.ts';
import { runConsumer } from './consumer-run.ts';
import type { Contender } from './contender.ts';
import { judge, violationsOf } from './verdict.ts';

/** Which single faults break a contender. */
export interface SingleFaultRow {
  readonly contender: string;
  /** Every fault at every call that a run without faults makes. */
  readonly faults: number;
  /** Those after which a message was lost, duplicated or stuck, each as a plan that `replay` takes. */
  readonly breaking: readonly string[];
}

/** A contender as the search core runs it: two messages, whatever trouble is asked for. */
export function experimentOf(contender: Contender): Experiment {
  return {
    name: contender.name,
    async run(conditions) {
      const { fates, history } = await runConsumer(contender, { ...conditions, messages: 2 });
      return { violations: violationsOf(judge(fates)), history };
    },
  };
}

/** Tries every single fault on every contender: no chance, no rates, one thing going wrong once. */
export async function sweepSingleFaults(contenders: readonly Contender[] = CONTENDERS): Promise<readonly SingleFaultRow[]> {
  const rows: SingleFaultRow[] = [];
  for (const contender of contenders) {
    const breaking: string[] = [];
    const coverage = countCoverage();
    for await (const { found } of sweep(experimentOf(contender), { seed: 1, order: 1, coverage })) {
      breaking.push(formatPlan(found));
    }
    const faults = Object.values(coverage.coverage.faults).reduce((sum, count) => sum + count);
    rows.push({ contender: contender.name, faults, breaking });
  }
  return rows;
}
