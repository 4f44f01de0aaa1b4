import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packBatches } from '../../lib/topic/pack.ts';

const entry = fc.record({ bytes: fc.integer({ min: 1, max: 300 }), lane: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }) });
const limits = { maxEntries: 10, maxBytes: 256 };

test('batches never exceed a limit, drop nothing, and keep each lane in order, one entry of a lane per batch', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 80 }), (given) => {
      const entries = given.map((one, index) => ({ ...one, index }));
      const batches = packBatches(entries, limits);
      expect(
        batches
          .flat()
          .map((one) => one.index)
          .sort((a, b) => a - b),
      ).toEqual(entries.map((one) => one.index));
      for (const batch of batches) {
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(limits.maxEntries);
        // Only an entry that fits no batch at all goes over, and then alone.
        if (batch.length > 1) expect(batch.reduce((sum, one) => sum + one.bytes, 0)).toBeLessThanOrEqual(limits.maxBytes);
        const lanes = batch.flatMap((one) => one.lane ?? []);
        expect(new Set(lanes).size).toBe(lanes.length);
      }
      for (const lane of ['a', 'b', 'c']) {
        const order = batches
          .flat()
          .filter((one) => one.lane === lane)
          .map((one) => one.index);
        expect(order).toEqual([...order].sort((a, b) => a - b));
      }
    }),
    { numRuns: 300 },
  );
});

test('ten fit, an eleventh starts the next batch; a limit is reached to the byte', () => {
  const sizes = (bytes: number[]) =>
    packBatches(
      bytes.map((one) => ({ bytes: one })),
      { maxEntries: 10, maxBytes: 262_144 },
    ).map((batch) => batch.length);
  expect(sizes(Array(10).fill(1))).toEqual([10]);
  expect(sizes(Array(11).fill(1))).toEqual([10, 1]);
  expect(sizes([131_072, 131_072])).toEqual([2]);
  expect(sizes([131_072, 131_073])).toEqual([1, 1]);
  expect(sizes([300_000, 1])).toEqual([1, 1]);
  expect(sizes([])).toEqual([]);
});
