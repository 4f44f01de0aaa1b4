import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { type ITable, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import { SubscriptionFilter, Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, test } from 'vitest';
import { Consumer, type ConsumerProps, EventTopic, Inbox, Outbox } from '../../lib/constructs.ts';
import { handlesDigest } from '../../lib/consumer/handles-digest.ts';
import { MESSAGE_RETRY } from '../../lib/retry/policy.ts';
import {
  actionsOf,
  definition,
  ENTRY,
  OTHER_ENTRY,
  resources,
  SOMEWHERE,
  statements,
  testApp,
  testStack,
} from '../infra/fixtures/stack.ts';

const Placed = definition('event', 'orders.order-placed', ['orders', 'orders-in-order'], ['country']);
const Paid = definition('event', 'orders.order-paid', ['orders']);

/** One consumer of one topic, with whatever a test is about. */
function consume(props: Partial<ConsumerProps> & { readonly fifo?: boolean } = {}, stack: Stack = testStack()) {
  const { fifo = false, ...rest } = props;
  const topic = new EventTopic(stack, fifo ? 'orders-in-order' : 'orders', { fifo });
  const inbox = new Inbox(stack, 'inbox');
  const consumer = new Consumer(stack, 'ship-order', { topic, handles: [Placed], entry: ENTRY, inbox, ...rest });
  return { stack, consumer, topic };
}

const named = (stack: Stack, name: string) => resources(stack, 'AWS::SQS::Queue').find(({ QueueName }) => QueueName === name);
const functionOf = (stack: Stack) =>
  resources(stack, 'AWS::Lambda::Function')[0] as { Environment: { Variables: Record<string, unknown> } };

describe('a consumer', () => {
  test('has a queue that hides a message for six timeouts and the window, and gives up only on crashes', () => {
    const { stack } = consume({ timeout: Duration.seconds(20), batchSize: 100, batchWindow: Duration.seconds(5) });
    expect(named(stack, 'test-ship-order')).toMatchObject({
      VisibilityTimeout: 125,
      MessageRetentionPeriod: 345_600,
      RedrivePolicy: { maxReceiveCount: 100 },
      SqsManagedSseEnabled: true,
    });
    expect(resources(stack, 'AWS::Lambda::EventSourceMapping')).toMatchObject([
      {
        BatchSize: 100,
        MaximumBatchingWindowInSeconds: 5,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 100 },
      },
    ]);
  });

  test('has a dead-letter queue that keeps for 14 days what this queue alone may put there', () => {
    const { stack } = consume();
    const dlq = named(stack, 'test-ship-order-dlq');
    expect(dlq).toMatchObject({ MessageRetentionPeriod: 1_209_600, RedriveAllowPolicy: { redrivePermission: 'byQueue' } });
    expect(JSON.stringify(dlq?.['RedriveAllowPolicy'])).toMatch(/:test-ship-order"\]/);
  });

  test('leaves its queues and what is in them behind when it is renamed or removed, unless told otherwise', () => {
    const policiesOf = (props: Partial<ConsumerProps>) =>
      Object.values(Template.fromStack(consume(props).stack).findResources('AWS::SQS::Queue')).map((queue) => [
        queue['UpdateReplacePolicy'],
        queue['DeletionPolicy'],
      ]);
    expect(policiesOf({})).toEqual(Array(3).fill(['Retain', 'RetainExceptOnCreate']));
    expect(policiesOf({ removalPolicy: RemovalPolicy.DESTROY })).toEqual(Array(3).fill(['Delete', 'Delete']));
  });

  test('refuses plain HTTP on each of its three queues', () => {
    const { stack } = consume();
    const policies = resources(stack, 'AWS::SQS::QueuePolicy').map((policy) => JSON.stringify(policy));
    expect(policies).toHaveLength(3);
    expect(policies.every((policy) => policy.includes('{"Bool":{"aws:SecureTransport":"false"}}'))).toBe(true);
  });

  test('subscribes to what it handles, raw, with a dead-letter queue, and only once its queue admits the topic', () => {
    const { stack } = consume({ handles: [Placed, Paid, Placed] });
    expect(resources(stack, 'AWS::SNS::Subscription')).toMatchObject([
      {
        Protocol: 'sqs',
        RawMessageDelivery: true,
        FilterPolicy: { type: ['orders.order-paid', 'orders.order-placed'] },
        RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [expect.stringMatching(/undelivered/), 'Arn'] } },
      },
    ]);
    const admitted = resources(stack, 'AWS::SQS::QueuePolicy').filter((policy) => JSON.stringify(policy).includes('sns.amazonaws.com'));
    expect(admitted).toHaveLength(2);
    expect(admitted.every((policy) => JSON.stringify(policy).includes('{"ArnEquals":{"aws:SourceArn":{"Ref":"ordersTopic'))).toBe(true);
  });

  test('of everything subscribes without a filter and expects any message', () => {
    const { stack } = consume({ handles: '*' });
    expect(resources(stack, 'AWS::SNS::Subscription')[0]).not.toHaveProperty('FilterPolicy');
    expect(functionOf(stack).Environment.Variables['POSTHASTE_HANDLES']).toBe('*');
  });

  test('can be narrowed by a routing field', () => {
    const { stack } = consume({ where: { country: SubscriptionFilter.stringFilter({ allowlist: ['ch', 'de'] }) } });
    expect(resources(stack, 'AWS::SNS::Subscription')[0]?.['FilterPolicy']).toEqual({
      type: ['orders.order-placed'],
      country: ['ch', 'de'],
    });
  });

  test('can subscribe to several topics, each filtered by what it carries', () => {
    const stack = testStack();
    const topic = [new EventTopic(stack, 'orders'), new EventTopic(stack, 'payments')];
    const Refunded = definition('event', 'payments.refunded', ['payments']);
    new Consumer(stack, 'tell-customer', { topic, handles: [Paid, Refunded], entry: ENTRY, inbox: new Inbox(stack, 'inbox') });
    expect(resources(stack, 'AWS::SNS::Subscription').map(({ FilterPolicy }) => FilterPolicy)).toEqual([
      { type: ['orders.order-paid'] },
      { type: ['payments.refunded'] },
    ]);
  });

  test('tells its function everything that the runtime asks for', () => {
    const stack = testStack();
    const outbox = Outbox.import(stack, 'outbox', {
      table: { tableArn: 'arn:aws:dynamodb:eu-west-1:1:table/out', tableName: 'out' },
      source: 'urn:x',
    });
    consume({ outbox, handles: [Placed, Paid], environment: { SHIPMENTS: 'table' } }, stack);
    expect(functionOf(stack).Environment.Variables).toEqual({
      POWERTOOLS_SERVICE_NAME: 'ship-order',
      POWERTOOLS_METRICS_NAMESPACE: 'Posthaste',
      POSTHASTE_STACK: 'test',
      POSTHASTE_CONSUMER: 'ship-order',
      POSTHASTE_QUEUE_URL: { Ref: expect.stringMatching(/workerqueue/) },
      POSTHASTE_DLQ_URL: { Ref: expect.stringMatching(/workerdlq/) },
      POSTHASTE_HANDLES: handlesDigest(['orders.order-paid', 'orders.order-placed']),
      POSTHASTE_MAX_ATTEMPTS: '5',
      POSTHASTE_RETRY: JSON.stringify(MESSAGE_RETRY),
      POSTHASTE_ON_EXHAUSTED: 'deadLetter',
      POSTHASTE_DELIVERY: 'at-least-once',
      POSTHASTE_MAX_RECEIVES: '100',
      POSTHASTE_QUEUE_RETENTION: '345600',
      POSTHASTE_HANDLER_VERSION: expect.stringMatching(/^[0-9a-f]{12}$/),
      POSTHASTE_INBOX_TABLE: { Ref: expect.stringMatching(/^inboxTable/) },
      POSTHASTE_INBOX_RETENTION_DAYS: '60',
      POSTHASTE_INBOX_SCOPE: 'test',
      POSTHASTE_OUTBOX_TABLE: 'arn:aws:dynamodb:eu-west-1:1:table/out',
      POSTHASTE_SOURCE: 'urn:x',
      SHIPMENTS: 'table',
    });
  });

  test('may do exactly what receiving, dead-lettering and marking take', () => {
    const { stack } = consume();
    const found = statements(stack, 'shiporderworkerfunctionrole');
    expect(found.map(({ Action }) => Action)).toEqual([
      ['logs:CreateLogStream', 'logs:PutLogEvents'],
      ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
      'sqs:SendMessage',
      ['dynamodb:BatchGetItem', 'dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    ]);
    expect(JSON.stringify(found[2]?.Resource)).toContain('workerdlq');
    expect(JSON.stringify(found)).not.toContain('"*"');
  });

  test('may write and read the tables it is granted, imported ones too, and their indexes when named', () => {
    const { stack, consumer } = consume();
    const table = Table.fromTableArn(stack, 'shipments', 'arn:aws:dynamodb:us-east-1:111111111111:table/shipments');
    consumer.grantWrite(table);
    consumer.grantRead(table, ['by-day']);
    const found = statements(stack, 'shiporderworkerfunctionrole').slice(4);
    expect(actionsOf(found)).toEqual(
      ['BatchGetItem', 'ConditionCheckItem', 'DeleteItem', 'GetItem', 'GetItem', 'PutItem', 'Query', 'Query', 'UpdateItem'].map(
        (action) => `dynamodb:${action}`,
      ),
    );
    expect(found.map(({ Resource }) => Resource)).toContain(`${table.tableArn}/index/by-day`);
  });

  test('calls a table of another account by its ARN, where a name would mean a table of its own', () => {
    const stack = testStack(SOMEWHERE);
    const arn = 'arn:aws:dynamodb:eu-west-1:222222222222:table/inbox';
    const inbox = Inbox.import(stack, 'theirs', { table: Table.fromTableArn(stack, 'table', arn), retention: Duration.days(60) });
    const { consumer } = consume({ inbox }, stack);
    expect(functionOf(stack).Environment.Variables['POSTHASTE_INBOX_TABLE']).toBe(arn);
    const [beside, elsewhere] = ['222222222222', '111111111111'].map((account) =>
      Table.fromTableArn(stack, `shipments-${account}`, `arn:aws:dynamodb:eu-west-1:${account}:table/shipments`),
    );
    expect(() => consumer.grantWrite(beside as ITable)).not.toThrow();
    expect(() => consumer.grantWrite(elsewhere as ITable)).toThrow(
      /ship-order.*: writes to a table in 111111111111\/eu-west-1 with its inbox in 222222222222\/eu-west-1; a DynamoDB transaction ends at the border/,
    );
  });

  test('alarms on dead letters, age, and what could not be delivered', () => {
    const stack = testStack();
    consume({ alarmTopic: new Topic(stack, 'alarms'), alarmAge: Duration.minutes(2) }, stack);
    const found = resources(stack, 'AWS::CloudWatch::Alarm').filter(({ AlarmActions }) => AlarmActions !== undefined);
    expect(found.map(({ MetricName, Threshold }) => [MetricName, Threshold])).toEqual([
      ['ApproximateNumberOfMessagesVisible', 1],
      ['ApproximateAgeOfOldestMessage', 120],
      ['RecursiveInvocationsDropped', 1],
      ['ApproximateNumberOfMessagesVisible', 1],
    ]);
  });

  test('in a customer’s key: SNS may use it for the topic alone, and the dead-letter queue of the subscription does not depend on it', () => {
    const stack = testStack(SOMEWHERE);
    consume({ encryptionKey: new Key(stack, 'key') }, stack);
    const statement = JSON.stringify(resources(stack, 'AWS::KMS::Key')[0]);
    expect(statement).toMatch(
      /"Action":\["kms:Decrypt","kms:GenerateDataKey"\],"Condition":\{"ArnEquals":\{"aws:SourceArn":\{"Fn::Join":\["",\["arn:",\{"Ref":"AWS::Partition"\},":sns:eu-west-1:111111111111:test-orders"\]\]\}\},"StringEquals":\{"aws:SourceAccount":"111111111111"\}\},"Effect":"Allow","Principal":\{"Service":"sns.amazonaws.com"\}/,
    );
    expect(named(stack, 'test-ship-order')).toHaveProperty('KmsMasterKeyId');
    expect(named(stack, 'test-ship-order-dlq')).toHaveProperty('KmsMasterKeyId');
    expect(named(stack, 'test-ship-order-undelivered-orders')).toMatchObject({ SqsManagedSseEnabled: true });
    expect(actionsOf(statements(stack, 'shiporderworkerfunctionrole'))).toEqual(
      expect.arrayContaining(['kms:Decrypt', 'kms:GenerateDataKey']),
    );
  });

  test('in an imported key, whose policy it cannot extend, warns of what that policy must say', () => {
    const stack = testStack();
    const encryptionKey = Key.fromKeyArn(stack, 'key', 'arn:aws:kms:us-east-1:111111111111:key/0f0f0f0f-0000-0000-0000-000000000000');
    consume({ encryptionKey }, stack);
    Annotations.fromStack(stack).hasWarning('/test/ship-order/worker/queue', Match.stringLikeRegexp('the key of this queue was imported'));
    expect(named(stack, 'test-ship-order')).toMatchObject({ KmsMasterKeyId: encryptionKey.keyArn });
  });

  test('can subscribe to a topic of another stack or account', () => {
    const app = testApp({ context: { 'aws:cdk:bundling-stacks': [] } });
    const theirs = new EventTopic(new Stack(app, 'upstream'), 'orders');
    const stack = new Stack(app, 'downstream');
    const inbox = new Inbox(stack, 'inbox');
    new Consumer(stack, 'ship-order', { topic: theirs, handles: [Paid], entry: ENTRY, inbox });
    const arn = 'arn:aws:sns:us-east-1:111111111111:orders';
    const foreign = EventTopic.import(stack, 'foreign', { topic: Topic.fromTopicArn(stack, 'topic', arn), name: 'orders' });
    new Consumer(stack, 'bill-order', { topic: foreign, handles: [Paid], entry: ENTRY, inbox });
    expect(resources(stack, 'AWS::SNS::Subscription').map(({ TopicArn }) => TopicArn)).toEqual([
      { 'Fn::ImportValue': expect.any(String) },
      arn,
    ]);
  });
});

describe('an ordered consumer', () => {
  test('has FIFO queues of high throughput throughout, no filter, no window, and blocks on an exhausted message', () => {
    const { stack } = consume({ fifo: true, ordered: true });
    for (const name of ['test-ship-order.fifo', 'test-ship-order-dlq.fifo', 'test-ship-order-undelivered-orders-in-order.fifo']) {
      expect(named(stack, name)).toMatchObject({
        FifoQueue: true,
        ContentBasedDeduplication: false,
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
      });
    }
    expect(named(stack, 'test-ship-order.fifo')).toMatchObject({ RedrivePolicy: { maxReceiveCount: 1_000 } });
    expect(resources(stack, 'AWS::SNS::Subscription')[0]).not.toHaveProperty('FilterPolicy');
    expect(resources(stack, 'AWS::Lambda::EventSourceMapping')[0]).not.toHaveProperty('MaximumBatchingWindowInSeconds');
    expect(functionOf(stack).Environment.Variables).toMatchObject({
      POSTHASTE_ON_EXHAUSTED: 'block',
      POSTHASTE_HANDLES: handlesDigest(['orders.order-placed']),
    });
    const [blocked] = resources(stack, 'AWS::CloudWatch::Alarm').filter(({ MetricName }) => MetricName === 'MessagesBlocked');
    expect(blocked).toMatchObject({
      Namespace: 'Posthaste',
      Dimensions: [
        { Name: 'consumer', Value: 'ship-order' },
        { Name: 'service', Value: 'ship-order' },
        { Name: 'stack', Value: 'test' },
      ],
    });
  });

  test('at most once: its code is told, nothing blocks, and lost work has an alarm', () => {
    const { stack } = consume({ ordered: true, fifo: true, delivery: 'at-most-once', recursiveLoop: RecursiveLoop.ALLOW });
    expect(functionOf(stack).Environment.Variables).toMatchObject({
      POSTHASTE_DELIVERY: 'at-most-once',
      POSTHASTE_ON_EXHAUSTED: 'deadLetter',
    });
    const metrics = resources(stack, 'AWS::CloudWatch::Alarm').map(({ MetricName }) => MetricName);
    expect(metrics).toContain('MessagesLost');
    expect(metrics).not.toContain('MessagesBlocked');
    // Where loops are allowed Lambda drops nothing.
    expect(metrics).not.toContain('RecursiveInvocationsDropped');
    expect(resources(stack, 'AWS::Lambda::Function')[0]).toMatchObject({ RecursiveLoop: 'Allow' });
  });

  test('and an unordered one can share a FIFO topic: a standard queue, still without a filter', () => {
    const { stack } = consume({ fifo: true });
    expect(named(stack, 'test-ship-order')).not.toHaveProperty('FifoQueue');
    expect(named(stack, 'test-ship-order-undelivered-orders-in-order.fifo')).toMatchObject({ FifoQueue: true });
    expect(resources(stack, 'AWS::SNS::Subscription')[0]).not.toHaveProperty('FilterPolicy');
  });
});

describe('a consumer scales', () => {
  test('by provisioned pollers, up to what Lambda allows today', () => {
    const { stack } = consume({ scaling: { provisionedPollers: { minimum: 2, maximum: 10_000 } } });
    const [mapping] = resources(stack, 'AWS::Lambda::EventSourceMapping');
    expect(mapping).toMatchObject({ ProvisionedPollerConfig: { MinimumPollers: 2, MaximumPollers: 10_000 } });
    expect(mapping).not.toHaveProperty('ScalingConfig');
  });

  test('by provisioned concurrency with target tracking, on an alias that the mapping invokes', () => {
    const { stack } = consume({ scaling: { provisionedConcurrency: { minimum: 2, maximum: 8, targetUtilization: 0.5 } } });
    expect(resources(stack, 'AWS::Lambda::Alias')).toMatchObject([
      { Name: 'live', ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 2 } },
    ]);
    expect(resources(stack, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject([{ MinCapacity: 2, MaxCapacity: 8 }]);
    expect(resources(stack, 'AWS::ApplicationAutoScaling::ScalingPolicy')).toMatchObject([
      {
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: 0.5,
          PredefinedMetricSpecification: { PredefinedMetricType: 'LambdaProvisionedConcurrencyUtilization' },
        },
      },
    ]);
    expect(JSON.stringify(resources(stack, 'AWS::Lambda::EventSourceMapping')[0]?.['FunctionName'])).toContain('live');
  });

  test('on a new version whenever the code changes, or the alias would serve the old one for ever', () => {
    const versionOf = (entry: URL) => {
      const outdir = mkdtempSync(join(tmpdir(), 'version-'));
      const stack = new Stack(testApp({ outdir }), 'test');
      consume({ entry, scaling: { provisionedConcurrency: { minimum: 1, maximum: 2 } } }, stack);
      const found = Object.keys(Template.fromStack(stack).findResources('AWS::Lambda::Version'));
      rmSync(outdir, { recursive: true });
      return found;
    };
    const [first, again, other] = [versionOf(ENTRY), versionOf(ENTRY), versionOf(OTHER_ENTRY)];
    expect(first).toHaveLength(1);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  test('within its reserved concurrency, so that no receive is spent on a throttle', () => {
    const { stack } = consume({ scaling: { reservedConcurrency: 20 } });
    expect(resources(stack, 'AWS::Lambda::Function')[0]).toMatchObject({ ReservedConcurrentExecutions: 20 });
    expect(resources(stack, 'AWS::Lambda::EventSourceMapping')[0]).toMatchObject({ ScalingConfig: { MaximumConcurrency: 20 } });
  });
});
