import type { Duration } from 'aws-cdk-lib';
import type { Rule } from '../infra/rules.ts';
import { MAX_QUEUE_RETENTION } from '../infra/secure-queue.ts';
import type { DeliveryChoice } from './consumer.contract.ts';

/** What happens to a message once its attempts are used up. */
export type OnExhausted = 'deadLetter' | 'block';

/** What the rules of a queue and its function look at. */
export interface WorkerFacts {
  readonly ordered: boolean;
  readonly timeout: Duration;
  readonly batchSize: number;
  readonly batchWindow: Duration;
  readonly expectedDuration: Duration | undefined;
  readonly maxAttempts: number;
  readonly maxReceiveCount: number;
  readonly onExhausted: OnExhausted;
  readonly delivery: DeliveryChoice;
  /** Settings of further attempts that were given. */
  readonly attemptSettings: readonly string[];
  /** Whether schedules for long waits were asked for. */
  readonly longRetries: boolean;
  readonly retention: Duration;
  readonly deadLetterRetention: Duration;
  readonly inboxRetention: Duration;
  /** How long the hops before the queue may hold a message, in days. */
  readonly daysBeforeQueue: number;
}

/** SNS retries a delivery to SQS for 23 days (SNS developer guide, message delivery retries). */
export const SNS_RETRY_DAYS = 23;

/** What is left to notice a dead letter and redrive it, after it has waited its longest. */
const REDRIVE_DAYS = 7;

/** A handler must be able to save what it has: the runtime keeps a tenth of the timeout free, and a second at least. */
const reserveSeconds = ({ timeout }: WorkerFacts) => Math.max(1, timeout.toSeconds({ integral: false }) / 10);

const neededSeconds = (facts: WorkerFacts) =>
  facts.batchSize * (facts.expectedDuration?.toMilliseconds() ?? 0) * 0.001 + reserveSeconds(facts);

const inboxDays = (facts: WorkerFacts) =>
  Math.ceil(facts.daysBeforeQueue + facts.retention.toDays({ integral: false }) + facts.deadLetterRetention.toDays({ integral: false })) +
  REDRIVE_DAYS;

const isOutside = (value: number, least: number, most: number) => !Number.isInteger(value) || value < least || value > most;

const BATCH_RULES: readonly Rule<WorkerFacts>[] = [
  {
    when: ({ timeout }) => !Number.isInteger(timeout.toSeconds({ integral: false })),
    message: ({ timeout }) => `timeout is ${timeout.toMilliseconds()} ms; Lambda counts whole seconds: set it to a whole number of them`,
  },
  {
    when: ({ batchSize }) => isOutside(batchSize, 1, 10_000),
    message: ({ batchSize }) => `batchSize is ${batchSize}; Lambda takes a whole number from 1 to 10000`,
  },
  {
    when: ({ batchSize, batchWindow, ordered }) => !ordered && batchSize > 10 && batchWindow.toSeconds({ integral: false }) === 0,
    message: ({ batchSize }) =>
      `batchSize is ${batchSize} without a batchWindow; SQS hands out at most ten messages at once, so Lambda needs time to collect more: set "batchWindow" to at least 1 second`,
  },
  {
    when: ({ batchSize, ordered }) => ordered && batchSize > 10,
    message: ({ batchSize }) => `batchSize is ${batchSize} on an ordered queue; FIFO batches have at most 10 messages: lower it`,
  },
  {
    when: ({ batchWindow, ordered }) => ordered && batchWindow.toSeconds({ integral: false }) > 0,
    message: ({ batchWindow }) =>
      `batchWindow is ${batchWindow.toHumanString()} on an ordered queue; Lambda collects no batches from FIFO queues: remove it`,
  },
  {
    when: ({ batchWindow }) => isOutside(batchWindow.toSeconds({ integral: false }), 0, 300),
    message: ({ batchWindow }) => `batchWindow is ${batchWindow.toHumanString()}; Lambda takes whole seconds up to 300`,
  },
  {
    when: (facts) => facts.expectedDuration !== undefined && neededSeconds(facts) > facts.timeout.toSeconds({ integral: false }),
    message: (facts) =>
      `${facts.batchSize} messages of ${facts.expectedDuration?.toHumanString()} each and ${reserveSeconds(facts)} s to save the outcome need ${neededSeconds(facts).toFixed(1)} s, but timeout is ` +
      `${facts.timeout.toSeconds({ integral: false })} s; the rest of each batch would go back unrun: lower batchSize or raise timeout`,
  },
];

