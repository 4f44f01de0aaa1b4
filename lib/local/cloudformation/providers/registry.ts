import type { Provider } from '../provider.ts';
import { cloudwatchAlarm, cloudwatchCompositeAlarm, cloudwatchDashboard } from './cloudwatch.ts';
import { dynamoDbGlobalTable, dynamoDbTable } from './dynamodb.ts';
import { iamManagedPolicy, iamPolicy, iamRole } from './iam.ts';
import { eventsRule } from './inert.ts';
import { kmsAlias, kmsKey } from './kms.ts';
import { lambdaEventInvokeConfig, lambdaPermission, lambdaUrl } from './lambda-access.ts';
import { lambdaEventSourceMapping } from './lambda-event-source-mapping.ts';
import { lambdaFunction } from './lambda-function.ts';
import { lambdaAlias, lambdaVersion } from './lambda-version.ts';
import { logsLogGroup, logsMetricFilter } from './logs.ts';
import { s3Bucket, s3BucketPolicy } from './s3.ts';
import { s3AutoDeleteObjects } from './s3-auto-delete-objects.ts';
import { schedulerSchedule, schedulerScheduleGroup } from './scheduler.ts';
import { snsSubscription, snsTopic, snsTopicPolicy } from './sns.ts';
import { sqsQueue, sqsQueuePolicy } from './sqs.ts';
import { ssmParameter } from './ssm.ts';

const ALL: readonly Provider[] = [
  kmsKey,
  kmsAlias,
  dynamoDbGlobalTable,
  dynamoDbTable,
  s3Bucket,
  s3BucketPolicy,
  s3AutoDeleteObjects,
  snsTopic,
  snsTopicPolicy,
  snsSubscription,
  sqsQueue,
  sqsQueuePolicy,
  logsLogGroup,
  logsMetricFilter,
  iamRole,
  iamPolicy,
  iamManagedPolicy,
  lambdaFunction,
  lambdaVersion,
  lambdaAlias,
  lambdaEventSourceMapping,
  lambdaPermission,
  lambdaUrl,
  lambdaEventInvokeConfig,
  cloudwatchAlarm,
  cloudwatchCompositeAlarm,
  cloudwatchDashboard,
  schedulerScheduleGroup,
  schedulerSchedule,
  ssmParameter,
  eventsRule,
];

/** Every resource type that is really made here. */
export const PROVIDERS: ReadonlyMap<string, Provider> = new Map(ALL.map((provider) => [provider.type, provider]));

/**
 * Types, or families of types, that change nothing a local run could show: they are accepted, get a name, and are reported once.
 */
const IGNORED = [
  'AWS::CDK::Metadata',
  'AWS::ApplicationAutoScaling::',
  'AWS::ApplicationSignals::',
  'AWS::Budgets::',
  'AWS::Chatbot::',
  'AWS::CloudFormation::WaitConditionHandle',
  'AWS::CodeDeploy::',
  'AWS::Logs::QueryDefinition',
  'AWS::ResourceGroups::',
  'AWS::SNS::DataProtectionPolicy',
  'AWS::XRay::',
];

/** Whether a type is accepted without being made. */
export function isIgnored(type: string): boolean {
  return IGNORED.some((name) => (name.endsWith('::') ? type.startsWith(name) : type === name));
}

/** Types that are kept but do nothing here; reported together with the ignored ones. */
export function isInert(type: string): boolean {
  return isIgnored(type) || type === eventsRule.type;
}
