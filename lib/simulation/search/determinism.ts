import type { Call, FaultSource } from '../fault.ts';
import type { HistoryEvent } from '../history.ts';
import { seededTrouble } from './seeds.ts';
import type { Experiment } from './trial.ts';

/** Where two runs of the same conditions part. */
export interface Divergence {
  /** The first call or event that differs, in the first run and in the second. */
  readonly first: string;
  readonly second: string;
}

/**
 * Runs an experiment twice from one seed and compares call by call, then event by event; undefined when both are the same.
 * What differs asked for time, chance or ids from somewhere else than its world.
 */
export async function findDivergence(experiment: Experiment, seed: number): Promise<Divergence | undefined> {
  const first = await record(experiment, seed);
  const second = await record(experiment, seed);
  return firstDifference(first.calls, second.calls) ?? firstDifference(first.events, second.events);
}

async function record(experiment: Experiment, seed: number) {
  const calls: string[] = [];
  const { faults, swarm } = seededTrouble(seed);
  const logged: FaultSource = {
    decide(call) {
      calls.push(`call ${call.index}: ${formatCall(call)}`);
      return faults.decide(call);
    },
  };
  const { history } = await experiment.run({ seed, swarm, faults: logged });
  return { calls, events: history.events.map(formatEvent) };
}

const formatCall = ({ process, service, action }: Call) => `${service}:${action} of ${process}`;
const formatEvent = ({ at, kind, detail }: HistoryEvent) => `${at} ms: ${kind} ${JSON.stringify(detail)}`;

function firstDifference(a: readonly string[], b: readonly string[]): Divergence | undefined {
  const index = Array.from({ length: Math.max(a.length, b.length) }, (_, at) => at).find((at) => a[at] !== b[at]);
  return index === undefined ? undefined : { first: a[index] ?? 'nothing', second: b[index] ?? 'nothing' };
}
