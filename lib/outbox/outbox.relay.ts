import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { createBreakers } from '../topic/breaker.ts';
import { keyLane, type Lane, type LaneBounds, singleLane } from './lanes.ts';
import type { OutboxStore } from './outbox.ts';
import { type PublishDeps, publishLanes } from './publish-lanes.ts';
import { fromItem, isPending, type OutboxRow } from './row.ts';

/** A record of a DynamoDB stream, as far as the relay reads it. */
export interface StreamRecord {
  readonly eventName?: string | undefined;
  readonly dynamodb?:
    | {
        readonly SequenceNumber?: string | undefined;
        /** As `unmarshall` takes it; Lambda's event types and those of the SDK write the same union differently. */
        readonly NewImage?: Readonly<Record<string, object>> | undefined;
      }
    | undefined;
}

/** What Lambda reads of the answer: it goes on from the lowest number listed ("Reporting batch item failures", DynamoDB streams). */
export interface StreamResponse {
  readonly batchItemFailures: { itemIdentifier: string }[];
}

/** Publishes what one batch of the outbox table's stream brings. */
export interface Relay {
  /** Never throws for data or for what AWS answers; nothing new starts after `deadline` (epoch milliseconds). */
  handle(records: readonly StreamRecord[], options: { readonly deadline: number }): Promise<StreamResponse>;
}

/** Rows read of one key at a time. */
const PAGE = 25;
/** Rows of one key that one invocation publishes: as many as one batch of the stream may bring. */
const MAX_OF_KEY = 100;

/**
 * The relay. Rows without an ordering key are published from the stream's own image; for a key the table is asked, so that neither the
 * order of the stream nor a batch that is replayed matters: the oldest pending row always goes first.
 *
 * @example
 * const relay = createRelay({ store, senders, destinations, clock: systemClock, rng: systemRng, log, metrics });
 * export const handler = (event, context) =>
 *   relay.handle(event.Records, { deadline: Date.now() + context.getRemainingTimeInMillis() - 3_000 });
 */
export function createRelay(deps: PublishDeps): Relay {
  const breakers = createBreakers(deps.clock);
  return {
    async handle(records, { deadline }) {
      const entries = records.map((record) => ({ record, row: readRow(deps, record) }));
      const lanes = lanesOf(
        deps.store,
        entries.flatMap(({ row }) => row ?? []),
      );
      await publishLanes(deps, [...lanes.values()], { deadline, breakers });
      const failed = entries.find(({ row }) => row !== undefined && isUnfinished(lanes.get(laneOf(row)), row));
      return { batchItemFailures: toFailures(failed?.record) };
    },
  };
}

/** A lane of a key that reads its rows from the table, the oldest first. */
export function oldestFirst(store: OutboxStore, key: string, bounds: LaneBounds): Lane {
  return keyLane(key, (after) => store.oldestOf(key, { limit: PAGE, ...(after && { after }) }), bounds);
}

// A key goes as far as its last row of the batch: what came later has its own record, and a backlog beyond the limit is the sweeper's.
function lanesOf(store: OutboxStore, rows: readonly OutboxRow[]): ReadonlyMap<string, Lane> {
  const lanes = [...Map.groupBy(rows, laneOf)].map(([name, [row, ...more]]): [string, Lane] => {
    if (row?.key === undefined) return [name, singleLane(row as OutboxRow)];
    const until = more.reduce((last, { seq = 0 }) => Math.max(last, seq), row.seq ?? 0);
    return [name, oldestFirst(store, row.key, { until, limit: MAX_OF_KEY })];
  });
  return new Map(lanes);
}

// Inserts of pending rows alone are messages. Heads and markers are not; a removal is a publication's end; a change is a parking.
function readRow(deps: PublishDeps, { eventName, dynamodb }: StreamRecord): OutboxRow | undefined {
  if (eventName !== 'INSERT' || dynamodb?.NewImage === undefined) return undefined;
  try {
    const item = unmarshall(dynamodb.NewImage as Record<string, AttributeValue>);
    if (typeof item['state'] !== 'string') return undefined;
    const row = fromItem(item);
    if (row !== undefined) return isPending(row) ? row : undefined;
  } catch (error) {
    deps.log.error('a stream record is no item', { sequenceNumber: dynamodb.SequenceNumber, error });
    return undefined;
  }
  deps.log.error('an item of the outbox table is no message row; it was not written by this library and is left alone', {
    sequenceNumber: dynamodb.SequenceNumber,
  });
  return undefined;
}

function laneOf(row: OutboxRow): string {
  return row.key === undefined ? `${row.pk} ${row.sk}` : row.pk;
}

// A held row is finished as far as the stream is concerned, and so is one that was left: the first waits for an operator, the second for
// the sweeper, and the shard must not wait with them.
function isUnfinished(lane: Lane | undefined, row: OutboxRow): boolean {
  return lane?.state === 'failed' && (row.seq ?? 1) > lane.reached;
}

function toFailures(record: StreamRecord | undefined): { itemIdentifier: string }[] {
  const itemIdentifier = record?.dynamodb?.SequenceNumber;
  return itemIdentifier === undefined ? [] : [{ itemIdentifier }];
}
