import {
  type AttributeValue,
  GetItemCommand,
  type GetItemCommandOutput,
  PutItemCommand,
  QueryCommand,
  type QueryCommandOutput,
  type TransactWriteItem,
  UpdateItemCommand,
  type UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Page } from '../core/pages.ts';
import type { FailureTableDeps } from '../dlq/failure-table.dynamodb.ts';
import { errorName } from '../retry/aws-failure.ts';
import { retry } from '../retry/retry.ts';
import { attributesOf } from '../unit-of-work/attributes-of.ts';
import type { DynamoDbSender } from '../unit-of-work/unit-of-work.dynamodb.ts';
import { REDRIVE_ROWS } from './ops.contract.ts';
import { enterLanes } from './redrive.lanes.dynamodb.ts';
import { type CanaryRow, LEASE_MS, type RedriveRow, type RedriveRows, type Rival } from './redrive.rows.ts';

/** Days that a redrive is kept from when it was last worked: longer than what it did can be asked about in an incident. */
const KEPT_DAYS = 400;
const DAY_SECONDS = 86_400;
const PAGE = 25;

/** Redrives as items of the failure table. Every write sets absolute values under a condition, so that a lost answer is tried again. */
export function createRedriveRows(deps: FailureTableDeps): RedriveRows {
  const { clock } = deps;
  const held = () => clock.now() + LEASE_MS;
  return {
    create: (row) => create(deps, row),
    get: (id) => get(deps, id),
    list: (cursor) => list(deps, cursor),
    lease: (id, owner) =>
      update(deps, id, {
        set: { owner, leaseUntil: held() },
        condition: 'attribute_exists(pk) AND (attribute_not_exists(leaseUntil) OR leaseUntil < :now OR #owner = :owner)',
        values: { ':now': clock.now() },
      }),
    save: (id, owner, progress) =>
      update(deps, id, {
        set: { ...progress, ...stamp(deps), owner, leaseUntil: held() },
        condition: '#owner = :owner AND #version <= :version',
      }),
    async release(id, owner) {
      await update(deps, id, { set: { owner, leaseUntil: 0 }, condition: '#owner = :owner' });
    },
    resume: (row, state, canaries) => resume(deps, row, { state, canaries }),
    turn: (id, { from, to, because }) =>
      update(deps, id, {
        set: { ...stamp(deps), state: to, because },
        condition: `#state IN (${from.map((_, index) => `:from${index}`).join(', ')})`,
        values: Object.fromEntries(from.map((state, index) => [`:from${index}`, state])),
      }),
  };
}

function stamp({ clock }: FailureTableDeps) {
  return { updatedAt: clock.now(), expiresAt: Math.floor(clock.now() / 1_000) + KEPT_DAYS * DAY_SECONDS };
}

function tried<T>({ client, clock, rng }: FailureTableDeps, command: Parameters<DynamoDbSender['send']>[0]): Promise<T> {
  return retry(() => client.send(command), { clock, rng });
}

async function create(deps: FailureTableDeps, row: RedriveRow): Promise<Rival | undefined> {
  const Item = attributesOf({ ...row, ...stamp(deps), pk: REDRIVE_ROWS, sk: row.id });
  const Put = { TableName: deps.table, Item, ConditionExpression: 'attribute_not_exists(pk)' };
  if (row.lanes.length > 0) return enter(deps, row, { write: { Put }, isDone: (found) => found !== undefined });
  // An earlier try whose answer was lost may have written it, and a runner may have gone on with it since.
  await tried(deps, new PutItemCommand(Put)).catch(unlessConditional);
  return undefined;
}

type Resumed = Pick<RedriveRow, 'state'> & { readonly canaries: readonly CanaryRow[] };

async function resume(deps: FailureTableDeps, row: RedriveRow, { state, canaries }: Resumed): Promise<Rival | undefined> {
  const change: Change = {
    set: { ...stamp(deps), state, canaries, because: undefined, ...(state === 'canary' && { canariesAt: undefined }) },
    condition: '#state = :stopped',
    values: { ':stopped': 'stopped' },
  };
  if (row.lanes.length > 0) {
    const Update = { TableName: deps.table, Key: keyOf(row.id), ...expressionsOf(change) };
    return enter(deps, row, { write: { Update }, isDone: (found) => found?.state !== 'stopped' });
  }
  await update(deps, row.id, change);
  return undefined;
}

interface Entering {
  readonly write: TransactWriteItem;
  readonly isDone: (found: RedriveRow | undefined) => boolean;
}

function enter(deps: FailureTableDeps, redrive: RedriveRow, { write, isDone }: Entering): Promise<Rival | undefined> {
  const found = (id: string) => get(deps, id);
  return enterLanes(deps, { redrive, write, isDone: async () => isDone(await found(redrive.id)), get: found });
}

async function get(deps: FailureTableDeps, id: string): Promise<RedriveRow | undefined> {
  const command = new GetItemCommand({ TableName: deps.table, Key: keyOf(id), ConsistentRead: true });
  const { Item } = await tried<GetItemCommandOutput>(deps, command);
  return Item && rowFrom(Item);
}

async function list(deps: FailureTableDeps, cursor: string | undefined): Promise<Page<RedriveRow>> {
  const command = new QueryCommand({
    TableName: deps.table,
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: REDRIVE_ROWS } },
    ScanIndexForward: false,
    Limit: PAGE,
    ...(cursor !== undefined && { ExclusiveStartKey: keyOf(cursor) }),
  });
  const { Items = [], LastEvaluatedKey } = await tried<QueryCommandOutput>(deps, command);
  const next = LastEvaluatedKey?.['sk']?.S;
  return { items: Items.map(rowFrom), ...(next !== undefined && { cursor: next }) };
}

async function update(deps: FailureTableDeps, id: string, change: Change): Promise<RedriveRow | undefined> {
  const command = new UpdateItemCommand({ TableName: deps.table, Key: keyOf(id), ReturnValues: 'ALL_NEW', ...expressionsOf(change) });
  const output = await tried<UpdateItemCommandOutput>(deps, command).catch(unlessConditional);
  return output && rowFrom(output.Attributes ?? {});
}

function unlessConditional(error: unknown): undefined {
  if (errorName(error) !== 'ConditionalCheckFailedException') throw error;
}

interface Change {
  /** What is undefined is removed. */
  readonly set: Readonly<Record<string, unknown>>;
  readonly condition: string;
  readonly values?: Readonly<Record<string, unknown>>;
}

// Every name goes through a placeholder: `owner`, `state`, `where` and others are reserved words.
function expressionsOf({ set, condition, values = {} }: Change) {
  const names = Object.keys(set);
  const given = names.filter((name) => set[name] !== undefined);
  const gone = names.filter((name) => set[name] === undefined);
  const assignments = given.map((name) => `#${name} = :${name}`).join(', ');
  return {
    UpdateExpression: `SET ${assignments}${gone.length > 0 ? ` REMOVE ${gone.map((name) => `#${name}`).join(', ')}` : ''}`,
    ConditionExpression: condition,
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: attributesOf({ ...Object.fromEntries(given.map((name) => [`:${name}`, set[name]])), ...values }),
  };
}

function keyOf(id: string): Record<string, AttributeValue> {
  return { pk: { S: REDRIVE_ROWS }, sk: { S: id } };
}

function rowFrom(item: Record<string, AttributeValue>): RedriveRow {
  const { pk, sk, owner, leaseUntil, expiresAt, ...row } = unmarshall(item);
  return row as unknown as RedriveRow;
}
