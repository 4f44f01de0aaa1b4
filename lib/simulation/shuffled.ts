import type { Rng } from '../core/rng.ts';

/** A random permutation of 0..count-1. */
export function shuffled(rng: Rng, count: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index -= 1) {
    const other = Math.floor(rng.next() * (index + 1));
    [order[index], order[other]] = [order[other] as number, order[index] as number];
  }
  return order;
}
