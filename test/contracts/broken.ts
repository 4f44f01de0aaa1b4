import { expect, test } from 'vitest';
import { type ContractCase, runContract } from '../../lib/simulation/contracts/suite.ts';

/** An adapter with a deliberate defect. */
export interface Broken<Instance> {
  readonly defect: string;
  /** The case that is there for it. */
  readonly caughtBy: string;
  spoil(instance: Instance): Instance;
}

/** A suite over one kind of adapter, with the defects that it is tried with. */
export interface Trial<Instance> {
  casesOf(spoil: (instance: Instance) => Instance): readonly ContractCase[];
  readonly broken: readonly Broken<Instance>[];
}

/**
 * Tests of a suite itself: each defect is caught by the case that is there for it, and each case catches a defect. A case that no broken
 * adapter fails would prove nothing of a whole one.
 */
export function testsOfSuite<Instance>(...trials: readonly Trial<Instance>[]): void {
  const caught = new Set<string>();
  test.each(trials.flatMap(({ casesOf, broken }) => broken.map((each) => ({ ...each, casesOf }))))(
    '$defect: caught',
    async ({ caughtBy, spoil, casesOf }) => {
      const { failed } = await runContract(casesOf(spoil));
      for (const { name } of failed) caught.add(name);
      expect(failed.map(({ name }) => name)).toContain(caughtBy);
    },
  );

  test('each case fails for one of these adapters', () => {
    const cases = trials.flatMap(({ casesOf }) => casesOf((instance) => instance)).filter(({ skipped }) => skipped === undefined);
    expect(cases.map(({ name }) => name).filter((name) => !caught.has(name))).toEqual([]);
  });
}
