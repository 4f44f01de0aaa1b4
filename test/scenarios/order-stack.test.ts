import { Duration } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { CommandQueue, Consumer, EventTopic, FailureStore, Inbox, Outbox } from '../../lib/constructs.ts';
import type { Json } from '../../lib/local/aws.ts';
import { createWorld } from '../../lib/simulation/world.ts';
import { ENTRY, resources, testStack } from '../infra/fixtures/stack.ts';
import { deployFailureStore, FAILURES, INDEXER } from './failure-stack.ts';
import { deployStack, OrderNoted, OrderPlaced, PackOrder, TIMEOUT_MS } from './order-stack.ts';

/** The same pipeline, as the constructs render it. */
function synthesized({ failures = false } = {}) {
  const stack = testStack();
  const orders = new EventTopic(stack, 'orders');
  const ordered = new EventTopic(stack, 'orders-ordered', { fifo: true });
  const shared = { entry: ENTRY, inbox: new Inbox(stack, 'inbox'), timeout: Duration.millis(TIMEOUT_MS) };
  const pack = new CommandQueue(stack, 'pack-order', { handles: [PackOrder], ...shared });
  new Outbox(stack, 'outbox', { destinations: [orders, ordered, pack] });
  new Consumer(stack, 'audit-order', { topic: orders, handles: [OrderPlaced, OrderNoted], ...shared });
  new Consumer(stack, 'project-order', { topic: ordered, handles: [OrderPlaced], ordered: true, ...shared });
  if (failures) new FailureStore(stack, 'failures');
  return (type: string) => resources(stack, type);
}

/** The same pipeline, as the simulator deploys it. */
function simulated() {
  const world = createWorld({ seed: 1 });
  return { world, ...deployStack(world, { seed: 1, commands: true }) };
}

const without = (settings: Json, ...names: string[]): Json =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => !names.includes(name)));
const byText = (a: unknown, b: unknown) => JSON.stringify(a).localeCompare(JSON.stringify(b));

