import type { Duration } from 'aws-cdk-lib';
import { type Alarm, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type AlarmProps, createAlarm, runtimeMetric } from '../infra/alarms.ts';
import { allow, allowTable } from '../infra/grants.ts';
import { ownEntry } from '../infra/handler-entries.ts';
import { HandlerFunction } from '../infra/handler-function.construct.ts';
import { runEveryMinute } from '../infra/minute-schedule.construct.ts';
import { OUTBOX_ENV, OUTBOX_METRICS, OUTBOX_PENDING_INDEX } from './outbox.contract.ts';
import { alarmOnParked } from './outbox.parked.construct.ts';

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
    allowTable(this.function, props.table, SWEEP_ACTIONS);
    allow(this.function, ['dynamodb:Query'], [`${props.table.tableArn}/index/${OUTBOX_PENDING_INDEX}`]);
    const run = runEveryMinute(this, { name: props.name, fn: this.function, description: 'Sweeps the outbox', alarm: props.alarm });
    this.deadLetterQueue = run.deadLetterQueue;
    this.schedule = run.schedule;
    const watching = this.#watch(props);
    // To a new alarm silence is what it tells of: the first minute has then at least begun.
    for (const alarm of watching) alarm.node.addDependency(run.schedule);
    this.alarms = [...watching, run.unscheduled];
  }

  #watch({ name, alarm, pendingAlarmAge }: OutboxSweeperProps): readonly Alarm[] {
    return [
      createAlarm(this, 'OldestPending', {
        metric: runtimeMetric(this.function, { metricName: OUTBOX_METRICS.oldestPendingAge, statistic: Stats.MAXIMUM }),
        threshold: pendingAlarmAge.toSeconds(),
        evaluationPeriods: 3,
        // Every sweep reports, 0 when nothing waits: silence means that nobody sweeps.
        treatMissingData: TreatMissingData.BREACHING,
        description: `A committed message has waited ${pendingAlarmAge.toHumanString()} to be published, or the sweeper ${name} does not run. Look at its log and the relay's.`,
        ...alarm,
      }),
      alarmOnParked(this, { fn: this.function, alarm }),
    ];
  }
}
