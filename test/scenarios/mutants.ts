import { CONSUMING } from './mutants/consuming.ts';
import type { Mutant } from './mutants/mutant.ts';
import { PROMISES } from './mutants/promises.ts';
import { REDRIVING } from './mutants/redriving.ts';
import { RULING } from './mutants/ruling.ts';
import { SENDING } from './mutants/sending.ts';

/** One at least for each scenario and each promise: a test that has never failed proves nothing. */
export const MUTANTS: readonly Mutant[] = [...SENDING, ...CONSUMING, ...REDRIVING, ...PROMISES, ...RULING];
