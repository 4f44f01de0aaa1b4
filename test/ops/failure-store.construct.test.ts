import { type CfnElement, Duration, type Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { CommandQueue, Consumer, type ConsumerProps, EventTopic, FailureStore, Inbox, Outbox } from '../../lib/constructs.ts';
import { actionsOf, definition, ENTRY, resources, SOMEWHERE, statements, testStack } from '../infra/fixtures/stack.ts';

const Placed = definition('event', 'orders.order-placed', ['orders']);
const Print = definition('command', 'parcels.print-label', ['print-label']);

/** A consumer with a subscription, a command queue and an outbox; the store in front of them or behind them. */
function shop({
  first = false,
  env = {},
  ...props
}: { first?: boolean; env?: object } & Partial<Pick<ConsumerProps, 'indexed' | 'longRetries'>> = {}) {
  const stack = testStack(env);
  const store = first ? new FailureStore(stack, 'failures') : undefined;
  const inbox = new Inbox(stack, 'inbox');
  const orders = new EventTopic(stack, 'orders');
  const consumer = new Consumer(stack, 'ship-order', { topic: orders, handles: [Placed], entry: ENTRY, inbox, ...props });
  new CommandQueue(stack, 'print-label', { handles: [Print], entry: ENTRY, inbox });
  new Outbox(stack, 'outbox', { destinations: [orders] });
  return { stack, consumer, store: store ?? new FailureStore(stack, 'failures') };
}

const toIndexer = (stack: Stack) =>
  resources(stack, 'AWS::Lambda::EventSourceMapping').filter(({ FunctionName }) =>
    JSON.stringify(FunctionName).includes('failuresindexer'),
  );
const targetsOf = (stack: Stack) =>
  toIndexer(stack)
    .map(({ EventSourceArn }) => JSON.stringify(EventSourceArn))
    .sort();

/** The name of the queue that each mapping of the indexer drains, by the mapping's logical id. */
function drainsOfTopics(topics: readonly string[]): Readonly<Record<string, unknown>> {
  const stack = testStack();
  new FailureStore(stack, 'failures');
  const topic = topics.map((name) => new EventTopic(stack, name));
  const handles = [definition('event', 'orders.order-placed', topics)];
  new Consumer(stack, 'ship-order', { topic, handles, entry: ENTRY, inbox: new Inbox(stack, 'inbox') });
  const template = Template.fromStack(stack);
  const queues = template.findResources('AWS::SQS::Queue');
  const mappings = Object.entries(template.findResources('AWS::Lambda::EventSourceMapping'));
  const drains = mappings.filter(([, { Properties }]) => JSON.stringify(Properties.FunctionName).includes('failuresindexer'));
  const queueOf = (source: { readonly 'Fn::GetAtt': readonly [string, string] }) =>
    queues[source['Fn::GetAtt'][0]]?.['Properties'].QueueName;
  return Object.fromEntries(drains.map(([id, { Properties }]) => [id, queueOf(Properties.EventSourceArn)]));
}

describe('a failure store', () => {
  test('drains every dead-letter queue of its stack, wherever in the stack it stands', () => {
    const { stack } = shop();
    expect(targetsOf(stack)).toEqual([
      expect.stringMatching(/outboxsweeperdlq/),
      expect.stringMatching(/printlabelworkerdlq/),
      expect.stringMatching(/shiporderfromordersundelivered/),
      expect.stringMatching(/shiporderworkerdlq/),
    ]);
    expect(targetsOf(shop({ first: true }).stack)).toEqual(targetsOf(stack));
    for (const mapping of toIndexer(stack)) {
      expect(mapping).toMatchObject({
        BatchSize: 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 2 },
      });
    }
  });

  test('drains what could not be sent after a long wait, and knows whose it is', () => {
    const { stack } = shop({ longRetries: true });
    expect(targetsOf(stack)).toContainEqual(expect.stringMatching(/shiporderworkerunscheduled/));
    const ship = resources(stack, 'AWS::SSM::Parameter').find(({ Name }) => Name === '/posthaste/test/consumer/ship-order');
    expect(JSON.stringify(ship?.['Value'])).toMatch(/unscheduled.*shiporderworkerunscheduled/);
  });

  test('keeps the mapping of a queue under its id, whatever topics stand beside its own', () => {
    const [both, turned, three, two, one] = [
      ['alpha', 'beta'],
      ['beta', 'alpha'],
      ['alpha', 'beta', 'gamma'],
      ['beta', 'gamma'],
      ['gamma'],
    ].map(drainsOfTopics);
    expect(Object.keys(both ?? {})).toHaveLength(3);
    expect(turned).toEqual(both);
    expect(three).toMatchObject(both ?? {});
    expect(three).toMatchObject(two ?? {});
    expect(two).toMatchObject(one ?? {});
  });

  test('drains an outbox and a consumer of one name', () => {
    const stack = testStack();
    const topic = new EventTopic(stack, 'orders');
    const inbox = new Inbox(stack, 'inbox');
    new Outbox(stack, 'outbox', { name: 'orders', destinations: [topic] });
    new Consumer(stack, 'consumer', { name: 'orders', topic, handles: [Placed], entry: ENTRY, inbox, longRetries: true });
    new FailureStore(stack, 'failures');
    expect(targetsOf(stack)).toHaveLength(4);
  });

  test('gives its indexer six times its timeout with a letter', () => {
    const queues = resources(shop().stack, 'AWS::SQS::Queue').filter(({ QueueName }) =>
      /ship-order-(dlq|undelivered-orders)$/.test(String(QueueName)),
    );
    expect(queues.map(({ VisibilityTimeout }) => VisibilityTimeout)).toEqual([60, 60]);
  });

  test('leaves alone the queues of a consumer that says so, and lets SQS move those', () => {
    const { stack } = shop({ indexed: false });
    expect(targetsOf(stack)).toEqual([expect.stringMatching(/outboxsweeperdlq/), expect.stringMatching(/printlabelworkerdlq/)]);
    const moving = statements(stack, 'failuresoperations').filter(({ Action }) => [Action].flat().includes('sqs:StartMessageMoveTask'));
    expect(moving.map(({ Resource }) => JSON.stringify(Resource))).toEqual([expect.stringMatching(/shiporderworkerdlq/)]);
    expect(actionsOf(statements(shop().stack, 'failuresoperations'))).not.toContain('sqs:StartMessageMoveTask');
  });

  test('writes down what the stack is made of, one parameter each', () => {
    const { stack } = shop();
    const parameters = resources(stack, 'AWS::SSM::Parameter');
    expect(parameters.map(({ Name }) => Name).sort()).toEqual([
      '/posthaste/test/consumer/print-label',
      '/posthaste/test/consumer/ship-order',
      '/posthaste/test/outbox/outbox',
    ]);
    const value = JSON.stringify(parameters.find(({ Name }) => Name === '/posthaste/test/consumer/ship-order')?.['Value']);
    for (const part of ['deadLetterQueue', 'undelivered', 'mappingId', 'retentionDays', 'shiporderworkermapping'])
      expect(value).toContain(part);
  });

  test('is a table whose worked failures expire, with three indexes of keys', () => {
    const [table] = resources(shop().stack, 'AWS::DynamoDB::GlobalTable').filter(({ GlobalSecondaryIndexes }) =>
      JSON.stringify(GlobalSecondaryIndexes)?.includes('byGroup'),
    );
    const index = (IndexName: string, AttributeName: string) => ({
      IndexName,
      KeySchema: [{ AttributeName }, { AttributeName: 'sort' }],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    });
    expect(table).toMatchObject({
      TimeToLiveSpecification: { AttributeName: 'expiresAt' },
      GlobalSecondaryIndexes: [index('byGroup', 'groupKey'), index('byKey', 'keyIndex'), index('byMessage', 'messageIndex')],
    });
  });

  test('keeps bodies in a private, encrypted bucket in which nothing expires', () => {
    const bucket = resources(shop().stack, 'AWS::S3::Bucket').find(
      ({ LifecycleConfiguration }) => !JSON.stringify(LifecycleConfiguration).includes('Expiration'),
    );
    expect(bucket).toMatchObject({
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, RestrictPublicBuckets: true },
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
    });
  });

  test('grants its functions exactly what they do', () => {
    const { stack } = shop();
    expect([...new Set(actionsOf(statements(stack, 'failuresindexer')))]).toEqual([
      'dynamodb:BatchGetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ReceiveMessage',
      'ssm:GetParametersByPath',
    ]);
    expect([...new Set(actionsOf(statements(stack, 'failuresoperationsfunctionrole')))]).toEqual([
      'cloudwatch:GetMetricData',
      'dynamodb:BatchGetItem',
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
      'lambda:GetEventSourceMapping',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      's3:DeleteObject',
      's3:GetObject',
      's3:ListBucket',
      's3:PutObject',
      'sqs:GetQueueAttributes',
      'sqs:SendMessage',
      'ssm:GetParametersByPath',
    ]);
  });

  test('lets its operations function delete markers of the consumers of its stack, and nothing else', () => {
    const { stack } = shop();
    const inbox = stack.getLogicalId(stack.node.findChild('inbox').node.findChild('Table').node.defaultChild as CfnElement);
    const deleting = statements(stack, 'failuresoperationsfunctionrole').filter(({ Action }) =>
      [Action].flat().includes('dynamodb:DeleteItem'),
    );
    const markers = (consumer: string) => ({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`test/${consumer}#*`] } });
    expect(deleting).toEqual(
      ['ship-order', 'print-label'].map((consumer) => ({
        Action: 'dynamodb:DeleteItem',
        Effect: 'Allow',
        Resource: { 'Fn::GetAtt': [inbox, 'Arn'] },
        Condition: markers(consumer),
      })),
    );
  });

  test('lets an operator invoke one function, and nothing else', () => {
    const { stack, store } = shop();
    const role = new Role(stack, 'on-call', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
    store.grantOperate(role);
    expect(statements(stack, 'oncall')).toMatchObject([
      { Action: 'lambda:InvokeFunction', Resource: { 'Fn::GetAtt': [expect.stringMatching(/operations/), 'Arn'] } },
    ]);
  });

  test.each([
    ['by name', (stack: Stack) => Role.fromRoleName(stack, 'on-call', 'AWSReservedSSO_OnCall_0123456789abcdef')],
    [
      'by ARN',
      (stack: Stack) =>
        Role.fromRoleArn(
          stack,
          'on-call',
          'arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_OnCall_0123456789abcdef',
        ),
    ],
  ])('refuses an operator by a role of Identity Center %s, which no stack may change, and says what to do', (_, roleOf) => {
    const { stack, store } = shop();
    expect(() => store.grantOperate(roleOf(stack))).toThrow(
      /AWSReservedSSO_OnCall_0123456789abcdef, .* Allow lambda:InvokeFunction on the function test-operations in the permission set/,
    );
  });

  test('takes a role that the stack only knows by name', () => {
    const { stack, store } = shop();
    store.grantOperate(Role.fromRoleName(stack, 'on-call', 'on-call'));
    expect(statements(stack, 'oncall')).toMatchObject([{ Action: 'lambda:InvokeFunction' }]);
  });

  test('runs its operations function once a minute with the tick, and never twice', () => {
    const { stack } = shop();
    const schedule = resources(stack, 'AWS::Scheduler::Schedule').find(({ Name }) => Name === 'test-operations');
    expect(schedule).toMatchObject({ ScheduleExpression: 'rate(1 minute)', Target: { Input: '{"operation":"tick"}' } });
    expect(resources(stack, 'AWS::Lambda::EventInvokeConfig')).toHaveLength(2);
    expect(resources(stack, 'AWS::Lambda::Function').map(({ FunctionName }) => FunctionName)).toEqual(
      expect.arrayContaining(['test-operations', 'test-failure-indexer']),
    );
  });

  test('lets its functions use the keys of what they work with, and its own', () => {
    const stack = testStack(SOMEWHERE);
    const encryptionKey = new Key(stack, 'key');
    const inbox = new Inbox(stack, 'inbox');
    new CommandQueue(stack, 'print-label', { handles: [Print], entry: ENTRY, inbox, encryptionKey });
    new FailureStore(stack, 'failures', { encryptionKey: new Key(stack, 'own') });
    const granted = (prefix: string) => statements(stack, prefix).filter(({ Action }) => JSON.stringify(Action).includes('kms:Decrypt'));
    for (const prefix of ['failuresindexerfunctionrole', 'failuresoperationsfunctionrole']) {
      const keys = JSON.stringify(granted(prefix).map(({ Resource }) => Resource));
      expect(keys).toMatch(/"key[0-9A-F]{8}"/);
      expect(keys).toMatch(/"own[0-9A-F]{8}"/);
    }
  });
});

