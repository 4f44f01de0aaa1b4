import { parseArgs } from 'node:util';
import { WIRE_PLANS } from './plans.ts';
import { killRedrive } from './redrive/kills.ts';
import { complaintsOf, type Finished, planJob, runAll, seedJob } from './run-all.ts';
import { openAwsWorld, startHost, startLocalWorld } from './worlds.ts';

// The wire tier as a program, see docs/wire.md. Prints a line per schedule and exits with 1 when a promise was broken.

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '0' },
    from: { type: 'string', default: '1' },
    concurrency: { type: 'string', default: '2' },
    trace: { type: 'boolean', default: false },
    endpoint: { type: 'string', default: 'local' },
    region: { type: 'string' },
    'spend-money': { type: 'boolean', default: false },
    'kill-redrive': { type: 'string' },
  },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => Number(values.from) + index);
const plans = WIRE_PLANS.filter(({ scenario }) => (positionals.length === 0 ? seeds.length === 0 : positionals.includes(scenario)));
const jobs = [...plans.map(planJob), ...seeds.map(seedJob)];

function open() {
  if (values.endpoint === 'local') return startLocalWorld();
  if (values.endpoint !== 'aws') throw new RangeError(`--endpoint is local or aws, not ${values.endpoint}`);
  if (!values['spend-money'] || values.region === undefined) {
    throw new Error('--endpoint aws makes tables, topics and queues in your account: say --spend-money and --region');
  }
  return openAwsWorld(values.region);
}

function report(finished: Finished): void {
  const { job, verdict, faults } = finished;
  const complaints = complaintsOf(finished);
  console.log(`${complaints.length === 0 ? 'ok  ' : 'FAIL'} ${job.name}  ${Math.round(verdict.ms)} ms  ${faults.length} faults`);
  for (const complaint of complaints) console.log(`     ${complaint}`);
  if (!values.trace && complaints.length === 0) return;
  for (const { at, kind, detail } of verdict.events) console.log(`     ${at} ${kind} ${JSON.stringify(detail)}`);
}

async function main(): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const prefix = `posthaste-wire-${Date.now().toString(36)}`;
  const world = await open();
  console.log(`${jobs.length} schedules; every resource's name starts with ${prefix}`);
  const started = performance.now();
  try {
    const options = { concurrency: Number(values.concurrency), prefix, signal: stop.signal, onFinished: report };
    const finished = await runAll(world, jobs, options);
    const minutes = (performance.now() - started) / 60_000;
    const faults = finished.flatMap((one) => one.faults);
    console.log(`${finished.length} schedules, ${(finished.length / minutes).toFixed(0)} a minute`);
    console.log(`${faults.length} faults at ${new Set(faults).size} different places, ${world.workers.started()} processes`);
    process.exitCode = finished.some((one) => complaintsOf(one).length > 0) ? 1 : 0;
  } finally {
    world.close();
  }
}

/** Kills a redrive so many times, see docs/wire.md. */
async function kill(kills: number): Promise<void> {
  const host = await startHost();
  try {
    const report = await killRedrive(host.endpoint, { seed: Number(values.from), kills });
    const { complaints, failures, handed, alreadyDone, ms } = report;
    for (const complaint of complaints) console.log(`     ${complaint}`);
    const { atWork, inBatch } = report.kills;
    const verdict = complaints.length === 0 ? 'each handled once or accounted for' : `${complaints.length} complaints`;
    console.log(`${failures} failures, a redrive that was killed ${atWork} times, ${inBatch} of them in the middle of a batch: ${verdict}`);
    console.log(`${handed - failures} copies were sent twice, ${alreadyDone} found done  ${Math.round(ms)} ms`);
    process.exitCode = complaints.length === 0 && atWork === kills ? 0 : 1;
  } finally {
    host.end();
  }
}

await (values['kill-redrive'] === undefined ? main() : kill(Number(values['kill-redrive'])));
