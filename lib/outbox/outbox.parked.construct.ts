import { type Alarm, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { type AlarmProps, createAlarm, runtimeMetric } from '../infra/alarms.ts';
import type { HandlerFunction } from '../infra/handler-function.construct.ts';
import { OUTBOX_METRICS } from './outbox.contract.ts';

/** Tells of every row that the relay or the sweeper parks: nobody but a person can free it, and its key waits. */
export function alarmOnParked(scope: Construct, { fn, alarm }: { readonly fn: HandlerFunction; readonly alarm: AlarmProps }): Alarm {
  return createAlarm(scope, 'Parked', {
    metric: runtimeMetric(fn, { metricName: OUTBOX_METRICS.parked, statistic: Stats.SUM }),
    threshold: 1,
    description: `${fn.logicalName} parked a message that can never be published as it is, and holds its key. The row in the outbox table says why.`,
    ...alarm,
  });
}
