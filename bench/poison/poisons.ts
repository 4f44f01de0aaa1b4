import { Permanent } from '../../lib/index.ts';

/** What one record of a batch does. */
export interface Poison {
  /** How the table calls it. */
  readonly what: string;
  /** How often it was handed out by then. */
  readonly receiveCount: number;
  /** Whether its handler works as long as the others' before it throws. */
  readonly late: boolean;
  readonly error: () => Error;
}

/** A batch: all its records are sound, or one is poison. */
export type Kind = 'sound' | PoisonName;

export type PoisonName = 'throws' | 'late' | 'permanent' | 'returns' | 'returnsLate';

const broken = () => new Error('the ledger says no');

/** One that hangs until the deadline is none of them: there the deadline decides. */
export const POISONS: Readonly<Record<PoisonName, Poison>> = {
  throws: { what: 'throws at once', receiveCount: 1, late: false, error: broken },
  late: { what: 'throws in the end', receiveCount: 1, late: true, error: broken },
  permanent: { what: 'permanent', receiveCount: 1, late: false, error: () => new Permanent('no such customer') },
  returns: { what: 'third receive, throws at once', receiveCount: 3, late: false, error: broken },
  returnsLate: { what: 'third receive, throws in the end', receiveCount: 3, late: true, error: broken },
};

export const POISON_NAMES = Object.keys(POISONS) as readonly PoisonName[];

/** Every kind of batch, in the order of their turns. */
export const KINDS: readonly Kind[] = ['sound', ...POISON_NAMES];
