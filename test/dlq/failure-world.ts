import { deriveId } from '../../lib/core/ids.ts';
import type { Arrival, Failure, FailureGroup, FailureStatus } from '../../lib/dlq/failure.ts';
import type { FailureBodies } from '../../lib/dlq/failure-bodies.ts';
import { createFailureStore } from '../../lib/dlq/failure-store.dynamodb.ts';
import { FailureBodyError } from '../../lib/dlq/failure-store.errors.ts';
import type { FailureStore } from '../../lib/dlq/failure-store.ts';
import type { Interceptor } from '../../lib/local/aws.ts';
import { type FaultSource, noFaults } from '../../lib/simulation/fault.ts';
import { failureTable } from '../../lib/simulation/table-inputs.ts';
import { createWorld, type World } from '../../lib/simulation/world.ts';
import { underClock } from '../work-under-clock.ts';
import { allFailures } from './all-failures.ts';

export const TABLE = 'failures';
/** When the first failure of every test happened. */
export const T0 = Date.UTC(2029, 11, 31);

/** A letter as an indexer hands it over. */
export function arrival(id: string, changes: Partial<Arrival> = {}): Arrival {
  return {
    id,
    letterId: `letter-of-${id}`,
    copyId: `copy-of-${id}`,
    status: 'open',
    source: 'consumer',
    consumer: 'ship-order',
    reason: 'ATTEMPTS_EXHAUSTED',
    errorType: 'TypeError',
    errorMessage: 'no such order',
    fingerprint: 'f1',
    failedAt: T0,
    receiveCount: 5,
    attempts: [],
    attributes: { type: { dataType: 'String', stringValue: 'orders.order-placed' } },
    messageId: `message-${id}`,
    messageType: 'orders.order-placed',
    body: `{"id":"${id}"}`,
    ...changes,
  };
}

/** Bodies in memory. */
export function memoryBodies(): FailureBodies & { readonly objects: Map<string, string> } {
  const objects = new Map<string, string>();
  return {
    objects,
    async put(text) {
      const sha256 = deriveId(text);
      objects.set(sha256, text);
      return { kind: 'object', key: sha256, bytes: Buffer.byteLength(text), sha256 };
    },
    async get({ key }) {
      const text = objects.get(key);
      if (text === undefined) throw new FailureBodyError(key, 'is gone');
      return text;
    },
  };
}

/** A failure store over the simulated DynamoDB. */
export interface FailureWorld {
  readonly world: World;
  readonly store: FailureStore;
  readonly objects: Map<string, string>;
  /** A store of another process: one that a crash of the first leaves alone. */
  another(name: string): FailureStore;
  /** The calls of some work, by action. */
  callsOf(work: () => Promise<unknown>): Promise<readonly string[]>;
  /** Runs until the work is done. */
  timed<T>(work: Promise<T>): Promise<T>;
}

export function failureWorld(options: { readonly seed?: number; readonly faults?: FaultSource } = {}): FailureWorld {
  const actions: string[] = [];
  const interceptors: Interceptor[] = [
    ({ action }, next) => {
      actions.push(action);
      return next();
    },
  ];
  const world = createWorld({ seed: options.seed ?? 1, faults: options.faults ?? noFaults, interceptors });
  world.call('dynamodb', 'CreateTable', { ...failureTable(TABLE) });
  const bodies = memoryBodies();
  const another = (name: string) => {
    const process = world.process(name);
    const { rng, ids } = world;
    return createFailureStore({ client: process.client('dynamodb'), table: TABLE, clock: process.clock, rng, ids, bodies });
  };
  const timed = <T>(work: Promise<T>) => underClock(world, work, { ms: 1_000, most: 1_000 });
  const callsOf = async (work: () => Promise<unknown>) => {
    actions.length = 0;
    await timed(work());
    return [...actions];
  };
  return { world, store: another('store'), objects: bodies.objects, another, callsOf, timed };
}

/** Every failure there is, whatever its standing, and every group. */
export async function contents(store: FailureStore): Promise<{ failures: readonly Failure[]; groups: readonly FailureGroup[] }> {
  // In small pages, so that listings go on behind cursors.
  const failures = await allFailures(store, 3);
  return { failures, groups: (await store.groups()).items };
}

/** What groups would count if they were counted now. */
export function recount(failures: readonly Failure[]): Record<string, Partial<Record<FailureStatus, number>>> {
  const groups: Record<string, Partial<Record<FailureStatus, number>>> = {};
  for (const { fingerprint, status } of failures) {
    const counts = groups[fingerprint] ?? {};
    groups[fingerprint] = { ...counts, [status]: (counts[status] ?? 0) + 1 };
  }
  return groups;
}

/** What they count. */
export function counted(groups: readonly FailureGroup[]): Record<string, FailureGroup['counts']> {
  return Object.fromEntries(
    groups.filter(({ counts }) => Object.keys(counts).length > 0).map(({ fingerprint, counts }) => [fingerprint, counts]),
  );
}
