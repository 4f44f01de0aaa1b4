import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createIndexedHeap, emptySlot } from '../../../lib/local/sqs/indexed-heap.ts';

test('whatever joins and leaves, the smallest of those inside is on top', () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ push: fc.nat(100) }) },
    { weight: 2, arbitrary: fc.record({ remove: fc.nat() }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const heap = createIndexedHeap<{ key: number; slot: { index: number } }>(
        (element) => element.key,
        (element) => element.slot,
      );
      const inside: { key: number; slot: { index: number } }[] = [];
      for (const current of steps) {
        if ('push' in current) {
          const element = { key: current.push, slot: emptySlot() };
          inside.push(element);
          heap.push(element);
        } else if (inside.length > 0) {
          const [gone] = inside.splice(current.remove % inside.length, 1);
          if (gone === undefined) continue;
          heap.remove(gone);
          // Removing twice changes nothing.
          heap.remove(gone);
        }
        const smallest = inside.length === 0 ? undefined : Math.min(...inside.map((element) => element.key));
        if (heap.size !== inside.length || heap.peek()?.key !== smallest)
          expect([heap.size, heap.peek()?.key]).toEqual([inside.length, smallest]);
      }
    }),
    { numRuns: 400 },
  );
});
