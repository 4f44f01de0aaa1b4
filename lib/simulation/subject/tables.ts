import { marshall } from '@aws-sdk/util-dynamodb';
import type { Json } from '../../local/aws.ts';
import { OUTBOX_PENDING_INDEX } from '../../outbox/outbox.contract.ts';
import type { Item, Table } from '../../unit-of-work/unit-of-work.ts';
import type { World } from '../world.ts';

export const INBOX_TABLE = 'posthaste-inbox';
export const OUTBOX_TABLE = 'posthaste-outbox';

/** A table of the user, with what is in it before. */
export function createUserTable(world: World, table: Table, items: readonly Item[]): void {
  const keys = [table.partitionKey, ...(table.sortKey === undefined ? [] : [table.sortKey])];
  create(world, table.name, keys, {
    AttributeDefinitions: keys.map((name) => ({ AttributeName: name, AttributeType: typeof items[0]?.[name] === 'number' ? 'N' : 'S' })),
  });
  for (const item of items) world.call('dynamodb', 'PutItem', { TableName: table.name, Item: marshall(item) as Json });
}

/** As the `Inbox` construct makes it. */
export function createInboxTable(world: World): void {
  create(world, INBOX_TABLE, ['pk']);
}

/** As the `Outbox` construct makes it; gives the stream's ARN. */
export function createOutboxTable(world: World): string {
  const typed = (name: string, type: string) => ({ AttributeName: name, AttributeType: type });
  const description = create(world, OUTBOX_TABLE, ['pk', 'sk'], {
    AttributeDefinitions: [typed('pk', 'S'), typed('sk', 'S'), typed('state', 'S'), typed('committedAt', 'N')],
    GlobalSecondaryIndexes: [
      { IndexName: OUTBOX_PENDING_INDEX, KeySchema: keySchema(['state', 'committedAt']), Projection: { ProjectionType: 'KEYS_ONLY' } },
    ],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
  });
  return String(description['LatestStreamArn']);
}

function create(world: World, name: string, keys: readonly string[], more: Json = {}): Json {
  const created = world.call('dynamodb', 'CreateTable', {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map((key) => ({ AttributeName: key, AttributeType: 'S' })),
    KeySchema: keySchema(keys),
    ...more,
  });
  return created['TableDescription'] as Json;
}

const keySchema = (keys: readonly string[]) =>
  keys.map((name, index) => ({ AttributeName: name, KeyType: index === 0 ? 'HASH' : 'RANGE' }));
