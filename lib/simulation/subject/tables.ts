import { marshall } from '@aws-sdk/util-dynamodb';
import type { Json } from '../../local/aws.ts';
import type { Item, Table } from '../../unit-of-work/unit-of-work.ts';
import { keyedTable, outboxTable, type TableInput } from '../table-inputs.ts';
import type { World } from '../world.ts';

export const INBOX_TABLE = 'posthaste-inbox';
export const OUTBOX_TABLE = 'posthaste-outbox';

/** A table of the user, with what is in it before. */
export function createUserTable(world: World, table: Table, items: readonly Item[]): void {
  const keys = [table.partitionKey, ...(table.sortKey === undefined ? [] : [table.sortKey])];
  create(world, {
    ...keyedTable(table.name, ...keys),
    AttributeDefinitions: keys.map((name) => ({ AttributeName: name, AttributeType: typeof items[0]?.[name] === 'number' ? 'N' : 'S' })),
  });
  for (const item of items) world.call('dynamodb', 'PutItem', { TableName: table.name, Item: marshall(item) as Json });
}

/** As the `Inbox` construct makes it. */
export function createInboxTable(world: World): void {
  create(world, keyedTable(INBOX_TABLE, 'pk'));
}

/** As the `Outbox` construct makes it; gives the stream's ARN. */
export function createOutboxTable(world: World): string {
  return String(create(world, outboxTable(OUTBOX_TABLE))['LatestStreamArn']);
}

function create(world: World, table: TableInput): Json {
  return world.call('dynamodb', 'CreateTable', { ...table })['TableDescription'] as Json;
}
