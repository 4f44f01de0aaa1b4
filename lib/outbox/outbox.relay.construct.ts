import { Duration, type RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { type Alarm, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { ALARM_PERIOD, type AlarmProps, createAlarm } from '../infra/alarms.ts';
import { finalProperties } from '../infra/final-properties.ts';
import { allow, allowTable } from '../infra/grants.ts';
import { ownEntry } from '../infra/handler-entries.ts';
import { HandlerFunction } from '../infra/handler-function.construct.ts';
import { enforceAtSynth } from '../infra/rules.ts';
import { OUTBOX_ENV } from './outbox.contract.ts';
import { alarmOnParked } from './outbox.parked.construct.ts';
import { OUTBOX_MAPPING_RULES, PENDING_INSERTS } from './outbox.rules.construct.ts';

/** What an `Outbox` gives its relay. */
export interface OutboxRelayProps {
  readonly name: string;
  readonly table: TableV2;
  readonly maxRecordAge: Duration;
  readonly retryAttempts: number;
  readonly parallelization: number;
  readonly removalPolicy: RemovalPolicy;
  readonly alarm: AlarmProps;
}

/**
 * What publishing takes: the oldest rows of a key are queried, published rows deleted in batches, a row that can never be published is
 * marked.
 */
const RELAY_ACTIONS = ['dynamodb:BatchWriteItem', 'dynamodb:Query', 'dynamodb:UpdateItem'] as const;

/**
 * What Lambda itself does on the stream with the function's role (Lambda developer guide, DynamoDB streams: execution role permissions).
 */
const STREAM_ACTIONS = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'] as const;

/** Where Lambda writes the batches that it gave up (Lambda developer guide, capture discarded batches in S3). */
const FAILURE_PREFIX = 'aws/lambda/';

/** The part of an `Outbox` that publishes rows as the table's stream brings them. */
export class OutboxRelay extends Construct {
  readonly function: HandlerFunction;
  /** Stream batches that were given up, records included. The rows themselves stay pending, for the sweeper. */
  readonly failures: Bucket;
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, props: OutboxRelayProps) {
    super(scope, id);
    this.function = new HandlerFunction(this, 'function', {
      name: props.name,
      entry: ownEntry('outbox-relay'),
      description: 'Publishes committed messages as the stream of the outbox table brings them',
      environment: { [OUTBOX_ENV.table]: props.table.tableName },
    });
    allowTable(this.function, props.table, RELAY_ACTIONS);
    allow(this.function, STREAM_ACTIONS, [props.table.tableStreamArn as string]);
    this.failures = createFailureBucket(this, props.removalPolicy);
    this.#grantFailures();
    const mapping = this.#subscribe(props);
    enforceAtSynth(this, OUTBOX_MAPPING_RULES, () => finalProperties(mapping));
    this.alarms = this.#watch(props);
  }

  #subscribe(props: OutboxRelayProps): CfnEventSourceMapping {
    const mapping = new CfnEventSourceMapping(this, 'stream', {
      eventSourceArn: props.table.tableStreamArn as string,
      functionName: this.function.functionName,
      // From the oldest record: nothing committed while the mapping is being made is skipped.
      startingPosition: 'TRIM_HORIZON',
      batchSize: 100,
      parallelizationFactor: props.parallelization,
      bisectBatchOnFunctionError: true,
      maximumRetryAttempts: props.retryAttempts,
      maximumRecordAgeInSeconds: props.maxRecordAge.toSeconds(),
      functionResponseTypes: ['ReportBatchItemFailures'],
      destinationConfig: { onFailure: { destination: this.failures.bucketArn } },
      filterCriteria: { filters: [{ pattern: PENDING_INSERTS }] },
    });
    // Lambda checks the role when the mapping is made.
    mapping.node.addDependency(this.function.role as Construct);
    return mapping;
  }

  #grantFailures(): void {
    allow(this.function, ['s3:ListBucket'], [this.failures.bucketArn]);
    allow(this.function, ['s3:PutObject'], [this.failures.arnForObjects(`${FAILURE_PREFIX}*`)]);
    const bucketId = Stack.of(this).resolve((this.failures.node.defaultChild as CfnBucket).logicalId);
    Validations.of(this.function.role as Construct).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/${FAILURE_PREFIX}*]`,
      reason: 'Lambda names each failed batch by mapping, shard and time; the grant ends at the prefix that it writes under.',
    });
  }

  #watch({ name, alarm }: OutboxRelayProps): readonly Alarm[] {
    return [
      createAlarm(this, 'IteratorAge', {
        metric: this.function.metric('IteratorAge', { statistic: Stats.MAXIMUM, period: ALARM_PERIOD }),
        threshold: Duration.minutes(5).toMilliseconds(),
        description: `The relay ${name} is five minutes behind the stream of the outbox table. After 24 hours the stream forgets; the sweeper still publishes.`,
        ...alarm,
      }),
      alarmOnParked(this, { fn: this.function, alarm }),
    ];
  }
}

function createFailureBucket(scope: Construct, removalPolicy: RemovalPolicy): Bucket {
  const bucket = new Bucket(scope, 'failures', {
    encryption: BucketEncryption.S3_MANAGED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    lifecycleRules: [{ expiration: Duration.days(60), abortIncompleteMultipartUploadAfter: Duration.days(1) }],
    removalPolicy,
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Only Lambda writes here, and only copies of batches that were given up: their rows stay pending in the table, which an alarm tells of. ' +
      'An access log would need another bucket that nobody reads.',
  });
  return bucket;
}
