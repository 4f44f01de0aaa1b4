import { CfnResource, type RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { type Queue, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { type AlarmProps, createAlarm } from '../infra/alarms.ts';
import { allow, allowSendKey } from '../infra/grants.ts';
import type { HandlerFunction } from '../infra/handler-function.construct.ts';
import { createSecureQueue, MAX_QUEUE_RETENTION, waitingMessages } from '../infra/secure-queue.ts';
import type { StackDeadLetters } from '../topology/stack-topology.construct.ts';
import { LONG_WAITS_ENV } from './consumer.contract.ts';

/** The worker whose messages wait. */
export interface WaitingWorker {
  readonly name: string;
  readonly fn: HandlerFunction;
  readonly queue: Queue;
  readonly encryptionKey: IKey | undefined;
  readonly removalPolicy: RemovalPolicy;
  readonly alarm: AlarmProps;
}

/**
 * Lets the code of a worker make schedules in a group of its own, as a role that may send to its queue and to nothing else. Gives where the
 * Scheduler leaves what it could not send.
 *
 * Group and queue are kept when the last long wait goes from the consumer's rules, and would find their names taken when one comes back:
 * CloudFormation makes the names up, and the code takes them from its environment.
 */
export function scheduleLongWaits(scope: Construct, worker: WaitingWorker): StackDeadLetters {
  const { name, fn, queue, encryptionKey, alarm } = worker;
  const group = new CfnScheduleGroup(scope, 'waits');
  group.applyRemovalPolicy(worker.removalPolicy);
  const unscheduled = createUnscheduledQueue(scope, worker);
  const role = createScheduleRole(scope, group);
  allow(role, ['sqs:SendMessage'], [queue.queueArn, unscheduled.queueArn]);
  allowSendKey(role, encryptionKey);
  keep(role, worker.removalPolicy);
  allowScheduling(fn, role, group);
  fn.addEnvironment(LONG_WAITS_ENV.group, group.ref);
  fn.addEnvironment(LONG_WAITS_ENV.role, role.roleArn);
  fn.addEnvironment(LONG_WAITS_ENV.deadLetterQueue, unscheduled.queueArn);
  return {
    queue: unscheduled,
    encryptionKey,
    alarm: createAlarm(scope, 'Unscheduled', {
      metric: waitingMessages(unscheduled),
      threshold: 1,
      description: `Messages of ${name} waited to be tried again, and the Scheduler could not send them to its queue for a day. They are in its dead-letter queue of schedules.`,
      ...alarm,
    }),
  };
}

function createUnscheduledQueue(scope: Construct, { encryptionKey, removalPolicy }: WaitingWorker): Queue {
  const queue = createSecureQueue(scope, 'unscheduled', {
    fifo: false,
    retention: MAX_QUEUE_RETENTION,
    encryptionKey,
    removalPolicy,
    redriveAllowPolicy: { redrivePermission: RedrivePermission.DENY_ALL },
  });
  Validations.of(queue).acknowledge({
    id: 'AwsSolutions-SQS3',
    reason: 'This is a dead-letter queue, of schedules; the rule knows only those of queues and functions.',
  });
  return queue;
}

/** A role that only schedules of this group may take (EventBridge Scheduler user guide, confused deputy prevention). */
function createScheduleRole(scope: Construct, group: CfnScheduleGroup): Role {
  return new Role(scope, 'waits-role', {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account, 'aws:SourceArn': group.attrArn } },
    }),
  });
}

/**
 * With its rights, as long as the group and its schedules: without the role a schedule can neither send nor leave its message in the
 * dead-letter queue, and deletes itself.
 */
function keep(role: Role, removalPolicy: RemovalPolicy): void {
  for (const part of role.node.findAll()) if (CfnResource.isCfnResource(part)) part.applyRemovalPolicy(removalPolicy);
}

/** Whoever makes a schedule passes its role on (EventBridge Scheduler user guide, identity-based policies). */
function allowScheduling(fn: HandlerFunction, role: Role, group: CfnScheduleGroup): void {
  const schedules = Stack.of(fn).formatArn({ service: 'scheduler', resource: 'schedule', resourceName: `${group.ref}/*` });
  allow(fn, ['scheduler:CreateSchedule'], [schedules]);
  const conditions = { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } };
  fn.addToRolePolicy(new PolicyStatement({ actions: ['iam:PassRole'], resources: [role.roleArn], conditions }));
}
