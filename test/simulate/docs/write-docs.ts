import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { type Comparison, compareAll } from '../../comparison/comparison.ts';
import { formatComparison } from '../../comparison/format-comparison.ts';
import { type MutantResult, runMutants } from '../../scenarios/mutation-run.ts';
import type { Search } from '../arguments.ts';
import { startCrew } from '../crew.ts';
import { type Report, summarize } from '../report.ts';
import { FIGURES_HEADING, guaranteesPage } from './guarantees-page.ts';

const PAGE = join(import.meta.dirname, '../../../docs/guarantees.md');

/** What the page is measured with. */
export interface DocsOptions {
  readonly experiments: readonly string[];
  readonly seeds: number;
  /** A file with the output of an earlier comparison. @default - compares 1,000 seeds anew */
  readonly comparison: string | undefined;
  readonly workers: number;
  readonly progress: (text: string) => void;
}

/** Runs everything that the page gives figures of, and writes it. Returns what broke a promise. */
export async function writeGuarantees({
  experiments,
  seeds,
  comparison: file,
  workers,
  progress,
}: DocsOptions): Promise<readonly string[]> {
  const search = async (what: Search): Promise<Report> => {
    const startedAt = performance.now();
    const crew = startCrew({ experiments, search: what, workers }, () =>
      progress(`${what.kind}: ${summarize(crew.shares, 1).schedules} schedules`),
    );
    await crew.done;
    return summarize(crew.shares, (performance.now() - startedAt) / 1_000);
  };
  const bySeed = await search({ kind: 'seeds', from: 1, count: seeds });
  const bySweep = await search({ kind: 'sweep', from: 1, order: 1 });
  const mutants = await runMutants({ workers, onResult: ({ scenario, result }) => progress(`mutants: ${scenario} ${result}`) });
  const onRow = (row: object) => progress(`comparison: ${Object.values(row).join(' ')}`);
  const comparison =
    file === undefined ? await compareAll({ seeds: 1_000, onRow }) : (JSON.parse(readFileSync(file, 'utf8')) as Comparison);
  const figures = [
    FIGURES_HEADING,
    '',
    `On ${workers} threads of ${cpus()[0]?.model ?? 'an unknown processor'}.`,
    '',
    `A schedule is a whole pipeline: by seeds, ${Math.round(bySeed.invocations / bySeed.schedules)} invocations of functions on average.`,
    '',
    ...searchTable({ [`${seeds} seeds`]: bySeed, 'every single fault': bySweep }),
    '',
    ...faultTable(bySeed, bySweep),
    '',
    `Troubles of services, by seeds: ${Object.entries(bySeed.troubles)
      .map(([name, count]) => `\`${name}\` ${count}`)
      .join(', ')}.`,
    '',
    ...mutantTable(mutants),
    '',
    '## Others under the same troubles',
    '',
    formatComparison(comparison),
  ];
  writeFileSync(PAGE, guaranteesPage() + figures.join('\n'));
  const survivors = mutants.filter(({ result }) => result !== 'killed').map(({ scenario, defect }) => `${scenario} survived: ${defect}`);
  return [...bySeed.failures, ...bySweep.failures].map(({ replay }) => replay).concat(survivors);
}

function searchTable(reports: Readonly<Record<string, Report>>): readonly string[] {
  return [
    '| search | schedules | faults at calls | call site × kind, of possible | violations | schedules/s of one core |',
    '| --- | --: | --: | --: | --: | --: |',
    ...Object.entries(reports).map(([name, report]) => {
      const faults = Object.values(report.faults).reduce((sum, count) => sum + count, 0);
      const cells = [
        name,
        report.schedules,
        faults,
        `${report.covered} of ${report.possible}`,
        report.violations.length,
        report.schedulesPerCpuSecond,
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
}

function faultTable(bySeed: Report, bySweep: Report): readonly string[] {
  const kinds = Object.keys(bySeed.faults) as (keyof Report['faults'])[];
  return [
    '| fault | by seeds | by the sweep |',
    '| --- | --: | --: |',
    ...kinds.map((kind) => `| \`${kind}\` | ${bySeed.faults[kind]} | ${bySweep.faults[kind]} |`),
  ];
}

function mutantTable(results: readonly MutantResult[]): readonly string[] {
  const killed = results.filter(({ result }) => result === 'killed').length;
  const cells = results.map(({ scenario, result, schedules }) => `${scenario} ${result === 'killed' ? schedules : result}`);
  return [
    `${killed} of ${results.length} mutants were killed by the test of their scenario. Schedules until the first failure, 0 where the test needs no`,
    `world: ${cells.join(', ')}.`,
  ];
}
