import { type Duration, Stack, Validations } from 'aws-cdk-lib';
import { type Alarm, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type AlarmProps, createAlarm, runtimeMetric } from '../infra/alarms.ts';
import { allow, allowTable } from '../infra/grants.ts';
import { ownEntry } from '../infra/handler-entries.ts';
import { HandlerFunction } from '../infra/handler-function.construct.ts';
import { NAME_LIMITS, physicalName } from '../infra/names.ts';
import { createSecureQueue, MAX_QUEUE_RETENTION, queueBaseName, waitingMessages } from '../infra/secure-queue.ts';
import { OUTBOX_ENV, OUTBOX_METRICS, OUTBOX_PENDING_INDEX } from './outbox.contract.ts';
import { alarmOnParked } from './outbox.parked.construct.ts';
import { SWEEP_PERIOD } from './outbox.rules.construct.ts';

/** What an `Outbox` gives its sweeper. */
export interface OutboxSweeperProps {
  readonly name: string;
  readonly table: TableV2;
  readonly sweepAfter: Duration;
  readonly pendingAlarmAge: Duration;
  readonly alarm: AlarmProps;
}

/** As the relay, and the rows that the index names are read from the table itself. */
const SWEEP_ACTIONS = ['dynamodb:BatchGetItem', 'dynamodb:BatchWriteItem', 'dynamodb:Query', 'dynamodb:UpdateItem'] as const;

/** The part of an `Outbox` that publishes, once a minute, what the stream missed, and measures how long rows wait. */
export class OutboxSweeper extends Construct {
  readonly function: HandlerFunction;
  readonly schedule: CfnSchedule;
  /** Sweeps that EventBridge Scheduler could not start. */
  readonly deadLetterQueue: Queue;
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, props: OutboxSweeperProps) {
    super(scope, id);
    this.function = new HandlerFunction(this, 'function', {
      name: props.name,
      entry: ownEntry('outbox-sweeper'),
      description: 'Publishes pending messages that the stream of the outbox table did not bring',
      environment: {
        [OUTBOX_ENV.table]: props.table.tableName,
        [OUTBOX_ENV.sweepAfterSeconds]: String(props.sweepAfter.toSeconds()),
      },
    });
    // The next sweep does what a failed one would: Lambda's own retries would only run beside it.
    this.function.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: SWEEP_PERIOD });
    allowTable(this.function, props.table, SWEEP_ACTIONS);
    allow(this.function, ['dynamodb:Query'], [`${props.table.tableArn}/index/${OUTBOX_PENDING_INDEX}`]);
    this.deadLetterQueue = this.#createDeadLetterQueue(props.name);
    this.schedule = this.#runEveryMinute(props.name);
    this.alarms = this.#watch(props);
  }

  #createDeadLetterQueue(name: string): Queue {
    const queue = createSecureQueue(this, 'dlq', {
      name: queueBaseName(this, name, '-dlq'),
      fifo: false,
      retention: MAX_QUEUE_RETENTION,
      redriveAllowPolicy: { redrivePermission: RedrivePermission.DENY_ALL },
    });
    Validations.of(queue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'This is a dead-letter queue, of a schedule; the rule knows only those of queues and functions.',
    });
    return queue;
  }

  #runEveryMinute(name: string): CfnSchedule {
    const stack = Stack.of(this);
    // A role that only schedules of this account's default group may take (EventBridge Scheduler user guide, confused deputy prevention).
    const role = new Role(this, 'schedule-role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': stack.account,
            'aws:SourceArn': stack.formatArn({ service: 'scheduler', resource: 'schedule-group', resourceName: 'default' }),
          },
        },
      }),
    });
    allow(role, ['lambda:InvokeFunction'], [this.function.functionArn]);
    allow(role, ['sqs:SendMessage'], [this.deadLetterQueue.queueArn]);
    const schedule = new CfnSchedule(this, 'schedule', {
      name: physicalName(this, name, { max: NAME_LIMITS.schedule }),
      description: 'Sweeps the outbox',
      scheduleExpression: `rate(${SWEEP_PERIOD.toMinutes()} minute)`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: this.function.functionArn,
        roleArn: role.roleArn,
        // The next sweep does what a late one would: nothing is gained by starting two at once.
        retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: SWEEP_PERIOD.toSeconds() },
        deadLetterConfig: { arn: this.deadLetterQueue.queueArn },
      },
    });
    schedule.node.addDependency(role);
    return schedule;
  }

  #watch({ name, alarm, pendingAlarmAge }: OutboxSweeperProps): readonly Alarm[] {
    const { namespace, oldestPendingAge } = OUTBOX_METRICS;
    return [
      createAlarm(this, 'OldestPending', {
        metric: runtimeMetric({ namespace, metricName: oldestPendingAge, service: name, statistic: Stats.MAXIMUM }),
        threshold: pendingAlarmAge.toSeconds(),
        evaluationPeriods: 3,
        // Every sweep reports, 0 when nothing waits: silence means that nobody sweeps.
        treatMissingData: TreatMissingData.BREACHING,
        description: `A committed message has waited ${pendingAlarmAge.toHumanString()} to be published, or the sweeper ${name} does not run. Look at its log and the relay's.`,
        ...alarm,
      }),
      alarmOnParked(this, { name, alarm }),
      createAlarm(this, 'Unscheduled', {
        metric: waitingMessages(this.deadLetterQueue),
        threshold: 1,
        description: `EventBridge Scheduler could not start the sweeper ${name}; the messages in its dead-letter queue say why.`,
        ...alarm,
      }),
    ];
  }
}
