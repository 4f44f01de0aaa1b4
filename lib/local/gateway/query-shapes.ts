import type { ServiceName } from '../aws.ts';
import { type FlatShape, SQS_FLAT } from './query-sqs.ts';

/**
 * What the query protocol does not say by itself about a service's members: in a form everything is text, and an XML element does not tell
 * a structure from a map. Members not listed are text, lists or structures, which the form and the value show.
 */
export interface QueryShape {
  readonly service: ServiceName;
  /** The form's `Version`, which is unique to a service. */
  readonly version: string;
  readonly xmlNamespace: string;
  readonly numbers: ReadonlySet<string>;
  readonly booleans: ReadonlySet<string>;
  /** Lists that may be sent empty, as `Name=`. */
  readonly lists: ReadonlySet<string>;
  /** Written as ISO 8601, seconds since the epoch inside. */
  readonly times: ReadonlySet<string>;
  readonly maps: ReadonlySet<string>;
  readonly flat?: FlatShape;
}

interface Words {
  numbers?: string;
  booleans?: string;
  lists?: string;
  times?: string;
  maps?: string;
}

const words = (text = ''): ReadonlySet<string> => new Set(text.split(' '));

function shape(service: ServiceName, version: string, xmlNamespace: string, members: Words & { flat?: FlatShape }): QueryShape {
  return {
    service,
    version,
    xmlNamespace,
    numbers: words(members.numbers),
    booleans: words(members.booleans),
    lists: words(members.lists),
    times: words(members.times),
    maps: words(members.maps),
    ...(members.flat && { flat: members.flat }),
  };
}

const SHAPES: readonly QueryShape[] = [
  shape('sns', '2010-03-31', 'http://sns.amazonaws.com/doc/2010-03-31/', {
    numbers: 'MaxResults',
    booleans: 'ReturnSubscriptionArn',
    lists: 'AWSAccountId ActionName TagKeys Tags PublishBatchRequestEntries',
    maps: 'Attributes attributes MessageAttributes',
  }),
  shape('sqs', '2012-11-05', 'http://queue.amazonaws.com/doc/2012-11-05/', {
    numbers: 'DelaySeconds MaxNumberOfMessages MaxResults MaxNumberOfMessagesPerSecond VisibilityTimeout WaitTimeSeconds',
    maps: 'Attributes MessageAttributes MessageSystemAttributes Tags',
    flat: SQS_FLAT,
  }),
  shape('sts', '2011-06-15', 'https://sts.amazonaws.com/doc/2011-06-15/', {
    numbers: 'DurationSeconds',
    lists: 'PolicyArns Tags TransitiveTagKeys ProvidedContexts',
    times: 'Expiration',
  }),
  shape('iam', '2010-05-08', 'https://iam.amazonaws.com/doc/2010-05-08/', {
    numbers: 'MaxItems MaxSessionDuration',
    booleans: 'SetAsDefault OnlyAttached',
    lists: 'Tags TagKeys ActionNames ResourceArns ContextEntries PolicyInputList',
    times: 'CreateDate UpdateDate LastUsedDate',
  }),
  shape('cloudformation', '2010-05-15', 'http://cloudformation.amazonaws.com/doc/2010-05-15/', {
    numbers: 'MonitoringTimeInMinutes TimeoutInMinutes',
    booleans:
      'ForceRollback UsePreviousTemplate UsePreviousValue IncludeNestedStacks ImportExistingResources DisableRollback DisableValidation ' +
      'EnableTerminationProtection RetainExceptOnCreate IncludePropertyValues FailedEvents TreatUnrecognizedResourceTypesAsWarnings',
    lists:
      'ResourcesToSkip Capabilities ResourceTypes NotificationARNs RetainResources StackStatusFilter Parameters RollbackTriggers Tags ResourcesToImport',
    times:
      'CreationTime DriftDetectionTimestamp Timestamp StartTime EndTime LastUpdatedTimestamp LastCheckTimestamp DeletionTime LastUpdatedTime',
    maps: 'ResourceIdentifier',
  }),
  shape('cloudwatch', '2010-08-01', 'http://monitoring.amazonaws.com/doc/2010-08-01/', {
    // `MetricData.Value` is a number where a dimension's `Value` is text.
    numbers:
      'MaxRecords Period MaxDatapoints EvaluationPeriods DatapointsToAlarm Threshold SampleCount Sum Minimum Maximum StorageResolution ' +
      'MetricData.Value Values Counts',
    booleans: 'ReturnData ActionsEnabled',
    lists:
      'AlarmNames DashboardNames AlarmTypes Statistics ExtendedStatistics AlarmActions InsufficientDataActions OKActions TagKeys Dimensions ' +
      'MetricDataQueries Tags Metrics MetricData Values Counts',
    times:
      'StartDate EndDate StartTime EndTime Timestamp Timestamps AlarmConfigurationUpdatedTimestamp StateUpdatedTimestamp StateTransitionedTimestamp LastModified',
    maps: 'AlarmContributorAttributes',
  }),
];

const BY_VERSION = new Map(SHAPES.map((one) => [one.version, one]));
const BY_SERVICE = new Map(SHAPES.map((one) => [one.service, one]));

/** The shape of the service that a form's `Version` names. */
export const shapeOfVersion = (version: string | null): QueryShape | undefined => BY_VERSION.get(version ?? '');

/** The shape of a service by its name; undefined for a service that never spoke the query protocol. */
export const shapeOfService = (service: ServiceName | undefined): QueryShape | undefined => service && BY_SERVICE.get(service);
