import { parseArgs } from 'node:util';
import { startLocalWorld } from './local-world.ts';
import { WIRE_PLANS } from './plans.ts';
import { complaintsOf, type Finished, planJob, runAll, seedJob } from './run-all.ts';

// The wire tier as a program, for as many schedules as you have time for:
//   node test/wire/run.ts [S1 S24 …] [--seeds 100] [--from 1] [--concurrency 3] [--trace]
// Prints a line per schedule and exits with 1 when a promise was broken.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '0' },
    from: { type: 'string', default: '1' },
    concurrency: { type: 'string', default: '2' },
    trace: { type: 'boolean', default: false },
  },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => Number(values.from) + index);
const plans = WIRE_PLANS.filter(({ scenario }) => (positionals.length === 0 ? seeds.length === 0 : positionals.includes(scenario)));
const jobs = [...plans.map(({ scenario, faults }) => planJob(scenario, faults)), ...seeds.map(seedJob)];

function report(finished: Finished): void {
  const { job, verdict, faults } = finished;
  const complaints = complaintsOf(finished);
  console.log(`${complaints.length === 0 ? 'ok  ' : 'FAIL'} ${job.name}  ${Math.round(verdict.ms)} ms  ${faults.length} faults`);
  for (const complaint of complaints) console.log(`     ${complaint}`);
  if (values.trace || complaints.length > 0)
    for (const { at, kind, detail } of verdict.events) console.log(`     ${at} ${kind} ${JSON.stringify(detail)}`);
}

const world = await startLocalWorld();
const started = performance.now();
try {
  const finished = await runAll(world, jobs, { concurrency: Number(values.concurrency), prefix: 'run', onFinished: report });
  const minutes = (performance.now() - started) / 60_000;
  const faults = finished.flatMap((one) => one.faults);
  console.log(`${finished.length} schedules, ${(finished.length / minutes).toFixed(0)} a minute`);
  console.log(`${faults.length} faults at ${new Set(faults).size} different places, ${world.workers.started()} processes`);
  process.exitCode = finished.some((one) => complaintsOf(one).length > 0) ? 1 : 0;
} finally {
  world.close();
}
