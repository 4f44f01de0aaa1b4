import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type MutantResult, runMutants } from './mutation-run.ts';

// Proves that the scenarios notice defects: `npm run mutants [-- S2 G1 …] [--workers N] [--json]` prints a line per mutant, with the
// schedules that its scenario's tests ran until one failed, lists survivors at the end, and exits with 1 when there are any.

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, workers: { type: 'string', default: String(availableParallelism()) } },
});
const workers = Number(values.workers);
if (!Number.isInteger(workers) || workers < 1) throw new TypeError(`--workers is '${values.workers}'; it takes a whole number, 1 or more`);

const startedAt = performance.now();
const results = await runMutants({ scenarios: positionals, workers, ...(!values.json && { onResult: print }) });
const seconds = Number(((performance.now() - startedAt) / 1_000).toFixed(1));
const survivors = results.filter(({ result }) => result !== 'killed');

if (values.json)
  console.log(JSON.stringify({ mutants: results.length, killed: results.length - survivors.length, seconds, results }, null, 2));
else {
  console.log(`\n${results.length - survivors.length} of ${results.length} mutants killed in ${seconds} s, ${workers} at a time`);
  for (const { scenario, result, defect, file } of survivors) console.log(`  ${scenario} ${result}: ${defect} (${file})`);
}
process.exitCode = survivors.length === 0 ? 0 : 1;

function print({ scenario, result, schedules, ms, defect }: MutantResult): void {
  const count = schedules === 0 ? '' : `${schedules} schedule${schedules === 1 ? '' : 's'}`;
  console.log(`${scenario.padEnd(4)} ${result.padEnd(17)} ${count.padStart(13)} ${`${(ms / 1_000).toFixed(1)} s`.padStart(7)}  ${defect}`);
}
