import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isFull, type Pack, withUnit } from '../../lib/consumer/consumer.pack.ts';
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

test('what a unit sends counts: a row for each message, a head for each ordering key, and their bytes', () => {
  const sending = (token: string, messages: number, keys: number, bytes = 10): CommitRequest => {
    const { unit, ...rest } = request(token, []);
    const message = { data: { text: 'x'.repeat(bytes) } } as unknown as CommitRequest['unit']['messages'][number];
    const orderingKeys = new Set(Array.from({ length: keys }, (_, index) => `${token}-${index}`));
    return { ...rest, unit: { ...unit, messages: Array(messages).fill(message), orderingKeys } };
  };
  const full = withUnit(withUnit(undefined, sending('a', 40, 9)), sending('b', 40, 9));
  expect(full?.actions).toBe(100);
  expect(withUnit(full, request('c', []))).toBeUndefined();
  // Half of 4 MB each, with what a row takes beside its data; two fit, and nothing after them.
  const half = 2 * 1_024 * 1_024;
  const room = half - 1_024 - 2_048 - '{"text":""}'.length;
  const two = (more: number) => withUnit(withUnit(undefined, sending('a', 1, 0, room)), sending('b', 1, 0, room + more));
  expect([two(0)?.bytes, two(1)]).toEqual([2 * half, undefined]);
  expect([isFull(two(0) as Pack), isFull(two(-1) as Pack)]).toEqual([true, false]);
  // What is larger than any pack goes alone: the committer says what is wrong with it.
  expect(withUnit(undefined, sending('a', 1, 0, 2 * room))?.requests).toHaveLength(1);
  expect(withUnit(undefined, sending('a', 101, 0))?.requests).toHaveLength(1);
});

test('a pack that is full commits at once, with no unit in it twice', async () => {
  const { packer, packs, singles } = packerWith('committed');
  const submitted = Array.from({ length: 51 }, (_, index) => packer.submit(request(String(index), [String(index)])));
  await Promise.all(submitted.slice(0, 50));
  expect([packs.map((pack) => pack.length), singles]).toEqual([[50], []]);
  packer.flush();
  await submitted[50];
  expect([packs.length, singles]).toEqual([1, ['50']]);
});

test('a unit is sealed when it is submitted, whatever it waits for', () => {
  const { packer } = packerWith('committed');
  const one = request('a', ['a']);
  void packer.submit(one);
  expect(() => (one.unit as ReturnType<typeof createUnit>).put(effects, { id: 'late' })).toThrow(
    expect.objectContaining({ code: 'UNIT_SEALED' }),
  );
});

test('after a flush the linger begins anew, and nothing is left to commit twice', async () => {
  const { packer, singles, clock } = packerWith('committed');
  await Promise.all([packer.submit(request('a', ['a'])), packer.flush()]);
  await clock.run(clock.now() + 30);
  const begun = clock.now();
  const answered = packer.submit(request('b', ['b'])).then(() => clock.now() - begun);
  await clock.run();
  expect([await answered, singles, clock.pending()]).toEqual([50, ['a', 'b'], 0]);
});

test('packs that touch one item commit one after the other', async () => {
  const under: string[] = [];
  const answers: (() => void)[] = [];
  const packer = createPacker({
    clock: createVirtualClock(createRng(1)),
    lingerMs: 50,
    committer: {
      commit: ({ token = '' }) => {
        under.push(token);
        return new Promise((resolve) => answers.push(() => resolve({ status: 'committed' })));
      },
      commitPack: async () => 'committed',
    },
  });
  const submitted = ['a', 'b'].map((token) => packer.submit(request(token, ['same'])));
  packer.flush();
  await new Promise((resolve) => setImmediate(resolve));
  expect(under).toEqual(['a']);
  answers[0]?.();
  await submitted[0];
  await new Promise((resolve) => setImmediate(resolve));
  expect(under).toEqual(['a', 'b']);
  answers[1]?.();
  expect(await Promise.all(submitted)).toHaveLength(2);
});

test('a pack that is full leaves the others open, and none of their units unanswered', async () => {
  const { packer, packs, singles } = packerWith('committed');
  const first = packer.submit(request('a', ['same']));
  const second = packer.submit(request('b', ['same']));
  const third = packer.submit(request('c', ['same']));
  const filling = Array.from({ length: 49 }, (_, index) => packer.submit(request(String(index), [String(index)])));
  await Promise.all([first, ...filling]);
  expect([packs.length, singles]).toEqual([1, []]);
  packer.flush();
  expect(await Promise.all([second, third])).toEqual([{ status: 'committed' }, { status: 'committed' }]);
  expect(singles).toEqual(['b', 'c']);
});

test('the bytes of a pack are those of its writes and guards', () => {
  const one = request('a', ['x', 'y']);
  const writes = one.unit.writes.reduce((total, write) => total + write.bytes, 0);
  expect(writes).toBeGreaterThan(0);
  expect(withUnit(undefined, one)?.bytes).toBe(1_024 + writes);
  expect(withUnit(withUnit(undefined, one), request('b', ['z']))?.bytes).toBeGreaterThan(2 * 1_024 + writes);
});
