import { type Page, pagesOf } from '../core/pages.ts';
import type { Failure, FailureAudit, FailureFilter, FailureGroup } from './failure.ts';
import { auditFrom } from './failure-audits.ts';
import { groupFrom } from './failure-groups.ts';
import { type Attributes, attributesOfKey, failureOf, rowFrom } from './failure-items.ts';
import {
  AUDIT_PREFIX,
  decodeCursor,
  encodeCursor,
  failureKey,
  GROUPS,
  groupKeyOf,
  groupRowKey,
  indexPartition,
  keyIndexOf,
  type Position,
  timeSort,
} from './failure-keys.ts';
import { FAILURE_INDEXES } from './failure-table.contract.ts';
import { type FailureTableDeps, query, readItem, readItems } from './failure-table.dynamodb.ts';

/** Groups in one page. */
const GROUPS_PAGE = 100;
const DEFAULT_LIMIT = 50;
/** Bodies come along: a page of the largest is 25 MB. */
const MAX_LIMIT = 100;

export async function listGroups(deps: FailureTableDeps, after?: string): Promise<Page<FailureGroup>> {
  const output = await query(deps, {
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: GROUPS } },
    Limit: GROUPS_PAGE,
    ...(after !== undefined && { ExclusiveStartKey: attributesOfKey(groupRowKey(after)) }),
  });
  const last = output.LastEvaluatedKey?.['sk']?.S;
  return { items: (output.Items ?? []).map(groupFrom), ...(last !== undefined && { cursor: last }) };
}

export async function listAudits(deps: FailureTableDeps, id: string): Promise<FailureAudit[]> {
  const audits: FailureAudit[] = [];
  let from: Attributes | undefined;
  do {
    const output = await query(deps, {
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :audit)',
      ExpressionAttributeValues: { ':pk': { S: failureKey(id).pk }, ':audit': { S: AUDIT_PREFIX } },
      ...(from !== undefined && { ExclusiveStartKey: from }),
    });
    audits.push(...(output.Items ?? []).map(auditFrom));
    from = output.LastEvaluatedKey;
  } while (from !== undefined);
  return audits;
}

/** How a listing is asked for. */
export interface ListOptions {
  readonly limit?: number;
  readonly cursor?: string;
}

/**
 * Failures that a filter selects. The indexes, which follow the table within moments, only say where to look: what is shown is read from the
 * table and held to the filter there.
 */
export async function listFailures(deps: FailureTableDeps, filter: FailureFilter, options: ListOptions = {}): Promise<Page<Failure>> {
  const position = options.cursor === undefined ? {} : decodeCursor(options.cursor);
  const limit = Math.min(Math.max(1, Math.floor(options.limit ?? DEFAULT_LIMIT)), MAX_LIMIT);
  const { id, fingerprint, key, messageId } = filter;
  if (id !== undefined) {
    const item = await readItem(deps, failureKey(id));
    return { items: item === undefined ? [] : selected([item], filter) };
  }
  if (messageId !== undefined)
    return onePartition(deps, filter, { index: 'byMessage', partition: indexPartition(messageId), position, limit });
  if (key !== undefined)
    return onePartition(deps, filter, { index: 'byKey', partition: keyIndexOf(statusOf(filter), key), position, limit });
  if (fingerprint !== undefined) return onePartition(deps, filter, groupPartition(filter, fingerprint, { position, limit }));
  return everyGroup(deps, filter, { position, limit });
}

interface Read {
  readonly position: Position;
  readonly limit: number;
}

interface PartitionRead extends Read {
  readonly index: keyof typeof FAILURE_INDEXES;
  readonly partition: string | undefined;
}

const statusOf = ({ status = 'open' }: FailureFilter) => status;

function groupPartition(filter: FailureFilter, fingerprint: string, read: Read): PartitionRead {
  return { ...read, index: 'byGroup', partition: groupKeyOf(statusOf(filter), fingerprint) };
}

async function onePartition(deps: FailureTableDeps, filter: FailureFilter, read: PartitionRead): Promise<Page<Failure>> {
  const { items, sort } = await readPartition(deps, filter, read);
  return { items, ...(sort !== undefined && { cursor: encodeCursor({ sort }) }) };
}

/** One group after the other, from that of the cursor on; groups that hold nothing of the filter are passed over. */
async function everyGroup(deps: FailureTableDeps, filter: FailureFilter, { position, limit }: Read): Promise<Page<Failure>> {
  const items: Failure[] = [];
  for await (const from of positionsOf(deps, filter, position)) {
    const read = groupPartition(filter, from.group, { position: from, limit: limit - items.length });
    const page = await readPartition(deps, filter, read);
    items.push(...page.items);
    if (items.length < limit) continue;
    return { items, cursor: encodeCursor({ group: from.group, ...(page.sort !== undefined && { sort: page.sort }) }) };
  }
  return { items };
}

