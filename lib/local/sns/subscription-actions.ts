import { AwsError, type Json, type Place } from '../aws.ts';
import { textMap } from '../sqs/input.ts';
import { pageOf } from './page.ts';
import { invalidParameter } from './sns-errors.ts';
import { changedAttributes, filterOf } from './subscription-attributes.ts';
import { type Actions, isFifoArn, type Subscription, type Topic } from './topic.ts';
import { maximumMessageSize } from './topic-attributes.ts';
import type { Topics } from './topics.ts';

const ENDPOINTS: Readonly<Record<Subscription['protocol'], { readonly pattern: RegExp; readonly fault: string }>> = {
  sqs: { pattern: /^arn:[a-z-]+:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]{1,80}$/, fault: 'SQS endpoint ARN' },
  lambda: { pattern: /^arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?$/, fault: 'Lambda endpoint ARN' },
};
// Protocols of AWS that need a world outside this process.
const REMOTE_PROTOCOLS = ['http', 'https', 'email', 'email-json', 'sms', 'application', 'firehose'];
// "Large message payloads": a topic above 256 KiB has at most 100 subscriptions.
const LARGE_MESSAGE = 262_144;
const MAX_LARGE_SUBSCRIPTIONS = 100;

/** The life of subscriptions: create, describe, change and delete them. */
export function createSubscriptionActions(topics: Topics): Actions {
  const { place } = topics.options;
  const listed = (subscriptions: Iterable<Subscription>, token: unknown) =>
    pageOf(
      [...subscriptions].map((subscription) => summary(subscription, place)),
      'Subscriptions',
      token,
    );
  return {
    Subscribe: (input) => ({ SubscriptionArn: subscribe(topics, topics.byArn(input['TopicArn']), input).arn }),
    Unsubscribe(input) {
      unsubscribe(topics, String(input['SubscriptionArn']));
      return {};
    },
    GetSubscriptionAttributes: (input) => ({ Attributes: describe(topics.subscription(input['SubscriptionArn']), place) }),
    SetSubscriptionAttributes(input) {
      const subscription = topics.subscription(input['SubscriptionArn']);
      const change = [String(input['AttributeName'] ?? ''), String(input['AttributeValue'] ?? '')] as const;
      setAttributes(topics, subscription, change);
      return {};
    },
    ListSubscriptions: (input) => {
      const all = topics.all().flatMap((topic) => [...topic.subscriptions.values()]);
      return listed(all, input['NextToken']);
    },
    ListSubscriptionsByTopic: (input) => listed(topics.byArn(input['TopicArn']).subscriptions.values(), input['NextToken']),
    // Subscriptions to queues and functions of the same account are confirmed from the start.
    ConfirmSubscription() {
      throw invalidParameter('Token');
    },
  };
}

function subscribe(topics: Topics, topic: Topic, input: Json): Subscription {
  const protocol = readProtocol(input);
  const endpoint = String(input['Endpoint'] ?? '');
  checkEndpoint(topic, protocol, endpoint);
  const shape = { endpoint, fifoTopic: topic.fifo };
  const given = Object.entries(textMap(input, 'Attributes'));
  const attributes = changedAttributes(new Map(), given, { shape, where: 'Attributes Reason: ' });
  const existing = [...topic.subscriptions.values()].find((other) => other.protocol === protocol && other.endpoint === endpoint);
  if (existing !== undefined) {
    if (given.every(([name]) => existing.attributes.get(name) === attributes.get(name))) return existing;
    throw invalidParameter('Attributes Reason: Subscription already exists with different attributes');
  }
  if (maximumMessageSize(topic) > LARGE_MESSAGE && topic.subscriptions.size >= MAX_LARGE_SUBSCRIPTIONS) {
    throw new AwsError('SubscriptionLimitExceededException', 'A topic with messages above 256 KiB has at most 100 subscriptions', {
      status: 403,
    });
  }
  const subscription: Subscription = {
    arn: `${topic.arn}:${topics.options.ids.next()}`,
    topicArn: topic.arn,
    protocol,
    endpoint,
    attributes,
    counters: { delivered: 0, filteredOut: 0, failed: 0, redrivenToDlq: 0, dropped: 0, refusedByDlq: 0 },
    filter: filterOf(attributes),
    cancelFilterChange: () => {},
  };
  topic.subscriptions.set(subscription.arn, subscription);
  return subscription;
}

function readProtocol(input: Json): Subscription['protocol'] {
  const protocol = input['Protocol'];
  if (protocol === 'sqs' || protocol === 'lambda') return protocol;
  if (REMOTE_PROTOCOLS.includes(String(protocol))) {
    throw invalidParameter(`Protocol Reason: the embedded SNS delivers to sqs and lambda only, not to ${protocol}`);
  }
  throw invalidParameter(`Amazon SNS does not support this protocol string: ${protocol}`);
}

function checkEndpoint(topic: Topic, protocol: Subscription['protocol'], endpoint: string): void {
  const { pattern, fault } = ENDPOINTS[protocol];
  if (!pattern.test(endpoint)) throw invalidParameter(fault);
  if (protocol === 'sqs' && isFifoArn(endpoint) && !topic.fifo) {
    throw invalidParameter('Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics');
  }
  // "Amazon SNS message delivery, FIFO topics": only queues can be subscribed.
  if (protocol === 'lambda' && topic.fifo)
    throw invalidParameter('Invalid parameter: Endpoint Reason: FIFO topics deliver to SQS queues only');
}

function unsubscribe(topics: Topics, arn: string): void {
  const subscription = topics.findSubscription(arn);
  const topic = subscription && topics.find(subscription.topicArn);
  if (subscription === undefined || topic === undefined) return;
  subscription.cancelFilterChange();
  topic.subscriptions.delete(arn);
  topic.deletedSubscriptions += 1;
}

function setAttributes(topics: Topics, subscription: Subscription, change: readonly [string, string]): void {
  const { clock, filterPolicyDelayMs = 0 } = topics.options;
  const fifoTopic = topics.find(subscription.topicArn)?.fifo ?? false;
  const shape = { endpoint: subscription.endpoint, fifoTopic };
  const attributes = changedAttributes(subscription.attributes, [change], { shape, where: '' });
  subscription.attributes.clear();
  for (const [name, value] of attributes) subscription.attributes.set(name, value);
  if (!change[0].startsWith('FilterPolicy')) return;
  const filter = filterOf(attributes);
  subscription.cancelFilterChange();
  if (filterPolicyDelayMs === 0) subscription.filter = filter;
  else {
    subscription.cancelFilterChange = clock.after(filterPolicyDelayMs, () => {
      subscription.filter = filter;
    });
  }
}

function summary(subscription: Subscription, place: Place): Json {
  return {
    SubscriptionArn: subscription.arn,
    Owner: place.accountId,
    Protocol: subscription.protocol,
    Endpoint: subscription.endpoint,
    TopicArn: subscription.topicArn,
  };
}

/** The scope of a filter is shown only when there is a filter. */
function describe(subscription: Subscription, place: Place): Json {
  const { attributes } = subscription;
  const shown = Object.fromEntries([...attributes].filter(([name]) => name !== 'FilterPolicyScope'));
  return {
    ...summary(subscription, place),
    ConfirmationWasAuthenticated: 'true',
    PendingConfirmation: 'false',
    RawMessageDelivery: 'false',
    SubscriptionPrincipal: `arn:aws:iam::${place.accountId}:root`,
    ...shown,
    ...(attributes.has('FilterPolicy') && { FilterPolicyScope: attributes.get('FilterPolicyScope') ?? 'MessageAttributes' }),
  };
}
