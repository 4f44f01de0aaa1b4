import { afterAll, expect, test } from 'vitest';
import { type FuzzedParser, fuzz, LEAST_HITS, RUNS } from './fuzz.ts';

interface Row {
  readonly parser: string;
  readonly cases: number;
  readonly accepted: number;
  readonly reasons: number;
  readonly fewest: number;
  readonly cpuSeconds: number;
}

/**
 * One test for each parser, and a table of what they cost at the end.
 * `npx vitest run test/fuzz` reads 100,000 cases a parser; `FUZZ_RUNS=1000000 npx vitest run test/fuzz` a million, from a fresh seed.
 * A failure shows its seed: `FUZZ_SEED=… FUZZ_RUNS=…` replays it.
 */
export function fuzzAll(parsers: readonly FuzzedParser[]): void {
  const report: Row[] = [];
  test.each(parsers.map((parser) => [parser.name, parser] as const))(
    '%s are accepted or refused with a declared reason, each reason often enough to have been looked at',
    { timeout: 120_000 + RUNS },
    (_, parser) => {
      const before = process.cpuUsage();
      const hits = fuzz(parser);
      const { user, system } = process.cpuUsage(before);
      const counts = [...hits.values()];
      report.push({
        parser: parser.file,
        cases: counts.reduce((sum, count) => sum + count, 0),
        accepted: hits.get('accepted') ?? 0,
        reasons: counts.length,
        fewest: Math.min(...counts),
        cpuSeconds: Math.round((user + system) / 1e4) / 100,
      });
      const seldom = [...hits].filter(([, count]) => count < LEAST_HITS);
      expect(seldom.map(([verdict, count]) => `${verdict}: ${count}`)).toEqual([]);
    },
  );
  afterAll(() => console.table(report));
}