type GroupPosition = Position & { readonly group: string };

/** Where to read: the rest of the group in which a page ended, and from their beginnings the groups behind it that may hold something. */
async function* positionsOf(deps: FailureTableDeps, filter: FailureFilter, { group, sort }: Position): AsyncGenerator<GroupPosition> {
  if (group !== undefined && sort !== undefined) yield { group, sort };
  for await (const { items } of pagesOf((cursor = group) => listGroups(deps, cursor))) {
    for (const found of items) if (mayHold(found, filter)) yield { group: found.fingerprint };
  }
}

/**
 * A fingerprint is made from the consumer, the reason and the type, among others: failures of a group have them in common. None of them failed
 * before its first time or after its last.
 */
function mayHold({ counts, firstAt, lastAt, ...group }: FailureGroup, filter: FailureFilter): boolean {
  const { consumer = group.consumer, reason = group.reason, type = group.messageType, since = lastAt, until = firstAt + 1 } = filter;
  const isAbout = group.consumer === consumer && group.reason === reason && group.messageType === type;
  return isAbout && lastAt >= since && firstAt < until && (counts[statusOf(filter)] ?? 0) > 0;
}

interface PartitionPage {
  readonly items: readonly Failure[];
  /** Where to go on; absent at the end. */
  readonly sort?: string;
}

async function readPartition(deps: FailureTableDeps, filter: FailureFilter, read: PartitionRead): Promise<PartitionPage> {
  const { index, partition, limit } = read;
  if (partition === undefined) return { items: [] };
  const items: Failure[] = [];
  let sort = read.position.sort;
  do {
    const attribute = FAILURE_INDEXES[index];
    const output = await query(deps, {
      IndexName: index,
      KeyConditionExpression: '#partition = :partition AND #sort BETWEEN :since AND :until',
      ExpressionAttributeNames: { '#partition': attribute, '#sort': 'sort' },
      ExpressionAttributeValues: { ':partition': { S: partition }, ...rangeOf(filter) },
      Limit: limit - items.length,
      ...(sort !== undefined && { ExclusiveStartKey: startKey(attribute, partition, sort) }),
    });
    items.push(...selected(await readItems(deps, (output.Items ?? []).map(keyFrom)), filter));
    sort = output.LastEvaluatedKey?.['sort']?.S;
  } while (sort !== undefined && items.length < limit);
  return { items, ...(sort !== undefined && { sort }) };
}

/** From the first failure at `since` to the last before `until`; `:` is greater than every digit. */
function rangeOf({ since = 0, until }: FailureFilter) {
  const end = until === undefined ? ':' : timeSort(until);
  return { ':since': { S: timeSort(since) }, ':until': { S: end } };
}

function startKey(attribute: string, partition: string, sort: string): Attributes {
  return { ...attributesOfKey(failureKey(sort.slice(sort.indexOf('#') + 1))), [attribute]: { S: partition }, sort: { S: sort } };
}

function keyFrom(item: Attributes) {
  return { pk: item['pk']?.S ?? '', sk: item['sk']?.S ?? '' };
}

/** What the filter selects of items, oldest first. */
function selected(items: readonly Attributes[], filter: FailureFilter): Failure[] {
  return items
    .map((item) => failureOf(rowFrom(item)))
    .filter((failure) => selects(filter, failure))
    .sort((a, b) => a.failedAt - b.failedAt || (a.id < b.id ? -1 : 1));
}

/** Whether a filter selects a failure. */
export function selects(filter: FailureFilter, failure: Failure): boolean {
  const {
    id,
    fingerprint,
    consumer,
    type,
    reason,
    key,
    messageId,
    since = Number.NEGATIVE_INFINITY,
    until = Number.POSITIVE_INFINITY,
  } = filter;
  const is = <T>(asked: T | undefined, value: T | undefined) => asked === undefined || asked === value;
  return (
    failure.status === statusOf(filter) &&
    is(id, failure.id) &&
    is(fingerprint, failure.fingerprint) &&
    is(consumer, failure.consumer) &&
    is(type, failure.messageType) &&
    is(reason, failure.reason) &&
    is(key, failure.key) &&
    is(messageId, failure.messageId) &&
    failure.failedAt >= since &&
    failure.failedAt < until
  );
}
