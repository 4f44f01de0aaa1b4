import { AwsError, type Engine } from '../aws.ts';
import type { Alarm } from './alarm.ts';
import { ALARM_ACTIONS, refresh } from './alarm-actions.ts';
import { type Action, addTags, type CloudWatchDeps, texts, type World } from './cloudwatch-world.ts';
import { DASHBOARD_ACTIONS } from './dashboard-actions.ts';
import { embeddedMetrics } from './embedded-metrics.ts';
import { METRIC_ACTIONS } from './metric-actions.ts';
import { createMetricStore, type MetricName, type Observation } from './metric-store.ts';

/** The CloudWatch engine. */
export interface CloudWatch extends Engine {
  /** Records what an engine observes of itself, e.g. the depth of a queue. */
  record(metric: MetricName, observation: Observation): void;
  /** Takes the metrics out of a log line of the embedded metric format; other lines are ignored. */
  observeLine(message: string): void;
  /** Evaluates every alarm now and answers those whose state changed. */
  evaluateAlarms(): readonly Alarm[];
}

const TAG_ACTIONS: Readonly<Record<string, Action>> = {
  TagResource: (world, input) => addTags(world, String(input['ResourceARN']), input['Tags']),
  UntagResource(world, input) {
    for (const key of texts(input['TagKeys'])) world.tags.get(String(input['ResourceARN']))?.delete(key);
    return {};
  },
  ListTagsForResource(world, input) {
    const tags = world.tags.get(String(input['ResourceARN'])) ?? [];
    return { Tags: [...tags].map(([Key, Value]) => ({ Key, Value })) };
  },
};

const ACTIONS = { ...METRIC_ACTIONS, ...ALARM_ACTIONS, ...DASHBOARD_ACTIONS, ...TAG_ACTIONS };

/**
 * CloudWatch: metrics by the minute, alarms on one metric that are evaluated when they are looked at or told to, dashboards as they were put. Metric
 * math is stored with an alarm, not computed.
 *
 * @example
 * const cloudwatch = createCloudWatch({ clock, place });
 * logs.onEvent(({ message }) => cloudwatch.observeLine(message));
 */
export function createCloudWatch(deps: CloudWatchDeps): CloudWatch {
  const world: World = { ...deps, store: createMetricStore(), alarms: new Map(), dashboards: new Map(), tags: new Map() };
  return {
    service: 'cloudwatch',
    call({ action, input }) {
      const perform = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
      if (perform === undefined) throw new AwsError('UnknownOperationException', `The embedded CloudWatch has no action ${action}.`);
      return perform(world, input);
    },
    record: world.store.record,
    observeLine(message) {
      for (const { metric, observation } of embeddedMetrics(message)) world.store.record(metric, observation);
    },
    evaluateAlarms: () => refresh(world),
  };
}
