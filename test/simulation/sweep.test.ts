import { expect, test } from 'vitest';
import type { Call, FaultKind } from '../../lib/simulation/fault.ts';
import { createHistory } from '../../lib/simulation/history.ts';
import { sweep } from '../../lib/simulation/search/sweep.ts';
import type { Experiment } from '../../lib/simulation/search/trial.ts';

/** Two calls in a row, and one more where the first was throttled; its runs are written down as the faults that hit. */
function retryingExperiment(breaks: (hits: readonly string[]) => boolean = () => false) {
  const runs: string[][] = [];
  const experiment: Experiment = {
    name: 'retrying',
    run: async ({ faults }) => {
      const hits: string[] = [];
      let index = 0;
      const call = (action: string, visit: number): FaultKind | undefined => {
        const made: Call = { index, process: 'work/1', role: 'work', service: 'dynamodb', action, nth: visit, visit };
        index += 1;
        const kind = faults.decide(made);
        if (kind) hits.push(`${kind} ${action} ${visit}`);
        return kind;
      };
      if (call('GetItem', 0) === 'throttle') call('GetItem', 1);
      call('PutItem', 0);
      runs.push(hits);
      const violations = breaks(hits) ? [{ guarantee: 'G3' as const, message: 'twice' }] : [];
      return { violations, history: createHistory({ now: () => 0, after: () => () => {} }) };
    },
  };
  return { experiment, runs };
}

/** Kinds that do something at calls that are neither transactions nor batches. */
const KINDS = 8;

test('single faults hit every call of the run without faults, after that run itself', async () => {
  const { experiment, runs } = retryingExperiment();
  for await (const failure of sweep(experiment, { seed: 1, order: 1 })) expect(failure).toBeUndefined();
  expect(runs[0]).toEqual([]);
  expect(runs.length).toBe(1 + 2 * KINDS);
});

test('a second fault hits only what comes after the first, calls of the recovery included, and no two are tried twice', async () => {
  const { experiment, runs } = retryingExperiment();
  for await (const failure of sweep(experiment, { seed: 1, order: 2 })) expect(failure).toBeUndefined();
  const pairs = runs.filter(({ length }) => length === 2).map((hits) => hits.join(', '));
  expect(new Set(pairs).size).toBe(pairs.length);
  // Behind each kind at the first call comes the second one; behind a throttle the retry as well.
  expect(pairs.length).toBe(KINDS * KINDS + KINDS);
  expect(pairs).toContain('throttle GetItem 0, slow GetItem 1');
  expect(runs.length).toBe(1 + 2 * KINDS + pairs.length);
});

test('what breaks alone is not tried with more, and what breaks is shrunk', async () => {
  const { experiment } = retryingExperiment((hits) => hits.includes('crashAfter PutItem 0'));
  const plans: string[] = [];
  for await (const { plan } of sweep(experiment, { seed: 1, order: 2 })) {
    plans.push(plan.faults.map(({ kind, action }) => `${kind} ${action}`).join('+'));
  }
  expect(new Set(plans)).toEqual(new Set(['crashAfter PutItem']));
});

test('shares of a sweep are the whole of it, each run in one of them', async () => {
  const { experiment, runs } = retryingExperiment();
  let told = 0;
  const onSchedule = () => {
    told += 1;
  };
  for (const index of [0, 1, 2]) {
    for await (const failure of sweep(experiment, { seed: 1, order: 2, share: { index, of: 3 }, onSchedule }))
      expect(failure).toBeUndefined();
  }
  const faulty = runs.filter(({ length }) => length > 0).map((hits) => hits.join(', '));
  expect(new Set(faulty).size).toBe(faulty.length);
  expect(faulty.length).toBe(2 * KINDS + KINDS * KINDS + KINDS);
  expect(told).toBe(1 + faulty.length);
});
