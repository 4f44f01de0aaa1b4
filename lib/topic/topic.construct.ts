import { type Alarm, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type CfnTopic, FifoThroughputScope, type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { ALARM_PERIOD, type AlarmProps, createAlarm } from '../infra/alarms.ts';
import { addDestination, type IDestination } from '../infra/destinations.ts';
import { finalProperties } from '../infra/final-properties.ts';
import { admitAccount, allow, allowSendKey } from '../infra/grants.ts';
import { NAME_LIMITS, NAME_RULES, physicalName } from '../infra/names.ts';
import { enforce, enforceAtSynth, type Rule } from '../infra/rules.ts';

/** A topic under its logical name: one of this stack, or one imported with `EventTopic.import`. */
export interface IEventTopic extends IDestination {
  /** The SNS topic itself. */
  readonly topic: ITopic;
  /** Whether it keeps the order of messages that share a key. */
  readonly fifo: boolean;
  /** The customer managed key of the topic, when it has one. */
  readonly encryptionKey?: IKey | undefined;
}

/** Props of an `EventTopic`. */
export interface EventTopicProps extends AlarmProps {
  /**
   * The logical name, in kebab-case: what message definitions list in `topics`. A message without `topics` goes to the one named like its
   * context: `orders.order-placed` to `orders`.
   *
   * @default - the construct's id
   */
  readonly name?: string;
  /**
   * Whether messages that share an ordering key are delivered in order. A topic is FIFO or standard as a whole, for good: changing it
   * replaces it. FIFO subscriptions carry no filter (with one, SNS promises at most once), so every subscriber of a FIFO topic receives all
   * of it.
   *
   * @default false - order costs throughput per key and filters for everybody; ask for it where a consumer needs it
   */
  readonly fifo?: boolean;
  /**
   * A customer managed key for messages at rest. Producers are granted its use with the topic. The key needs rotation on.
   *
   * @default - none: SNS encrypts its storage with a key of its own
   */
  readonly encryptionKey?: IKey;
}

/** An existing topic, of another stack, app or account. */
export interface ImportedEventTopic {
  /** The topic. Its owner's policy must allow this account to publish or subscribe. */
  readonly topic: ITopic;
  /**
   * The logical name that message definitions use.
   *
   * @default - the construct's id
   */
  readonly name?: string;
  /**
   * The customer managed key that encrypts the topic; its policy must allow this account.
   *
   * @default - none
   */
  readonly encryptionKey?: IKey;
}

interface TopicFacts {
  readonly contentBasedDeduplication: boolean;
}

const TOPIC_RULES: readonly Rule<TopicFacts>[] = [
  {
    when: ({ contentBasedDeduplication }) => contentBasedDeduplication,
    message: () =>
      'ContentBasedDeduplication is true; two different messages with equal bodies within five minutes would become one: remove it, the relay gives ' +
      'each message its id as deduplication id',
  },
];

/**
 * A topic that events are published to and consumers subscribe to: TLS only, high throughput when FIFO, an alarm on failed deliveries.
 *
 * @example
 * const orders = new EventTopic(this, 'orders');
 * outbox.addDestination(orders);
 */
export class EventTopic extends Construct implements IEventTopic {
  /** An existing topic under a logical name. It gets no policy and no alarms: those are its owner's. */
  static import(scope: Construct, id: string, props: ImportedEventTopic): IEventTopic {
    return new ImportedTopic(scope, id, props);
  }

  readonly destinationName: string;
  readonly topic: Topic;
  readonly fifo: boolean;
  readonly encryptionKey: IKey | undefined;
  /** Fires when SNS gave up on a delivery. */
  readonly failedDeliveries: Alarm;
  /** Fires when SNS could not even keep what it gave up: that message is lost to its subscriber. */
  readonly lostDeliveries: Alarm;

  constructor(scope: Construct, id: string, props: EventTopicProps = {}) {
    super(scope, id);
    this.destinationName = props.name ?? id;
    this.fifo = props.fifo ?? false;
    this.encryptionKey = props.encryptionKey;
    enforce(this, NAME_RULES, { name: this.destinationName });
    this.topic = new Topic(this, 'Topic', {
      topicName: physicalName(this, this.destinationName, { max: NAME_LIMITS.topic, suffix: this.fifo ? '.fifo' : '' }),
      enforceSSL: true,
      ...(this.fifo && { fifo: true, fifoThroughputScope: FifoThroughputScope.MESSAGE_GROUP, contentBasedDeduplication: false }),
      ...(props.encryptionKey && { masterKey: props.encryptionKey }),
    });
    this.failedDeliveries = createAlarm(this, 'FailedDeliveries', {
      metric: this.topic.metricNumberOfNotificationsFailed({ period: ALARM_PERIOD }),
      threshold: 1,
      description:
        `SNS gave up on deliveries of the topic "${this.destinationName}". The messages wait in the subscription's dead-letter queue, where it has one; a queue policy ` +
        'or a key that refuses SNS is the usual cause.',
      ...props,
    });
    this.lostDeliveries = createAlarm(this, 'LostDeliveries', {
      // SNS developer guide, monitoring topics with CloudWatch: what SNS could not move to a subscription's dead-letter queue.
      metric: this.topic.metric('NumberOfNotificationsFailedToRedriveToDlq', { period: ALARM_PERIOD, statistic: Stats.SUM }),
      threshold: 1,
      description:
        `SNS lost deliveries of the topic "${this.destinationName}": neither the subscriber nor its dead-letter queue took them. Mend the policy of that queue; the ` +
        'messages are nowhere but with their producer.',
      ...props,
    });
    const resource = this.topic.node.defaultChild as CfnTopic;
    enforceAtSynth(this, TOPIC_RULES, () => ({
      contentBasedDeduplication: finalProperties(resource)['ContentBasedDeduplication'] === true,
    }));
  }

  get destinationArn(): string {
    return this.topic.topicArn;
  }

  /** `sns:Publish` on this topic alone (it covers PublishBatch), and the use of its key. */
  grantSend(grantee: IGrantable): void {
    grantPublish(this, grantee);
  }

  /** As `grantSend`, and tells the function where the topic is: for the direct publisher. */
  grantPublish(fn: LambdaFunction): void {
    addDestination(fn, this);
  }
}

class ImportedTopic extends Construct implements IEventTopic {
  readonly destinationName: string;
  readonly topic: ITopic;
  readonly fifo: boolean;
  readonly encryptionKey: IKey | undefined;

  constructor(scope: Construct, id: string, props: ImportedEventTopic) {
    super(scope, id);
    this.destinationName = props.name ?? id;
    this.topic = props.topic;
    this.fifo = props.topic.fifo;
    this.encryptionKey = props.encryptionKey;
    enforce(this, NAME_RULES, { name: this.destinationName });
  }

  get destinationArn(): string {
    return this.topic.topicArn;
  }

  grantSend(grantee: IGrantable): void {
    grantPublish(this, grantee);
  }
}

function grantPublish(destination: IEventTopic, grantee: IGrantable): void {
  allow(grantee, ['sns:Publish'], [destination.destinationArn]);
  const { principalAccount } = grantee.grantPrincipal;
  admitAccount(destination.topic, principalAccount, { action: 'sns:Publish', arn: destination.destinationArn });
  allowSendKey(grantee, destination.encryptionKey);
}
