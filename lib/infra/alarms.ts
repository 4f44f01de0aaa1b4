import { Annotations, Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { METRICS_NAMESPACE, STACK_DIMENSION } from '../core/metrics.contract.ts';
import type { HandlerFunction } from './handler-function.construct.ts';
import { stackName } from './names.ts';

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
    admitAlarms(scope, spec.alarmTopic);
    alarm.addAlarmAction(new SnsAction(spec.alarmTopic));
    alarm.addOkAction(new SnsAction(spec.alarmTopic));
  }
  return alarm;
}

const admitted = new WeakMap<ITopic, Set<string>>();

/**
 * Lets the alarms of the scope's account and region publish to a topic: any policy of its own, such as one that asks for TLS, takes the
 * place of the one that let them, and a key of its own admits nobody by itself (CloudWatch user guide, notifying users on alarm changes).
 */
function admitAlarms(scope: Construct, topic: ITopic): void {
  const { account, region, partition } = Stack.of(scope);
  const known = admitted.get(topic) ?? new Set<string>();
  admitted.set(topic, known);
  if (known.has(`${account}/${region}`)) return;
  known.add(`${account}/${region}`);
  const principals = [new ServicePrincipal('cloudwatch.amazonaws.com')];
  const conditions = {
    StringEquals: { 'aws:SourceAccount': account },
    ArnLike: { 'aws:SourceArn': `arn:${partition}:cloudwatch:${region}:${account}:alarm:*` },
  };
  const publish = new PolicyStatement({ principals, conditions, actions: ['sns:Publish'], resources: [topic.topicArn] });
  const added = topic.addToResourcePolicy(publish);
  // Without conditions, as documented: who may publish is the topic's to say (SNS developer guide, encrypted topics and AWS event sources).
  const useKey = new PolicyStatement({ principals, actions: ['kms:Decrypt', 'kms:GenerateDataKey*'], resources: ['*'] });
  const key = topic.masterKey?.addToResourcePolicy(useKey, true);
  if (added.statementAdded && key?.statementAdded !== false) return;
  Annotations.of(scope).addWarningV2(
    'posthaste:foreign-alarm-topic',
    `${scope.node.path}: the alarm topic ${topic.node.path} or its key was imported, so its policy could not be extended; it must allow sns:Publish (the key kms:Decrypt ` +
      'and kms:GenerateDataKey*) to cloudwatch.amazonaws.com on condition of aws:SourceAccount, or no alarm arrives',
  );
}

/** One of the metrics that the code of a function writes to its log, as CloudWatch files it. */
export interface RuntimeMetric {
  readonly metricName: string;
  readonly statistic: string;
  /** Dimensions that the runtime adds to this metric. A metric is found only under exactly the dimensions it was written with. */
  readonly dimensions?: Readonly<Record<string, string>>;
}

/**
 * A metric that the code of a function emits. Everything is under the function's name and its stack's: a name alone is that of one function
 * of each stack, and a stack that is well would speak for another that is silent.
 */
export function runtimeMetric(fn: HandlerFunction, { dimensions, ...metric }: RuntimeMetric): Metric {
  const dimensionsMap = { service: fn.logicalName, [STACK_DIMENSION]: stackName(fn), ...dimensions };
  return new Metric({ ...metric, namespace: METRICS_NAMESPACE, period: ALARM_PERIOD, dimensionsMap });
}
