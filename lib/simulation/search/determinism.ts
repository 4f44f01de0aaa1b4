import type { Call, FaultSource } from '../fault.ts';
import type { HistoryEvent } from '../history.ts';
import type { Conditions, Experiment } from './trial.ts';

/** Where two runs of the same conditions part. */
export interface Divergence {
  /** The first call or event that differs, in the first run and in the second. */
  readonly first: string;
  readonly second: string;
}

/**
 * Runs an experiment twice under the same conditions and compares call by call, then event by event; undefined when both are the same.
 * What differs asked for time, chance or ids from somewhere else than its world.
 */
export async function findDivergence(
  experiment: Experiment,
  conditions: Omit<Conditions, 'faults'> & { readonly faults: () => FaultSource },
): Promise<Divergence | undefined> {
  const runs = [await record(experiment, conditions), await record(experiment, conditions)] as const;
  return firstDifference(runs[0].calls, runs[1].calls) ?? firstDifference(runs[0].events, runs[1].events);
}

async function record(experiment: Experiment, { faults, ...conditions }: Parameters<typeof findDivergence>[1]) {
  const calls: string[] = [];
  const source = faults();
  const logged: FaultSource = {
    decide(call) {
      calls.push(`call ${call.index}: ${formatCall(call)}`);
      return source.decide(call);
    },
  };
  const { history } = await experiment.run({ ...conditions, faults: logged });
  return { calls, events: history.events.map(formatEvent) };
}

const formatCall = ({ process, service, action }: Call) => `${service}:${action} of ${process}`;
const formatEvent = ({ at, kind, detail }: HistoryEvent) => `${at} ms: ${kind} ${JSON.stringify(detail)}`;

function firstDifference(a: readonly string[], b: readonly string[]): Divergence | undefined {
  const index = Array.from({ length: Math.max(a.length, b.length) }, (_, at) => at).find((at) => a[at] !== b[at]);
  return index === undefined ? undefined : { first: a[index] ?? 'nothing', second: b[index] ?? 'nothing' };
}
