import type { Json, Place } from '../aws.ts';
import type { Alarm, AlarmChange, AlarmState } from './alarm.ts';

/** What an alarm tells a topic. */
export interface AlarmNotification {
  readonly subject: string;
  readonly message: string;
}

const ACTIONS: Readonly<Record<AlarmState, string>> = {
  OK: 'OKActions',
  ALARM: 'AlarmActions',
  INSUFFICIENT_DATA: 'InsufficientDataActions',
};

/** The actions of an alarm for its present state; none while they are disabled. */
export const actionsOf = ({ input, state, actionsEnabled }: Alarm): readonly string[] =>
  actionsEnabled ? ((input[ACTIONS[state]] ?? []) as string[]) : [];

/** Notifications name the region as the console does; of others the code has to do. */
const REGION_NAMES: Readonly<Record<string, string>> = { 'us-east-1': 'US East (N. Virginia)' };

/** The notification of a change of state as CloudWatch publishes it (CloudWatch user guide, "Notifying users on alarm changes"). */
export function notificationOf({ alarm, before }: AlarmChange, place: Place): AlarmNotification {
  const { input, name } = alarm;
  const region = REGION_NAMES[place.region] ?? place.region;
  const message = {
    AlarmName: name,
    AlarmDescription: input['AlarmDescription'] ?? null,
    AWSAccountId: place.accountId,
    AlarmConfigurationUpdatedTimestamp: timeText(alarm.updated),
    NewStateValue: alarm.state,
    NewStateReason: alarm.reason,
    StateChangeTime: timeText(alarm.stateUpdated),
    Region: region,
    AlarmArn: alarm.arn,
    OldStateValue: before,
    OKActions: input['OKActions'] ?? [],
    AlarmActions: input['AlarmActions'] ?? [],
    InsufficientDataActions: input['InsufficientDataActions'] ?? [],
    Trigger: triggerOf(input),
  };
  return { subject: `${alarm.state}: "${name}" in ${region}`.slice(0, 100), message: JSON.stringify(message) };
}

function triggerOf(input: Json): Json {
  const extended = input['ExtendedStatistic'];
  return {
    MetricName: input['MetricName'],
    Namespace: input['Namespace'],
    ...(extended === undefined
      ? { StatisticType: 'Statistic', Statistic: statisticText(String(input['Statistic'] ?? 'Average')) }
      : { StatisticType: 'ExtendedStatistic', ExtendedStatistic: extended }),
    Unit: input['Unit'] ?? null,
    Dimensions: ((input['Dimensions'] ?? []) as Json[]).map(({ Name: name, Value: value }) => ({ value, name })),
    Period: Number(input['Period'] ?? 60),
    EvaluationPeriods: Number(input['EvaluationPeriods']),
    ...(input['DatapointsToAlarm'] !== undefined && { DatapointsToAlarm: Number(input['DatapointsToAlarm']) }),
    ComparisonOperator: input['ComparisonOperator'],
    Threshold: Number(input['Threshold']),
    TreatMissingData: input['TreatMissingData'] ?? 'missing',
    EvaluateLowSampleCountPercentile: input['EvaluateLowSampleCountPercentile'] ?? '',
  };
}

/** `SampleCount` → `SAMPLE_COUNT` */
const statisticText = (statistic: string): string => statistic.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();

/** `2026-11-23T14:45:00.000+0000` */
const timeText = (time: number): string => new Date(time).toISOString().replace('Z', '+0000');
