import type { Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import type { Rng } from '../../core/rng.ts';
import { type Aws, AwsError, type AwsRequest, type Json, type Place } from '../aws.ts';
import type { Invoker } from '../lambda/invoker.ts';
import { type MappingConfig, readMappingConfig } from './mapping-config.ts';
import type { MappingFaults } from './mapping-faults.ts';
import type { MappingRunner, MappingTarget, RunnerDeps } from './mapping-runner.ts';
import { changeOf, type MappingChange, stateOf } from './mapping-state.ts';
import { addStats, createCounters, type MappingStats } from './mapping-stats.ts';
import { AWS_POLLER_SCALING, type PollerScaling } from './poller-scaling.ts';
import { checkMapping, type SourceCheckDeps } from './source-checks.ts';
import { type QueueSignal, runSqsMapping } from './sqs-mapping.ts';
import { type Checkpoints, runStreamMapping, type StreamSignal } from './stream-mapping.ts';

/** What the mappings need of the world. */
export interface EventSourceMappingsDeps {
  readonly clock: Clock;
  /** Jitter of retry delays. */
  readonly rng: Rng;
  readonly ids: Ids;
  readonly place: Place;
  readonly aws: () => Aws;
  readonly invoker: () => Invoker;
  readonly sqs: QueueSignal;
  readonly streams: StreamSignal;
  /** The execution role of a function; a mapping calls SQS and the stream as that role. */
  readonly functionRole: (functionArn: string) => string;
  /** The timeout of a function, when known: a queue whose visibility timeout is shorter is refused, as on AWS. */
  readonly functionTimeoutSeconds?: (functionArn: string) => number | undefined;
  /** Throws when a caller may not make a call: the role of a mapping's function is asked for every action before the mapping is made. */
  readonly authorise?: (request: AwsRequest) => void;
  /** Faults to inject; none by default. */
  readonly faults?: MappingFaults;
  /** How SQS mappings grow; AWS's figures by default. */
  readonly scaling?: PollerScaling;
  /** How long a mapping shows that it is being made or changed; it polls, or stops, at once. @default 0 */
  readonly transitionMs?: number;
}

/** The mappings of an account: Lambda's five actions on them, and what they did. */
export interface EventSourceMappings {
  /** `functionArn` is the resolved target, with its qualifier if it has one; `input` is CreateEventSourceMapping's. */
  create(functionArn: string, input: Json): Json;
  /** `functionArn` is the new target when the input names one. */
  update(input: Json, functionArn?: string): Json;
  get(uuid: string): Json;
  delete(uuid: string): Json;
  list(filter: { readonly functionArn?: string; readonly eventSourceArn?: string }): readonly Json[];
  /**
   * Replaces the pollers, as the service does now and then. Those of a stream go on from the checkpoint that had been stored before, so
   * what has passed since is delivered again; those of a queue forget what they had received and not yet given to the function.
   */
  restart(uuid: string): void;
  /** Counters of one mapping; throws ResourceNotFoundException like `get`. */
  stats(uuid: string): MappingStats;
  /** Takes nothing more from any source. */
  close(): void;
}

interface Mapping {
  readonly uuid: string;
  readonly checkpoints: Checkpoints;
  /** Where the last restart found its pollers, for the next one. */
  stored: Checkpoints | undefined;
  input: Json;
  config: MappingConfig;
  change: MappingChange;
  modifiedAt: number;
  problem: string | null;
  runner: MappingRunner | undefined;
  /** Earlier runs that have batches with the function still: an update starts a new run. */
  ending: readonly MappingRunner[];
  /** What the runs before counted. */
  past: MappingStats;
}

/**
 * Makes the pollers that feed functions from queues and streams. They call the services in process, as the function's role, and
 * use the clock for every delay, so they run alike in real and in virtual time; an idle mapping costs nothing.
 */
export function createEventSourceMappings(deps: EventSourceMappingsDeps): EventSourceMappings {
  const runnerDeps: RunnerDeps = { ...deps, faults: deps.faults ?? {}, scaling: deps.scaling ?? AWS_POLLER_SCALING };
  const checkDeps: SourceCheckDeps = { ...deps, ...runnerDeps };
  const mappings = new Map<string, Mapping>();

  function find(uuid: string): Mapping {
    const mapping = mappings.get(uuid);
    if (!mapping) throw new AwsError('ResourceNotFoundException', 'The resource you requested does not exist.', { status: 404 });
    return mapping;
  }

  function run(mapping: Mapping): void {
    if (!mapping.config.enabled) return;
    const onProblem = (problem: string | null) => {
      mapping.problem = problem;
    };
    const target: MappingTarget = { uuid: mapping.uuid, config: mapping.config, onProblem };
    const { sqs, streams } = deps;
    if (mapping.config.source === 'dynamodb')
      mapping.runner = runStreamMapping({ ...runnerDeps, streams, checkpoints: mapping.checkpoints }, target);
    else mapping.runner = runSqsMapping({ ...runnerDeps, sqs }, target);
  }

  function halt(mapping: Mapping): void {
    if (!mapping.runner) return;
    mapping.runner.stop();
    mapping.ending = [...mapping.ending, mapping.runner];
    mapping.runner = undefined;
  }

  const settledAt = () => deps.clock.now() + (deps.transitionMs ?? 0);
  const show = (mapping: Mapping) => describe(deps.place, mapping, deps.clock.now());

  function refuseTwin(config: MappingConfig): void {
    const twin = [...mappings.values()].find(
      (one) => one.config.eventSourceArn === config.eventSourceArn && one.config.functionArn === config.functionArn,
    );
    if (!twin) return;
    const name = config.source === 'dynamodb' ? 'event source' : 'SQS';
    const message = `An event source mapping with ${name} arn (" ${config.eventSourceArn} ") and function (" ${config.functionArn} ") already exists. Please update or delete the existing mapping with UUID ${twin.uuid}`;
    throw new AwsError('ResourceConflictException', message, { status: 409 });
  }

  return {
    create(functionArn, input) {
      const config = readMappingConfig(functionArn, input);
      refuseTwin(config);
      checkMapping(checkDeps, config);
      const uuid = deps.ids.next();
      const past = { ...createCounters(), iteratorAgeMs: undefined };
      const change: MappingChange = { kind: 'Creating', until: settledAt() };
      const fresh = { uuid, input, config, change, modifiedAt: deps.clock.now(), problem: null, ending: [], past };
      const mapping: Mapping = { ...fresh, checkpoints: new Map(), stored: undefined, runner: undefined };
      mappings.set(uuid, mapping);
      run(mapping);
      return { ...show(mapping), State: 'Creating' };
    },
    update(input, functionArn) {
      const mapping = find(String(input['UUID']));
      const merged = { ...mapping.input, ...input };
      const config = readMappingConfig(functionArn ?? mapping.config.functionArn, merged);
      checkMapping(checkDeps, config);
      const change = changeOf(mapping.config.enabled, config.enabled, settledAt());
      halt(mapping);
      Object.assign(mapping, { input: merged, config, change, modifiedAt: deps.clock.now() });
      run(mapping);
      return { ...show(mapping), State: change.kind };
    },
    get: (uuid) => show(find(uuid)),
    delete(uuid) {
      const mapping = find(uuid);
      halt(mapping);
      mappings.delete(uuid);
      return { ...show(mapping), State: 'Deleting' };
    },
    list: (filter) =>
      [...mappings.values()]
        .filter(({ config }) => filter.functionArn === undefined || config.functionArn === filter.functionArn)
        .filter(({ config }) => filter.eventSourceArn === undefined || config.eventSourceArn === filter.eventSourceArn)
        .map(show),
    restart(uuid) {
      const mapping = find(uuid);
      if (!mapping.runner) return;
      halt(mapping);
      rewind(mapping);
      run(mapping);
    },
    stats: (uuid) => statsOf(find(uuid)),
    close() {
      for (const mapping of mappings.values()) halt(mapping);
    },
  };
}

/** Back to the checkpoint before the present one. LATEST cannot be gone back to: the end of the stream is elsewhere by now. */
function rewind(mapping: Mapping): void {
  const { checkpoints, config } = mapping;
  const latest = new Map(checkpoints);
  const earlier = mapping.stored ?? (config.startingPosition === 'TRIM_HORIZON' ? new Map() : latest);
  mapping.stored = latest;
  checkpoints.clear();
  for (const [shardId, position] of earlier) checkpoints.set(shardId, position);
}

function statsOf(mapping: Mapping): MappingStats {
  const ended = mapping.ending.filter((runner) => runner.stats().inFlight === 0);
  mapping.past = ended.reduce((sum, runner) => addStats(sum, runner.stats()), mapping.past);
  mapping.ending = mapping.ending.filter((runner) => !ended.includes(runner));
  const under = mapping.runner ? [...mapping.ending, mapping.runner] : mapping.ending;
  const all = under.reduce((sum, runner) => addStats(sum, runner.stats()), mapping.past);
  return { ...all, iteratorAgeMs: mapping.runner?.stats().iteratorAgeMs };
}

/** The settings that the API echoes only for the sources they belong to. */
const STREAM_SETTINGS = (config: MappingConfig): Json => ({
  StartingPosition: config.startingPosition,
  ParallelizationFactor: config.parallelizationFactor,
  MaximumRetryAttempts: config.maximumRetryAttempts,
  MaximumRecordAgeInSeconds: config.maximumRecordAgeSeconds,
  BisectBatchOnFunctionError: config.bisectBatchOnFunctionError,
  TumblingWindowInSeconds: 0,
  DestinationConfig: { OnFailure: config.onFailureArn === undefined ? {} : { Destination: config.onFailureArn } },
});

function describe(place: Place, mapping: Mapping, now: number): Json {
  const { config, input, change } = mapping;
  const { inFlight } = statsOf(mapping);
  const echo = (name: string) => (input[name] === undefined ? {} : { [name]: input[name] });
  return {
    UUID: mapping.uuid,
    EventSourceMappingArn: `arn:aws:lambda:${place.region}:${place.accountId}:event-source-mapping:${mapping.uuid}`,
    EventSourceArn: config.eventSourceArn,
    FunctionArn: config.functionArn,
    BatchSize: config.batchSize,
    MaximumBatchingWindowInSeconds: config.windowSeconds,
    FunctionResponseTypes: config.reportsItemFailures ? ['ReportBatchItemFailures'] : [],
    ...(config.source === 'dynamodb' ? STREAM_SETTINGS(config) : {}),
    ...echo('FilterCriteria'),
    ...echo('ScalingConfig'),
    ...echo('ProvisionedPollerConfig'),
    ...echo('MetricsConfig'),
    ...echo('KMSKeyArn'),
    State: stateOf(change, { now, enabled: config.enabled, inFlight }),
    StateTransitionReason: 'USER_INITIATED',
    LastModified: mapping.modifiedAt / 1_000,
    ...(config.source === 'dynamodb' ? { LastProcessingResult: mapping.problem ?? lastResult(mapping) } : {}),
    ...(config.source !== 'dynamodb' && mapping.problem !== null ? { LastProcessingResult: mapping.problem } : {}),
  };
}

function lastResult(mapping: Mapping): string {
  return statsOf(mapping).received === 0 ? 'No records processed' : 'OK';
}
