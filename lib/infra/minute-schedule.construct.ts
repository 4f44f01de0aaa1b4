import { Duration, Stack, Validations } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { type Queue, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { type AlarmProps, createAlarm } from './alarms.ts';
import { allow } from './grants.ts';
import type { HandlerFunction } from './handler-function.construct.ts';
import { NAME_LIMITS, physicalName } from './names.ts';
import { createSecureQueue, MAX_QUEUE_RETENTION, queueBaseName, waitingMessages } from './secure-queue.ts';

/** A function that does what is due, once a minute. */
export interface MinuteScheduleProps {
  /** The function's logical name; the schedule and its dead-letter queue carry it too. */
  readonly name: string;
  readonly fn: HandlerFunction;
  /** What a run does, as the console shows it. */
  readonly description: string;
  /** The event of a run. @default - Scheduler's own */
  readonly input?: object;
  readonly alarm: AlarmProps;
}

/** What the schedule of a function is made of. */
export interface MinuteSchedule {
  readonly schedule: CfnSchedule;
  /** Runs that EventBridge Scheduler could not start. */
  readonly deadLetterQueue: Queue;
  readonly unscheduled: Alarm;
}

/** How often. */
export const MINUTE_PERIOD = Duration.minutes(1);

/** Runs a function once a minute, and tells when it cannot be started. */
export function runEveryMinute(scope: Construct, props: MinuteScheduleProps): MinuteSchedule {
  const { name, fn, alarm } = props;
  // The next run does what a failed one would: Lambda's own retries would only run beside it.
  fn.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: MINUTE_PERIOD });
  const deadLetterQueue = createDeadLetterQueue(scope, name);
  const role = createRole(scope, fn, deadLetterQueue);
  const schedule = new CfnSchedule(scope, 'schedule', {
    name: physicalName(scope, name, { max: NAME_LIMITS.schedule }),
    description: props.description,
    scheduleExpression: `rate(${MINUTE_PERIOD.toMinutes()} minute)`,
    flexibleTimeWindow: { mode: 'OFF' },
    target: {
      arn: fn.functionArn,
      roleArn: role.roleArn,
      ...(props.input !== undefined && { input: JSON.stringify(props.input) }),
      // The next run does what a late one would: nothing is gained by starting two at once.
      retryPolicy: { maximumRetryAttempts: 2, maximumEventAgeInSeconds: MINUTE_PERIOD.toSeconds() },
      deadLetterConfig: { arn: deadLetterQueue.queueArn },
    },
  });
  schedule.node.addDependency(role);
  const unscheduled = createAlarm(scope, 'Unscheduled', {
    metric: waitingMessages(deadLetterQueue),
    threshold: 1,
    description: `EventBridge Scheduler could not start ${name}; the messages in its dead-letter queue say why.`,
    ...alarm,
  });
  return { schedule, deadLetterQueue, unscheduled };
}

function createDeadLetterQueue(scope: Construct, name: string): Queue {
  const queue = createSecureQueue(scope, 'dlq', {
    name: queueBaseName(scope, name, '-dlq'),
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

/** A role that only schedules of this account's default group may take (EventBridge Scheduler user guide, confused deputy prevention). */
function createRole(scope: Construct, fn: HandlerFunction, deadLetterQueue: Queue): Role {
  const stack = Stack.of(scope);
  const role = new Role(scope, 'schedule-role', {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: {
        StringEquals: {
          'aws:SourceAccount': stack.account,
          'aws:SourceArn': stack.formatArn({ service: 'scheduler', resource: 'schedule-group', resourceName: 'default' }),
        },
      },
    }),
  });
  allow(role, ['lambda:InvokeFunction'], [fn.functionArn]);
  allow(role, ['sqs:SendMessage'], [deadLetterQueue.queueArn]);
  return role;
}
