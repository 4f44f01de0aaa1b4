import type { Clock } from '../core/clock.ts';
import type { Aws, Place } from './aws.ts';
import type { AlarmChange, AlarmState } from './cloudwatch/alarm.ts';
import { type FailedAlarmAction, takeActions } from './cloudwatch/alarm-publisher.ts';
import { type CloudWatch, createCloudWatch } from './cloudwatch/cloudwatch.ts';
import { everyMinute } from './every-minute.ts';
import type { InvocationEvent } from './lambda/executor.ts';
import { createServiceMetrics, type ServiceMetrics, type ServiceMetricsDeps } from './service-metrics/service-metrics.ts';

/** An alarm that changed its state. */
export interface AlarmEvent {
  readonly name: string;
  readonly description: string | undefined;
  readonly before: AlarmState;
  readonly state: AlarmState;
  readonly reason: string;
  /** Those who were to be told and were not. */
  readonly failedActions: readonly FailedAlarmAction[];
}

/** What monitoring stands on. */
export interface MonitoringDeps {
  readonly clock: Clock;
  readonly place: Place;
  readonly aws: () => Aws;
  readonly onAlarm: (event: AlarmEvent) => void;
}

/** CloudWatch with what feeds it and what it sets off. */
export interface Monitoring {
  readonly cloudwatch: CloudWatch;
  invoked(event: InvocationEvent): void;
  /** From now on services are asked for their metrics, and alarms are evaluated at the beginning of each minute. */
  watch(services: Omit<ServiceMetricsDeps, 'clock' | 'sink'>): void;
  close(): void;
}

/** Puts CloudWatch between the services that it watches and the topics that its alarms tell. */
export function createMonitoring({ clock, place, aws, onAlarm }: MonitoringDeps): Monitoring {
  let metrics: ServiceMetrics | undefined;
  let stop = () => {};

  function onChange(change: AlarmChange): void {
    const { name, state, reason, input } = change.alarm;
    const description = input['AlarmDescription'] === undefined ? undefined : String(input['AlarmDescription']);
    onAlarm({ name, description, before: change.before, state, reason, failedActions: takeActions(aws(), change) });
  }

  const cloudwatch = createCloudWatch({ clock, place, collect: () => metrics?.collect(), onChange });
  return {
    cloudwatch,
    invoked: (event) => metrics?.invoked(event),
    watch(services) {
      metrics = createServiceMetrics({ clock, sink: cloudwatch.record, ...services });
      stop = everyMinute(clock, () => void cloudwatch.evaluateAlarms());
    },
    close: () => stop(),
  };
}
