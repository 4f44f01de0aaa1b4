import { type RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type CfnSubscription, Subscription, SubscriptionFilter, SubscriptionProtocol } from 'aws-cdk-lib/aws-sns';
import { type Queue, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { type AlarmProps, createAlarm } from '../infra/alarms.ts';
import { finalProperties } from '../infra/final-properties.ts';
import { admitAccount } from '../infra/grants.ts';
import { enforceAtSynth } from '../infra/rules.ts';
import { allowDelivery, createSecureQueue, MAX_QUEUE_RETENTION, queueBaseName, waitingMessages } from '../infra/secure-queue.ts';
import type { IEventTopic } from '../topic/topic.construct.ts';
import { ENVELOPE_ATTRIBUTES } from '../topic/topic.contract.ts';
import { HANDLES_ALL } from './consumer.contract.ts';
import { type Handles, SUBSCRIPTION_RULES } from './consumer.rules.construct.ts';

/** One topic's way into a consumer's queue. */
export interface ConsumerSubscriptionProps {
  /** Name of the dead-letter queue, without the stack's. */
  readonly name: string;
  readonly topic: IEventTopic;
  readonly queue: Queue;
  readonly encryptionKey: IKey | undefined;
  readonly removalPolicy: RemovalPolicy;
  readonly handles: Handles;
  readonly where: Readonly<Record<string, SubscriptionFilter>>;
  readonly alarm: AlarmProps;
}

/** The part of a `Consumer` that brings one topic's messages to its queue, and keeps those that could not be delivered. */
export class ConsumerSubscription extends Construct {
  /** Logical name of the topic. */
  readonly topic: string;
  readonly subscription: Subscription;
  /**
   * Messages that SNS could not deliver. It has no customer managed key, so that a mistake in the queue's key cannot reach it.
   * Messages here are published again, not redriven: SQS moves back only what came from a queue.
   */
  readonly deadLetterQueue: Queue;
  /** Tells of messages that wait there. */
  readonly alarm: Alarm;

  constructor(scope: Construct, id: string, props: ConsumerSubscriptionProps) {
    super(scope, id);
    const { topic, queue, encryptionKey } = props;
    this.topic = topic.destinationName;
    this.deadLetterQueue = this.#createDeadLetterQueue(props);
    const filterPolicy = filterOf(props);
    admitAccount(topic.topic, Stack.of(this).account, { action: 'sns:Subscribe', arn: topic.topic.topicArn });
    this.subscription = new Subscription(this, 'subscription', {
      topic: topic.topic,
      protocol: SubscriptionProtocol.SQS,
      endpoint: queue.queueArn,
      rawMessageDelivery: true,
      deadLetterQueue: this.deadLetterQueue,
      ...(filterPolicy && { filterPolicy }),
    });
    // A delivery that a queue's policy refuses is not retried: nothing subscribes before both policies stand.
    const deadLetterPolicy = this.deadLetterQueue.node.findChild('Policy');
    this.subscription.node.addDependency(deadLetterPolicy, ...allowDelivery(queue, topic.topic, encryptionKey));
    const resource = this.subscription.node.defaultChild as CfnSubscription;
    enforceAtSynth(this, SUBSCRIPTION_RULES, () => ({ fifo: topic.fifo, subscription: finalProperties(resource) }));
    this.alarm = createAlarm(this, 'Undelivered', {
      metric: waitingMessages(this.deadLetterQueue),
      threshold: 1,
      description:
        `SNS could not deliver messages of the topic "${topic.destinationName}" to a queue; they wait in ${props.name}. The queue's policy or key refuses SNS, ` +
        'or the queue is gone.',
      ...props.alarm,
    });
  }

  #createDeadLetterQueue({ name, topic, removalPolicy }: ConsumerSubscriptionProps): Queue {
    const queue = createSecureQueue(this, 'undelivered', {
      name: queueBaseName(this, name),
      // The dead-letter queue of a FIFO topic's subscription must be FIFO (SNS developer guide, dead-letter queues).
      fifo: topic.fifo,
      retention: MAX_QUEUE_RETENTION,
      removalPolicy,
      redriveAllowPolicy: { redrivePermission: RedrivePermission.DENY_ALL },
    });
    Validations.of(queue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: 'This is a dead-letter queue, of a subscription; the rule knows only those of queues and functions.',
    });
    return queue;
  }
}

/**
 * Only what the consumer handles, by the mirrored `type`. A FIFO topic is never filtered: with a filter policy SNS FIFO promises at most
 * once (SNS developer guide, FIFO topic message delivery), and a key's sequence would have gaps.
 */
function filterOf({ topic, handles, where }: ConsumerSubscriptionProps): Record<string, SubscriptionFilter> | undefined {
  if (topic.fifo || handles === HANDLES_ALL) return undefined;
  const here = handles.filter(({ destinations }) => destinations.includes(topic.destinationName));
  const allowlist = [...new Set(here.map(({ name }) => name))].sort();
  return { [ENVELOPE_ATTRIBUTES.type]: SubscriptionFilter.stringFilter({ allowlist }), ...where };
}
