import { Duration } from 'aws-cdk-lib';
import { type Alarm, type CfnAlarm, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { INDEXER_METRICS } from '../dlq/dlq.contract.ts';
import { type AlarmProps, createAlarm, runtimeMetric } from '../infra/alarms.ts';
import type { HandlerFunction } from '../infra/handler-function.construct.ts';
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
  resource.alarmDescription = `Letters have waited ${BEHIND.toHumanString()} in the dead-letter queue of ${queue.node.scope?.node.path ?? queue.node.path} to be taken into the failure store: its indexer does not run, or is throttled. Nothing is lost until they expire.`;
}

/** Alarms need as many bad windows in a row as make `BEHIND`: a throttled minute is no news. */
const WINDOW = Duration.minutes(5);

/**
 * Tells of letters that the indexer receives and cannot keep. A standard queue leaves what was received three times out of its age
 * ("Available CloudWatch metrics for Amazon SQS"), and such a letter comes again every minute until it expires.
 */
export function alarmsWhenUnkept(scope: Construct, indexer: HandlerFunction, alarm: AlarmProps): readonly Alarm[] {
  const unkept = runtimeMetric(indexer, { metricName: INDEXER_METRICS.unkept, statistic: Stats.SUM });
  const shared = { threshold: 1, evaluationPeriods: BEHIND.toMinutes() / WINDOW.toMinutes(), ...alarm };
  const after = `for ${BEHIND.toHumanString()}; they stay in their dead-letter queues until they expire there. The log of the failure indexer says why.`;
  return [
    createAlarm(scope, 'Unkept', {
      metric: unkept.with({ period: WINDOW }),
      description: `Dead letters could not be taken into the failure store ${after}`,
      ...shared,
    }),
    createAlarm(scope, 'IndexerErrors', {
      metric: indexer.metricErrors({ period: WINDOW, statistic: Stats.SUM }),
      description: `The failure indexer has failed as a whole with dead letters ${after}`,
      ...shared,
    }),
  ];
}
