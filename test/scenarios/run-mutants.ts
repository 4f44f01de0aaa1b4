import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { reportMutants } from './report-mutants.ts';

const HELP = `npm run mutants -- [scenario …] [options]

  Proves that the scenarios notice defects: plants one at a time in a copy of the tree and expects a test of its scenario to fail.
  Prints a line for each, with the schedules that its tests ran until one failed; lists survivors at the end.

  scenarios     e.g. S2 G1 (default: all)
  --workers N   mutants at a time (default: one a core, here ${availableParallelism()})
  --json        one JSON document instead of lines

  Exit codes: 0 all killed, 1 one survived or no longer applies, 2 the command was not understood.

  Example: npm run mutants -- S8 S9
`;

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        workers: { type: 'string', default: String(availableParallelism()) },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const workers = Number(values.workers);
    if (!Number.isInteger(workers) || workers < 1)
      throw new TypeError(`--workers is '${values.workers}'; it takes a whole number, 1 or more`);
    if (!values.help) return await reportMutants({ scenarios: positionals, workers, json: values.json });
    process.stdout.write(HELP);
    return 0;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`${error.message}\nSee npm run mutants -- --help\n`);
    return 2;
  }
}
