import { type CfnResource, Duration } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnEventSourceMapping, RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { inboxScope } from '../inbox/inbox.construct.ts';
import { createAlarm } from '../infra/alarms.ts';
import { finalProperties } from '../infra/final-properties.ts';
import { allow, allowSendKey, allowTable, TABLE_READ_ACTIONS, TABLE_WRITE_ACTIONS } from '../infra/grants.ts';
import { FUNCTION_DEFAULTS, HandlerFunction } from '../infra/handler-function.construct.ts';
import { NAME_RULES } from '../infra/names.ts';
import { enforce, enforceAtSynth } from '../infra/rules.ts';
import {
  createSecureQueue,
  MAX_QUEUE_RETENTION,
  oldestMessageAge,
  queueBaseName,
  redriveOnlyFrom,
  waitingMessages,
} from '../infra/secure-queue.ts';
import { type TableRef, UNIT_RULES } from '../infra/table-ref.ts';
import { MESSAGE_RETRY } from '../retry/policy.ts';
import { longestDelayMs } from '../retry/retry-span.ts';
import { registerMember, type StackDeadLetters, type StackUndelivered } from '../topology/stack-topology.construct.ts';
import { CONSUMER_ENV, DEFAULT_MAX_ATTEMPTS, HANDLES_ALL } from './consumer.contract.ts';
import { invocationTarget, mappingScaling, SCALING_RULES } from './consumer.scaling.construct.ts';
import { handlesDigest } from './handles-digest.ts';
import { scheduleLongWaits } from './long-waits.construct.ts';
import { runtimeAlarms } from './queue-worker.alarms.construct.ts';
import { GIVEN_RULES } from './queue-worker.given.construct.ts';
import { HANDLED_RULES } from './queue-worker.messages.construct.ts';
import { isPausable, Pausing } from './queue-worker.pausing.construct.ts';
import { QUEUE_REMOVAL, type QueueWorkerContext, type QueueWorkerProps } from './queue-worker.props.construct.ts';
import { announceRetries, RETRY_RULES, type RetryFacts, retryEnvironment } from './queue-worker.retries.construct.ts';
import { WORKER_RULES, WORKER_TEMPLATE_RULES, type WorkerFacts } from './queue-worker.rules.construct.ts';

/** What receiving takes; the mapping and the runtime's visibility changes use the same role. */
const RECEIVE_ACTIONS = ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'] as const;

/** A queue, its dead-letter queue, and the function that works on it. */
export class QueueWorker extends Construct {
  readonly logicalName: string;
  readonly facts: WorkerFacts;
  readonly function: HandlerFunction;
  readonly queue: Queue;
  readonly deadLetterQueue: Queue;
  readonly alarms: readonly Alarm[];
  readonly #inbox: TableRef;
  /** What the Scheduler could not send after a long wait. */
  readonly #unscheduled: StackDeadLetters | undefined;
  readonly #mapping: CfnEventSourceMapping;
  readonly #props: QueueWorkerProps;

