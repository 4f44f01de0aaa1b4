import type { Cancel } from '../../core/clock.ts';
import { AwsError, type Engine } from '../aws.ts';
import type { Message } from './message.ts';
import type { Departure, MessageCounts } from './message-store.ts';
import { createMoveTaskActions } from './move-task-actions.ts';
import { createPermissionActions } from './permission-actions.ts';
import type { Queue, QueueCounters } from './queue.ts';
import { createQueueActions } from './queue-actions.ts';
import { type Actions, createQueues, type Queues, type SqsOptions } from './queues.ts';
import { createReceiptActions } from './receipt-actions.ts';
import { createReceiveActions } from './receive-actions.ts';
import { createSendActions } from './send-actions.ts';
import { queueDoesNotExist } from './sqs-errors.ts';
import { createTagActions } from './tag-actions.ts';

/**
 * What a queue holds now and what went through it since it was made.
 * Always: `sent + arrived = visible + inFlight + delayed + deleted + expired + deadLettered + redriven + purged`.
 */
export interface QueueStats extends MessageCounts, Readonly<QueueCounters>, Readonly<Record<Departure, number>> {
  /** When the oldest message that is still there was sent, in milliseconds; undefined when the queue is empty. */
  readonly oldestSentAt: number | undefined;
  /** Since when the message has been here that `ApproximateAgeOfOldestMessage` is about, in milliseconds; undefined when there is none. */
  readonly waitingSince: number | undefined;
}

/** A message as it lies in a queue. */
export interface PeekedMessage {
  readonly messageId: string;
  readonly body: string;
  /** Text of its attributes; binary ones in base64. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** The embedded SQS. */
export interface Sqs extends Engine {
  /**
   * Calls `listener` whenever messages may have become receivable: sent, moved in, delay or visibility over, released, the message in
   * front of their group gone. It is not called for what is there already, so receive once after subscribing. It runs inside the call
   * that caused it: let it schedule work rather than do it.
   */
  onAvailable(queueArn: string, listener: () => void): Cancel;
  stats(queueArn: string): QueueStats;
  /** ARNs of all queues, in order of name. */
  all(): readonly string[];
  /** Everything that a queue holds, whatever its state, in the order of sending; nothing is received or changed. */
  peek(queueArn: string): readonly PeekedMessage[];
  /** The ARN of a queue URL with any host name. */
  queueArn(url: string): string;
  queueUrl(arn: string): string;
  /** Whether the queue exists. */
  has(queueArn: string): boolean;
  /** The queue's resource policy as JSON text, for whoever decides about access; undefined when it has none. */
  resourcePolicy(queueArn: string): string | undefined;
}

/**
 * Makes an embedded SQS without queues: every action on queues and messages of the API, with the service's limits and errors.
 *
 * @example
 * const sqs = createSqs({ clock: systemClock, rng: systemRng, ids: systemIds, place: LOCAL_PLACE });
 * sqs.call({ service: 'sqs', action: 'CreateQueue', input: { QueueName: 'orders' }, caller: DEVELOPER });
 */
export function createSqs(options: SqsOptions): Sqs {
  const queues = createQueues(options);
  const actions = allActions(queues);
  const byArn = (arn: string): Queue => {
    const queue = queues.findByArn(arn);
    if (queue === undefined) throw queueDoesNotExist();
    return queue;
  };
  return {
    service: 'sqs',
    call(request) {
      const action = Object.hasOwn(actions, request.action) ? actions[request.action] : undefined;
      if (action === undefined) throw new AwsError('UnknownOperationException', `SQS has no action ${request.action}.`);
      return action(request.input, request);
    },
    onAvailable: (arn, listener) => byArn(arn).onAvailable(listener),
    stats: (arn) => statsOf(byArn(arn)),
    all: () => queues.all().map(({ arn }) => arn),
    peek: (arn) => peek(byArn(arn)),
    queueArn: (url) => queues.byUrl(url).arn,
    queueUrl: (arn) => byArn(arn).url,
    has: (arn) => queues.findByArn(arn) !== undefined,
    resourcePolicy: (arn) => queues.findByArn(arn)?.attributes['Policy'],
  };
}

function allActions(queues: Queues): Actions {
  return {
    ...createQueueActions(queues),
    ...createTagActions(queues),
    ...createPermissionActions(queues),
    ...createSendActions(queues),
    ...createReceiveActions(queues),
    ...createReceiptActions(queues),
    ...createMoveTaskActions(queues),
  };
}

function statsOf(queue: Queue): QueueStats {
  queue.settle();
  const { store, counters } = queue;
  return {
    ...store.counts,
    ...store.departures,
    ...counters,
    oldestSentAt: store.oldest?.sentAt,
    waitingSince: firstWaiting(queue)?.arrivedAt,
  };
}

/** "Available CloudWatch metrics for Amazon SQS": a standard queue leaves out what was received three times and is still there. */
const POISONOUS_RECEIVES = 3;

function firstWaiting({ store, settings }: Queue): Message | undefined {
  for (const message of store.all()) if (settings.fifo || message.receivesHere < POISONOUS_RECEIVES) return message;
  return undefined;
}

function peek(queue: Queue): PeekedMessage[] {
  queue.settle();
  return [...queue.store.all()].map(({ id, content }) => ({
    messageId: id,
    body: content.body,
    attributes: Object.fromEntries(
      Object.entries(content.attributes).map(([name, { StringValue, BinaryValue }]) => [name, StringValue ?? BinaryValue ?? '']),
    ),
  }));
}
