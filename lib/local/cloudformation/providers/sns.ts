import type { Json } from '../../aws.ts';
import type { Provider, ProviderContext } from '../provider.ts';
import { array, attributeMap, attributeText, removeIfThere, tagList, text } from './properties.ts';

const TOPIC_ATTRIBUTES = [
  'DisplayName',
  'KmsMasterKeyId',
  'ContentBasedDeduplication',
  'FifoThroughputScope',
  'ArchivePolicy',
  'DeliveryPolicy',
  'SignatureVersion',
  'TracingConfig',
  'MaximumMessageSize',
];

/** AWS::SNS::Topic. */
export const snsTopic: Provider = {
  type: 'AWS::SNS::Topic',
  nameProperty: 'TopicName',
  replaceOn: ['TopicName', 'FifoTopic'],
  create(properties, context) {
    const fifo = properties['FifoTopic'] === true || properties['FifoTopic'] === 'true';
    const Name = text(properties, 'TopicName') ?? (fifo ? `${context.name({ maxLength: 251 })}.fifo` : context.name({ maxLength: 256 }));
    const Attributes = attributeMap(properties, [...TOPIC_ATTRIBUTES, ...(fifo ? ['FifoTopic'] : [])]);
    const topicArn = String(context.call('sns', 'CreateTopic', { Name, Attributes, Tags: tagList(properties, context) })['TopicArn']);
    for (const subscription of array(properties, 'Subscription')) subscribe({ ...subscription, TopicArn: topicArn }, context);
    return { physicalId: topicArn, attributes: { TopicArn: topicArn, TopicName: Name } };
  },
  update({ physicalId, attributes, after, changed }, context) {
    for (const AttributeName of TOPIC_ATTRIBUTES.filter((name) => changed.has(name))) {
      const AttributeValue = after[AttributeName] === undefined ? '' : attributeText(after[AttributeName]);
      context.call('sns', 'SetTopicAttributes', { TopicArn: physicalId, AttributeName, AttributeValue });
    }
    if (changed.has('Tags')) context.call('sns', 'TagResource', { ResourceArn: physicalId, Tags: tagList(after, context) });
    return { physicalId, attributes };
  },
  remove({ physicalId }, context) {
    removeIfThere(() => context.call('sns', 'DeleteTopic', { TopicArn: physicalId }));
  },
};

/** AWS::SNS::TopicPolicy: one policy document set on each of its topics; removal restores the default policy. */
export const snsTopicPolicy: Provider = {
  type: 'AWS::SNS::TopicPolicy',
  replaceOn: [],
  create(properties, context) {
    setPolicy(array(properties, 'Topics'), () => JSON.stringify(properties['PolicyDocument']), context);
    return { physicalId: context.name(), attributes: { Id: context.logicalId } };
  },
  update({ physicalId, attributes, before, after }, context) {
    const kept = new Set(array<string>(after, 'Topics'));
    const left = array<string>(before, 'Topics').filter((topic) => !kept.has(topic));
    removeIfThere(() => setPolicy(left, (arn) => defaultPolicy(arn, context), context));
    setPolicy(array(after, 'Topics'), () => JSON.stringify(after['PolicyDocument']), context);
    return { physicalId, attributes };
  },
  remove({ properties }, context) {
    removeIfThere(() => setPolicy(array(properties, 'Topics'), (arn) => defaultPolicy(arn, context), context));
  },
};

const SUBSCRIPTION_ATTRIBUTES = [
  'RawMessageDelivery',
  'FilterPolicy',
  'FilterPolicyScope',
  'RedrivePolicy',
  'DeliveryPolicy',
  'SubscriptionRoleArn',
  'ReplayPolicy',
];

/** What an attribute goes back to when it leaves the template. */
const SUBSCRIPTION_DEFAULTS: Readonly<Record<string, string>> = {
  RawMessageDelivery: 'false',
  FilterPolicy: '{}',
  FilterPolicyScope: 'MessageAttributes',
};

/** AWS::SNS::Subscription. */
export const snsSubscription: Provider = {
  type: 'AWS::SNS::Subscription',
  replaceOn: ['TopicArn', 'Protocol', 'Endpoint', 'Region'],
  create(properties, context) {
    const arn = subscribe(properties, context);
    return { physicalId: arn, attributes: { Arn: arn } };
  },
  update({ physicalId, attributes, after, changed }, context) {
    for (const AttributeName of SUBSCRIPTION_ATTRIBUTES.filter((name) => changed.has(name))) {
      const value = after[AttributeName];
      const AttributeValue = value === undefined ? (SUBSCRIPTION_DEFAULTS[AttributeName] ?? '') : attributeText(value);
      context.call('sns', 'SetSubscriptionAttributes', { SubscriptionArn: physicalId, AttributeName, AttributeValue });
    }
    return { physicalId, attributes };
  },
  remove({ physicalId }, context) {
    removeIfThere(() => context.call('sns', 'Unsubscribe', { SubscriptionArn: physicalId }));
  },
};

function subscribe(properties: Json, context: ProviderContext): string {
  const answer = context.call('sns', 'Subscribe', {
    TopicArn: properties['TopicArn'],
    Protocol: properties['Protocol'],
    Endpoint: properties['Endpoint'],
    Attributes: attributeMap(properties, SUBSCRIPTION_ATTRIBUTES),
    ReturnSubscriptionArn: true,
  });
  return String(answer['SubscriptionArn']);
}

function setPolicy(topics: readonly string[], policy: (topicArn: string) => string, context: ProviderContext): void {
  for (const TopicArn of topics) {
    context.call('sns', 'SetTopicAttributes', { TopicArn, AttributeName: 'Policy', AttributeValue: policy(TopicArn) });
  }
}

/** The policy that SNS gives a new topic (SNS Developer Guide: Default policy). */
function defaultPolicy(topicArn: string, { place }: ProviderContext): string {
  const actions =
    'GetTopicAttributes SetTopicAttributes AddPermission RemovePermission DeleteTopic Subscribe ListSubscriptionsByTopic Publish';
  return JSON.stringify({
    Version: '2008-10-17',
    Id: '__default_policy_ID',
    Statement: [
      {
        Sid: '__default_statement_ID',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: actions.split(' ').map((name) => `SNS:${name}`),
        Resource: topicArn,
        Condition: { StringEquals: { 'AWS:SourceOwner': place.accountId } },
      },
    ],
  });
}
