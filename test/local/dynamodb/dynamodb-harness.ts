import { AwsError, DEVELOPER, type Json, LOCAL_PLACE } from '../../../lib/local/aws.ts';
import type { Item } from '../../../lib/local/dynamodb/attribute-value.ts';
import { createDynamoDb, type DynamoDb } from '../../../lib/local/dynamodb/dynamodb.ts';
import type { DynamoDbOptions } from '../../../lib/local/dynamodb/world.ts';
import { createFakeClock, type FakeClock } from '../fake-clock.ts';

/** An engine under a fake clock, with calls as short as a test wants them. */
export interface Bench {
  readonly db: DynamoDb;
  readonly clock: FakeClock;
  call(action: string, input: Json): Json;
  streams(action: string, input: Json): Json;
  /** The refusal of a call that must fail. */
  refusal(action: string, input: Json): AwsError;
  put(table: string, item: Item): void;
  get(table: string, key: Item): Item | undefined;
  /** All records of a stream by shard, read from the horizon. */
  records(streamArn: string): StreamRecord[][];
}

/** A record as GetRecords returns it. */
export interface StreamRecord {
  readonly eventID: string;
  readonly eventName: string;
  readonly userIdentity?: Json;
  readonly dynamodb: {
    readonly ApproximateCreationDateTime: number;
    readonly Keys: Item;
    readonly NewImage?: Item;
    readonly OldImage?: Item;
    readonly SequenceNumber: string;
    readonly SizeBytes: number;
    readonly StreamViewType: string;
  };
}

export function createBench(options: Partial<DynamoDbOptions> = {}): Bench {
  const clock = createFakeClock();
  let id = 0;
  const ids = { next: () => `00000000-0000-4000-8000-${String(++id).padStart(12, '0')}` };
  const db = createDynamoDb({ clock, ids, place: LOCAL_PLACE, ...options });
  const call = (action: string, input: Json) => db.dynamodb.call({ service: 'dynamodb', action, input, caller: DEVELOPER });
  const streams = (action: string, input: Json) => db.streams.call({ service: 'dynamodbstreams', action, input, caller: DEVELOPER });
  return {
    db,
    clock,
    call,
    streams,
    refusal: (action, input) => refused(() => (action in STREAM_ACTIONS ? streams : call)(action, input)),
    put: (table, item) => void call('PutItem', { TableName: table, Item: item }),
    get: (table, key) => call('GetItem', { TableName: table, Key: key, ConsistentRead: true })['Item'] as Item | undefined,
    records: (streamArn) => shardIds(streams, streamArn).map((shardId) => readShard(streams, streamArn, shardId)),
  };
}

const STREAM_ACTIONS = { DescribeStream: 1, ListStreams: 1, GetShardIterator: 1, GetRecords: 1 };

export function refused(attempt: () => unknown): AwsError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
  throw new Error('the call was accepted');
}

export function shardIds(streams: Bench['streams'], streamArn: string): string[] {
  const { StreamDescription } = streams('DescribeStream', { StreamArn: streamArn }) as {
    StreamDescription: { Shards: { ShardId: string }[] };
  };
  return StreamDescription.Shards.map((shard) => shard.ShardId);
}

function readShard(streams: Bench['streams'], streamArn: string, shardId: string): StreamRecord[] {
  const records: StreamRecord[] = [];
  let { ShardIterator: iterator } = streams('GetShardIterator', {
    StreamArn: streamArn,
    ShardId: shardId,
    ShardIteratorType: 'TRIM_HORIZON',
  });
  for (;;) {
    const page = streams('GetRecords', { ShardIterator: iterator }) as { Records: StreamRecord[]; NextShardIterator?: string };
    records.push(...page.Records);
    if (page.Records.length === 0 || page.NextShardIterator === undefined) return records;
    iterator = page.NextShardIterator;
  }
}

/** A table of strings: `pk`, and `sk` unless it is a hash table. */
export function tableInput(
  name: string,
  options: { readonly hashOnly?: boolean; readonly stream?: string; readonly extra?: Json } = {},
): Json {
  const names = options.hashOnly ? ['pk'] : ['pk', 'sk'];
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: names.map((each) => ({ AttributeName: each, AttributeType: 'S' })),
    KeySchema: names.map((each, at) => ({ AttributeName: each, KeyType: at === 0 ? 'HASH' : 'RANGE' })),
    ...(options.stream && { StreamSpecification: { StreamEnabled: true, StreamViewType: options.stream } }),
    ...options.extra,
  };
}

/** A bench with the table `things`, and the ARN of its stream when it has one. */
export function benchWithTable(options: Parameters<typeof tableInput>[1] = {}, engine: Partial<DynamoDbOptions> = {}) {
  const bench = createBench(engine);
  const { TableDescription } = bench.call('CreateTable', tableInput('things', options)) as {
    TableDescription: { LatestStreamArn: string };
  };
  return { ...bench, streamArn: TableDescription.LatestStreamArn };
}