const FAILURE_RULES: readonly Rule<WorkerFacts>[] = [
  {
    when: ({ maxAttempts }) => isOutside(maxAttempts, 1, 100),
    message: ({ maxAttempts }) => `maxAttempts is ${maxAttempts}; give a whole number from 1 to 100`,
  },
  {
    when: ({ maxReceiveCount }) => isOutside(maxReceiveCount, 1, 1_000),
    message: ({ maxReceiveCount }) => `maxReceiveCount is ${maxReceiveCount}; SQS takes a whole number from 1 to 1000`,
  },
  {
    when: ({ maxAttempts, maxReceiveCount }) => maxReceiveCount < 10 * maxAttempts,
    message: ({ maxAttempts, maxReceiveCount }) =>
      `maxReceiveCount is ${maxReceiveCount} with maxAttempts ${maxAttempts}; throttles and unstarted batches spend receives without running anything, so SQS would dead-letter ` +
      `messages that never ran: set maxReceiveCount to ${10 * maxAttempts} or more, it is only the net for crashes`,
  },
  {
    when: ({ ordered, onExhausted }) => onExhausted === 'block' && !ordered,
    message: () =>
      'onExhausted is "block" on an unordered queue; blocking keeps an order, and here there is none: set "ordered" or use "deadLetter"',
  },
  {
    when: ({ onExhausted, maxReceiveCount }) => onExhausted === 'block' && maxReceiveCount < 1_000,
    message: ({ maxReceiveCount }) =>
      `maxReceiveCount is ${maxReceiveCount} with onExhausted "block"; SQS would dead-letter the blocked message and let its followers overtake it: leave maxReceiveCount at 1000`,
  },
];

const DELIVERY_RULES: readonly Rule<WorkerFacts>[] = [
  {
    when: ({ ordered, longRetries }) => ordered && longRetries,
    message: () =>
      'longRetries is true on an ordered queue; a message that left its queue to wait would be overtaken: remove it, the queue hides the message and its key waits with it',
  },
  {
    when: ({ delivery, attemptSettings }) => delivery === 'at-most-once' && attemptSettings.length > 0,
    message: ({ attemptSettings }) =>
      `delivery is "at-most-once" with ${attemptSettings.map((name) => `"${name}"`).join(' and ')}; a handler that is called once has no further attempts: remove what is about them`,
  },
];

const RETENTION_RULES: readonly Rule<WorkerFacts>[] = [
  {
    when: ({ retention }) =>
      retention.toSeconds({ integral: false }) < 60 ||
      retention.toSeconds({ integral: false }) > MAX_QUEUE_RETENTION.toSeconds({ integral: false }),
    message: ({ retention }) => `retention is ${retention.toHumanString()}; SQS keeps messages from 1 minute to 14 days`,
  },
  {
    when: ({ deadLetterRetention: kept }) =>
      kept.toSeconds({ integral: false }) < 60 || kept.toSeconds({ integral: false }) > MAX_QUEUE_RETENTION.toSeconds({ integral: false }),
    message: ({ deadLetterRetention: kept }) =>
      `deadLetterRetention is ${kept.toHumanString()}; SQS keeps messages from 1 minute to 14 days`,
  },
  {
    when: ({ retention, deadLetterRetention }) =>
      deadLetterRetention.toSeconds({ integral: false }) <= retention.toSeconds({ integral: false }),
    message: ({ retention, deadLetterRetention }) =>
      `deadLetterRetention ${deadLetterRetention.toHumanString()} is not above retention ${retention.toHumanString()}; a dead letter keeps the age it had in its queue and could expire ` +
      'on arrival: lower retention',
  },
  {
    when: (facts) => inboxDays(facts) > facts.inboxRetention.toDays({ integral: false }),
    message: (facts) =>
      `the inbox keeps markers for ${facts.inboxRetention.toHumanString()}, but a message may come again after ${inboxDays(facts)} days (${facts.daysBeforeQueue} before the queue, ` +
      `${facts.retention.toHumanString()} in it, ${facts.deadLetterRetention.toHumanString()} in the dead-letter queue, ${REDRIVE_DAYS} to redrive) and would run twice: raise the inbox's "retention"`,
  },
];

/** What a queue and its function must not be. */
export const WORKER_RULES: readonly Rule<WorkerFacts>[] = [...BATCH_RULES, ...FAILURE_RULES, ...DELIVERY_RULES, ...RETENTION_RULES];

/** What the template says of a queue, its function and their mapping once every escape hatch has been used. */
export interface WorkerTemplateFacts {
  readonly queue: Readonly<Record<string, unknown>>;
  readonly deadLetterQueue: Readonly<Record<string, unknown>>;
  readonly function: Readonly<Record<string, unknown>>;
  readonly mapping: Readonly<Record<string, unknown>>;
}

