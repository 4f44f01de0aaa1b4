import { Duration } from 'aws-cdk-lib';
import type { CfnTable } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import { CommandQueue, EventTopic, HandlerFunction, Outbox, type OutboxProps } from '../../lib/constructs.ts';
import { actionsOf, ENTRY, resources, SOMEWHERE, statements, testStack } from '../infra/fixtures/stack.ts';

const of = (prefix: string) => (action: string) => action.startsWith(prefix);

describe('an outbox', () => {
  test('is a table with a stream of new images and a sparse index of what waits, in which no message row expires', () => {
    const stack = testStack();
    new Outbox(stack, 'outbox');
    expect(resources(stack, 'AWS::DynamoDB::GlobalTable')).toMatchObject([
      {
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
        TimeToLiveSpecification: { AttributeName: 'expiresAt' },
        GlobalSecondaryIndexes: [
          {
            IndexName: 'pending',
            KeySchema: [
              { AttributeName: 'state', KeyType: 'HASH' },
              { AttributeName: 'committedAt', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
        Replicas: [{ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }, DeletionProtectionEnabled: true }],
      },
    ]);
  });

  test('wakes its relay for inserted pending rows only, in batches that fail in part, split, and end', () => {
    const stack = testStack();
    new Outbox(stack, 'outbox');
    const [mapping] = resources(stack, 'AWS::Lambda::EventSourceMapping');
    expect(mapping).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 100,
      ParallelizationFactor: 4,
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 10,
      MaximumRecordAgeInSeconds: 21_600,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [expect.stringMatching(/failures/), 'Arn'] } } },
    });
    const { Filters } = (mapping?.['FilterCriteria'] ?? {}) as { Filters?: { Pattern: string }[] };
    expect(Filters?.map(({ Pattern }) => JSON.parse(Pattern))).toEqual([
      { eventName: ['INSERT'], dynamodb: { NewImage: { state: { S: [{ prefix: 'PENDING#' }] } } } },
    ]);
  });

  test('never runs a failed sweep again: the next one does the same', () => {
    const stack = testStack();
    new Outbox(stack, 'outbox');
    expect(resources(stack, 'AWS::Lambda::EventInvokeConfig')).toMatchObject([{ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 }]);
  });

  test('keeps batches that were given up in a private, encrypted bucket for two months', () => {
    const stack = testStack();
    new Outbox(stack, 'outbox');
    expect(resources(stack, 'AWS::S3::Bucket')).toMatchObject([
      {
        BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        LifecycleConfiguration: { Rules: [{ ExpirationInDays: 60 }] },
      },
    ]);
    expect(JSON.stringify(resources(stack, 'AWS::S3::BucketPolicy'))).toContain('aws:SecureTransport');
  });

  test('starts its sweeper every minute through a role that only this account’s scheduler may take', () => {
    const stack = testStack();
    new Outbox(stack, 'outbox', { sweepAfter: Duration.seconds(90) });
    expect(resources(stack, 'AWS::Scheduler::Schedule')).toMatchObject([
      {
        ScheduleExpression: 'rate(1 minute)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: { DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringMatching(/sweeperdlq/), 'Arn'] } } },
      },
    ]);
    expect(actionsOf(statements(stack, 'outboxsweeperschedulerole'))).toEqual(['lambda:InvokeFunction', 'sqs:SendMessage']);
    const trusted = resources(stack, 'AWS::IAM::Role').filter((role) => JSON.stringify(role).includes('scheduler.amazonaws.com'));
    expect(JSON.stringify(trusted)).toMatch(/"aws:SourceAccount":.*"aws:SourceArn":.*schedule-group\/default/);
    expect(JSON.stringify(resources(stack, 'AWS::Lambda::Function'))).toContain('"POSTHASTE_SWEEP_AFTER_SECONDS":"90"');
  });

  test('lets relay and sweeper do on the table exactly what they do, and publish to what it was given', () => {
    const stack = testStack();
    const outbox = new Outbox(stack, 'outbox', { destinations: [new EventTopic(stack, 'orders')] });
    outbox.addDestination(CommandQueue.import(stack, 'label', { queue: new Queue(stack, 'theirs') }));
    const relay = statements(stack, 'outboxrelayfunctionrole');
    const sweeper = statements(stack, 'outboxsweeperfunctionrole');
    const stream = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'];
    expect(actionsOf(relay).filter(of('dynamodb:'))).toEqual(
      ['BatchWriteItem', 'Query', 'UpdateItem', ...stream].sort().map((action) => `dynamodb:${action}`),
    );
    expect(actionsOf(relay).filter(of('s3:'))).toEqual(['s3:ListBucket', 's3:PutObject']);
    expect(actionsOf(sweeper).filter(of('dynamodb:'))).toEqual(
      ['BatchGetItem', 'BatchWriteItem', 'Query', 'Query', 'UpdateItem'].map((action) => `dynamodb:${action}`),
    );
    expect(JSON.stringify(sweeper)).toContain('/index/pending');
    for (const found of [relay, sweeper]) {
      expect(actionsOf(found).filter((action) => /^s[nq]s:/.test(action))).toEqual(['sns:Publish', 'sqs:SendMessage']);
    }
    const [fn] = resources(stack, 'AWS::Lambda::Function').filter(({ FunctionName }) => FunctionName === 'test-outbox-relay');
    expect(JSON.stringify(fn?.['Environment'])).toMatch(/POSTHASTE_DESTINATIONS.*{\\"orders\\":\\".*\\"label\\":\\"/);
  });

  test('lets a producer commit with four actions, and tells it the table and the source', () => {
    const stack = testStack(SOMEWHERE);
    const outbox = new Outbox(stack, 'outbox', { source: 'urn:example:orders', encryptionKey: new Key(stack, 'key') });
    outbox.grantCommit(new HandlerFunction(stack, 'place-order', { entry: ENTRY }));
    expect(actionsOf(statements(stack, 'placeorderrole')).filter(of('dynamodb:'))).toEqual(
      ['BatchGetItem', 'GetItem', 'PutItem', 'UpdateItem'].map((action) => `dynamodb:${action}`),
    );
    const [fn] = resources(stack, 'AWS::Lambda::Function').filter(({ FunctionName }) => FunctionName === 'test-place-order');
    expect(fn).toMatchObject({
      Environment: {
        Variables: { POSTHASTE_SOURCE: 'urn:example:orders', POSTHASTE_OUTBOX_TABLE: { Ref: expect.stringMatching(/^outboxTable/) } },
      },
    });
  });

  test('can be committed to from another stack, whose relay stays where it is', () => {
    const stack = testStack();
    const outbox = Outbox.import(stack, 'outbox', {
      table: { tableArn: 'arn:aws:dynamodb:us-east-1:111111111111:table/outbox', tableName: 'outbox' },
      source: 'urn:example:orders',
    });
    outbox.grantCommit(new HandlerFunction(stack, 'place-order', { entry: ENTRY }));
    expect(resources(stack, 'AWS::Lambda::Function')).toHaveLength(1);
    expect(statements(stack, 'placeorderrole')[1]?.Resource).toBe('arn:aws:dynamodb:us-east-1:111111111111:table/outbox');
  });

  test('alarms on a relay that is behind, parked rows, rows that wait, and a sweeper that is silent', () => {
    const stack = testStack();
    const { alarms } = new Outbox(stack, 'outbox', { alarmTopic: new Topic(stack, 'alarms') });
    const found = resources(stack, 'AWS::CloudWatch::Alarm');
    expect(alarms).toHaveLength(5);
    expect(found.map(({ MetricName }) => MetricName).sort()).toEqual([
      'ApproximateNumberOfMessagesVisible',
      'IteratorAge',
      'OutboxOldestPendingAge',
      'OutboxParked',
      'OutboxParked',
    ]);
    const [waiting] = found.filter(({ MetricName }) => MetricName === 'OutboxOldestPendingAge');
    expect(waiting).toMatchObject({
      Namespace: 'Posthaste',
      Dimensions: [
        { Name: 'service', Value: 'outbox-sweeper' },
        { Name: 'stack', Value: 'test' },
      ],
      Threshold: 300,
      TreatMissingData: 'breaching',
    });
    expect(found.every(({ AlarmActions }) => Array.isArray(AlarmActions))).toBe(true);
  });
});

