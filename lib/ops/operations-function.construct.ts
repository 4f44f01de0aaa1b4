import { ArnFormat, Duration, Stack, Validations } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { type IGrantable, type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledgePrefix } from '../dlq/failure-bodies.construct.ts';
import { markerPrefix } from '../inbox/inbox.contract.ts';
import { type AlarmProps, createAlarm, runtimeMetric } from '../infra/alarms.ts';
import { allow, allowSendKey, allowTable } from '../infra/grants.ts';
import { ownEntry } from '../infra/handler-entries.ts';
import { HandlerFunction } from '../infra/handler-function.construct.ts';
import { runEveryMinute } from '../infra/minute-schedule.construct.ts';
import { NAME_LIMITS, physicalName } from '../infra/names.ts';
import { enforce } from '../infra/rules.ts';
import { OUTBOX_PENDING_INDEX } from '../outbox/outbox.contract.ts';
import type { StackConsumer, StackOutbox } from '../topology/stack-topology.construct.ts';
import { OPERATOR_RULES } from './operations-function.rules.construct.ts';
import { OPERATIONS_METRICS, OPERATIONS_NAME, OPERATIONS_TICK } from './ops.contract.ts';

/** What a `FailureStore` gives its operations function. */
export interface OperationsFunctionProps {
  readonly environment: Readonly<Record<string, string>>;
  readonly oldestAlarmAge: Duration;
  readonly alarm: AlarmProps;
}

/** A redrive goes on at the next minute; what is asked from a command line is answered in seconds. */
const TIMEOUT = Duration.minutes(5);

/** Where Lambda writes the batches of a stream that it gave up (Lambda developer guide, capture discarded batches in S3). */
const STREAM_PREFIX = 'aws/lambda/';

/** SQS's own move receives, sends and deletes as its caller (SQS developer guide, dead-letter queue redrive permissions). */
const MOVE_ACTIONS = ['sqs:DeleteMessage', 'sqs:ReceiveMessage', 'sqs:StartMessageMoveTask'] as const;

/** The part of a `FailureStore` that does what operators ask for, and goes on with it once a minute. */
export class OperationsFunction extends Construct {
  readonly function: HandlerFunction;
  /** Minutes that EventBridge Scheduler could not start. */
  readonly deadLetterQueue: Queue;
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, props: OperationsFunctionProps) {
    super(scope, id);
    const { environment, alarm } = props;
    this.function = new HandlerFunction(this, 'function', {
      name: OPERATIONS_NAME,
      entry: ownEntry('operations'),
      description: 'Shows failures and sends them back, as operators ask',
      timeout: TIMEOUT,
      environment,
    });
    const run = runEveryMinute(this, {
      name: OPERATIONS_NAME,
      fn: this.function,
      description: 'Goes on with redrives and measures how long failures wait',
      input: OPERATIONS_TICK,
      alarm,
    });
    this.deadLetterQueue = run.deadLetterQueue;
    // It has no resource that could be named (Service Authorization Reference: Amazon CloudWatch).
    allow(this.function, ['cloudwatch:GetMetricData'], ['*']);
    Validations.of(this.function.role as Construct).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'Reading metrics, which tells the age of queues, knows no resource that a policy could name.',
    });
    const oldest = this.#watch(props);
    // To a new alarm silence is what it tells of: the first minute has then at least begun.
    oldest.node.addDependency(run.schedule);
    this.alarms = [oldest, run.unscheduled];
  }

  /** Lets a person or a role ask it: `lambda:InvokeFunction` on it, and nothing else. Roles of IAM Identity Center are refused at synth. */
  grantOperate(grantee: IGrantable): void {
    const { roleName } = grantee.grantPrincipal as Partial<IRole>;
    const functionName = physicalName(this, OPERATIONS_NAME, { max: NAME_LIMITS.function });
    enforce(this, OPERATOR_RULES, { role: roleName, functionName });
    allow(grantee, ['lambda:InvokeFunction'], [this.function.functionArn]);
  }

  /** What it does with a consumer: look, send back, and see in the inbox what has been handled. */
  serveConsumer(consumer: StackConsumer): void {
    const { queue, encryptionKey, deadLetters, undelivered, unscheduled, inbox } = consumer;
    allow(this.function, ['sqs:GetQueueAttributes', 'sqs:SendMessage'], [queue.queueArn]);
    allowSendKey(this.function, encryptionKey);
    const looked = [deadLetters, ...undelivered, ...(unscheduled ? [unscheduled] : [])].map((letters) => letters.queue.queueArn);
    allow(this.function, ['sqs:GetQueueAttributes'], looked);
    if (!consumer.indexed) allow(this.function, MOVE_ACTIONS, [deadLetters.queue.queueArn]);
    allowTable(this.function, inbox.table, ['dynamodb:BatchGetItem']);
    this.#allowReopening(consumer);
    const mapping = { service: 'lambda', resource: 'event-source-mapping', resourceName: consumer.mappingId };
    allow(
      this.function,
      ['lambda:GetEventSourceMapping'],
      [Stack.of(this).formatArn({ ...mapping, arnFormat: ArnFormat.COLON_RESOURCE_NAME })],
    );
  }

  /**
   * An operator may let a message run again that ran at most once: its marker is deleted. A table of markers may be shared with other stacks; the
   * grant ends at those of this consumer (DynamoDB developer guide, fine-grained access control: `dynamodb:LeadingKeys` is the partition key).
   */
  #allowReopening({ name, inbox }: StackConsumer): void {
    this.function.addToRolePolicy(
      new PolicyStatement({
        actions: ['dynamodb:DeleteItem'],
        resources: [inbox.table.tableArn],
        conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${markerPrefix(`${inbox.scope}/${name}`)}*`] } },
      }),
    );
  }

  /** What it does with an outbox: count what waits, and take in what its stream gave up. */
  serveOutbox({ table, failures }: StackOutbox): void {
    allow(this.function, ['dynamodb:Query'], [`${table.tableArn}/index/${OUTBOX_PENDING_INDEX}`]);
    table.encryptionKey?.grantDecrypt(this.function);
    allow(this.function, ['s3:ListBucket'], [failures.bucketArn]);
    allow(this.function, ['s3:DeleteObject', 's3:GetObject'], [failures.arnForObjects(`${STREAM_PREFIX}*`)]);
    acknowledgePrefix(this.function, failures, {
      prefix: STREAM_PREFIX,
      reason: 'Lambda names each failed batch by mapping, shard and time; the grant ends at the prefix that it writes under.',
    });
  }

  #watch({ oldestAlarmAge, alarm }: OperationsFunctionProps): Alarm {
    return createAlarm(this, 'OldestFailure', {
      metric: runtimeMetric(this.function, { metricName: OPERATIONS_METRICS.oldestFailureAge, statistic: Stats.MAXIMUM }),
      threshold: oldestAlarmAge.toSeconds(),
      evaluationPeriods: 3,
      // Every minute is reported, 0 when nothing is open: silence means that nobody looks.
      treatMissingData: TreatMissingData.BREACHING,
      description: `A failure has waited ${oldestAlarmAge.toHumanString()} to be worked, or the function ${OPERATIONS_NAME} does not run. See "posthaste dlq group".`,
      ...alarm,
    });
  }
}
