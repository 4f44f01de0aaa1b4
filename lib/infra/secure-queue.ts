import { Annotations, Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { CfnTopic, ITopic } from 'aws-cdk-lib/aws-sns';
import {
  type DeadLetterQueue,
  DeduplicationScope,
  FifoThroughputLimit,
  type IQueue,
  Queue,
  QueueEncryption,
  type RedriveAllowPolicy,
  RedrivePermission,
} from 'aws-cdk-lib/aws-sqs';
import type { Construct, IDependable } from 'constructs';
import { ALARM_PERIOD } from './alarms.ts';
import { NAME_LIMITS, physicalName } from './names.ts';

/** The longest that SQS keeps a message (SQS message quotas). */
export const MAX_QUEUE_RETENTION = Duration.days(14);

/** What queues of this library differ in; TLS and encryption at rest are not among it. */
export interface SecureQueueProps {
  /**
   * The physical name, without `.fifo`.
   *
   * @default - CloudFormation makes one up: right for a queue that is kept when its construct goes and may come back, which would find its
   * own name taken
   */
  readonly name?: string;
  readonly fifo: boolean;
  readonly retention: Duration;
  readonly visibilityTimeout?: Duration | undefined;
  readonly encryptionKey?: IKey | undefined;
  readonly deadLetterQueue?: DeadLetterQueue | undefined;
  readonly redriveAllowPolicy?: RedriveAllowPolicy | undefined;
  /** @default RemovalPolicy.DESTROY */
  readonly removalPolicy?: RemovalPolicy | undefined;
}

/** A queue that is encrypted at rest, refuses plain HTTP, and on FIFO has high throughput and no content-based deduplication. */
export function createSecureQueue(scope: Construct, id: string, props: SecureQueueProps): Queue {
  const { name, fifo, retention, visibilityTimeout, encryptionKey, deadLetterQueue, redriveAllowPolicy, removalPolicy } = props;
  return new Queue(scope, id, {
    ...(name !== undefined && { queueName: queueName(name, fifo) }),
    retentionPeriod: retention,
    enforceSSL: true,
    // SNS can deliver through SQS-managed keys; through the AWS managed KMS key it cannot, since nobody can grant SNS its use (SNS
    // developer guide, server-side encryption).
    ...(encryptionKey
      ? { encryption: QueueEncryption.KMS, encryptionMasterKey: encryptionKey }
      : { encryption: QueueEncryption.SQS_MANAGED }),
    ...(fifo && {
      fifo,
      // Two different messages with equal bodies within five minutes are two messages.
      contentBasedDeduplication: false,
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    }),
    ...(visibilityTimeout && { visibilityTimeout }),
    ...(deadLetterQueue && { deadLetterQueue }),
    ...(redriveAllowPolicy && { redriveAllowPolicy }),
    ...(removalPolicy && { removalPolicy }),
  });
}

/** The physical name of a construct's queue, without `.fifo`. */
export function queueBaseName(scope: Construct, name: string, suffix = ''): string {
  return physicalName(scope, name, { max: NAME_LIMITS.queue - '.fifo'.length, suffix });
}

/**
 * Lets exactly one queue use a dead-letter queue. The source is named by an ARN put together from its name: the two queues would otherwise
 * each need the other to exist first.
 */
export function redriveOnlyFrom(scope: Construct, baseName: string, fifo: boolean): RedriveAllowPolicy {
  const queueArn = Stack.of(scope).formatArn({ service: 'sqs', resource: queueName(baseName, fifo) });
  const source = Queue.fromQueueArn(scope, 'RedriveSource', queueArn);
  return { redrivePermission: RedrivePermission.BY_QUEUE, sourceQueues: [source] };
}

function queueName(baseName: string, fifo: boolean): string {
  return fifo ? `${baseName}.fifo` : baseName;
}

/**
 * Lets one topic, and nobody else through SNS, deliver to a queue; with a customer managed key, lets it use the key for that topic alone.
 * Without this SNS meets a client-side error, which it never retries (SNS developer guide, message delivery retries).
 * Returns what the subscription must wait for.
 */
export function allowDelivery(queue: IQueue, topic: ITopic, encryptionKey?: IKey): readonly IDependable[] {
  const principals = [new ServicePrincipal('sns.amazonaws.com')];
  const conditions = { ArnEquals: { 'aws:SourceArn': topic.topicArn } };
  const added = queue.addToResourcePolicy(
    new PolicyStatement({ actions: ['sqs:SendMessage'], principals, resources: [queue.queueArn], conditions }),
  );
  const key = encryptionKey?.addToResourcePolicy(
    new PolicyStatement({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      principals,
      resources: ['*'],
      conditions: { ArnEquals: { 'aws:SourceArn': namedTopicArn(topic) }, StringEquals: { 'aws:SourceAccount': topic.env.account } },
    }),
    true,
  );
  if (key?.statementAdded === false) warnOfForeignKey(queue, topic);
  return added.policyDependable ? [added.policyDependable] : [];
}

/**
 * The ARN of a topic put together from its name, where it has one: the topic may itself be encrypted with the key whose policy says this,
 * and the two would each need the other to exist first; or the key is of a stack that the topic's depends on.
 */
function namedTopicArn(topic: ITopic): string {
  const name = (topic.node.defaultChild as CfnTopic | undefined)?.topicName;
  return name === undefined ? topic.topicArn : Stack.of(topic).formatArn({ service: 'sns', resource: name });
}

/** The policy of an imported key is its owner's: nothing here can add to it, or read what it says. */
function warnOfForeignKey(queue: IQueue, topic: ITopic): void {
  Annotations.of(queue).addWarningV2(
    'posthaste:foreign-key',
    `${queue.node.path}: the key of this queue was imported, so its policy could not be extended; it must allow kms:Decrypt and kms:GenerateDataKey to ` +
      `sns.amazonaws.com on condition of aws:SourceArn ${topic.node.path}, or SNS drops what it should deliver into the subscription's dead-letter queue`,
  );
}

/** Messages that wait in a dead-letter queue: native redrive does not count as a send, so arrivals show only here. */
export function waitingMessages(queue: IQueue): Metric {
  return queue.metricApproximateNumberOfMessagesVisible({ period: ALARM_PERIOD, statistic: 'Maximum' });
}

/** Seconds that the oldest waiting message has waited. */
export function oldestMessageAge(queue: IQueue): Metric {
  return queue.metricApproximateAgeOfOldestMessage({ period: ALARM_PERIOD, statistic: 'Maximum' });
}
