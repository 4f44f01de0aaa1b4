import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Pack, withUnit } from '../../lib/consumer/consumer.pack.ts';
import { createPacker } from '../../lib/consumer/consumer.packer.ts';
import { createRng } from '../../lib/core/rng.ts';
import { createVirtualClock } from '../../lib/simulation/virtual-clock.ts';
import type { CommitRequest } from '../../lib/unit-of-work/commit.ts';
import { createUnit } from '../../lib/unit-of-work/create-unit.ts';
import type { PackOutcome } from '../../lib/unit-of-work/outcome.ts';
import { effects } from './world.ts';

const inbox = { name: 'inbox', partitionKey: 'pk' };

const request = (token: string, items: readonly string[]): CommitRequest => {
  const unit = createUnit({ unitId: token, source: 'urn:posthaste:test', time: 0 });
  for (const id of new Set(items)) unit.put(effects, { id });
  return { unit, token, guards: [{ kind: 'put', table: inbox, item: { pk: token, commit: token } }] };
};

function packerWith(packOutcome: PackOutcome | Error) {
  const clock = createVirtualClock(createRng(1));
  const packs: string[][] = [];
  const singles: string[] = [];
  const packer = createPacker({
    clock,
    lingerMs: 50,
    committer: {
      async commit({ token = '' }) {
        singles.push(token);
        return { status: 'committed' };
      },
      async commitPack(requests) {
        packs.push(requests.map(({ token = '' }) => token));
        if (packOutcome instanceof Error) throw packOutcome;
        return packOutcome;
      },
    },
  });
  return { packer, packs, singles, clock };
}

test('no pack exceeds a hundred actions or touches an item twice, and no unit is dropped', async () => {
  const units = fc.array(fc.array(fc.constantFrom(...'abcdefghijklmnop'), { maxLength: 12 }), { maxLength: 120 });
  await fc.assert(
    fc.asyncProperty(units, async (contents) => {
      const { packer, packs, singles } = packerWith('committed');
      const submitted = contents.map((items, index) => packer.submit(request(String(index), items)));
      packer.flush();
      await Promise.all(submitted);
      for (const pack of packs) {
        const items = pack.flatMap((token) => [...new Set(contents[Number(token)])]);
        expect(items.length + pack.length).toBeLessThanOrEqual(100);
        expect(new Set(items).size).toBe(items.length);
      }
      expect([...packs.flat(), ...singles].sort()).toEqual(contents.map((_, index) => String(index)).sort());
    }),
    { numRuns: 200 },
  );
});

test('exactly a hundred actions fit, one more does not', () => {
  let pack: Pack | undefined;
  for (let index = 0; index < 50; index += 1) pack = withUnit(pack, request(String(index), [`item ${index}`]));
  expect(pack?.actions).toBe(100);
  expect(withUnit(pack, request('more', []))).toBeUndefined();
});

test('units that step one ordering key never share a transaction', () => {
  const keyed = (token: string): CommitRequest => {
    const { unit, ...rest } = request(token, []);
    return { ...rest, unit: { ...unit, orderingKeys: new Set(['customer-7']) } };
  };
  expect(withUnit(withUnit(undefined, keyed('a')), keyed('b'))).toBeUndefined();
});

test.each(['cancelled', 'contended', 'unknown'] as const)(
  'a pack that comes back %s falls back to one transaction each',
  async (outcome) => {
    const { packer, packs, singles } = packerWith(outcome);
    const submitted = ['a', 'b', 'c'].map((token) => packer.submit(request(token, [token])));
    packer.flush();
    expect(await Promise.all(submitted)).toEqual([{ status: 'committed' }, { status: 'committed' }, { status: 'committed' }]);
    expect([packs, singles]).toEqual([[['a', 'b', 'c']], ['a', 'b', 'c']]);
  },
);

test('a pack whose commit throws leaves no unit without an answer', async () => {
  const { packer, singles } = packerWith(new Error('nobody foresaw this'));
  const submitted = ['a', 'b'].map((token) => packer.submit(request(token, [token])));
  packer.flush();
  expect(await Promise.all(submitted)).toEqual([{ status: 'committed' }, { status: 'committed' }]);
  expect(singles).toEqual(['a', 'b']);
});

test('a finished unit waits for others no longer than the linger', async () => {
  const { packer, packs, singles, clock } = packerWith('committed');
  const begun = clock.now();
  const outcome = packer.submit(request('a', ['a'])).then(() => clock.now() - begun);
  await clock.run();
  expect([await outcome, packs, singles]).toEqual([50, [], ['a']]);
});
