import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IInbox } from '../inbox/inbox.construct.ts';
import type { AlarmProps } from '../infra/alarms.ts';
import type { HandlerSettings } from '../infra/handler-function.construct.ts';
import type { IOutbox } from '../outbox/outbox.construct.ts';
import type { ErrorRule } from '../retry/error-rules.ts';
import type { RetryPolicy } from '../retry/policy.ts';
import type { DeliveryChoice } from './consumer.contract.ts';
import type { Handles } from './consumer.rules.construct.ts';
import type { Scaling } from './consumer.scaling.construct.ts';
import type { OnExhausted } from './queue-worker.rules.construct.ts';

/** What `Consumer` and `CommandQueue` have in common: a queue, its dead-letter queue, and the function that works on it. */
export interface QueueWorkerProps extends HandlerSettings, AlarmProps {
  /**
   * The verb-noun name, in kebab-case: the queue, the function, its log group, its metrics and its markers in the inbox carry it. Renaming
   * a consumer makes it a new one: its old queues stay behind with what is in them (see `removalPolicy`), for you to drain or to move, and
   * it handles again what comes twice.
   *
   * @default - the construct's id
   */
  readonly name?: string;
  /** Where it keeps which messages it has handled. */
  readonly inbox: IInbox;
  /**
   * Where messages that its handlers send are committed, together with their effects. Without it, a handler that sends fails.
   *
   * @default - none: its handlers send nothing
   */
  readonly outbox?: IOutbox;
  /**
   * Whether messages of one ordering key are handled one after the other, in order, each only after its predecessor succeeded. Keys run in
   * parallel.
   *
   * @default false - order is paid for with throughput per key, and a failing message holds those behind it
   */
  readonly ordered?: boolean;
  /**
   * Messages in one invocation, 1 to 10,000; above 10 with a `batchWindow`; at most 10 when ordered.
   *
   * @default 10
   */
  readonly batchSize?: number;
  /**
   * How long Lambda collects messages before it invokes, whole seconds up to 300. It is added to the latency of a quiet queue. Not when
   * ordered.
   *
   * @default Duration.seconds(0)
   */
  readonly batchWindow?: Duration;
  /**
   * How long one message takes at the 99th percentile. When given, a batch that cannot be done within `timeout` is refused at synth.
   *
   * @default - unknown, and unchecked
   */
  readonly expectedDuration?: Duration;
  /**
   * Runs that are charged before a message is exhausted, 1 to 100. Throttles, conflicts and messages that were not started charge none.
   *
   * @default 5
   */
  readonly maxAttempts?: number;
  /**
   * When a failed message is tried again: `exponential`, `linear` or `fixed` of `posthaste`. Printed at synth: its code says nothing of it, nor
   * of `maxAttempts` and `onExhausted`, or the same, or it does not start.
   *
   * @default exponential({ baseMs: 10_000, capMs: 900_000 }) - five attempts span about a minute, and a held key is tried every 15 minutes at
   * least
   */
  readonly retry?: RetryPolicy;
  /**
   * What becomes of messages whose handling failed, in order: the same list that its code gives to `createConsumer`, from one module. The
   * whole schedule is printed at synth; the function refuses to start with other rules. Rules of a single handler stand in its `on` alone.
   *
   * @default - unknown: the code's own
   */
  readonly errors?: readonly ErrorRule[];
  /**
   * Whether a `pause` rule may stop the deliveries of its queue. Its code then gives `pausing: createPausing()` to `createConsumer`, and may
   * disable its own event source mapping and schedule that this is undone.
   *
   * @default - where `errors` has a `pause`; otherwise a pause is one of each process, and messages that are delivered meanwhile go back
   */
  readonly pausable?: boolean;
  /**
   * What happens to an exhausted message: `deadLetter` moves it away with its failure record; `block` tries on, ever more slowly, holds its
   * key and raises an alarm.
   *
   * @default - `block` when ordered and at-least-once, because a message that left would be overtaken; `deadLetter` otherwise
   */
  readonly onExhausted?: OnExhausted;
  /**
   * `at-most-once` for effects that are worse done twice than not at all, and cannot be in the unit of work: the handler of a message is
   * called once. What fails then is lost to it: a dead letter, counted and alarmed. Its code declares the same, see `createConsumer`. Synth
   * prints no retry schedule for it, and refuses `errors`, `retry`, `maxAttempts`, `onExhausted` and `longRetries` beside it.
   *
   * @default 'at-least-once'
   *
   * @example
   * new Consumer(this, 'pay-out', { delivery: 'at-most-once', topic, handles: [OrderPlaced], entry, inbox });
   * export const handler = createConsumer({ name: 'pay-out', delivery: 'at-most-once', handlers: [on(OrderPlaced, payOut)] }); // pay-out.ts
   */
  readonly delivery?: DeliveryChoice;
  /**
   * Whether messages that wait for more than 11 hours to be tried again are kept by the EventBridge Scheduler meanwhile, which sends them to
   * the queue when it is time; the code says `longWaits: createLongWaits()`. It comes with a schedule group, a role, and a dead-letter queue.
   * Otherwise, and on ordered queues always, the queue hides them for up to 11 hours at a time, for as long as it keeps messages at all.
   * Turned off again, all of it stays as its queues do (see `removalPolicy`), for the messages that still wait in it; delete the group, its
   * role and its dead-letter queue when it is empty, or they are in the way of turning it on once more.
   *
   * @default - whether `retry` or a rule of `errors` asks for a wait of more than 12 hours, on an unordered queue
   */
  readonly longRetries?: boolean;
  /**
   * Receives after which SQS itself dead-letters a message: the net for one that kills every run. At least ten times `maxAttempts`, since a
   * receive counts even when nothing ran.
   *
   * @default - 1,000 when ordered (the most that SQS allows), 100 otherwise
   */
  readonly maxReceiveCount?: number;
  /**
   * How long the queue keeps a message, 1 minute to less than `deadLetterRetention`. It is how long the consumer may be down.
   *
   * @default Duration.days(4)
   */
  readonly retention?: Duration;
  /**
   * How long a dead letter is kept.
   *
   * @default Duration.days(14) - the most that SQS allows
   */
  readonly deadLetterRetention?: Duration;
  /**
   * Whether a `FailureStore` of the stack drains its dead-letter queues. Without, letters stay there to be moved back by SQS itself, all of
   * them, without a canary and without a record of who did it.
   *
   * @default true
   */
  readonly indexed?: boolean;
  /**
   * A customer managed key for the queue and its dead-letter queue. A key of this app is extended by what SNS needs to deliver; the policy
   * of an imported key must say it: `kms:Decrypt` and `kms:GenerateDataKey` for `sns.amazonaws.com`, on condition of the topic's
   * `aws:SourceArn`.
   *
   * @default - none: SQS encrypts with keys of its own
   */
  readonly encryptionKey?: IKey;
  /**
   * What happens to its queues, and the messages in them, when the consumer is removed or replaced, as a new name or a change of `ordered`
   * does. A queue that was kept holds its name: a consumer that comes back under that name is deployed once its queues are taken into the
   * stack again (`cdk import`), or deleted when they are empty. With long waits also their schedules and the queue of those that failed, whose
   * names are in nobody's way.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE - kept, unless the deployment that creates it fails
   */
  readonly removalPolicy?: RemovalPolicy;
  /**
   * How it scales.
   *
   * @default - up to 100 batches at a time
   */
  readonly scaling?: Scaling;
  /**
   * Age of the oldest waiting message at which the alarm fires.
   *
   * @default Duration.minutes(15)
   */
  readonly alarmAge?: Duration;
}

/** What the construct around a worker knows of its messages. */
export interface QueueWorkerContext {
  readonly handles: Handles;
  /** How long the hops before the queue may hold a message, in days. */
  readonly daysBeforeQueue: number;
}

/** A queue goes with its messages only when somebody says so; one that never came to be leaves nothing to keep. */
export const QUEUE_REMOVAL: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
