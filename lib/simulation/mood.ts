import type { Clock } from '../core/clock.ts';
import type { Rng } from '../core/rng.ts';
import type { Interceptor, Json } from '../local/aws.ts';
import type { DynamoDbOptions } from '../local/dynamodb/world.ts';
import type { MappingFaults } from '../local/event-source-mapping/mapping-faults.ts';
import type { SnsOptions } from '../local/sns/topic.ts';
import type { SqsOptions } from '../local/sqs/queues.ts';
import { createChances } from './chances.ts';
import { type FaultSource, noFaults } from './fault.ts';
import { hostileMappings, hostileQueues, hostileTables, hostileTopics } from './hostile-services.ts';
import { type Scene, startIncidents, swarmFaults, swarmPauses, swarmSkew } from './incidents.ts';
import type { ProcessWorld } from './process-world.ts';
import { shuffled } from './shuffled.ts';
import type { Swarm, SwarmFeature } from './swarm.ts';
import { tornQueries } from './torn-queries.ts';

/** How good or bad a world is to the code in it: a part for each of the world's own parts. */
export interface Mood {
  readonly queues: Pick<SqsOptions, 'shuffle' | 'hostility'>;
  readonly topics: Pick<SnsOptions, 'filterPolicyDelayMs' | 'hostility'>;
  readonly tables: Omit<DynamoDbOptions, 'clock' | 'ids' | 'place'>;
  readonly mappings: MappingFaults;
  readonly faults: FaultSource;
  readonly skewOf: ProcessWorld['skewOf'];
  readonly pauseOf: ProcessWorld['pauseOf'];
  /** Stands between processes and services. */
  interceptors(clock: Clock, describeTable: (tableName: unknown) => Json): readonly Interceptor[];
  /** Lets incidents happen from here on. */
  start(scene: Scene): void;
  /** Nothing that is bad begins after this; what has begun takes its time. Clocks stay wrong. */
  heal(): void;
}

const FRIENDLY: Mood = {
  queues: {},
  topics: {},
  tables: {},
  mappings: {},
  faults: noFaults,
  skewOf: () => 0,
  pauseOf: () => undefined,
  interceptors: () => [],
  start: () => {},
  heal: () => {},
};

/** Nothing fails, and what has no order comes in order or out of it. */
export function plainMood(rng: Rng, hostile: boolean): Mood {
  if (!hostile) return FRIENDLY;
  return { ...FRIENDLY, queues: { shuffle: 4 }, tables: { shuffleTransaction: (count) => shuffled(rng, count) } };
}

/** Features that hold for the whole run in place of striking now and then. */
const LASTING: readonly SwarmFeature[] = ['skew', 'queueOrder', 'lateFilter', 'lateExpiry', 'recordOrder', 'shortIterator', 'trim'];

/** As bad as a swarm says; `onStrike` is told each time that it is. */
export function swarmMood(seed: number, swarm: Swarm, onStrike: (feature: SwarmFeature) => void): Mood {
  const chances = createChances(seed, swarm, onStrike);
  return {
    queues: hostileQueues(chances),
    topics: hostileTopics(chances),
    tables: hostileTables(chances),
    mappings: hostileMappings(chances),
    faults: swarmFaults(chances, swarm),
    skewOf: swarmSkew(seed, swarm),
    pauseOf: swarmPauses(chances),
    interceptors: (clock, describeTable) => {
      const chance = chances.of('tornQuery');
      return chance.rate > 0 ? [tornQueries({ clock, chance, describeTable })] : [];
    },
    start: (scene) => {
      for (const feature of LASTING) if (chances.of(feature).rate > 0) onStrike(feature);
      startIncidents(scene, chances);
    },
    heal: chances.end,
  };
}
