import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSortedMap, END } from '../../../lib/local/dynamodb/sorted-map.ts';

describe('a sorted map', () => {
  test('holds what a plain map holds, in order, whatever is set and deleted', () => {
    const key = fc.integer({ min: 0, max: 3_000 }).map((number) => String(number).padStart(4, '0'));
    const step = fc.record({ key, deletes: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 3_000, size: 'max' }), key, key, (steps, from, to) => {
        const sorted = createSortedMap<{ key: string; at: number }>();
        const plain = new Map<string, { key: string; at: number }>();
        for (const [at, each] of steps.entries()) {
          if (each.deletes) expect(sorted.delete(each.key)).toBe(plain.delete(each.key));
          else {
            sorted.set({ key: each.key, at });
            plain.set(each.key, { key: each.key, at });
          }
        }
        const expected = [...plain.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
        const within = expected.filter((entry) => entry.key >= from && entry.key < to);
        expect(sorted.size).toBe(plain.size);
        expect([...sorted.between('', END)]).toEqual(expected);
        expect([...sorted.between(from, to)]).toEqual(within);
        expect([...sorted.between(from, to, true)]).toEqual(within.toReversed());
        expect(sorted.get(from)).toEqual(plain.get(from));
      }),
      { numRuns: 15 },
    );
  });

  test('takes a hundred thousand entries of a hot partition, each in microseconds', () => {
    const sorted = createSortedMap<{ key: string }>();
    const started = performance.now();
    for (let at = 0; at < 100_000; at++) sorted.set({ key: `hot#${(Math.imul(at, 2_654_435_761) >>> 0).toString(16).padStart(8, '0')}` });
    expect(sorted.size).toBe(100_000);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
