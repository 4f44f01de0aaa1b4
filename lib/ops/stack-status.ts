import { mapConcurrent } from '../core/map-concurrent.ts';
import { pagesOf } from '../core/pages.ts';
import type { FailureGroup, FailureStatus } from '../dlq/failure.ts';
import type { FailureStore } from '../dlq/failure-store.ts';
import { createOutboxStore } from '../outbox/outbox.dynamodb.ts';
import type { OutboxStore } from '../outbox/outbox.ts';
import { PARKED_STATES, PENDING_STATES } from '../outbox/row.ts';
import type { ConsumerEntry, OutboxEntry, TopologyEntry } from '../topology/topology.contract.ts';
import type { DynamoDbSender } from '../unit-of-work/unit-of-work.dynamodb.ts';
import type { MappingState, MappingStates } from './mapping-states.ts';
import type { ConsumerStatus, OutboxStatus, Redrive, StackStatus } from './operations.ts';
import type { QueueAges } from './queue-ages.ts';
import { countsOf, type QueueStatusDeps } from './queue-status.ts';

/** What looking at a stack works with. */
export interface StackStatusDeps extends QueueStatusDeps {
  readonly stack: string;
  readonly failures: FailureStore;
  readonly mappings: MappingStates;
  readonly ages: QueueAges;
  readonly dynamodb: DynamoDbSender;
  readonly entries: () => Promise<readonly TopologyEntry[]>;
  readonly redrives: () => Promise<readonly Redrive[]>;
}

/** Consumers or outboxes that are looked at at a time. */
const AT_ONCE = 5;
/** Groups in a status: the rest is for the listing of groups. */
const MAX_GROUPS = 20;

/**
 * How a stack stands: queues, failures, outboxes, and what is being sent back. What Lambda and CloudWatch say is remembered for a while, unless
 * it is to be `fresh`.
 */
export async function statusOf(deps: StackStatusDeps, { fresh = false }: { readonly fresh?: boolean } = {}): Promise<StackStatus> {
  const entries = await deps.entries();
  const consumers = entries.filter((entry) => entry.kind === 'consumer');
  const outboxes = entries.filter((entry) => entry.kind === 'outbox');
  const groups = await readGroups(deps.failures);
  const measured = { groups, ...(await remembered(deps, consumers, fresh)) };
  const redrives = await deps.redrives();
  return {
    stack: deps.stack,
    at: deps.clock.now(),
    consumers: await mapConcurrent(consumers, AT_ONCE, (entry) => consumerStatus(deps, entry, measured)),
    outboxes: await mapConcurrent(outboxes, AT_ONCE, (entry) => outboxStatus(deps, entry)),
    groups: groups.largest,
    redrives: redrives.filter(({ state, ending }) => state === 'canary' || state === 'running' || ending),
  };
}

async function remembered({ ages, mappings, clock }: StackStatusDeps, consumers: readonly ConsumerEntry[], fresh: boolean) {
  const askedAt = clock.now();
  const queues = consumers.flatMap(({ queue, deadLetterQueue }) => [queue, deadLetterQueue]);
  return {
    askedAt,
    ages: await ages.read(queues, { fresh }),
    mappings: await mappings.read(
      consumers.map(({ mappingId }) => mappingId),
      { fresh },
    ),
  };
}

type Counts = Partial<Record<FailureStatus, number>>;

/** What all groups together say; of themselves only the largest are kept. */
interface Groups {
  readonly byConsumer: ReadonlyMap<string, Counts>;
  readonly largest: readonly FailureGroup[];
}

async function readGroups(failures: FailureStore): Promise<Groups> {
  const byConsumer = new Map<string, Counts>();
  let largest: FailureGroup[] = [];
  for await (const { items } of pagesOf((cursor) => failures.groups(cursor))) {
    for (const { consumer, counts } of items) byConsumer.set(consumer, together(byConsumer.get(consumer) ?? {}, counts));
    const open = items.filter(({ counts }) => (counts.open ?? 0) > 0);
    largest = [...largest, ...open].sort((one, other) => (other.counts.open ?? 0) - (one.counts.open ?? 0)).slice(0, MAX_GROUPS);
  }
  return { byConsumer, largest };
}

function together(counts: Counts, more: Counts): Counts {
  const names = Object.keys({ ...counts, ...more }) as FailureStatus[];
  return Object.fromEntries(names.map((name) => [name, (counts[name] ?? 0) + (more[name] ?? 0)]));
}

interface Measured {
  /** When this status began to ask, epoch milliseconds: what was said before is remembered. */
  readonly askedAt: number;
  readonly mappings: ReadonlyMap<string, MappingState>;
  readonly ages: ReadonlyMap<string, number>;
  readonly groups: Groups;
}

async function consumerStatus(deps: StackStatusDeps, entry: ConsumerEntry, measured: Measured): Promise<ConsumerStatus> {
  const withAge = async (queue: ConsumerEntry['queue']) => {
    const oldestSeconds = measured.ages.get(queue.arn);
    return { ...(await countsOf(deps, queue)), ...(oldestSeconds !== undefined && { oldestSeconds }) };
  };
  const undelivered = await mapConcurrent([...entry.undelivered, ...(entry.unscheduled ? [entry.unscheduled] : [])], AT_ONCE, (queue) =>
    countsOf(deps, queue),
  );
  return {
    name: entry.name,
    ordered: entry.ordered,
    queue: await withAge(entry.queue),
    deadLetters: await withAge(entry.deadLetterQueue),
    undelivered: undelivered.reduce((total, { visible, inFlight }) => total + visible + inFlight, 0),
    failures: measured.groups.byConsumer.get(entry.name) ?? {},
    ...deliveryOf(measured, entry),
  };
}

function deliveryOf({ mappings, askedAt }: Measured, { mappingId }: ConsumerEntry): Pick<ConsumerStatus, 'mapping' | 'mappingSeconds'> {
  const { state, at } = mappings.get(mappingId) ?? { state: 'unknown', at: askedAt };
  return { mapping: state, ...(at < askedAt && { mappingSeconds: Math.round((askedAt - at) / 1_000) }) };
}

async function outboxStatus(deps: StackStatusDeps, { name, table }: OutboxEntry): Promise<OutboxStatus> {
  const store = createOutboxStore({ client: deps.dynamodb, table, clock: deps.clock, rng: deps.rng });
  const now = deps.clock.now();
  const oldest = await mapConcurrent(PENDING_STATES, AT_ONCE, (state) => store.due(state, { before: now + 1, limit: 1 }));
  const times = oldest.flatMap(({ items }) => items.map(({ committedAt }) => committedAt));
  return {
    name,
    pending: await countOf(store, PENDING_STATES),
    ...(times.length > 0 && { oldestSeconds: Math.max(0, Math.round((now - Math.min(...times)) / 1_000)) }),
    parked: await countOf(store, PARKED_STATES),
  };
}

async function countOf(store: OutboxStore, states: readonly string[]): Promise<number> {
  const counts = await mapConcurrent(states, AT_ONCE, (state) => store.countOf(state));
  return counts.reduce((total, count) => total + count, 0);
}
