import { type Alarm, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { type AlarmProps, createAlarm, runtimeMetric } from '../infra/alarms.ts';
import { OUTBOX_METRICS } from './outbox.contract.ts';

/** Tells of every row that the relay or the sweeper parks: nobody but a person can free it, and its key waits. */
export function alarmOnParked(scope: Construct, { name, alarm }: { readonly name: string; readonly alarm: AlarmProps }): Alarm {
  const { namespace, parked } = OUTBOX_METRICS;
  return createAlarm(scope, 'Parked', {
    metric: runtimeMetric({ namespace, metricName: parked, service: name, statistic: Stats.SUM }),
    threshold: 1,
    description: `${name} parked a message that can never be published as it is, and holds its key. The row in the outbox table says why.`,
    ...alarm,
  });
}