const numberOf = (value: unknown, absent: number) => (typeof value === 'number' ? value : absent);
const neededVisibility = ({ function: fn, mapping }: WorkerTemplateFacts) =>
  6 * numberOf(fn['Timeout'], 3) + numberOf(mapping['MaximumBatchingWindowInSeconds'], 0);
const visibility = ({ queue }: WorkerTemplateFacts) => numberOf(queue['VisibilityTimeout'], 30);
const retention = (queue: Readonly<Record<string, unknown>>) => numberOf(queue['MessageRetentionPeriod'], 345_600);

const batchOf = ({ mapping }: WorkerTemplateFacts) => numberOf(mapping['BatchSize'], 10);
const mostConcurrent = ({ mapping }: WorkerTemplateFacts) => {
  const { MaximumConcurrency: most } = (mapping['ScalingConfig'] ?? {}) as { readonly MaximumConcurrency?: unknown };
  return numberOf(most, 0);
};
const reserved = ({ function: fn }: WorkerTemplateFacts) => numberOf(fn['ReservedConcurrentExecutions'], Number.POSITIVE_INFINITY);

/** Whether the dead-letter queue takes what its own queue gives up. Absent, its policy admits every queue. */
function admitsQueue({ queue, deadLetterQueue }: WorkerTemplateFacts): boolean {
  const policy = (deadLetterQueue['RedriveAllowPolicy'] ?? {}) as { readonly redrivePermission?: unknown };
  if (policy.redrivePermission === undefined || policy.redrivePermission === 'allowAll') return true;
  return policy.redrivePermission === 'byQueue' && JSON.stringify(policy).includes(`:${String(queue['QueueName'])}"`);
}

/** The same inequalities once more, on what will be deployed. Absent numbers count as the service's own defaults. */
export const WORKER_TEMPLATE_RULES: readonly Rule<WorkerTemplateFacts>[] = [
  {
    when: (facts) => visibility(facts) < neededVisibility(facts),
    message: (facts) =>
      `VisibilityTimeout of the queue is ${visibility(facts)} s; it must be 6 × the function's timeout + the batch window = ${neededVisibility(facts)} s, or messages come again while they are ` +
      'still in work: remove the change',
  },
  {
    when: ({ mapping: { FunctionResponseTypes: types } }) => !(Array.isArray(types) && types.includes('ReportBatchItemFailures')),
    message: () =>
      'FunctionResponseTypes of the event source mapping lacks ReportBatchItemFailures; Lambda would delete every message of a batch that failed in part: remove the change',
  },
  {
    when: ({ queue }) => queue['ContentBasedDeduplication'] === true,
    message: () =>
      'ContentBasedDeduplication of the queue is true; two different messages with equal bodies within five minutes would become one: remove the change',
  },
  {
    when: ({ queue, deadLetterQueue }) => retention(deadLetterQueue) <= retention(queue),
    message: ({ queue, deadLetterQueue }) =>
      `MessageRetentionPeriod of the dead-letter queue is ${retention(deadLetterQueue)} s, that of the queue ${retention(queue)} s; a dead letter could expire on arrival: keep the first above the second`,
  },
  {
    when: ({ queue }) => queue['RedrivePolicy'] === undefined,
    message: () => 'the queue has no RedrivePolicy; a message that crashes every run would come back until it expires: remove the change',
  },
  {
    when: (facts) => !admitsQueue(facts),
    message: ({ queue }) =>
      `RedriveAllowPolicy of the dead-letter queue does not admit the queue "${String(queue['QueueName'])}"; SQS would refuse the one to the other: remove the change, and name the queue by the ` +
      'prop "name"',
  },
  {
    when: (facts) => batchOf(facts) > 10 && numberOf(facts.mapping['MaximumBatchingWindowInSeconds'], 0) === 0,
    message: (facts) =>
      `BatchSize of the event source mapping is ${batchOf(facts)} without MaximumBatchingWindowInSeconds; Lambda refuses more than 10 without time to collect them: use the props "batchSize" ` +
      'and "batchWindow"',
  },
  {
    when: (facts) => mostConcurrent(facts) > reserved(facts),
    message: (facts) =>
      `ReservedConcurrentExecutions of the function is ${reserved(facts)} under MaximumConcurrency ${mostConcurrent(facts)} of the event source mapping; the rest would be throttled, which spends ` +
      'receives without running them: use the prop "scaling.reservedConcurrency"',
  },
];