describe('an outbox refuses', () => {
  const refused: readonly (readonly [OutboxProps, RegExp])[] = [
    [{ maxRecordAge: Duration.hours(13) }, /maxRecordAge is 13 hours; a stream lives 24 hours/],
    [
      { maxRecordAge: Duration.hours(12), sweepAfter: Duration.hours(12) },
      /sweepAfter 12 hours \+ the sweep period 1 minute must stay under/,
    ],
    [{ retryAttempts: -1 }, /retryAttempts is -1; without an end a record .* blocks its shard for a day/],
    [{ parallelization: 11 }, /parallelization is 11; .* from 1 to 10/],
    [{ sweepAfter: Duration.seconds(5) }, /sweepAfter is 5 seconds; .* published twice/],
    [{ pendingAlarmAge: Duration.minutes(2) }, /pendingAlarmAge is 2 minutes; a row may wait .* set it above their sum/],
    [{ source: 'two words' }, /source is "two words"; CloudEvents asks for a URI reference/],
    [{ name: 'Outbox' }, /the name "Outbox" must be kebab-case/],
  ];
  test.each(refused)('%j', (props, message) => {
    expect(() => new Outbox(testStack(), 'outbox', props)).toThrow(message);
  });

  test('the limits themselves are accepted', () => {
    const props = { maxRecordAge: Duration.hours(12), sweepAfter: Duration.seconds(10), parallelization: 10, retryAttempts: 0 };
    expect(() => new Outbox(testStack(), 'outbox', props)).not.toThrow();
  });

  test('an expiry of rows that an escape hatch adds', () => {
    const outbox = new Outbox(testStack(), 'outbox');
    (outbox.table.node.defaultChild as CfnTable).addPropertyOverride('TimeToLiveSpecification.AttributeName', 'committedAt');
    expect(outbox.node.validate()).toEqual([expect.stringMatching(/^test\/outbox: the table expires items by "committedAt"/)]);
  });

  test('a stream that an escape hatch makes show no rows, and a filter that lets none through', () => {
    const outbox = new Outbox(testStack(), 'outbox');
    (outbox.table.node.defaultChild as CfnTable).addPropertyOverride('StreamSpecification.StreamViewType', 'KEYS_ONLY');
    (outbox.relay.node.findChild('stream') as CfnEventSourceMapping).filterCriteria = {
      filters: [{ pattern: '{"eventName":["REMOVE"]}' }],
    };
    expect(outbox.node.validate()).toEqual([
      expect.stringMatching(/^test\/outbox: StreamViewType of the table is KEYS_ONLY; .*: remove the change/),
    ]);
    expect(outbox.relay.node.validate()).toEqual([
      expect.stringMatching(/^test\/outbox\/relay: FilterCriteria of the stream mapping is .*REMOVE.*: remove the change/),
    ]);
  });

  test('more destinations than its functions can be told of', () => {
    const violationsWith = (topics: number) => {
      const stack = testStack();
      const destinations = Array.from({ length: topics }, (_, index) => new EventTopic(stack, `customer-orders-${index}`));
      return new Outbox(stack, 'outbox', { destinations }).relay.function.node.validate();
    };
    expect(violationsWith(40)).toEqual([]);
    expect(violationsWith(55)).toEqual([
      expect.stringMatching(
        /^test\/outbox\/relay\/function: the \d environment variables have \d+ bytes at least, POSTHASTE_DESTINATIONS most of them; Lambda takes 4096\. .*: shorten the names/,
      ),
    ]);
  });

  test('a stream mapping that an escape hatch makes endless, silent or deaf to partial failures', () => {
    const outbox = new Outbox(testStack(), 'outbox');
    const mapping = outbox.relay.node.findChild('stream') as CfnEventSourceMapping;
    mapping.addPropertyOverride('MaximumRetryAttempts', -1);
    mapping.addPropertyDeletionOverride('MaximumRecordAgeInSeconds');
    mapping.addPropertyDeletionOverride('DestinationConfig');
    mapping.functionResponseTypes = [];
    const found = outbox.relay.node.validate().join('\n');
    for (const word of ['MaximumRetryAttempts', 'MaximumRecordAgeInSeconds', 'ReportBatchItemFailures', 'on-failure destination']) {
      expect(found).toContain(word);
    }
  });
});
