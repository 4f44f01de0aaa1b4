import type { Call } from '../../lib/simulation/fault.ts';
import type { HistoryEvent } from '../../lib/simulation/history.ts';
import type { SeenSites } from '../../lib/simulation/search/coverage.ts';
import { countCoverage } from '../../lib/simulation/search/coverage.ts';
import type { Failure } from '../../lib/simulation/search/failure.ts';
import { searchPlans } from '../../lib/simulation/search/plans.ts';
import { searchSeeds } from '../../lib/simulation/search/seeds.ts';
import { sweep } from '../../lib/simulation/search/sweep.ts';
import type { Experiment, Trial } from '../../lib/simulation/search/trial.ts';
import type { Search } from './arguments.ts';
import { EXPERIMENTS } from './experiments.ts';

/** One thread's part of a search. */
export interface Share {
  readonly experiments: readonly string[];
  readonly search: Search;
  readonly index: number;
  readonly of: number;
}

/** What a thread tells while it works, and at its end. */
export interface Progress {
  readonly schedules: number;
  /** What it is doing, so that one which hangs can be found. */
  readonly at: string;
  /** Invocations of functions in all schedules. */
  readonly invocations: number;
  /** CPU seconds of the thread. */
  readonly cpuSeconds: number;
  readonly seen: SeenSites;
  /** How often each feature of a swarm struck; those that last, once for each run. */
  readonly troubles: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
}

/** After so many the picture is clear, and shrinking more only takes time. */
const MAX_FAILURES = 3;

/** A sweeper without anything to do repeats the same query for ever: its first ones stand for all. */
const isIdle = ({ role, visit }: Call) => role === 'sweeper' && visit >= 6;

function troubleOf({ kind, detail }: HistoryEvent): string | undefined {
  if (kind === 'trouble') return String(detail['feature']);
  return kind === 'deploy' || kind === 'restart' ? kind : undefined;
}

/** Runs a share and tells about it from time to time. */
export async function runShare(share: Share, tell: (progress: Progress) => void): Promise<void> {
  const coverage = countCoverage();
  const failures: Failure[] = [];
  let schedules = 0;
  let invocations = 0;
  let at = 'nothing yet';
  const cpuStart = process.threadCpuUsage();
  const report = () => {
    const { user, system } = process.threadCpuUsage(cpuStart);
    tell({ schedules, invocations, at, cpuSeconds: (user + system) / 1e6, seen: coverage.seen, troubles, failures });
  };
  const troubles: Record<string, number> = {};
  const onSchedule = ({ history }: Trial) => {
    schedules += 1;
    invocations += history.events.filter(({ kind }) => kind === 'invoke').length;
    for (const name of history.events.map(troubleOf)) if (name) troubles[name] = (troubles[name] ?? 0) + 1;
    report();
  };
  for (const { name, search } of searchesOf(share, { coverage, onSchedule })) {
    at = name;
    report();
    for await (const failure of search) {
      failures.push(failure);
      report();
      if (failures.length >= MAX_FAILURES) return;
    }
  }
}

type Observer = Parameters<typeof searchSeeds>[1] extends infer Options ? Omit<Options & object, 'seeds'> : never;

function* searchesOf(
  { experiments, search, index, of }: Share,
  observer: Observer,
): Generator<{ readonly name: string; readonly search: AsyncGenerator<Failure> }> {
  const chosen = EXPERIMENTS.filter(({ name }) => experiments.includes(name));
  const { from } = search;
  if (search.kind === 'sweep') {
    const options = { seed: from, order: search.order, skips: isIdle, share: { index, of }, ...observer };
    for (const experiment of chosen) yield { name: `a sweep of ${experiment.name}`, search: sweep(experiment, options) };
  } else if (search.kind === 'plans') {
    const runs = Math.ceil(search.count / chosen.length / of);
    const options = { seed: from + index, runs, skips: isIdle, ...observer };
    for (const experiment of chosen) yield { name: `plans of ${experiment.name}`, search: searchPlans(experiment, options) };
  } else {
    for (let number = index; number < search.count; number += of) {
      const experiment = chosen[Math.floor(number / of) % chosen.length] as Experiment;
      const seed = from + number;
      yield { name: `seed ${seed} of ${experiment.name}`, search: searchSeeds(experiment, { seeds: [seed], ...observer }) };
    }
  }
}
