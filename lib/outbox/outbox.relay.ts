import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { keyLane, type Lane, singleLane } from './lanes.ts';
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
  return {
    async handle(records, { deadline }) {
      const entries = records.map((record) => ({ record, row: readRow(deps, record) }));
      const lanes = new Map<string, Lane>();
      for (const { row } of entries) {
        if (row === undefined) continue;
        const name = laneOf(row);
        if (!lanes.has(name)) lanes.set(name, row.key === undefined ? singleLane(row) : oldestFirst(deps.store, row.key));
      }
      await publishLanes(deps, [...lanes.values()], deadline);
      const failed = entries.find(({ row }) => row !== undefined && isUnfinished(lanes.get(laneOf(row)), row));
      return { batchItemFailures: toFailures(failed?.record) };
    },
  };
}

/** The lane of a key that reads the oldest rows from the table. */
export function oldestFirst(store: OutboxStore, key: string): Lane {
  return keyLane(key, (after) => store.oldestOf(key, { limit: PAGE, ...(after && { after }) }));
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

// A held row is finished as far as the stream is concerned: it waits for an operator, and the shard must not wait with it.
function isUnfinished(lane: Lane | undefined, row: OutboxRow): boolean {
  return lane?.state === 'failed' && (row.seq ?? 1) > lane.reached;
}

function toFailures(record: StreamRecord | undefined): { itemIdentifier: string }[] {
  const itemIdentifier = record?.dynamodb?.SequenceNumber;
  return itemIdentifier === undefined ? [] : [{ itemIdentifier }];
}
