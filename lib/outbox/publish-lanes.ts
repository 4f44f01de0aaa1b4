import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import { mapConcurrent } from '../core/map-concurrent.ts';
import type { Metrics } from '../core/metrics.ts';
import type { Rng } from '../core/rng.ts';
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

/** Reads of keys under way at a time. */
const MAX_READS = 10;
/** Confirmed rows that are forgotten together; more only costs republishing should this process die. */
const MAX_UNREMOVED = 250;

/**
 * The one rule by which rows leave the outbox: of every lane the front row, all fronts together in as few calls as they fit, then the
 * next fronts. A row is removed only after each of its destinations has confirmed it. A row that no destination takes is parked and
 * holds its lane; a destination that is unavailable fails the lane; neither stops the others.
 */
export async function publishLanes(deps: PublishDeps, lanes: readonly Lane[], deadline: number): Promise<void> {
  let confirmed: OutboxRow[] = [];
  let fronts = await nextFronts(
    deps,
    lanes.map((lane) => ({ lane })),
  );
  while (fronts.length > 0 && deps.clock.now() < deadline) {
    const published = await publishFronts(deps, fronts, deadline);
    confirmed.push(...published.map((front) => front.row));
    if (confirmed.length >= MAX_UNREMOVED) {
      await forget(deps, confirmed);
      confirmed = [];
    }
    fronts = await nextFronts(
      deps,
      published.map(({ lane, row }) => ({ lane, after: row })),
    );
  }
  await forget(deps, confirmed);
  for (const lane of lanes) if (lane.state === 'open') lane.state = 'failed';
}

interface Front {
  readonly lane: Lane;
  readonly row: OutboxRow;
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

async function publishFronts(deps: PublishDeps, fronts: readonly Front[], deadline: number): Promise<Front[]> {
  const sendable: Front[] = [];
  for (const front of fronts) {
    const unknown = front.row.destinations.filter((name) => !deps.destinations.has(name));
    if (unknown.length === 0 && front.row.destinations.length > 0) sendable.push(front);
    else
      await setAside(deps, front, {
        code: 'NO_DESTINATION',
        message: `no destination is called ${unknown.join(' or ') || '(none is named)'}`,
      });
  }
  const deliveries = await deliverFronts(deps, sendable, deadline);
  const published: Front[] = [];
  for (const front of sendable) {
    const results = deliveries.get(front) ?? [];
    const refused = results.find((result) => result.status === 'refused');
    if (refused !== undefined) await setAside(deps, front, refused);
    else if (results.every((result) => result.status === 'delivered')) published.push(confirm(front));
    else fail(deps, front, results);
  }
  if (published.length > 0) deps.metrics.add(OUTBOX_METRICS.published, published.length);
  return published;
}

async function deliverFronts(deps: PublishDeps, fronts: readonly Front[], deadline: number): Promise<Map<Front, Delivery[]>> {
  const byDestination = new Map<Destination, Front[]>();
  for (const front of fronts) {
    for (const name of front.row.destinations) {
      const destination = deps.destinations.get(name);
      if (destination !== undefined) byDestination.set(destination, [...(byDestination.get(destination) ?? []), front]);
    }
  }
  const deliveries = new Map<Front, Delivery[]>(fronts.map((front) => [front, []]));
  await mapConcurrent([...byDestination], byDestination.size, async ([destination, bound]) => {
    const deliverDeps = { sender: deps.senders[destination.kind], clock: deps.clock, rng: deps.rng };
    const parcels = bound.map((front) => toParcel(front.row));
    const results = await deliver(deliverDeps, { destination, parcels }, { deadline });
    for (const [index, front] of bound.entries()) {
      const result = results[index];
      if (result !== undefined) deliveries.get(front)?.push(result);
    }
  });
  return deliveries;
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

function fail(deps: PublishDeps, { lane, row }: Front, results: readonly Delivery[]): void {
  lane.state = 'failed';
  const failure = results.find((result) => result.status === 'unavailable');
  deps.metrics.add(OUTBOX_METRICS.publishFailed, 1);
  deps.log.warn('publishing a message failed, to be tried again', { messageId: row.id, type: row.type, key: row.key, ...failure });
}

// A row that stays although it was published is published again by the sweep, under the same id: a duplicate, never a loss.
async function forget(deps: PublishDeps, rows: readonly OutboxRow[]): Promise<void> {
  if (rows.length === 0) return;
  try {
    await deps.store.remove(rows);
  } catch (error) {
    deps.log.warn('published rows could not be removed; the sweeper publishes them again', { rows: rows.length, error });
  }
}
