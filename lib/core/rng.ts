/**
 * The only source of chance. Production code never calls `Math.random`, so a simulated run is a function of its seed.
 */
export interface Rng {
  /** A number in [0, 1). */
  next(): number;
}

/** Chance from the platform; not suitable for secrets. */
export const systemRng: Rng = { next: () => Math.random() };

/**
 * A small seeded generator (mulberry32): the same seed gives the same numbers. For simulations and tests, never for secrets.
 *
 * @example
 * createRng(1).next() === createRng(1).next(); // => true
 */
export function createRng(seed: number): Rng {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
  };
}
