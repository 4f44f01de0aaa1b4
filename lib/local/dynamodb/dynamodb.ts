import type { Cancel } from '../../core/clock.ts';
import { AwsError, type AwsRequest, type Engine, type Json } from '../aws.ts';
import { copyItem, type Item } from './attribute-value.ts';
import { batchGetItem } from './batch-get.ts';
import { batchWriteItem } from './batch-write.ts';
import { createTable } from './create-table.ts';
import { describeTable, listTables } from './describe-table.ts';
import { query } from './query.ts';
import { deleteResourcePolicy, getResourcePolicy, policyOf, putResourcePolicy } from './resource-policies.ts';
import { scan } from './scan.ts';
import { getItem } from './single-reads.ts';
import { deleteItem, putItem, updateItem } from './single-writes.ts';
import { END } from './sorted-map.ts';
import { describeStream, getRecords, getShardIterator, listStreams } from './stream-reads.ts';
import { describeContinuousBackups, describeTimeToLive, updateContinuousBackups, updateTimeToLive } from './table-settings.ts';
import { transactGetItems } from './transact-get.ts';
import { transactWriteItems } from './transact-write.ts';
import { deleteTable, listTagsOfResource, tagResource, untagResource, updateTable } from './update-table.ts';
import { createWorld, type DynamoDbOptions, type RecordsListener, tableOf, type World } from './world.ts';

type Action = (world: World, input: Json) => Json;

const ACTIONS: Readonly<Record<string, Action>> = {
  BatchGetItem: batchGetItem,
  BatchWriteItem: batchWriteItem,
  CreateTable: createTable,
  DeleteItem: deleteItem,
  DeleteResourcePolicy: deleteResourcePolicy,
  DeleteTable: deleteTable,
  DescribeContinuousBackups: describeContinuousBackups,
  DescribeEndpoints: describeEndpoints,
  DescribeLimits: describeLimits,
  DescribeTable: describeTable,
  DescribeTimeToLive: describeTimeToLive,
  GetItem: getItem,
  GetResourcePolicy: getResourcePolicy,
  ListTables: listTables,
  ListTagsOfResource: listTagsOfResource,
  PutItem: putItem,
  PutResourcePolicy: putResourcePolicy,
  Query: query,
  Scan: scan,
  TagResource: tagResource,
  TransactGetItems: transactGetItems,
  TransactWriteItems: transactWriteItems,
  UntagResource: untagResource,
  UpdateContinuousBackups: updateContinuousBackups,
  UpdateItem: updateItem,
  UpdateTable: updateTable,
  UpdateTimeToLive: updateTimeToLive,
};

const STREAM_ACTIONS: Readonly<Record<string, Action>> = {
  DescribeStream: describeStream,
  GetRecords: getRecords,
  GetShardIterator: getShardIterator,
  ListStreams: listStreams,
};

/** An engine that never waits. */
export interface SynchronousEngine extends Engine {
  call(request: AwsRequest): Json;
}

/** The embedded DynamoDB: the tables' engine, their streams' engine, and a way to look inside. */
export interface DynamoDb {
  readonly dynamodb: SynchronousEngine & {
    /** The names of all tables, in order. */
    tableNames(): string[];
    /** All items of a table, in Scan's order, with no limit and no charge: for tests and reports. */
    scanTable(name: string): Item[];
    /** The policy document of a table (by its ARN or that of one of its indexes) or stream: for the authoriser of every call. */
    resourcePolicy(resourceArn: string): string | undefined;
  };
  readonly streams: SynchronousEngine & {
    /**
     * Calls back after every commit that appended to the stream, once per shard, inside the call that committed. The listener may
     * read the stream at once.
     */
    onRecords(streamArn: string, listener: RecordsListener): Cancel;
  };
  /** Stops the timers that delete expired items. */
  close(): void;
}

/**
 * An in-memory DynamoDB whose calls complete synchronously and whose time is the given clock.
 *
 * @example
 * const { dynamodb } = createDynamoDb({ clock: systemClock, ids: systemIds, place: LOCAL_PLACE });
 * dynamodb.call({ service: 'dynamodb', action: 'ListTables', input: {}, caller: DEVELOPER }); // => { TableNames: [] }
 */
export function createDynamoDb(options: DynamoDbOptions): DynamoDb {
  const world = createWorld(options);
  return {
    dynamodb: {
      service: 'dynamodb',
      call: ({ action, input }) => run(ACTIONS, world, action, input),
      tableNames: () => [...world.tables.keys()].sort(),
      resourcePolicy: (resourceArn) => policyOf(world, resourceArn),
      scanTable: (name) => [...tableOf(world, name).rows.between('', END)].map((row) => copyItem(row.item)),
    },
    streams: {
      service: 'dynamodbstreams',
      call: ({ action, input }) => run(STREAM_ACTIONS, world, action, input),
      onRecords: (streamArn, listener) => listen(world, streamArn, listener),
    },
    close() {
      for (const { cancel } of world.timers.values()) cancel();
      world.timers.clear();
    },
  };
}

function run(actions: Readonly<Record<string, Action>>, world: World, name: string, input: Json): Json {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (!action) throw new AwsError('UnknownOperationException', `The operation ${name} is not supported by the embedded DynamoDB`);
  return action(world, input);
}

function listen(world: World, streamArn: string, listener: RecordsListener): Cancel {
  const listeners = world.listeners.get(streamArn) ?? new Set();
  world.listeners.set(streamArn, listeners.add(listener));
  return () => {
    listeners.delete(listener);
  };
}

/** DescribeEndpoints: clients with endpoint discovery stay with the gateway. */
function describeEndpoints(world: World): Json {
  return { Endpoints: [{ Address: new URL(world.place.endpoint).host, CachePeriodInMinutes: 1440 }] };
}

/** DescribeLimits: the default quotas of an account. */
function describeLimits(): Json {
  return {
    AccountMaxReadCapacityUnits: 80_000,
    AccountMaxWriteCapacityUnits: 80_000,
    TableMaxReadCapacityUnits: 40_000,
    TableMaxWriteCapacityUnits: 40_000,
  };
}
