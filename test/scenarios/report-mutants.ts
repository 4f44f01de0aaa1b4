import { type MutantResult, type MutationOptions, runMutants } from './mutation-run.ts';

/** Runs mutants, prints a line for each, or one document, and returns the exit code: 1 when one survived or no longer applies. */
export async function reportMutants({ json, ...options }: Omit<MutationOptions, 'onResult'> & { readonly json: boolean }): Promise<number> {
  const startedAt = performance.now();
  const results = await runMutants({ ...options, ...(!json && { onResult: print }) });
  const seconds = Number(((performance.now() - startedAt) / 1_000).toFixed(1));
  const survivors = results.filter(({ result }) => result !== 'killed');
  const killed = results.length - survivors.length;
  if (json) console.log(JSON.stringify({ mutants: results.length, killed, seconds, results }, null, 2));
  else {
    console.log(`\n${killed} of ${results.length} mutants killed in ${seconds} s, ${options.workers} at a time`);
    for (const { scenario, result, defect, file } of survivors) console.log(`  ${scenario} ${result}: ${defect} (${file})`);
  }
  return survivors.length === 0 ? 0 : 1;
}

function print({ scenario, result, schedules, ms, defect }: MutantResult): void {
  const count = schedules === 0 ? '' : `${schedules} schedule${schedules === 1 ? '' : 's'}`;
  console.log(`${scenario.padEnd(4)} ${result.padEnd(17)} ${count.padStart(13)} ${`${(ms / 1_000).toFixed(1)} s`.padStart(7)}  ${defect}`);
}
