import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { FAILURE_INDEXES } from '../dlq/failure-table.contract.ts';
import { OUTBOX_PENDING_INDEX } from '../outbox/outbox.contract.ts';

/** What `CreateTable` takes, whoever calls it: an engine or a client of the SDK. */
export type TableInput = CreateTableCommandInput & { readonly TableName: string };

/** A table with a partition key and, if there is one, a sort key; both are texts. */
export function keyedTable(TableName: string, ...keys: readonly string[]): TableInput {
  return {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map((key) => typed(key, 'S')),
    KeySchema: keySchema(keys),
  };
}

/** As the `Outbox` construct makes it. */
export function outboxTable(TableName: string): TableInput {
  return {
    ...keyedTable(TableName, 'pk', 'sk'),
    AttributeDefinitions: [typed('pk', 'S'), typed('sk', 'S'), typed('state', 'S'), typed('committedAt', 'N')],
    GlobalSecondaryIndexes: [
      { IndexName: OUTBOX_PENDING_INDEX, KeySchema: keySchema(['state', 'committedAt']), Projection: { ProjectionType: 'KEYS_ONLY' } },
    ],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
  };
}

/** As the `FailureStore` construct makes it. */
export function failureTable(TableName: string): TableInput {
  const indexes = Object.entries(FAILURE_INDEXES);
  return {
    ...keyedTable(TableName, 'pk', 'sk'),
    AttributeDefinitions: ['pk', 'sk', 'sort', ...indexes.map(([, attribute]) => attribute)].map((name) => typed(name, 'S')),
    GlobalSecondaryIndexes: indexes.map(([IndexName, attribute]) => ({
      IndexName,
      KeySchema: keySchema([attribute, 'sort']),
      Projection: { ProjectionType: 'KEYS_ONLY' },
    })),
  };
}

const typed = (AttributeName: string, AttributeType: 'S' | 'N') => ({ AttributeName, AttributeType });

function keySchema(keys: readonly string[]): NonNullable<CreateTableCommandInput['KeySchema']> {
  return keys.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? 'HASH' : 'RANGE' }));
}
