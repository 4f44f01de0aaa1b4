import { AwsError, type Engine } from '../aws.ts';
import { createDeliveries, type Deliveries } from './delivery.ts';
import { createPublishActions } from './publish-actions.ts';
import { notFound } from './sns-errors.ts';
import { createSubscriptionActions } from './subscription-actions.ts';
import type { SnsOptions, SubscriptionCounters, Topic } from './topic.ts';
import { createTopicActions } from './topic-actions.ts';
import { topicPolicy } from './topic-attributes.ts';
import { createTopics } from './topics.ts';

/** What became of the messages of one subscription. `delivered + filteredOut + failed + pending` are all that were published since. */
export interface SubscriptionStats extends Readonly<SubscriptionCounters> {
  readonly endpoint: string;
  /** Waiting for a retry, for a function, or behind a message that does. */
  readonly pending: number;
}

/** What went through a topic since it was made. */
export interface TopicStats {
  readonly published: number;
  /** Accepted but not published again: repeats within five minutes, on a FIFO topic. */
  readonly deduplicated: number;
  /** By subscription ARN. */
  readonly subscriptions: Readonly<Record<string, SubscriptionStats>>;
}

/** The embedded SNS. */
export interface Sns extends Engine {
  stats(topicArn: string): TopicStats;
  /** ARNs of all topics. */
  all(): readonly string[];
  /** Whether the topic exists. */
  has(topicArn: string): boolean;
  /** The topic's resource policy as JSON text, for whoever decides about access; undefined when there is no such topic. */
  resourcePolicy(topicArn: string): string | undefined;
}

/**
 * Makes an embedded SNS without topics: topics, subscriptions of queues and functions, filters, and deliveries with the service's
 * retries and dead-letter queues.
 *
 * @example
 * const sns = createSns({ clock, ids, place: LOCAL_PLACE, aws: () => aws, invoker: () => lambda });
 * sns.call({ service: 'sns', action: 'CreateTopic', input: { Name: 'orders' }, caller: DEVELOPER });
 */
export function createSns(options: SnsOptions): Sns {
  const topics = createTopics(options);
  const deliveries = createDeliveries(options);
  const actions = {
    ...createTopicActions(topics),
    ...createSubscriptionActions(topics),
    ...createPublishActions(topics, deliveries),
  };
  return {
    service: 'sns',
    call(request) {
      const action = Object.hasOwn(actions, request.action) ? actions[request.action] : undefined;
      if (action === undefined) throw new AwsError('InvalidAction', `The embedded SNS has no action ${request.action}.`);
      return action(request.input, request);
    },
    stats(topicArn) {
      const topic = topics.find(topicArn);
      if (topic === undefined) throw notFound('Topic');
      return statsOf(topic, deliveries);
    },
    all: () => topics.all().map(({ arn }) => arn),
    has: (topicArn) => topics.find(topicArn) !== undefined,
    resourcePolicy(topicArn) {
      const topic = topics.find(topicArn);
      return topic && topicPolicy(topic, options.place);
    },
  };
}

function statsOf(topic: Topic, deliveries: Deliveries): TopicStats {
  const subscriptions: Record<string, SubscriptionStats> = {};
  for (const subscription of topic.subscriptions.values()) {
    subscriptions[subscription.arn] = {
      ...subscription.counters,
      endpoint: subscription.endpoint,
      pending: deliveries.pending(subscription),
    };
  }
  return { published: topic.published, deduplicated: topic.deduplicated, subscriptions };
}
