import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

/** Where a construct's alarms go. */
export interface AlarmProps {
  /**
   * The topic that is told when an alarm of this construct starts and ends.
   *
   * @default - the alarms exist and change state, but tell nobody
   */
  readonly alarmTopic?: ITopic;
}

/** One alarm: it fires when the metric is at or over the threshold. */
export interface AlarmSpec extends AlarmProps {
  readonly metric: IMetric;
  readonly threshold: number;
  /** What happened and what to do about it: the only text that a person woken by it sees. */
  readonly description: string;
  /**
   * Periods in a row that must be over the threshold.
   *
   * @default 1
   */
  readonly evaluationPeriods?: number;
  /**
   * What silence means.
   *
   * @default TreatMissingData.NOT_BREACHING - most of these metrics exist only while something is wrong
   */
  readonly treatMissingData?: TreatMissingData;
}

/** The period of every alarm: the finest that standard metrics have. */
export const ALARM_PERIOD = Duration.minutes(1);

/** Creates one alarm of a construct. */
export function createAlarm(scope: Construct, id: string, spec: AlarmSpec): Alarm {
  const alarm = new Alarm(scope, id, {
    metric: spec.metric,
    threshold: spec.threshold,
    alarmDescription: spec.description,
    evaluationPeriods: spec.evaluationPeriods ?? 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    treatMissingData: spec.treatMissingData ?? TreatMissingData.NOT_BREACHING,
  });
  if (spec.alarmTopic) {
    alarm.addAlarmAction(new SnsAction(spec.alarmTopic));
    alarm.addOkAction(new SnsAction(spec.alarmTopic));
  }
  return alarm;
}

/** One of the metrics that the runtime writes to the log, as CloudWatch files it. */
export interface RuntimeMetric {
  readonly namespace: string;
  readonly metricName: string;
  readonly statistic: string;
  /** Name of the function: Powertools files everything that it writes under the dimension `service`. */
  readonly service: string;
  /** Dimensions that the runtime adds to this metric. A metric is found only under exactly the dimensions it was written with. */
  readonly dimensions?: Readonly<Record<string, string>>;
}

/** A metric that the runtime emits. */
export function runtimeMetric({ service, dimensions, ...metric }: RuntimeMetric): Metric {
  return new Metric({ ...metric, period: ALARM_PERIOD, dimensionsMap: { service, ...dimensions } });
}
