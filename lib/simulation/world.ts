import type { Ids } from '../core/ids.ts';
import type { Rng } from '../core/rng.ts';
import { createRng } from '../core/rng.ts';
import type { Aws, AwsRequest, Caller, Interceptor, Json, ServiceName } from '../local/aws.ts';
import { DEVELOPER, LOCAL_PLACE } from '../local/aws.ts';
import { createCloudWatch } from '../local/cloudwatch/cloudwatch.ts';
import { createDispatcher } from '../local/dispatch.ts';
import { createDynamoDb, type DynamoDb } from '../local/dynamodb/dynamodb.ts';
import { createEventSourceMappings, type EventSourceMappings } from '../local/event-source-mapping/event-source-mappings.ts';
import type { MappingFaults } from '../local/event-source-mapping/mapping-faults.ts';
import { createS3 } from '../local/s3/s3.ts';
import { createScheduler } from '../local/scheduler/scheduler.ts';
import { createServiceMetrics } from '../local/service-metrics/service-metrics.ts';
import { createSns, type Sns } from '../local/sns/sns.ts';
import { createSqs, type Sqs } from '../local/sqs/sqs.ts';
import { createSsm } from '../local/ssm/ssm.ts';
import { type FaultSource, noFaults } from './fault.ts';
import { createFunctionCalls } from './function-calls.ts';
import { createFunctions, type SimFunctions } from './functions.ts';
import { realSettled } from './globals/real-work.ts';
import { patchGlobals } from './globals.ts';
import { createHistory, type History } from './history.ts';
import { plainMood, swarmMood } from './mood.ts';
import type { SimProcess } from './process.ts';
import { startProcess } from './process.ts';
import type { ProcessWorld } from './process-world.ts';
import { createProcessWorld } from './process-world.ts';
import type { Swarm, SwarmFeature } from './swarm.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

/** What a world is made from. The same options give the same history, byte for byte. */
export interface WorldOptions {
  readonly seed: number;
  /** @default - none */
  readonly faults?: FaultSource;
  /** Faults of the event source mappings, given the world's own source of chance. @default - none */
  readonly mappingFaults?: (rng: Rng) => MappingFaults;
  /** Hostile but legal services: standard queues out of order, records of one transaction shuffled. @default true */
  readonly hostile?: boolean;
  /**
   * What goes wrong: with calls, services, clocks and deployments. `hostile` then says nothing; faults, mapping faults and skew that are
   * given beside it count in place of its own. @default - nothing
   */
  readonly swarm?: Swarm;
  /** Sees every call of a process on its way to the services: counts it, refuses it, changes its answer. @default - none */
  readonly interceptors?: readonly Interceptor[];
  /** Throws for calls that are not allowed, those of services among each other included. @default - everything is allowed */
  readonly authorise?: (request: AwsRequest) => void;
  /** How far the clock of a process is ahead, in milliseconds. @default - not at all */
  readonly skewOf?: (process: string) => number;
  /** When a slow answer arrives, in milliseconds: after every function has timed out. @default 16 minutes */
  readonly slowMs?: number;
  /**
   * Whether the globals of time, chance and the environment are the world's for the code of its processes (see `patchGlobals`), and time
   * waits for the real work that they do, e.g. read files. For handlers that ask `Date.now()` themselves; it takes longer.
   *
   * @default false
   */
  readonly globals?: boolean | { readonly prints: boolean };
}

const START = Date.UTC(2030, 0, 1);

/** An account under virtual time: real engines, processes that can die, and a record of everything. */
export interface World {
  readonly clock: VirtualClock;
  readonly rng: Rng;
  readonly ids: Ids;
  readonly aws: Aws;
  readonly sqs: Sqs;
  readonly sns: Sns;
  readonly dynamodb: DynamoDb['dynamodb'];
  readonly mappings: EventSourceMappings;
  readonly functions: SimFunctions;
  readonly history: History;
  /** Calls of services so far: the places where an exhaustive sweep puts its faults. */
  readonly calls: ProcessWorld['calls'];
  /** Starts a process outside of Lambda, e.g. a producer behind HTTP. */
  process(name: string, caller?: Caller): SimProcess;
  /** Calls a service as the developer, without faults: for setting up and for looking. */
  call(service: ServiceName, action: string, input: Json): Json;
  /** Ends the chaos: no fault is injected from here on. */
  heal(): void;
  /** Runs until nothing is left to do or `ms` of virtual time have passed. */
  run(ms: number): Promise<void>;
}

