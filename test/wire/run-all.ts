import { type PlannedWireFault, plannedWireFaults, randomWireFaults, type WireFaultSource } from '../../lib/simulation/wire/wire-fault.ts';
import { createRng } from '../../lib/testing.ts';
import type { WirePlan } from './plans.ts';
import { runSchedule, type Verdict, type WireWorld } from './schedule.ts';

/** A schedule by name. */
export interface Job {
  readonly name: string;
  readonly faults: WireFaultSource;
  /** What must have happened for the run to mean anything. */
  readonly planned: readonly PlannedWireFault[];
  readonly chaosMs: number;
}

/** What became of a job. */
export interface Finished {
  readonly job: Job;
  readonly verdict: Verdict;
  /** `kind@role:service:Action` of each fault, in order. */
  readonly faults: readonly string[];
}

/** Longer than a plan takes: its faults end by themselves. */
const PLAN_MS = 60_000;

/** The job of one named plan. */
export function planJob({ scenario, faults }: WirePlan): Job {
  return { name: scenario, planned: faults, faults: plannedWireFaults(faults), chaosMs: PLAN_MS };
}

/** The job of one seed: up to three calls in ten go wrong, in ways that the seed draws. */
export function seedJob(seed: number): Job {
  const rng = createRng(seed);
  return { name: `seed-${seed}`, planned: [], faults: randomWireFaults(rng, 0.02 + 0.28 * rng.next()), chaosMs: 5_000 };
}

/** How jobs are run. */
export interface RunOptions {
  /** Jobs at a time. */
  readonly concurrency: number;
  /** Starts the names of all resources. */
  readonly prefix: string;
  /** Then no other job starts; what runs is ended, and its resources are deleted. */
  readonly signal?: AbortSignal;
  readonly onFinished?: (finished: Finished) => void;
}

/** Runs jobs, some at a time: each has resources and a proxy of its own, and all share the workers. */
export async function runAll(
  world: WireWorld,
  jobs: readonly Job[],
  { concurrency, prefix, signal, onFinished }: RunOptions,
): Promise<readonly Finished[]> {
  const waiting = [...jobs];
  const finished: Finished[] = [];
  const lane = async () => {
    for (let job = waiting.shift(); job && !signal?.aborted; job = waiting.shift()) {
      const verdict = await runSchedule(world, { prefix: `${prefix}-${job.name}`, faults: job.faults, chaosMs: job.chaosMs });
      const result = { job, verdict, faults: faultsOf(verdict) };
      finished.push(result);
      onFinished?.(result);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return finished;
}

function faultsOf({ events }: Verdict): string[] {
  return events.flatMap(({ kind, detail }) => {
    const { fault, process, service, action } = detail;
    return kind === 'fault' ? [`${fault}@${String(process).replace(/-\d+$/, '')}:${service}:${action}`] : [];
  });
}

/** What is wrong with a run: broken promises, and planned faults that never came. */
export function complaintsOf({ job, verdict, faults }: Finished): string[] {
  const missed = job.planned.filter(({ kind, role, service, action }) => !faults.includes(`${kind}@${role}:${service}:${action}`));
  return [
    ...verdict.violations.map(({ guarantee, message }) => `${job.name}: ${guarantee} ${message}`),
    ...missed.map(({ kind, role, action, nth }) => `${job.name}: ${kind} at ${role} ${action} ${nth} never came`),
  ];
}
