import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Statistics } from '../../lib/local.ts';
import type { HostReady } from '../chain/host.ts';
import { createLoad, type Load } from '../chain/load.ts';
import { type Child, startChild } from '../child.ts';
import { formatSpread, quantile, type Report, type Suite, spreadOf } from '../report.ts';

const PRODUCERS = 16;
const WARM_UP_EVENTS = 1_500;
const BURST_EVENTS = 1_500;
const BURSTS = 5;
const RATE = { perSecond: 50, seconds: 12 } as const;
const RATE_WINDOWS = 3;

/** From a commit over the outbox to two effects, on the embedded AWS with the real bundles. */
export const chain: Suite = {
  name: 'chain',
  async run(say) {
    const assembly = await mkdtemp(join(tmpdir(), 'posthaste-bench-'));
    let host: Child | undefined;
    try {
      say('chain: synthesizing');
      const app = join(import.meta.dirname, '..', 'chain', 'app.ts');
      await promisify(execFile)(process.execPath, [app], { env: { ...process.env, CDK_OUTDIR: assembly } });
      host = startChild(new URL('../chain/host.ts', import.meta.url), { args: [assembly] });
      const load = createLoad(host, await host.said<HostReady>());
      return await measure(host, load, say);
    } finally {
      host?.end();
      await rm(assembly, { recursive: true, force: true });
    }
  },
};

async function measure(host: Child, load: Load, say: (text: string) => void): Promise<Report> {
  say('chain: warming up');
  await burst(load, WARM_UP_EVENTS);
  const before = await host.ask<Statistics>({ kind: 'statistics' });
  const bursts: number[] = [];
  for (let run = 1; run <= BURSTS; run += 1) {
    say(`chain: burst ${run} of ${BURSTS}`);
    bursts.push(await burst(load, BURST_EVENTS));
  }
  const after = await host.ask<Statistics>({ kind: 'statistics' });
  const steady: number[][] = [];
  for (let run = 1; run <= RATE_WINDOWS; run += 1) {
    say(`chain: ${RATE.perSecond} events a second, window ${run} of ${RATE_WINDOWS}`);
    steady.push(await atRate(host, load));
  }
  await load.verify();
  return reportOf({ bursts, steady, calls: callsBetween(before, after) });
}

/** Events per second, from the first commit to the last effect. */
async function burst(load: Load, events: number): Promise<number> {
  const started = performance.now();
  await load.commitAll(events, PRODUCERS);
  await load.settled();
  return (events * 1_000) / (performance.now() - started);
}

async function atRate(host: Child, load: Load): Promise<number[]> {
  const seen = (await host.ask<number[][]>({ kind: 'latencies' })).map((values) => values.length);
  await load.commitSteadily(RATE);
  await load.settled();
  const all = await host.ask<number[][]>({ kind: 'latencies' });
  return all.flatMap((values, consumer) => values.slice(seen[consumer] ?? 0));
}

type Calls = readonly (readonly [string, number])[];

function callsBetween(before: Statistics, after: Statistics): Calls {
  const events = BURSTS * BURST_EVENTS;
  return Object.entries(after.calls).map(([name, count]) => [name, (count - (before.calls[name] ?? 0)) / events] as const);
}

interface Figures {
  readonly bursts: readonly number[];
  readonly steady: readonly (readonly number[])[];
  readonly calls: Calls;
}

function reportOf({ bursts, steady, calls }: Figures): Report {
  const throughput = spreadOf(bursts);
  const p50 = spreadOf(steady.map((latencies) => quantile(latencies, 0.5)));
  const p99 = spreadOf(steady.map((latencies) => quantile(latencies, 0.99)));
  const total = calls.reduce((sum, [, count]) => sum + count, 0);
  return {
    suite: 'chain',
    title: 'The whole chain on the embedded AWS',
    method: `A stack of its own with default settings: one outbox, one topic, two consumers with one business write each, so every event is delivered twice. The embedded AWS runs in one process, its functions in threads of it, the producer in another process with the stock SDK. After ${WARM_UP_EVENTS} events to warm up: ${BURSTS} bursts of ${BURST_EVENTS} events by ${PRODUCERS} producers, timed from the first commit to the last of both effects; then ${RATE_WINDOWS} windows of ${RATE.seconds} s at ${RATE.perSecond} events a second, whatever has arrived. Latency is from the commit of a message to the end of its handling. In the end the effects are counted in the tables: two for each event, or the run fails.`,
    tables: [
      {
        caption: 'min / median / max of the windows:',
        columns: ['figure', 'of the windows'],
        rows: [
          ['events per second, in bursts', formatSpread(throughput)],
          [`p50 at ${RATE.perSecond} events/s, ms`, formatSpread(p50)],
          [`p99 at ${RATE.perSecond} events/s, ms`, formatSpread(p99)],
        ],
      },
      {
        caption: `AWS calls of functions and pollers per event, in bursts (${total.toFixed(2)} in all):`,
        columns: ['call', 'per event'],
        rows: calls.filter(([, count]) => count > 0).map(([name, count]) => [name, count.toFixed(3)]),
      },
    ],
    targets: [
      {
        what: 'events per second, median burst',
        target: '≥ 250',
        measured: throughput.median.toFixed(0),
        met: throughput.median >= 250,
      },
      {
        what: `p50 at ${RATE.perSecond} events/s, median window`,
        target: '≤ 50 ms',
        measured: `${p50.median.toFixed(0)} ms`,
        met: p50.median <= 50,
      },
    ],
  };
}