  constructor(scope: Construct, id: string, props: QueueWorkerProps & { readonly name: string; readonly context: QueueWorkerContext }) {
    super(scope, id);
    this.logicalName = props.name;
    enforce(scope, GIVEN_RULES, props);
    this.facts = factsOf(props, props.context);
    enforce(scope, NAME_RULES, { name: props.name });
    enforce(scope, WORKER_RULES, this.facts);
    enforce(scope, SCALING_RULES, props.scaling ?? {});
    const retries = retryFactsOf(props, this.facts);
    enforce(scope, RETRY_RULES, retries);
    enforce(scope, HANDLED_RULES, { ...retries, handles: props.context.handles });
    announceRetries(scope, props.name, retries);
    this.#inbox = props.inbox.table;
    this.#props = props;
    if (props.outbox) enforce(scope, UNIT_RULES, { inbox: this.#inbox, table: props.outbox.table });
    this.deadLetterQueue = this.#createDeadLetterQueue(props);
    this.queue = this.#createQueue(props);
    this.function = this.#createFunction(props);
    this.#unscheduled = retries.scheduled ? this.#schedule(props) : undefined;
    const target = invocationTarget(this.function, props.scaling?.provisionedConcurrency);
    const mapping = this.#map(target, props);
    this.#mapping = mapping;
    if (isPausable(props)) new Pausing(this, 'pausing', { name: props.name, fn: this.function, queue: this.queue, mapping });
    this.alarms = [...this.#watch(props), ...(this.#unscheduled ? [this.#unscheduled.alarm] : [])];
    const resourceOf = (construct: Construct) => finalProperties(construct.node.defaultChild as CfnResource);
    enforceAtSynth(this, WORKER_TEMPLATE_RULES, () => ({
      queue: resourceOf(this.queue),
      deadLetterQueue: resourceOf(this.deadLetterQueue),
      function: resourceOf(this.function),
      mapping: finalProperties(mapping),
    }));
  }

  /** Tells the stack that it is there, under the construct that it is a part of. */
  register(construct: Construct, undelivered: readonly StackUndelivered[] = []): void {
    const { inbox, encryptionKey, indexed = true } = this.#props;
    const alarm = this.node.findChild('DeadLetters') as Alarm;
    registerMember({
      kind: 'consumer',
      construct,
      name: this.logicalName,
      queue: this.queue,
      encryptionKey,
      ordered: this.facts.ordered,
      deadLetters: { queue: this.deadLetterQueue, encryptionKey, alarm },
      undelivered,
      unscheduled: this.#unscheduled,
      indexed,
      functionName: this.function.functionName,
      mappingId: this.#mapping.ref,
      inbox: { table: inbox.table, scope: inboxScope(this.function, inbox.table), retention: inbox.retention },
    });
  }

  /** Lets its handlers write items of a table in their units of work. */
  grantWrite(table: TableRef): void {
    enforce(this, UNIT_RULES, { inbox: this.#inbox, table });
    allowTable(this.function, table, TABLE_WRITE_ACTIONS);
  }

  /** Lets its handlers read items of a table, and its indexes when they are named. */
  grantRead(table: TableRef, indexes: readonly string[]): void {
    allowTable(this.function, table, TABLE_READ_ACTIONS);
    const arns = indexes.map((index) => `${table.tableArn}/index/${index}`);
    if (arns.length > 0) allow(this.function, ['dynamodb:Query'], arns);
  }

  #createDeadLetterQueue({ name, encryptionKey, removalPolicy = QUEUE_REMOVAL }: QueueWorkerProps & { readonly name: string }): Queue {
    const { ordered: fifo, deadLetterRetention: retention } = this.facts;
    return createSecureQueue(this, 'dlq', {
      name: queueBaseName(this, name, '-dlq'),
      fifo,
      retention,
      encryptionKey,
      removalPolicy,
      redriveAllowPolicy: redriveOnlyFrom(this, queueBaseName(this, name), fifo),
    });
  }

  #createQueue({ name, encryptionKey, removalPolicy = QUEUE_REMOVAL }: QueueWorkerProps & { readonly name: string }): Queue {
    const { ordered: fifo, retention, timeout, batchWindow, maxReceiveCount } = this.facts;
    return createSecureQueue(this, 'queue', {
      name: queueBaseName(this, name),
      fifo,
      retention,
      encryptionKey,
      removalPolicy,
      // Six times the timeout, and the window (Lambda developer guide, configuring a queue for Lambda).
      visibilityTimeout: Duration.seconds(6 * timeout.toSeconds() + batchWindow.toSeconds()),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount },
    });
  }

  #createFunction(props: QueueWorkerProps & { readonly name: string; readonly context: QueueWorkerContext }): HandlerFunction {
    const { maxAttempts, onExhausted, delivery, maxReceiveCount, retention } = this.facts;
    const fn = new HandlerFunction(this, 'function', {
      ...props,
      environment: {
        ...props.environment,
        [CONSUMER_ENV.name]: props.name,
        [CONSUMER_ENV.queueUrl]: this.queue.queueUrl,
        [CONSUMER_ENV.deadLetterQueueUrl]: this.deadLetterQueue.queueUrl,
        [CONSUMER_ENV.handlesDigest]: digestOf(props.context),
        [CONSUMER_ENV.maxAttempts]: String(maxAttempts),
        [CONSUMER_ENV.onExhausted]: onExhausted,
        [CONSUMER_ENV.delivery]: delivery,
        [CONSUMER_ENV.maxReceiveCount]: String(maxReceiveCount),
        [CONSUMER_ENV.queueRetention]: String(retention.toSeconds()),
        ...retryEnvironment({ retry: MESSAGE_RETRY, ...props }),
      },
      ...(props.scaling?.reservedConcurrency !== undefined && { reservedConcurrency: props.scaling.reservedConcurrency }),
    });
    fn.addEnvironment(CONSUMER_ENV.handlerVersion, fn.codeVersion);
    allow(fn, RECEIVE_ACTIONS, [this.queue.queueArn]);
    allow(fn, ['sqs:SendMessage'], [this.deadLetterQueue.queueArn]);
    allowSendKey(fn, props.encryptionKey);
    props.inbox.grantUse(fn);
    props.outbox?.grantCommit(fn);
    return fn;
  }

  #schedule({
    name,
    encryptionKey,
    removalPolicy = QUEUE_REMOVAL,
    alarmTopic,
  }: QueueWorkerProps & { readonly name: string }): StackDeadLetters {
    const alarm = alarmTopic ? { alarmTopic } : {};
    return scheduleLongWaits(this, { name, fn: this.function, queue: this.queue, encryptionKey, removalPolicy, alarm });
  }

  #map(targetArn: string, props: QueueWorkerProps): CfnEventSourceMapping {
    const { ordered, batchSize, batchWindow } = this.facts;
    const mapping = new CfnEventSourceMapping(this, 'mapping', {
      eventSourceArn: this.queue.queueArn,
      functionName: targetArn,
      batchSize,
      functionResponseTypes: ['ReportBatchItemFailures'],
      ...(!ordered && batchWindow.toSeconds() > 0 && { maximumBatchingWindowInSeconds: batchWindow.toSeconds() }),
      // What may pause is enabled by its schedule alone; where it no longer may, the deployment ends a pause whose schedule lost its role.
      ...(!isPausable(props) && { enabled: true }),
      ...mappingScaling(props.scaling ?? {}),
    });
    // Lambda checks the role when the mapping is made.
    mapping.node.addDependency(this.function.role as Construct);
    return mapping;
  }

  #watch({ alarmTopic, alarmAge = Duration.minutes(15), recursiveLoop }: QueueWorkerProps): readonly Alarm[] {
    const shared = alarmTopic ? { alarmTopic } : {};
    const name = this.logicalName;
    const alarms = [
      createAlarm(this, 'DeadLetters', {
        metric: waitingMessages(this.deadLetterQueue),
        threshold: 1,
        description: `Messages of ${name} failed for good and wait in its dead-letter queue, each with the reason in its posthaste.failure attribute.`,
        ...shared,
      }),
      createAlarm(this, 'OldestMessage', {
        metric: oldestMessageAge(this.queue),
        threshold: alarmAge.toSeconds(),
        description: `${name} is ${alarmAge.toHumanString()} behind: it is down, too slow, or throttled.`,
        ...shared,
      }),
    ];
    const endsLoops = recursiveLoop !== RecursiveLoop.ALLOW;
    return [...alarms, ...runtimeAlarms(this, { name, fn: this.function, facts: this.facts, endsLoops, shared })];
  }
}

