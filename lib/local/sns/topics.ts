import { createDeduplicationWindow } from '../sqs/deduplication.ts';
import { invalidParameter, notFound } from './sns-errors.ts';
import type { SnsOptions, Subscription, Topic } from './topic.ts';

/** Every topic and subscription of the account and region. */
export interface Topics {
  readonly options: SnsOptions;
  create(name: string, attributes: ReadonlyMap<string, string>): Topic;
  find(arn: string): Topic | undefined;
  findByName(name: string): Topic | undefined;
  /** The topic of an ARN given as `parameter`; throws when it is malformed or unknown. */
  byArn(arn: unknown, parameter?: string): Topic;
  subscription(arn: unknown): Subscription;
  findSubscription(arn: string): Subscription | undefined;
  all(): Topic[];
  remove(topic: Topic): void;
  /** 20 digits above all before. */
  nextSequenceNumber(): string;
}

/** Makes an account without topics. */
export function createTopics(options: SnsOptions): Topics {
  const { place } = options;
  const topics = new Map<string, Topic>();
  let sequence = 0;

  const arnOf = (name: string) => `arn:aws:sns:${place.region}:${place.accountId}:${name}`;

  function findSubscription(arn: string): Subscription | undefined {
    return topics.get(arn.slice(0, arn.lastIndexOf(':')))?.subscriptions.get(arn);
  }

  return {
    options,
    create(name, attributes) {
      const topic: Topic = {
        name,
        arn: arnOf(name),
        fifo: attributes.get('FifoTopic') === 'true',
        attributes: new Map(attributes),
        tags: new Map(),
        subscriptions: new Map(),
        accepted: createDeduplicationWindow(),
        published: 0,
        deduplicated: 0,
        deletedSubscriptions: 0,
      };
      topics.set(topic.arn, topic);
      return topic;
    },
    find: (arn) => topics.get(arn),
    findByName: (name) => topics.get(arnOf(name)),
    byArn(arn, parameter = 'TopicArn') {
      checkArn(arn, parameter);
      const topic = topics.get(arn);
      if (topic === undefined) throw notFound('Topic');
      return topic;
    },
    subscription(arn) {
      checkArn(arn, 'SubscriptionArn');
      const subscription = findSubscription(arn);
      if (subscription === undefined) throw notFound('Subscription');
      return subscription;
    },
    findSubscription,
    all: () => [...topics.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    remove(topic) {
      for (const subscription of topic.subscriptions.values()) subscription.cancelFilterChange();
      topics.delete(topic.arn);
    },
    nextSequenceNumber() {
      sequence += 1_000;
      return `1${String(sequence).padStart(19, '0')}`;
    },
  };
}

function checkArn(arn: unknown, parameter: string): asserts arn is string {
  const elements = typeof arn === 'string' ? arn.split(':').length : 0;
  if (elements < 6) throw invalidParameter(`${parameter} Reason: An ARN must have at least 6 elements, not ${Math.max(1, elements)}`);
}
