import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import type { Failure } from '../../lib/dlq/failure.ts';
import type { FailureStore } from '../../lib/dlq/failure-store.ts';
import { type FaultKind, type FaultSource, faultAt } from '../../lib/simulation/fault.ts';
import { arrival, contents, counted, failureWorld, recount, T0 } from './failure-world.ts';

/** Something that is done to a store of six failures in two groups. */
const deed = fc.oneof(
  fc.record({
    deed: fc.constant('add' as const),
    letters: fc.array(
      fc.record({ id: fc.nat(5), letter: fc.nat(3), fingerprint: fc.constantFrom('f1', 'f2'), failedAt: fc.nat(3), parked: fc.boolean() }),
      { minLength: 1, maxLength: 5 },
    ),
  }),
  fc.record({
    deed: fc.constantFrom('claim', 'archive', 'restore', 'settle', 'replace'),
    ids: fc.uniqueArray(fc.nat(5), { minLength: 1 }),
  }),
);
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never;

const HOUR = 3_600_000;
const who = { at: T0, who: 'ada', result: 'so' } as const;

async function act(store: FailureStore, done: Deed, turn: number): Promise<void> {
  if (done.deed === 'add') {
    const letters = done.letters.map(({ id, letter, fingerprint, failedAt, parked }) =>
      arrival(`${id}`, {
        letterId: `${letter}`,
        copyId: `${letter % 3}`,
        fingerprint,
        failedAt: T0 + failedAt * 48 * HOUR,
        status: parked ? 'parked' : 'open',
      }),
    );
    await store.add(letters);
    return;
  }
  const failures = (await Promise.all(done.ids.map((id) => store.get(`${id}`)))).filter((failure) => failure !== undefined);
  if (done.deed === 'claim') await store.claim(failures, `r${turn}`);
  if (done.deed === 'archive') await store.archive(failures, { ...who, action: 'archive' });
  if (done.deed === 'restore') await store.restore(failures, { ...who, action: 'restore' });
  if (done.deed === 'settle') await store.settle(failures.map((failure, index) => settlement(failure, index)));
  const [first] = failures;
  if (done.deed === 'replace' && first !== undefined)
    await store.replace(first, arrival(`${first.id}-${turn}`), { ...who, action: 'edit' }).catch((error: { code?: string }) => {
      if (error.code !== 'FAILURE_CHANGED') throw error;
    });
}

function settlement(failure: Failure, index: number) {
  const status = (['redriven', 'done', 'open'] as const)[index % 3] ?? 'done';
  const redriveId = failure.redriveId ?? '';
  return { failure, status, audit: { ...who, action: 'redrive' as const, failureId: failure.id, redriveId } };
}

async function expectHonestCounts(world: ReturnType<typeof failureWorld>): Promise<void> {
  world.world.heal();
  await world.world.run(60_000);
  const { failures, groups } = await world.timed(contents(world.another('auditor')));
  expect(counted(groups)).toEqual(recount(failures));
  for (const { counts } of groups) for (const count of Object.values(counts)) expect(count).toBeGreaterThan(0);
}

test('what is counted is what is there, whatever is done in which order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 12 }), async (deeds) => {
      const world = failureWorld();
      for (const [turn, done] of deeds.entries()) await world.timed(act(world.store, done, turn));
      await expectHonestCounts(world);
    }),
    { numRuns: 60, seed: 4 },
  );
});

test('what is counted is what is there when two work at the same time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(deed, deed), { maxLength: 6 }), fc.nat(), async (pairs, seed) => {
      const world = failureWorld({ seed });
      const other = world.another('other');
      for (const [turn, [one, two]] of pairs.entries())
        await world.timed(Promise.all([act(world.store, one, turn), act(other, two, turn + 100)]));
      await expectHonestCounts(world);
    }),
    { numRuns: 60, seed: 4 },
  );
});

const KINDS: readonly FaultKind[] = ['throttle', 'conflict', 'errorAfterEffect', 'effectAfterError', 'errorWithoutEffect'];

function bearable(seed: number): FaultSource {
  const rng = createRng(seed ^ 0x3c6ef372);
  return { decide: () => (rng.next() < 0.2 ? KINDS[Math.floor(rng.next() * KINDS.length)] : undefined) };
}

test('what is counted is what is there while one call in five goes wrong', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { maxLength: 10 }), fc.nat(), async (deeds, seed) => {
      const world = failureWorld({ seed, faults: bearable(seed) });
      // A call that stayed without an answer is given up, as its caller would; the next one finds whatever it left.
      for (const [turn, done] of deeds.entries()) await world.timed(act(world.store, done, turn)).catch(() => undefined);
      await expectHonestCounts(world);
    }),
    { numRuns: 60, seed: 4 },
  );
});

describe('a process that dies', () => {
  /** Everything that an indexer and a redrive do, by a process that may be at its end. */
  async function life(store: FailureStore): Promise<void> {
    await store.add([arrival('a'), arrival('b', { fingerprint: 'f2' }), arrival('a', { letterId: 'copy' })]);
    const { applied } = await store.claim((await store.list({})).items, 'r1');
    await store.settle(applied.map((failure) => settlement(failure, 0)));
  }

  test('leaves counts that are what is there, at whichever call it dies, and a letter that comes again is kept once', async () => {
    for (const kind of ['crashBefore', 'crashAfter', 'errorAfterEffect', 'slow'] as const) {
      for (let index = 0; index < 8; index += 1) {
        const world = failureWorld({ faults: faultAt(index, kind) });
        life(world.store).catch(() => undefined);
        await world.world.run(30 * 60_000);
        world.world.heal();
        const next = world.another('next');
        await world.timed(next.add([arrival('a'), arrival('b', { fingerprint: 'f2' })]));
        const { failures } = await world.timed(contents(next));
        expect(failures.map(({ id }) => id).sort()).toEqual(['a', 'b']);
        await expectHonestCounts(world);
      }
    }
  });
});

test('no try begins after the deadline', async () => {
  const world = failureWorld({ faults: { decide: () => 'throttle' } });
  const { clock } = world.world;
  const until = clock.now() + 300;
  const ended = world.store.add([arrival('a')], { until }).then(
    () => Number.POSITIVE_INFINITY,
    () => clock.now(),
  );
  expect(await world.timed(ended)).toBeLessThan(until);
});
