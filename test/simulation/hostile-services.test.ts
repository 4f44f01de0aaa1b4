import { describe, expect, test } from 'vitest';
import type { Json } from '../../lib/local/aws.ts';
import { CALM, SWARM_FEATURES, type SwarmFeature } from '../../lib/simulation/swarm.ts';
import { createWorld, type World } from '../../lib/simulation/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const key = (n: number) => ({ pk: { S: 'a' }, n: { N: String(n) } });

function createTable(world: World): string {
  const { TableDescription } = world.call('dynamodb', 'CreateTable', {
    TableName: 'rows',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'n', AttributeType: 'N' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'n', KeyType: 'RANGE' },
    ],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' },
  }) as { TableDescription: { LatestStreamArn: string } };
  return TableDescription.LatestStreamArn;
}

const put = (world: World, n: number, more: Json = {}) =>
  world.call('dynamodb', 'PutItem', { TableName: 'rows', Item: { ...key(n), ...more } });

/** An iterator at the start of the shard that holds the records of partition `a`. */
function iteratorOf(world: World, StreamArn: string): string {
  const { Shards } = world.call('dynamodbstreams', 'DescribeStream', { StreamArn })['StreamDescription'] as {
    Shards: { ShardId: string }[];
  };
  const iterators = Shards.map(({ ShardId }) =>
    String(world.call('dynamodbstreams', 'GetShardIterator', { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' })['ShardIterator']),
  );
  return iterators.find((iterator) => recordsAt(world, iterator).length > 0) ?? String(iterators[0]);
}

function recordsAt(world: World, ShardIterator: string): string[] {
  const { Records } = world.call('dynamodbstreams', 'GetRecords', { ShardIterator }) as {
    Records: { dynamodb: { Keys: { n: { N: string } } } }[];
  };
  return Records.map(({ dynamodb }) => dynamodb.Keys.n.N);
}

/** Whether code that expects the best of a service is disappointed in this world. */
const DISAPPOINTS: Partial<Record<SwarmFeature, (world: World) => Promise<boolean> | boolean>> = {
  queueCount(world) {
    const { QueueUrl } = world.call('sqs', 'CreateQueue', { QueueName: 'jobs' });
    world.call('sqs', 'SendMessage', { QueueUrl, MessageBody: 'a' });
    const AttributeNames = ['ApproximateNumberOfMessages'];
    const { Attributes } = world.call('sqs', 'GetQueueAttributes', { QueueUrl, AttributeNames }) as { Attributes: Record<string, string> };
    return Attributes['ApproximateNumberOfMessages'] !== '1';
  },
  lateFilter: async (world) => {
    const queue = (name: string) => world.sqs.queueArn(String(world.call('sqs', 'CreateQueue', { QueueName: name })['QueueUrl']));
    const { TopicArn } = world.call('sns', 'CreateTopic', { Name: 'orders' });
    const Endpoint = queue('jobs');
    const { SubscriptionArn } = world.call('sns', 'Subscribe', { TopicArn, Protocol: 'sqs', Endpoint, ReturnSubscriptionArn: true });
    const AttributeValue = JSON.stringify({ type: ['none'] });
    world.call('sns', 'SetSubscriptionAttributes', { SubscriptionArn, AttributeName: 'FilterPolicy', AttributeValue });
    await world.run(14 * MINUTE);
    world.call('sns', 'Publish', { TopicArn, Message: 'a' });
    return world.sqs.stats(Endpoint).sent > 0;
  },
  staleRead(world) {
    createTable(world);
    put(world, 1);
    return world.call('dynamodb', 'GetItem', { TableName: 'rows', Key: key(1) })['Item'] === undefined;
  },
  leftOver(world) {
    createTable(world);
    const { UnprocessedKeys } = world.call('dynamodb', 'BatchGetItem', { RequestItems: { rows: { Keys: numbers(10).map(key) } } });
    return Object.keys(UnprocessedKeys as Json).length > 0;
  },
  shortPage(world) {
    createTable(world);
    for (const n of numbers(10)) put(world, n);
    return world.call('dynamodb', 'Scan', { TableName: 'rows' })['LastEvaluatedKey'] !== undefined;
  },
  lateExpiry: async (world) => {
    createTable(world);
    const TimeToLiveSpecification = { Enabled: true, AttributeName: 'until' };
    world.call('dynamodb', 'UpdateTimeToLive', { TableName: 'rows', TimeToLiveSpecification });
    put(world, 1, { until: { N: String(Math.floor(world.clock.now() / SECOND) + 60) } });
    await world.run(24 * HOUR);
    return world.dynamodb.scanTable('rows').length > 0;
  },
  recordOrder(world) {
    const stream = createTable(world);
    const TransactItems = numbers(5).map((n) => ({ Put: { TableName: 'rows', Item: key(n) } }));
    world.call('dynamodb', 'TransactWriteItems', { TransactItems });
    return recordsAt(world, iteratorOf(world, stream)).join() !== '1,2,3,4,5';
  },
  shortIterator: async (world) => {
    const iterator = iteratorOf(world, createTable(world));
    await world.run(12 * SECOND);
    try {
      return recordsAt(world, iterator) === undefined;
    } catch (error) {
      return (error as Error).name === 'ExpiredIteratorException';
    }
  },
  trim: async (world) => {
    const stream = createTable(world);
    put(world, 1);
    await world.run(2 * MINUTE);
    return recordsAt(world, iteratorOf(world, stream)).length === 0;
  },
};

describe('code that expects the best of a service is disappointed', () => {
  test.each(Object.entries(DISAPPOINTS))('by a world with %s, now and then, and never by a calm one', async (name, disappoints) => {
    const feature = name as SwarmFeature;
    let times = 0;
    for (const seed of numbers(20)) {
      const swarm = { rates: { [feature]: SWARM_FEATURES[feature] }, kinds: [] };
      if (await disappoints(createWorld({ seed, swarm }))) times += 1;
      expect(await disappoints(createWorld({ seed, swarm: CALM }))).toBe(false);
    }
    expect(times).toBeGreaterThan(2);
  });
});
