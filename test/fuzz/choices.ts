import fc from 'fast-check';

/**
 * The decisions that a case is made of, one number each. A case built from them costs next to nothing to generate, and fast-check shrinks
 * the list: a shorter list or a smaller number is a simpler case, because every decision that is not there is the first of its options.
 */
export interface Choices {
  /** A number from 0 up to, not including, `count`. */
  below(count: number): number;
  /** The first option is the simplest. */
  pick<T>(options: readonly T[]): T;
  /** True for one of so many cases; false when the decisions have run out. */
  oneIn(count: number): boolean;
}

/** Decisions as fast-check generates and shrinks them. */
export const decisions = fc.array(fc.nat(0xffff), { maxLength: 24, size: 'max' });

/** Reads decisions one after the other; when they have run out, every further one is 0. */
export function choicesOf(list: readonly number[]): Choices {
  let at = 0;
  const below = (count: number): number => (list[at++] ?? 0) % count;
  return {
    below,
    pick: (options) => options[below(options.length)] as (typeof options)[number],
    oneIn: (count) => below(count) === count - 1,
  };
}
