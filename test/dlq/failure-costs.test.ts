import { expect, test } from 'vitest';
import { createLedger } from '../../bench/counts/ledger.ts';
import type { FailureAudit } from '../../lib/dlq/failure.ts';
import { createFailureStore } from '../../lib/dlq/failure-store.dynamodb.ts';
import { failureTable } from '../../lib/simulation/table-inputs.ts';
import { createWorld } from '../../lib/simulation/world.ts';
import { arrival, memoryBodies, T0, TABLE } from './failure-world.ts';

/** What claiming and settling ten failures with a body of so many bytes writes, in units of the table and its indexes. */
async function costsOf(bytes: number) {
  const { aws, call, clock, rng, ids } = createWorld({ seed: 1 });
  call('dynamodb', 'CreateTable', { ...failureTable(TABLE) });
  const ledger = createLedger(aws);
  const bodies = memoryBodies();
  const store = createFailureStore({ client: ledger.client('dynamodb'), table: TABLE, bodies, clock, rng, ids });
  const names = Array.from({ length: 10 }, (_, index) => `f${index}`);
  await store.add(names.map((id) => arrival(id, { body: 'x'.repeat(bytes) })));
  const failures = await Promise.all(names.map((id) => store.get(id)));
  const found = failures.filter((failure) => failure !== undefined);
  const audit: Omit<FailureAudit, 'failureId'> = { at: T0, action: 'redrive', who: 'ada', result: 'sent', redriveId: 'r' };
  const claim = await ledger.during(() => store.claim(found, 'r'));
  const claimed = (await Promise.all(names.map((id) => store.get(id)))).filter((failure) => failure !== undefined);
  const settlements = claimed.map((failure) => ({ failure, status: 'redriven' as const, audit: { ...audit, failureId: failure.id } }));
  const settle = await ledger.during(() => store.settle(settlements));
  return { claim: claim.writeUnits, settle: settle.writeUnits };
}

// Two units for an item of up to a kilobyte, twice two for its move in the index by group; two for the group, once for all of them.
const [ITEM, MOVE, AUDIT, GROUP] = [2, 4, 2, 2];
const SMALL = { claim: 10 * (ITEM + MOVE) + GROUP, settle: 10 * (ITEM + MOVE + AUDIT) + GROUP };

test('a change of standing costs the same whether a body is small or a megabyte', async () => {
  expect(await costsOf(20)).toEqual(SMALL);
  expect(await costsOf(100_000)).toEqual(SMALL);
  expect(await costsOf(1_000_000)).toEqual(SMALL);
});

test('the largest body that is kept inline adds eight units to it, which is what its object would have cost once', async () => {
  const { claim, settle } = await costsOf(4_096);
  expect([claim - SMALL.claim, settle - SMALL.settle]).toEqual([80, 80]);
  expect(await costsOf(4_097)).toEqual(SMALL);
});
