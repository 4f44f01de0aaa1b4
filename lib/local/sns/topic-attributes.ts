import type { Place } from '../aws.ts';
import { invalidParameter } from './sns-errors.ts';
import type { Topic } from './topic.ts';

// SetTopicAttributes reference. FifoTopic belongs to creation alone.
const SETTABLE = ['DeliveryPolicy', 'DisplayName', 'KmsMasterKeyId', 'MaximumMessageSize', 'Policy', 'SignatureVersion', 'TracingConfig'];
const FIFO_SETTABLE = ['ArchivePolicy', 'ContentBasedDeduplication', 'FifoThroughputScope'];
const FEEDBACK = /^(Application|Firehose|HTTP|Lambda|SQS)(SuccessFeedbackRoleArn|SuccessFeedbackSampleRate|FailureFeedbackRoleArn)$/;
const DEFAULT_MAXIMUM_SIZE = 262_144;

/** Throws unless the attribute exists for the kind of topic and takes the value. */
export function checkTopicAttribute(name: string, value: string, fifo: boolean): void {
  const known = SETTABLE.includes(name) || FEEDBACK.test(name) || (fifo && FIFO_SETTABLE.includes(name));
  if (!known) throw invalidParameter('AttributeName');
  const allowed = ALLOWED[name];
  if (allowed !== undefined && !allowed(value)) throw invalidParameter(`${name} Reason: Invalid value [${value}].`);
}

const oneOf =
  (...values: readonly string[]) =>
  (value: string) =>
    values.includes(value);

const ALLOWED: Readonly<Record<string, (value: string) => boolean>> = {
  ContentBasedDeduplication: oneOf('true', 'false'),
  FifoThroughputScope: oneOf('Topic', 'MessageGroup'),
  MaximumMessageSize: (value) => /^\d+$/.test(value) && Number(value) >= 1_024 && Number(value) <= 1_048_576,
  Policy: isJsonObject,
  SignatureVersion: oneOf('1', '2'),
  TracingConfig: oneOf('PassThrough', 'Active'),
};

function isJsonObject(text: string): boolean {
  if (text === '') return true;
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

/** How many bytes a message of the topic, or a whole batch, may have (CreateTopic reference, MaximumMessageSize). */
export function maximumMessageSize(topic: Topic): number {
  return Number(topic.attributes.get('MaximumMessageSize') ?? DEFAULT_MAXIMUM_SIZE);
}

/** The topic's own access policy or, as AWS gives every topic, one that lets its account do everything. */
export function topicPolicy(topic: Topic, place: Place): string {
  return topic.attributes.get('Policy') || JSON.stringify(defaultPolicy(topic.arn, place.accountId));
}

/** What GetTopicAttributes shows. `MaximumMessageSize` is there only when it was set. */
export function readTopicAttributes(topic: Topic, place: Place): Record<string, string> {
  return {
    DisplayName: '',
    ...(topic.fifo && { ContentBasedDeduplication: 'false', FifoThroughputScope: 'Topic' }),
    ...Object.fromEntries(topic.attributes),
    TopicArn: topic.arn,
    Owner: place.accountId,
    Policy: topicPolicy(topic, place),
    EffectiveDeliveryPolicy: EFFECTIVE_DELIVERY_POLICY,
    SubscriptionsConfirmed: String(topic.subscriptions.size),
    SubscriptionsPending: '0',
    SubscriptionsDeleted: String(topic.deletedSubscriptions),
  };
}

const EFFECTIVE_DELIVERY_POLICY = JSON.stringify({
  http: {
    defaultHealthyRetryPolicy: {
      minDelayTarget: 20,
      maxDelayTarget: 20,
      numRetries: 3,
      numMaxDelayRetries: 0,
      numNoDelayRetries: 0,
      numMinDelayRetries: 0,
      backoffFunction: 'linear',
    },
    disableSubscriptionOverrides: false,
    defaultRequestPolicy: { headerContentType: 'text/plain; charset=UTF-8' },
  },
});

function defaultPolicy(arn: string, accountId: string) {
  const actions = [
    'GetTopicAttributes',
    'SetTopicAttributes',
    'AddPermission',
    'RemovePermission',
    'DeleteTopic',
    'Subscribe',
    'ListSubscriptionsByTopic',
    'Publish',
  ];
  return {
    Version: '2008-10-17',
    Id: '__default_policy_ID',
    Statement: [
      {
        Sid: '__default_statement_ID',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: actions.map((action) => `SNS:${action}`),
        Resource: arn,
        Condition: { StringEquals: { 'AWS:SourceOwner': accountId } },
      },
    ],
  };
}
