import {
  type AttributeValue,
  BatchWriteItemCommand,
  type BatchWriteItemCommandOutput,
  QueryCommand,
  type QueryCommandOutput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { type Clock, sleep } from '../core/clock.ts';
import { mapConcurrent } from '../core/map-concurrent.ts';
import type { Rng } from '../core/rng.ts';
import { errorName } from '../retry/aws-failure.ts';
import { CALL_RETRY } from '../retry/policy.ts';
import { delayOf } from '../retry/policy-delay.ts';
import { retry } from '../retry/retry.ts';
import { attributesOf } from '../unit-of-work/attributes-of.ts';
import { batchGet } from '../unit-of-work/batch-get.ts';
import type { DynamoDbSender } from '../unit-of-work/unit-of-work.dynamodb.ts';
import { OUTBOX_ATTRIBUTES, OUTBOX_PENDING_INDEX } from './outbox.contract.ts';
import type { IndexEntry, OutboxStore, Page, ParkReason } from './outbox.ts';
import { fromItem, headKey, KEY_PREFIX, type OutboxRow, parkedState, type RowKey, SEQ_PREFIX } from './row.ts';

/** What the store works with. */
export interface OutboxStoreDeps {
  readonly client: DynamoDbSender;
  /** The outbox table's name. */
  readonly table: string;
  readonly clock: Clock;
  readonly rng: Rng;
}

const MAX_TRIES = 5;
/** Writes in one BatchWriteItem (its API reference). */
const MAX_DELETES = 25;
/** BatchWriteItem calls under way at a time. */
const MAX_IN_FLIGHT = 4;

/** The outbox table in DynamoDB. Every call is idempotent and tried again after a throttle or a lost answer. */
export function createOutboxStore(deps: OutboxStoreDeps): OutboxStore {
  const { client, table } = deps;
  return {
    async readHeads(keys) {
      const items = await batchGet(deps, keys.map(headKey).map(keyOf), { attributes: [OUTBOX_ATTRIBUTES.pk, OUTBOX_ATTRIBUTES.seq] });
      return new Map(
        items.map((item) => unmarshall(item)).map((item) => [String(item['pk']).slice(KEY_PREFIX.length), Number(item['seq'])]),
      );
    },
    async readRows(keys) {
      const items = await batchGet(deps, keys.map(keyOf));
      return items.map((item) => fromItem(unmarshall(item))).filter((row) => row !== undefined);
    },
    oldestOf: (key, options) => oldestOf(deps, key, options),
    remove: (rows) => remove(deps, rows),
    park: (row, reason) => park(deps, row, reason),
    due: (state, options) => due(deps, state, options),
    async countOf(state) {
      const output: QueryCommandOutput = await retried(deps, () =>
        client.send(new QueryCommand({ ...indexQuery(table, state), Select: 'COUNT' })),
      );
      return output.Count ?? 0;
    },
  };
}

type Attributes = Record<string, AttributeValue>;

const keyOf = ({ pk, sk }: RowKey): Attributes => attributesOf({ pk, sk });

async function oldestOf(
  { client, table, ...deps }: OutboxStoreDeps,
  key: string,
  { limit, after }: { limit: number; after?: RowKey },
): Promise<Page<OutboxRow>> {
  const command = new QueryCommand({
    TableName: table,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :seq)',
    ExpressionAttributeValues: { ':pk': { S: headKey(key).pk }, ':seq': { S: SEQ_PREFIX } },
    Limit: limit,
    ...(after && { ExclusiveStartKey: keyOf(after) }),
  });
  const output: QueryCommandOutput = await retried({ client, table, ...deps }, () => client.send(command));
  const rows = (output.Items ?? []).map((item) => fromItem(unmarshall(item)) ?? unreadable(item));
  return { items: rows, ...next(output) };
}

// A row of a key that cannot be read holds the key as a parked one does: what comes after it must not overtake it.
function unreadable(item: Attributes): OutboxRow {
  const { pk = '', sk = '' } = unmarshall(item) as Partial<RowKey>;
  return { pk, sk, id: '', type: '', body: '', attributes: {}, destinations: [], state: 'PARKED#unreadable', committedAt: 0 };
}