/** A longer wait than this leaves the queue where it may (SQS "Visibility timeout"). */
const LONGEST_VISIBILITY_MS = 12 * 3_600_000;

function retryFactsOf(props: QueueWorkerProps, facts: WorkerFacts): RetryFacts {
  const { errors: given, retry = MESSAGE_RETRY, longRetries } = props;
  const errors = given ?? [];
  const isLong = longestDelayMs(errors, retry, facts.maxAttempts) > LONGEST_VISIBILITY_MS;
  const knowsRules = given !== undefined;
  return {
    ...facts,
    errors,
    knowsRules,
    retry,
    pausable: isPausable(props),
    scheduled: !facts.ordered && facts.delivery === 'at-least-once' && (longRetries ?? isLong),
  };
}

function digestOf({ handles }: QueueWorkerContext): string {
  return handlesDigest(handles === HANDLES_ALL ? [HANDLES_ALL] : handles.map(({ name }) => name));
}

function factsOf(props: QueueWorkerProps, { daysBeforeQueue }: QueueWorkerContext): WorkerFacts {
  const { ordered = false, delivery = 'at-least-once' } = props;
  return {
    ordered,
    timeout: props.timeout ?? FUNCTION_DEFAULTS.timeout,
    batchSize: props.batchSize ?? 10,
    batchWindow: props.batchWindow ?? Duration.seconds(0),
    expectedDuration: props.expectedDuration,
    maxAttempts: props.maxAttempts ?? DEFAULT_MAX_ATTEMPTS,
    onExhausted: props.onExhausted ?? (ordered && delivery === 'at-least-once' ? 'block' : 'deadLetter'),
    delivery,
    attemptSettings: (['maxAttempts', 'onExhausted', 'retry', 'longRetries'] as const).filter((name) => props[name] !== undefined),
    longRetries: props.longRetries ?? false,
    maxReceiveCount: props.maxReceiveCount ?? (ordered ? 1_000 : 100),
    retention: props.retention ?? Duration.days(4),
    deadLetterRetention: props.deadLetterRetention ?? MAX_QUEUE_RETENTION,
    inboxRetention: props.inbox.retention,
    daysBeforeQueue,
  };
}
