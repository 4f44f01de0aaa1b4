import type { Clock } from '../core/clock.ts';

/** Remembers that a destination is out, so that nobody waits for it again and again. */
export interface Breaker {
  /** Whether the destination is to be left alone for now. */
  isOpen(): boolean;
  /** Leaves it alone for a while; the next try after that is the probe. */
  open(): void;
}

/** The breaker of each destination, by its name. */
export type Breakers = (destination: string) => Breaker;

/** How long a destination that is out is left alone, in milliseconds. */
const COOL_DOWN_MS = 30_000;

/**
 * Breakers that live as long as whoever holds them. Forgetting them costs a slow try more, never a message.
 *
 * @example
 * const breakers = createBreakers(clock);
 * if (!breakers('orders').isOpen()) await deliver(deps, load, { deadline, breaker: breakers('orders') });
 */
export function createBreakers(clock: Clock): Breakers {
  const openUntil = new Map<string, number>();
  return (destination) => ({
    isOpen: () => clock.now() < (openUntil.get(destination) ?? 0),
    open: () => void openUntil.set(destination, clock.now() + COOL_DOWN_MS),
  });
}
