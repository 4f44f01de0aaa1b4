import { Stack } from 'aws-cdk-lib';
import type { IGrantable, IPrincipal } from 'aws-cdk-lib/aws-iam';
import type { SubscriptionFilter } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { HandlerFunction } from '../infra/handler-function.construct.ts';
import { enforce, requireProps } from '../infra/rules.ts';
import type { TableRef } from '../infra/table-ref.ts';
import type { IEventTopic } from '../topic/topic.construct.ts';
import { CONSUMER_RULES, type Handles } from './consumer.rules.construct.ts';
import { ConsumerSubscription } from './consumer.subscription.construct.ts';
import { QueueWorker } from './queue-worker.construct.ts';
import { QUEUE_REMOVAL, type QueueWorkerProps } from './queue-worker.props.construct.ts';
import { SNS_RETRY_DAYS } from './queue-worker.rules.construct.ts';

/** Props of a `Consumer`. */
export interface ConsumerProps extends QueueWorkerProps {
  /** The topic it subscribes to, or several. Ordered consumers need FIFO topics. */
  readonly topic: IEventTopic | readonly IEventTopic[];
  /**
   * The messages that its code handles, or `'*'` for every message of its topics. On standard topics the subscription's filter is derived
   * from it; the function refuses to start when its handlers name others.
   */
  readonly handles: Handles;
  /**
   * Narrows the subscription by routing fields that every handled message declares. Standard topics only.
   *
   * @default - none: every handled message comes
   *
   * @example
   * where: { country: SubscriptionFilter.stringFilter({ allowlist: ['ch', 'de'] }) }
   */
  readonly where?: Readonly<Record<string, SubscriptionFilter>>;
}

/**
 * A consumer of events: a queue with its dead-letter queue, subscribed to a topic, and the function that handles its messages with
 * exactly-once effects.
 *
 * @example
 * const shipOrder = new Consumer(this, 'ship-order', {
 *   topic: orders,
 *   handles: [OrderPlaced],
 *   entry: new URL('./ship-order.ts', import.meta.url),
 *   inbox,
 * });
 * shipOrder.grantWrite(shipments);
 */
export class Consumer extends Construct implements IGrantable {
  readonly #worker: QueueWorker;
  /** One for each topic. */
  readonly subscriptions: readonly ConsumerSubscription[];

  constructor(scope: Construct, id: string, props: ConsumerProps) {
    super(scope, id);
    requireProps(this, props, ['topic', 'handles', 'entry']);
    const name = props.name ?? id;
    const topics = 'destinationName' in props.topic ? [props.topic] : props.topic;
    const { handles, where = {}, ordered = false } = props;
    const conditions = Object.values(where).map((filter) => filter.conditions.length);
    enforce(this, CONSUMER_RULES, { topics, handles, ordered, where: Object.keys(where), conditions, region: Stack.of(this).region });
    this.#worker = new QueueWorker(this, 'worker', { ...props, name, context: { handles, daysBeforeQueue: SNS_RETRY_DAYS } });
    this.subscriptions = topics.map(
      (topic) =>
        new ConsumerSubscription(this, `from-${topic.destinationName}`, {
          // Whatever other topics there are: another name would be another queue, and leave the letters of this one behind.
          name: `${name}-undelivered-${topic.destinationName}`,
          topic,
          handles,
          where,
          queue: this.queue,
          encryptionKey: props.encryptionKey,
          removalPolicy: props.removalPolicy ?? QUEUE_REMOVAL,
          alarm: props.alarmTopic ? { alarmTopic: props.alarmTopic } : {},
        }),
    );
    this.#worker.register(
      this,
      this.subscriptions.map(({ topic, deadLetterQueue, alarm }) => ({ topic, queue: deadLetterQueue, alarm })),
    );
  }

  get function(): HandlerFunction {
    return this.#worker.function;
  }

  get queue(): Queue {
    return this.#worker.queue;
  }

  /** Messages that failed for good, with the reason, and those that crashed every run. */
  get deadLetterQueue(): Queue {
    return this.#worker.deadLetterQueue;
  }

  get grantPrincipal(): IPrincipal {
    return this.function.grantPrincipal;
  }

  /**
   * Lets its handlers write items of a table in their units of work: `ConditionCheckItem`, `DeleteItem`, `GetItem`, `PutItem`,
   * `UpdateItem`. The table is in the inbox's account and region, or this is refused.
   */
  grantWrite(table: TableRef): void {
    this.#worker.grantWrite(table);
  }

  /** Lets its handlers read items of a table, and its indexes when they are named: `BatchGetItem`, `GetItem`, `Query`. */
  grantRead(table: TableRef, indexes: readonly string[] = []): void {
    this.#worker.grantRead(table, indexes);
  }
}
