import { Duration } from 'aws-cdk-lib';
import type { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { StackDeadLetters } from '../topology/stack-topology.construct.ts';

/** Letters are drained within seconds: this long means that they cannot be kept. */
const BEHIND = Duration.minutes(15);

/**
 * What waits in a drained queue is no news, the failure that it becomes is: the queue's alarm then tells that nobody drains it. The age in a
 * dead-letter queue is how long a letter has been there (SQS developer guide, setting up dead-letter queue retention).
 */
export function alarmWhenBehind({ queue, alarm }: StackDeadLetters): void {
  const resource = alarm.node.defaultChild as CfnAlarm;
  resource.metricName = 'ApproximateAgeOfOldestMessage';
  resource.threshold = BEHIND.toSeconds();
  resource.alarmDescription = `Letters have waited ${BEHIND.toHumanString()} in the dead-letter queue of ${queue.node.scope?.node.path ?? queue.node.path} to be taken into the failure store: its indexer fails or is throttled. Its log says why; nothing is lost while they wait.`;
}