describe('the simulated pipeline has the settings that the constructs render', () => {
  test('of its event source mappings', () => {
    const { world } = simulated();
    const rendered = synthesized()('AWS::Lambda::EventSourceMapping').map((properties) => {
      const { Filters } = (properties['FilterCriteria'] ?? { Filters: undefined }) as { Filters?: object };
      return without(
        { Enabled: true, ...properties, ...(Filters && { FilterCriteria: { Filters } }) },
        'FunctionName',
        'EventSourceArn',
        'DestinationConfig',
      );
    });
    const deployed = world.mappings.list({}) as readonly Json[];
    const settings = deployed.map((mapping) => {
      const names = [
        'BatchSize',
        'FunctionResponseTypes',
        'ScalingConfig',
        'BisectBatchOnFunctionError',
        'FilterCriteria',
        'MaximumRecordAgeInSeconds',
        'MaximumRetryAttempts',
        'ParallelizationFactor',
        'StartingPosition',
      ];
      const given = names.flatMap((name) => (mapping[name] === undefined ? [] : [[name, mapping[name]]]));
      return { Enabled: ['Creating', 'Enabled'].includes(String(mapping['State'])), ...Object.fromEntries(given) };
    });
    expect(settings.sort(byText)).toEqual(rendered.sort(byText));
  });

  test('of its queues', () => {
    const { world, consumers } = simulated();
    const attributesOf = (QueueUrl: string) =>
      world.call('sqs', 'GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] })['Attributes'] as Record<string, string>;
    const settingsOf = (attributes: Json) => ({
      fifo: String(attributes['FifoQueue'] ?? false),
      scope: attributes['DeduplicationScope'],
      throughput: attributes['FifoThroughputLimit'],
      byContent: String(attributes['ContentBasedDeduplication'] ?? false),
      retention: Number(attributes['MessageRetentionPeriod'] ?? 345_600),
      visibility: Number(attributes['VisibilityTimeout'] ?? 30),
      maxReceiveCount: maxReceiveCountOf(attributes['RedrivePolicy']),
    });
    // The sweeper's own dead-letter queue belongs to the Scheduler, which worlds do without.
    const rendered = synthesized()('AWS::SQS::Queue').filter(({ QueueName }) => !String(QueueName).includes('sweeper'));
    const urls = consumers.flatMap(({ queueUrl, deadLetterQueueUrl, undeliveredUrl, subscriptionArn }) => [
      queueUrl,
      deadLetterQueueUrl,
      ...(subscriptionArn === '' ? [] : [undeliveredUrl]),
    ]);
    expect(urls.map((url) => settingsOf(attributesOf(url))).sort(byText)).toEqual(rendered.map(settingsOf).sort(byText));
  });

  test('of its subscriptions and topics', () => {
    const { world, audit, project } = simulated();
    const attributesOf = (SubscriptionArn: string) =>
      world.call('sns', 'GetSubscriptionAttributes', { SubscriptionArn })['Attributes'] as Record<string, string>;
    const settingsOf = (raw: unknown, filter: unknown, redrive: unknown) => ({
      raw: String(raw),
      types: ((typeof filter === 'string' ? JSON.parse(filter) : filter) as { type: string[] } | undefined)?.type.toSorted(),
      hasDeadLetters: redrive !== undefined,
    });
    const rendered = synthesized()('AWS::SNS::Subscription').map((one) =>
      settingsOf(one['RawMessageDelivery'], one['FilterPolicy'], one['RedrivePolicy']),
    );
    const deployed = [audit, project].map(({ subscriptionArn }) => attributesOf(subscriptionArn));
    expect(deployed.map((one) => settingsOf(one['RawMessageDelivery'], one['FilterPolicy'], one['RedrivePolicy'])).sort(byText)).toEqual(
      rendered.sort(byText),
    );
    expect(synthesized()('AWS::SNS::Topic').map(({ FifoThroughputScope }) => FifoThroughputScope)).toEqual([undefined, 'MessageGroup']);
  });

  test('of its tables', () => {
    const { world } = simulated();
    const deployed = ['inbox', 'outbox'].map((TableName) => {
      const table = world.call('dynamodb', 'DescribeTable', { TableName })['Table'] as Json;
      const expiry = world.call('dynamodb', 'DescribeTimeToLive', { TableName })['TimeToLiveDescription'] as Json;
      return shapeOf(table, expiry['AttributeName']);
    });
    const rendered = synthesized()('AWS::DynamoDB::GlobalTable').map((table) =>
      shapeOf(table, (table['TimeToLiveSpecification'] as Json)['AttributeName']),
    );
    expect(deployed).toEqual(rendered);
  });
});

describe('the simulated failure store has the settings that the construct renders', () => {
  const { world, consumers } = simulated();
  deployFailureStore(world, consumers, { seed: 1 });
  const rendered = synthesized({ failures: true });
  const isOfIndexer = (properties: Json) => JSON.stringify(properties['FunctionName']).includes('indexer');

  test('of the mappings that drain dead-letter queues, all alike', () => {
    const settingsOf = (mapping: Json) =>
      JSON.stringify([mapping['BatchSize'], mapping['FunctionResponseTypes'], mapping['ScalingConfig']]);
    const drains = (world.mappings.list({}) as readonly Json[]).filter(({ FunctionArn }) => String(FunctionArn).endsWith(INDEXER));
    const wanted = rendered('AWS::Lambda::EventSourceMapping').filter(isOfIndexer);
    expect(drains).toHaveLength(6);
    expect(new Set(drains.map(settingsOf))).toEqual(new Set(wanted.map(settingsOf)));
  });

  test('of the queues that are drained', () => {
    const visibilityOf = (QueueUrl: string) => {
      const { Attributes } = world.call('sqs', 'GetQueueAttributes', { QueueUrl, AttributeNames: ['All'] });
      return Number((Attributes as Json)['VisibilityTimeout']);
    };
    const drained = rendered('AWS::SQS::Queue').filter(({ QueueName }) => /-(dlq|undelivered-.+?)(\.fifo)?$/.test(String(QueueName)));
    const visibilities = drained.map(({ VisibilityTimeout }) => VisibilityTimeout).filter((seconds) => seconds !== undefined);
    const urls = consumers.flatMap(({ deadLetterQueueUrl, undeliveredUrl }) => [deadLetterQueueUrl, undeliveredUrl]);
    expect(new Set(urls.map(visibilityOf))).toEqual(new Set(visibilities));
  });

  test('of the table', () => {
    const table = world.call('dynamodb', 'DescribeTable', { TableName: FAILURES })['Table'] as Json;
    const expiry = world.call('dynamodb', 'DescribeTimeToLive', { TableName: FAILURES })['TimeToLiveDescription'] as Json;
    const tables = rendered('AWS::DynamoDB::GlobalTable').map((one) =>
      shapeOf(one, (one['TimeToLiveSpecification'] as Json)['AttributeName']),
    );
    expect(tables).toContainEqual(shapeOf(table, expiry['AttributeName']));
  });
});

function maxReceiveCountOf(policy: unknown): number | undefined {
  const value = typeof policy === 'string' ? JSON.parse(policy) : policy;
  return value === undefined ? undefined : Number(value.maxReceiveCount);
}

const shapeOf = (table: Json, expiry: unknown) => ({
  keys: table['KeySchema'],
  indexes: ((table['GlobalSecondaryIndexes'] ?? []) as readonly Json[]).map(({ IndexName, KeySchema, Projection }) => ({
    IndexName,
    KeySchema,
    Projection,
  })),
  view: (table['StreamSpecification'] as Json | undefined)?.['StreamViewType'],
  expiry,
});
