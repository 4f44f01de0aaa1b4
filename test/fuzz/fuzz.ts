import { inspect } from 'node:util';
import fc from 'fast-check';
import { type Choices, choicesOf, decisions } from './choices.ts';

/** One reader of what comes from outside, how its inputs are made, and what it may answer. */
export interface FuzzedParser<Case = unknown> {
  /** What is read, in words. */
  readonly name: string;
  /** The file of the reader, below `lib`. */
  readonly file: string;
  /** Every verdict that `read` may give, `accepted` among them; each must occur. */
  readonly verdicts: readonly string[];
  /** Makes one input: a valid one that has been spoiled, mostly in one place. */
  draw(choices: Choices): Case;
  /** Reads one input and says what became of it. Throws where the reader broke its promise. */
  read(input: Case): string;
}

/** How often each verdict was given. */
export type Hits = ReadonlyMap<string, number>;

/** Cases for each parser: a hundred thousand in the ordinary run, any number on demand. */
export const RUNS = Number(process.env['FUZZ_RUNS'] ?? 100_000);

/** A run on demand looks for what no run has seen; the ordinary one gives everybody the same answer. `FUZZ_SEED` replays either. */
export const SEED = Number(process.env['FUZZ_SEED'] ?? (process.env['FUZZ_RUNS'] === undefined ? 1 : Date.now() % 0x7fff_ffff));

/** The least number of times that each verdict must be given. */
export const LEAST_HITS = Math.min(100, Math.floor(RUNS / 1_000));

/**
 * Runs a parser over its inputs. A broken promise ends it with fast-check's report: seed, path, the shrunk decisions, and the input that they
 * make. A verdict that the parser does not declare is a broken promise.
 */
export function fuzz<Case>(parser: FuzzedParser<Case>): Hits {
  const hits = new Map(parser.verdicts.map((verdict) => [verdict, 0]));
  const property = fc.property(decisions, (list) => {
    const input = parser.draw(choicesOf(list));
    const verdict = verdictOf(parser, input);
    hits.set(verdict, (hits.get(verdict) as number) + 1);
  });
  const limit = Error.stackTraceLimit;
  // Most cases end in an error; its first frames say enough, and the rest would take most of the time.
  Error.stackTraceLimit = 3;
  try {
    fc.assert(property, { numRuns: RUNS, seed: SEED });
  } finally {
    Error.stackTraceLimit = limit;
  }
  return hits;
}

function verdictOf<Case>(parser: FuzzedParser<Case>, input: Case): string {
  try {
    const verdict = parser.read(input);
    if (parser.verdicts.includes(verdict)) return verdict;
    throw new Error(`the verdict ${verdict} is not declared`);
  } catch (cause) {
    const shown = inspect(input, { depth: 8, maxStringLength: 2_000, maxArrayLength: 50 });
    throw new Error(`${parser.file} with ${shown}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** A broken promise of a parser, unless it holds. */
export function must(holds: boolean, promise: string): asserts holds {
  if (!holds) throw new Error(`broken promise: ${promise}`);
}

/** The members of a union of strings; leaving one out, or naming one that is none, does not compile. */
export function membersOf<Union extends string>(members: Readonly<Record<Union, true>>): readonly Union[] {
  return Object.keys(members) as Union[];
}