/**
 * Makes a world. Everything in it, engines included, takes its time and chance from the seed.
 *
 * @example
 * const world = createWorld({ seed: 1, faults: randomFaults(createRng(2), 0.05) });
 */
export function createWorld(options: WorldOptions): World {
  const { seed, mappingFaults, swarm } = options;
  const rng = createRng(seed);
  // A fault at a call has an event of its own, which says at which.
  const onStrike = (feature: SwarmFeature) => feature === 'fault' || history.record('trouble', { feature });
  const mood = swarm ? swarmMood(seed, swarm, onStrike) : plainMood(rng, options.hostile ?? true);
  const clock = createVirtualClock(createRng(seed ^ 0x51ed270b), START, options.globals ? realSettled : undefined);
  const ids = seededIds(createRng(seed ^ 0x2545f491));
  const history = createHistory(clock);
  const place = LOCAL_PLACE;
  const dispatcher = createDispatcher({
    place,
    interceptors: [
      ...(options.interceptors ?? []),
      ...mood.interceptors(clock, (TableName) => call('dynamodb', 'DescribeTable', { TableName })),
    ],
    ...(options.authorise && { authorise: options.authorise }),
  });

  const call: World['call'] = (service, action, input) => dispatcher.callNow({ service, action, input, caller: DEVELOPER });
  const sqs = createSqs({ clock, rng, ids, place, ...mood.queues });
  const { dynamodb, streams } = createDynamoDb({ clock, ids, place, ...mood.tables });
  const shared = createProcessWorld({
    aws: dispatcher,
    clock,
    rng,
    history,
    faults: options.faults ?? mood.faults,
    skewOf: options.skewOf ?? mood.skewOf,
    pauseOf: mood.pauseOf,
    ...(options.globals && { globals: { rng, ids, prints: typeof options.globals === 'object' && options.globals.prints } }),
    ...(options.slowMs !== undefined && { slowMs: options.slowMs }),
  });
  const { calls } = shared;
  const functions = createFunctions(shared);
  const sns = createSns({ clock, ids, place, aws: () => dispatcher, invoker: () => functions, ...mood.topics });
  const cloudwatch = createCloudWatch({ clock, place, collect: () => metrics.collect() });
  const lambda = createFunctionCalls({ clock, place, functions, mappings: () => mappings });
  const scheduler = createScheduler({ clock, ids, place, aws: () => dispatcher });
  const services = [cloudwatch, createS3({ clock, ids, place }), createSsm({ clock, place })];
  dispatcher.register(sqs, sns, dynamodb, streams, lambda, scheduler, ...services);

  const mappings: EventSourceMappings = createEventSourceMappings({
    clock,
    rng,
    ids,
    place,
    aws: () => dispatcher,
    invoker: () => functions,
    sqs,
    streams,
    functionRole: () => 'arn:aws:iam::000000000000:role/simulated',
    faults: mappingFaults?.(rng) ?? mood.mappings,
  });
  const metrics = createServiceMetrics({ clock, sqs, sns, mappings, sink: cloudwatch.record });
  mood.start({ clock, history, functions, mappings });

  return {
    clock,
    rng,
    ids,
    aws: dispatcher,
    sqs,
    sns,
    dynamodb,
    mappings,
    functions,
    history,
    calls,
    process: (name, caller = DEVELOPER) => startProcess(shared, name, { caller }),
    call,
    heal: () => {
      mood.heal();
      shared.faults = noFaults;
      history.record('heal');
    },
    run: async (ms) => {
      const restore = options.globals ? patchGlobals() : undefined;
      try {
        await clock.run(clock.now() + ms);
      } finally {
        restore?.();
      }
    },
  };
}

const BYTES = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'));
const byte = (bits: number) => BYTES[bits & 0xff];

/** UUID-shaped ids from a seed. */
function seededIds(rng: Rng): Ids {
  const word = () => {
    const bits = Math.floor(rng.next() * 0x1_0000_0000);
    return `${byte(bits >>> 24)}${byte(bits >>> 16)}${byte(bits >>> 8)}${byte(bits)}`;
  };
  return {
    next: () => {
      const [a, b, c, d] = [word(), word(), word(), word()] as const;
      return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-8${c.slice(1, 4)}-${c.slice(4)}${d}`;
    },
  };
}
