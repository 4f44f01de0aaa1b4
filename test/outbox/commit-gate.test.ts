import { expect, test } from 'vitest';
import { createCommitGate } from '../../lib/outbox/commit-gate.ts';
import type { UnitOutcome } from '../../lib/unit-of-work/outcome.ts';

const outcome = (status: UnitOutcome['status']) => async () => ({ status }) as UnitOutcome;

/** Commits one after the other, each under its key; `sealed` for those that the gate refused. */
async function pass(...commits: readonly (readonly [UnitOutcome['status'], string?])[]): Promise<string[]> {
  const gate = createCommitGate('unit');
  const seen: string[] = [];
  for (const [status, key] of commits) {
    seen.push(
      await gate.pass(key, outcome(status)).then(
        () => 'passed',
        ({ code }: { code: string }) => code,
      ),
    );
  }
  return seen;
}

test.each(['committed', 'guardFailed', 'conditionFailed', 'invalid'] as const)('after %s a unit commits never again', async (status) => {
  expect(await pass([status, 'key'], ['committed', 'key'])).toEqual(['passed', 'UNIT_SEALED']);
});

test.each(['contended', 'denied'] as const)(
  'after %s nothing is written, and it may be tried again, also without a key',
  async (status) => {
    expect(await pass([status], [status, 'key'], ['committed', 'other'])).toEqual(['passed', 'passed', 'passed']);
  },
);

test('after an unknown outcome only the same key may try, as often as it takes', async () => {
  expect(await pass(['unknown', 'key'], ['unknown', 'other'], ['unknown', 'key'], ['committed', 'key'], ['committed', 'key'])).toEqual([
    'passed',
    'UNIT_SEALED',
    'passed',
    'passed',
    'UNIT_SEALED',
  ]);
  expect(await pass(['unknown', 'key'], ['committed'])).toEqual(['passed', 'UNIT_SEALED']);
});

test('a doubt stays, even when a later try under its key wrote nothing', async () => {
  expect(await pass(['unknown', 'key'], ['contended', 'key'], ['committed', 'other'])).toEqual(['passed', 'passed', 'UNIT_SEALED']);
});

test('after an unknown outcome without a key nothing may', async () => {
  expect(await pass(['unknown'], ['committed'], ['committed', 'key'])).toEqual(['passed', 'UNIT_SEALED', 'UNIT_SEALED']);
});

test('while a commit is under way there is no second one', async () => {
  const gate = createCommitGate('unit');
  const answer = Promise.withResolvers<UnitOutcome>();
  const first = gate.pass('key', () => answer.promise);
  await expect(gate.pass('key', outcome('committed'))).rejects.toMatchObject({ code: 'UNIT_SEALED' });
  answer.resolve({ status: 'committed' });
  expect(await first).toEqual({ status: 'committed' });
});
