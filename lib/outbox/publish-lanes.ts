import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import { mapConcurrent } from '../core/map-concurrent.ts';
import type { Metrics } from '../core/metrics.ts';
import type { Rng } from '../core/rng.ts';
import type { Breakers } from '../topic/breaker.ts';
import { type Delivery, deliver, type Sender } from '../topic/deliver.ts';
import type { Destination } from '../topic/destination.ts';
import { frontOf, type Lane } from './lanes.ts';
import { OUTBOX_METRICS } from './outbox.contract.ts';
import type { OutboxStore } from './outbox.ts';
import { type OutboxRow, toParcel } from './row.ts';

/** What the relay and the sweeper work with. */
export interface PublishDeps {
  readonly store: OutboxStore;
  readonly senders: Readonly<Record<Destination['kind'], Sender>>;
  /** By name. */
  readonly destinations: ReadonlyMap<string, Destination>;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** How one run of publishing goes. */
export interface PublishRun {
  /** Nothing new starts after this time, in epoch milliseconds, and no call is waited for. */
  readonly deadline: number;
  readonly breakers: Breakers;
}

/** Reads of keys under way at a time. */
const MAX_READS = 10;
/** Confirmed rows that are forgotten together: a full BatchWriteItem, so that waiting for more would save nothing. */
const FORGET_AT = 25;

/**
 * The one rule by which rows leave the outbox: of every lane the front row, all fronts together in as few calls as they fit, then the
 * next fronts. A row is removed only after each of its destinations has confirmed it. A row that no destination takes is parked and
 * holds its lane; a destination that is unavailable ends the lanes that lead to it. Lanes whose fronts go to the same destinations go on
 * together, and wait for no others.
 */
export async function publishLanes(deps: PublishDeps, lanes: readonly Lane[], run: PublishRun): Promise<void> {
  const work: Work = { deps, run, confirmed: [] };
  await advance(
    work,
    lanes.map((lane) => ({ lane })),
  );
  await forget(work, 1);
  for (const lane of lanes) if (lane.state === 'open') lane.state = 'failed';
}

interface Work {
  readonly deps: PublishDeps;
  readonly run: PublishRun;
  /** Rows that every destination has confirmed, and that the table still holds. */
  readonly confirmed: OutboxRow[];
}

interface Front {
  readonly lane: Lane;
  readonly row: OutboxRow;
}

async function advance(work: Work, ends: readonly { lane: Lane; after?: OutboxRow }[]): Promise<void> {
  const fronts = await nextFronts(work.deps, ends);
  if (fronts.length === 0 || work.deps.clock.now() >= work.run.deadline) return;
  const sendable = fronts.filter((front) => lostNames(work.deps, front).length === 0);
  const arriving = startDeliveries(work, sendable);
  const parking = fronts.filter((front) => !sendable.includes(front)).map((front) => setAsideLost(work.deps, front));
  const groups = Map.groupBy(sendable, ({ row }) => JSON.stringify([...row.destinations].sort())).values();
  const going = [...groups].map(async (group) => {
    const published = await settle(work.deps, group, arriving);
    work.confirmed.push(...published.map(({ row }) => row));
    await forget(work, FORGET_AT);
    await advance(
      work,
      published.map(({ lane, row }) => ({ lane, after: row })),
    );
  });
  await Promise.all([...parking, ...going]);
}

async function nextFronts(deps: PublishDeps, ends: readonly { lane: Lane; after?: OutboxRow }[]): Promise<Front[]> {
  const fronts = await mapConcurrent(ends, MAX_READS, async ({ lane, after }) => {
    try {
      const row = await frontOf(lane, after);
      return row === undefined ? undefined : { lane, row };
    } catch (error) {
      lane.state = 'failed';
      deps.log.error('reading the rows of a key failed', { key: lane.key, error });
      return undefined;
    }
  });
  return fronts.filter((front) => front !== undefined);
}

function lostNames({ destinations }: PublishDeps, { row }: Front): readonly string[] {
  return row.destinations.length === 0 ? ['(none is named)'] : row.destinations.filter((name) => !destinations.has(name));
}

function setAsideLost(deps: PublishDeps, front: Front): Promise<void> {
  const message = `no destination is called ${lostNames(deps, front).join(' or ')}`;
  return setAside(deps, front, { code: 'NO_DESTINATION', message });
}

/** What became of the fronts at each destination, by the destination's name: one is not waited for by the fronts of another. */
type Arriving = ReadonlyMap<string, Promise<ReadonlyMap<Front, Delivery>>>;

function startDeliveries({ deps, run }: Work, fronts: readonly Front[]): Arriving {
  const names = new Set(fronts.flatMap(({ row }) => row.destinations));
  const arriving = [...names].map((name): [string, Promise<ReadonlyMap<Front, Delivery>>] => {
    const bound = fronts.filter(({ row }) => row.destinations.includes(name));
    return [name, deliverTo(deps, run, { destination: deps.destinations.get(name), bound })];
  });
  return new Map(arriving);
}

async function deliverTo(
  { senders, clock, rng }: PublishDeps,
  { deadline, breakers }: PublishRun,
  { destination, bound }: { readonly destination: Destination | undefined; readonly bound: readonly Front[] },
): Promise<ReadonlyMap<Front, Delivery>> {
  if (destination === undefined) return new Map();
  const parcels = bound.map(({ row }) => toParcel(row));
  const options = { deadline, breaker: breakers(destination.name) };
  const results = await deliver({ sender: senders[destination.kind], clock, rng }, { destination, parcels }, options);
  return new Map(bound.map((front, index) => [front, results[index] ?? NO_DELIVERY]));
}

const NO_DELIVERY: Delivery = { status: 'unavailable', code: 'NO_RESULT', message: 'the delivery has no result' };

async function settle(deps: PublishDeps, fronts: readonly Front[], arriving: Arriving): Promise<Front[]> {
  const published: Front[] = [];
  const names = [...new Set(fronts.flatMap(({ row }) => row.destinations))];
  const arrived = await Promise.all(names.map((name) => arriving.get(name)));
  for (const front of fronts) {
    const results = arrived.map((deliveries) => deliveries?.get(front) ?? NO_DELIVERY);
    const refused = results.find((result) => result.status === 'refused');
    if (refused !== undefined) await setAside(deps, front, refused);
    else if (results.every((result) => result.status === 'delivered')) published.push(confirm(front));
    else fail(deps, front, results);
  }
  if (published.length > 0) deps.metrics.add(OUTBOX_METRICS.published, published.length);
  return published;
}

function confirm({ lane, row }: Front): Front {
  lane.queue.shift();
  lane.reached = row.seq ?? 0;
  lane.published += 1;
  return { lane, row };
}

async function setAside(deps: PublishDeps, { lane, row }: Front, { code, message }: { code: string; message: string }): Promise<void> {
  const fields = { messageId: row.id, type: row.type, key: row.key, reason: code, detail: message };
  try {
    await deps.store.park(row, { reason: code, detail: message });
    lane.state = 'held';
    deps.metrics.add(OUTBOX_METRICS.parked, 1);
    deps.log.error('a message can never be published as it is: parked', fields);
  } catch (error) {
    lane.state = 'failed';
    deps.log.error('parking an unpublishable message failed', { ...fields, error });
  }
}

// A destination that is out is the sweeper's: a replay of the stream would publish again what others have taken long ago.
function fail(deps: PublishDeps, { lane, row }: Front, results: readonly Delivery[]): void {
  lane.state = results.some((result) => result.status === 'unsent') ? 'failed' : 'left';
  const failure = results.find((result) => result.status === 'unavailable' || result.status === 'unsent');
  deps.metrics.add(OUTBOX_METRICS.publishFailed, 1);
  deps.log.warn('publishing a message failed, to be tried again', { messageId: row.id, type: row.type, key: row.key, ...failure });
}

/** Removes confirmed rows once there are `enough`. */
async function forget({ deps, confirmed }: Work, enough: number): Promise<void> {
  if (confirmed.length < enough) return;
  const rows = confirmed.splice(0, confirmed.length - (confirmed.length % enough));
  try {
    await deps.store.remove(rows);
  } catch (error) {
    deps.log.warn('published rows could not be removed; the sweeper publishes them again', { rows: rows.length, error });
  }
}
