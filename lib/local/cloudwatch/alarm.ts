import type { Json } from '../aws.ts';
import { reasonFor, unknownReason } from './alarm-reason.ts';
import { type MetricStore, metricOf } from './metric-store.ts';

/** The states of an alarm. */
export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** An alarm as PutMetricAlarm made it, and its state. */
export interface Alarm {
  readonly name: string;
  readonly arn: string;
  readonly input: Json;
  /** Milliseconds since the epoch. */
  readonly updated: number;
  state: AlarmState;
  reason: string;
  stateUpdated: number;
  actionsEnabled: boolean;
}

/** An alarm that has come from one state to another. */
export interface AlarmChange {
  readonly alarm: Alarm;
  readonly before: AlarmState;
}

/** What an evaluation makes of an alarm. */
interface Verdict {
  readonly state: AlarmState;
  readonly reason: string;
}

const COMPARE: Readonly<Record<string, (value: number, threshold: number) => boolean>> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/** Whether an operator compares with one threshold, as every alarm here must. */
export const isComparison = (operator: unknown): boolean => typeof operator === 'string' && operator in COMPARE;

/**
 * The state that the last complete periods give an alarm on one metric: M of N breaching, with missing periods treated as the alarm says
 * (CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data"). Undefined for an alarm on metric math, which keeps its state.
 */
export function evaluate({ input, state }: Alarm, store: MetricStore, now: number): Verdict | undefined {
  if (input['MetricName'] === undefined) return undefined;
  const period = Number(input['Period'] ?? 60) * 1000;
  const periods = Number(input['EvaluationPeriods'] ?? 1);
  const needed = Number(input['DatapointsToAlarm'] ?? periods);
  const end = Math.floor(now / period) * period;
  const statistic = String(input['Statistic'] ?? input['ExtendedStatistic'] ?? 'Average');
  const points = store.statistic(metricOf(input), { start: end - periods * period, end, period }, statistic);
  const missing = periods - points.length;
  const treatment = input['TreatMissingData'] ?? 'missing';
  if (points.length === 0 && treatment === 'missing') {
    return { state: 'INSUFFICIENT_DATA', reason: unknownReason(periods) };
  }
  if (points.length === 0 && treatment === 'ignore') return undefined;
  const isBreaching = COMPARE[String(input['ComparisonOperator'])] ?? (() => false);
  const breaching = points.filter(({ value }) => isBreaching(value, Number(input['Threshold'])));
  const isAlarming = breaching.length + (treatment === 'breaching' ? missing : 0) >= needed;
  const to = isAlarming ? 'ALARM' : 'OK';
  return { state: to, reason: reasonFor(input, { points, breaching, needed, from: state, to }) };
}

/** An alarm as DescribeAlarms shows it. */
export function describeAlarm(alarm: Alarm): Json {
  const { Tags: _, ...input } = alarm.input;
  return {
    ...input,
    AlarmArn: alarm.arn,
    ActionsEnabled: alarm.actionsEnabled,
    AlarmConfigurationUpdatedTimestamp: alarm.updated / 1000,
    StateValue: alarm.state,
    StateReason: alarm.reason,
    StateUpdatedTimestamp: alarm.stateUpdated / 1000,
    OKActions: input['OKActions'] ?? [],
    AlarmActions: input['AlarmActions'] ?? [],
    InsufficientDataActions: input['InsufficientDataActions'] ?? [],
    Dimensions: input['Dimensions'] ?? [],
  };
}
