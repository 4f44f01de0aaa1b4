import type { Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import type { Rng } from '../../core/rng.ts';
import type { Aws, Json, ServiceName } from '../aws.ts';
import type { InvokeOutcome, Invoker } from '../lambda/invoker.ts';
import { longestChain } from '../lambda/lineage.ts';
import type { MappingConfig } from './mapping-config.ts';
import type { BatchView, MappingFaults } from './mapping-faults.ts';
import type { MappingStats } from './mapping-stats.ts';
import type { PollerScaling } from './poller-scaling.ts';

/** What every kind of mapping works with. */
export interface RunnerDeps {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly ids: Ids;
  readonly aws: () => Aws;
  readonly invoker: () => Invoker;
  readonly faults: MappingFaults;
  readonly scaling: PollerScaling;
  /** The execution role of a function, which its mappings act as. */
  readonly functionRole: (functionArn: string) => string;
}

/** One mapping to run: its identity and its settings. */
export interface MappingTarget {
  readonly uuid: string;
  readonly config: MappingConfig;
  /** Called with what last went wrong with the source (null when it works again). */
  readonly onProblem: (problem: string | null) => void;
}

/** A mapping that polls. */
export interface MappingRunner {
  /** Takes nothing more from the source; what runs finishes and is settled. */
  stop(): void;
  stats(): MappingStats;
}

/** Calls a service as the mapping's function: its execution role must allow it, as on AWS. */
export function callAsFunction(deps: RunnerDeps, functionArn: string, call: { service: ServiceName; action: string; input: Json }): Json {
  return deps.aws().callNow({ ...call, caller: { kind: 'role', roleArn: deps.functionRole(functionArn), sessionName: 'awslambda' } });
}

/** A record of an event; those of queues say which trace header they came with. */
interface TracedRecord {
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Runs the function on these records. A refusal of the invocation itself, e.g. a deleted function, counts as its error. */
export async function invokeBatch(deps: RunnerDeps, functionArn: string, records: readonly TracedRecord[]): Promise<InvokeOutcome> {
  try {
    const headers = records.map(({ attributes }) => attributes?.['AWSTraceHeader']);
    return await deps.invoker().invoke(functionArn, { Records: records }, longestChain(headers, functionArn));
  } catch (error) {
    return { kind: 'error', errorType: (error as Error).name, errorMessage: (error as Error).message };
  }
}

/** The batch as the fault hooks see it. */
export function batchView(target: MappingTarget, recordIds: readonly string[], records: BatchView['records']): BatchView {
  const { functionArn, eventSourceArn } = target.config;
  return { mappingUuid: target.uuid, functionArn, eventSourceArn, recordIds, records };
}

/** The delay before try number `tries` (from 1): exponential from half a second to half a minute, with up to 20 % of jitter. */
export function retryDelayMs(rng: Rng, tries: number): number {
  const base = Math.min(500 * 2 ** (tries - 1), 30_000);
  return Math.round(base * (1 + rng.next() * 0.2));
}
