import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { reportMutants } from './report-mutants.ts';

// Proves that the scenarios notice defects: `npm run mutants [-- S2 G1 …] [--workers N] [--json]` prints a line per mutant, with the
// schedules that its scenario's tests ran until one failed, lists survivors at the end, and exits with 1 when there are any.

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, workers: { type: 'string', default: String(availableParallelism()) } },
});
const workers = Number(values.workers);
if (!Number.isInteger(workers) || workers < 1) throw new TypeError(`--workers is '${values.workers}'; it takes a whole number, 1 or more`);

process.exitCode = await reportMutants({ scenarios: positionals, workers, json: values.json });