describe('alarms', () => {
  test('tell of arrivals by consumer, and of the oldest open failure; those on drained queues tell that nobody drains', () => {
    const alarms = resources(shop().stack, 'AWS::CloudWatch::Alarm');
    const dimensionsOf = (name: string) =>
      alarms
        .filter(({ MetricName }) => MetricName === name)
        .map(({ Dimensions }) => (Dimensions as { Name: string; Value: string }[]).find(({ Name }) => Name === 'consumer')?.Value);
    expect(dimensionsOf('FailuresIndexed').sort()).toEqual(['outbox', 'print-label', 'ship-order', 'unknown']);
    expect(alarms).toContainEqual(
      expect.objectContaining({ MetricName: 'OldestFailureAge', Threshold: 86_400, TreatMissingData: 'breaching' }),
    );
    const waiting = alarms.filter(({ MetricName }) => MetricName === 'ApproximateNumberOfMessagesVisible');
    // That of the store's own schedule, which it does not drain: it would not run to do it.
    expect(waiting).toHaveLength(1);
    const behind = alarms.filter(({ AlarmDescription }) => String(AlarmDescription).includes('to be taken into the failure store'));
    expect(behind.map(({ MetricName, Threshold }) => [MetricName, Threshold])).toEqual(
      Array.from({ length: 4 }, () => ['ApproximateAgeOfOldestMessage', 900]),
    );
  });

  test('tell of letters that are received again and again and cannot be kept, which the age of a queue leaves out', () => {
    const { stack, store } = shop();
    const alarms = resources(stack, 'AWS::CloudWatch::Alarm');
    for (const [MetricName, Namespace] of [
      ['LettersUnkept', 'Posthaste'],
      ['Errors', 'AWS/Lambda'],
    ]) {
      expect(alarms).toContainEqual(expect.objectContaining({ MetricName, Namespace, Threshold: 1, Period: 300, EvaluationPeriods: 3 }));
    }
    expect(store.alarms.map(({ node }) => node.id)).toEqual(expect.arrayContaining(['Unkept', 'IndexerErrors']));
  });

  test('that take silence for trouble come after the schedule that ends it', () => {
    const template = Template.fromStack(shop().stack);
    const found = (type: string, Properties: object) => Object.entries(template.findResources(type, { Properties }));
    for (const [Name, MetricName] of [
      ['test-operations', 'OldestFailureAge'],
      ['test-outbox-sweeper', 'OutboxOldestPendingAge'],
    ]) {
      const [schedule] = found('AWS::Scheduler::Schedule', { Name }).map(([id]) => id);
      const silent = found('AWS::CloudWatch::Alarm', { MetricName, TreatMissingData: 'breaching' });
      expect(silent).toMatchObject([[expect.any(String), { DependsOn: [schedule] }]]);
    }
  });

  test('tell of letters that wait where nobody drains', () => {
    const alarms = resources(shop({ indexed: false }).stack, 'AWS::CloudWatch::Alarm');
    expect(alarms.filter(({ MetricName }) => MetricName === 'ApproximateNumberOfMessagesVisible')).toHaveLength(3);
  });
});