async function remove(deps: OutboxStoreDeps, rows: readonly RowKey[]): Promise<void> {
  const chunks = Array.from({ length: Math.ceil(rows.length / MAX_DELETES) }, (_, index) =>
    rows.slice(index * MAX_DELETES, (index + 1) * MAX_DELETES),
  );
  await mapConcurrent(chunks, MAX_IN_FLIGHT, (chunk) => removeChunk(deps, chunk));
}

async function removeChunk(deps: OutboxStoreDeps, rows: readonly RowKey[]): Promise<void> {
  let requests: NonNullable<BatchWriteItemCommandOutput['UnprocessedItems']>[string] = rows.map((row) => ({
    DeleteRequest: { Key: keyOf(row) },
  }));
  for (let attempt = 1; requests.length > 0; attempt += 1) {
    const command = new BatchWriteItemCommand({ RequestItems: { [deps.table]: requests } });
    const output: BatchWriteItemCommandOutput = await retried(deps, () => deps.client.send(command));
    requests = output.UnprocessedItems?.[deps.table] ?? [];
    if (requests.length > 0) await backOff(deps, attempt);
  }
}

async function park(deps: OutboxStoreDeps, row: OutboxRow, { reason, detail }: ParkReason): Promise<void> {
  const command = new UpdateItemCommand({
    TableName: deps.table,
    Key: attributesOf({ pk: row.pk, sk: row.sk }),
    UpdateExpression: 'SET #state = :parked, #reason = :reason, #detail = :detail, #at = :at',
    // Somebody may have published it, or parked it, meanwhile: then that stands.
    ConditionExpression: '#state = :pending',
    ExpressionAttributeNames: {
      '#state': OUTBOX_ATTRIBUTES.state,
      '#reason': OUTBOX_ATTRIBUTES.parkedReason,
      '#detail': OUTBOX_ATTRIBUTES.parkedDetail,
      '#at': OUTBOX_ATTRIBUTES.parkedAt,
    },
    ExpressionAttributeValues: attributesOf({
      ':parked': parkedState(row.state),
      ':pending': row.state,
      ':reason': reason,
      ':detail': detail.slice(0, 1_000),
      ':at': deps.clock.now(),
    }),
  });
  try {
    await retried(deps, () => deps.client.send(command));
  } catch (error) {
    if (errorName(error) !== 'ConditionalCheckFailedException') throw error;
  }
}

async function due(
  deps: OutboxStoreDeps,
  state: string,
  options: { before: number; limit: number; from?: unknown },
): Promise<Page<IndexEntry>> {
  const query = indexQuery(deps.table, state);
  const command = new QueryCommand({
    ...query,
    KeyConditionExpression: `${query.KeyConditionExpression} AND #at < :before`,
    ExpressionAttributeNames: { ...query.ExpressionAttributeNames, '#at': OUTBOX_ATTRIBUTES.committedAt },
    ExpressionAttributeValues: { ...query.ExpressionAttributeValues, ':before': { N: String(options.before) } },
    Limit: options.limit,
    ...(options.from !== undefined && { ExclusiveStartKey: options.from as Attributes }),
  });
  const output: QueryCommandOutput = await retried(deps, () => deps.client.send(command));
  return { items: (output.Items ?? []).map((item) => unmarshall(item) as IndexEntry), ...next(output) };
}

function indexQuery(table: string, state: string) {
  return {
    TableName: table,
    IndexName: OUTBOX_PENDING_INDEX,
    KeyConditionExpression: '#state = :state',
    ExpressionAttributeNames: { '#state': OUTBOX_ATTRIBUTES.state },
    ExpressionAttributeValues: { ':state': { S: state } as AttributeValue } as Attributes,
  };
}

function next({ LastEvaluatedKey }: QueryCommandOutput): { next?: unknown } {
  return LastEvaluatedKey === undefined ? {} : { next: LastEvaluatedKey };
}

function retried<T>({ clock, rng }: OutboxStoreDeps, call: () => Promise<T>): Promise<T> {
  return retry(call, { clock, rng, tries: MAX_TRIES });
}

/** Waits before asking for what a batch left over; gives up, as a throttle would, after `MAX_TRIES` rounds. */
async function backOff(deps: OutboxStoreDeps, attempt: number): Promise<void> {
  if (attempt >= MAX_TRIES)
    throw Object.assign(new Error('DynamoDB kept leaving parts of a batch unprocessed'), { name: 'ThrottlingException' });
  await sleep(deps.clock, delayOf(CALL_RETRY, attempt, deps.rng));
}