test('costs at rest what the documentation says: mappings that poll, and alarms', () => {
  const added = (fill: (stack: Stack) => void) => {
    const [bare, stored] = [testStack(), testStack()];
    for (const stack of [bare, stored]) fill(stack);
    new FailureStore(stored, 'failures');
    const alarmsOf = (stack: Stack) => resources(stack, 'AWS::CloudWatch::Alarm').length;
    return { mappings: toIndexer(stored).length, alarms: alarmsOf(stored) - alarmsOf(bare) };
  };
  const itself = { mappings: 0, alarms: 5 };
  expect(added(() => {})).toEqual(itself);
  const inbox = (stack: Stack) => new Inbox(stack, 'inbox');
  const command = (stack: Stack) => new CommandQueue(stack, 'print-label', { handles: [Print], entry: ENTRY, inbox: inbox(stack) });
  expect(added(command)).toEqual({ mappings: 1, alarms: itself.alarms + 1 });
  const topics = (stack: Stack) => ['orders', 'returns'].map((name) => new EventTopic(stack, name));
  const handles = [definition('event', 'orders.order-placed', ['orders', 'returns'])];
  const consumer = (stack: Stack) =>
    new Consumer(stack, 'ship-order', { topic: topics(stack), handles, entry: ENTRY, inbox: inbox(stack), longRetries: true });
  expect(added(consumer)).toEqual({ mappings: 1 + 2 + 1, alarms: itself.alarms + 1 });
  expect(added((stack) => new Outbox(stack, 'outbox'))).toEqual({ mappings: 1, alarms: itself.alarms + 1 });
});

describe('a stack is refused', () => {
  test('with two failure stores', () => {
    const { stack } = shop();
    expect(() => new FailureStore(stack, 'more')).toThrow(/has a failure store already, test\/failures/);
  });

  test('with an alarm age that is measured less often', () => {
    expect(() => new FailureStore(testStack(), 'failures', { oldestAlarmAge: Duration.seconds(30) })).toThrow(/measured once a minute/);
  });

  test('when somebody took away what draining rests on', () => {
    const { stack, consumer } = shop();
    const queue = consumer.deadLetterQueue.node.defaultChild as CfnQueue;
    queue.visibilityTimeout = 30;
    queue.messageRetentionPeriod = 3_600;
    expect(() => Template.fromStack(stack)).toThrow(/six times the indexer's timeout are 60 s/);
  });
});

test('a stack with consumers and no store is told what it would give', () => {
  const stack = testStack();
  new CommandQueue(stack, 'print-label', { handles: [Print], entry: ENTRY, inbox: new Inbox(stack, 'inbox') });
  Annotations.fromStack(stack).hasInfo('/test', Match.stringLikeRegexp('new FailureStore'));
  Annotations.fromStack(shop().stack).hasNoInfo('/test', Match.stringLikeRegexp('new FailureStore'));
});
