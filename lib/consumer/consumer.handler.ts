import middy, { type MiddyfiedHandler } from '@middy/core';
import type { Clock } from '../core/clock.ts';
import { systemClock } from '../core/clock.ts';
import type { Ids } from '../core/ids.ts';
import { systemIds } from '../core/ids.ts';
import type { Logger } from '../core/logger.ts';
import { silentLogger } from '../core/logger.ts';
import type { Metrics } from '../core/metrics.ts';
import { silentMetrics } from '../core/metrics.ts';
import type { Rng } from '../core/rng.ts';
import { systemRng } from '../core/rng.ts';
import type { AnyMessageDefinition } from '../message/message.ts';
import type { DeadLetters } from '../retry/dead-letter.ts';
import { attemptsOf, type ErrorRule } from '../retry/error-rules.ts';
import { decodePolicy, isRetryPolicy, MESSAGE_RETRY, type RetryPolicy } from '../retry/policy.ts';
import { shown } from '../retry/shown.ts';
import { createCommitter } from '../unit-of-work/commit.ts';
import type { OutgoingWriter } from '../unit-of-work/unit-of-work.ts';
import { consumeBatch } from './consumer.batch.ts';
import { CONSUMER_ENV, DEFAULT_MAX_ATTEMPTS, type DeliveryChoice } from './consumer.contract.ts';
import { checkDeployment } from './consumer.deployment.ts';
import { ConsumerConfigError, ConsumerEventError } from './consumer.errors.ts';
import { isQueueEvent, type QueueEvent, type QueueResponse } from './consumer.event.ts';
import { createPauses } from './consumer.pause.ts';
import type { ConsumerInbox, ConsumerSettings, DeliveryStop, LongWaits, Visibility } from './consumer.ports.ts';
import { queueLimitsOf } from './consumer.queue-limits.ts';
import { createRouter, type Route } from './consumer.routes.ts';
import { createVisibility, type VisibilityClient } from './consumer.sqs.ts';
import { ruleListFault } from './rule-list.ts';

/** What a consumer is. All but `name` and `handlers` has a default inside a function that the `Consumer` construct deployed. */
export interface ConsumerOptions {
  /** The consumer's verb-noun name, e.g. `ship-order`: part of every inbox key, so renaming it makes it a new consumer. */
  readonly name: string;
  /** Made by `on` and `onAny`; each message has one. */
  readonly handlers: readonly Route[];
  /** Remembers what was handled, see `createInbox`. */
  readonly inbox: ConsumerInbox;
  /** Stores what the handlers send; without it a handler that sends fails. See `createOutbox`. */
  readonly outbox?: OutgoingWriter & { readonly source?: string };
  /** Definitions that may arrive and are acknowledged without being handled, e.g. on a FIFO queue, which has no filter. @default [] */
  readonly ignores?: readonly AnyMessageDefinition[];
  /** Handlers that run at the same time; 1 and more. @default 10 */
  readonly concurrency?: number;
  /**
   * `at-most-once`: a marker is written before the handler is called, and the handler is never called again for that message, whatever
   * becomes of it; one write more for each message. What throws, dies or does not commit is lost: a dead letter with the reason
   * `AT_MOST_ONCE_FAILED` or `OUTCOME_UNKNOWN`, counted as `MessagesLost`; on a FIFO queue it leaves a gap. What is refused before the
   * handler is called comes back. The construct declares the same, or the function does not start; no retry schedule is printed for it.
   * @default 'at-least-once' - losing nothing, with effects in the unit exactly once
   *
   * @example
   * export const handler = createConsumer({ name: 'pay-out', delivery: 'at-most-once', handlers: [on(OrderPlaced, payOut)] });
   * new Consumer(this, 'pay-out', { delivery: 'at-most-once', topic, handles: [OrderPlaced], entry, inbox }); // in the stack
   */
  readonly delivery?: DeliveryChoice;
  /**
   * Attempts that are charged before a message counts as exhausted; 1 and more. Inside a function that a construct deployed, say it to the
   * construct alone, as `onExhausted` and `retry`: a function that was deployed with another value does not start.
   * @default - `POSTHASTE_MAX_ATTEMPTS`, or 5
   */
  readonly maxAttempts?: number;
  /** What happens to an exhausted message. @default - `POSTHASTE_ON_EXHAUSTED`, or `block` on FIFO queues and `deadLetter` on others */
  readonly onExhausted?: 'deadLetter' | 'block';
  /**
   * When a message is tried again. @default - `POSTHASTE_RETRY`, or exponential({ baseMs: 10_000, capMs: 900_000 }): five attempts span about
   * a minute, and a held key is tried every 15 minutes at least
   */
  readonly retry?: RetryPolicy;
  /** What becomes of messages whose handling failed, in this order, after the rules of their handler; see `errorRule`. @default [] */
  readonly errors?: readonly ErrorRule[];
  /**
   * Sends messages to their queue again after waits of more than 11 hours, see `createLongWaits`. @default - they are hidden in the queue
   * for up to 11 hours at a time, as on FIFO queues always
   */
  readonly longWaits?: LongWaits;
  /** Stops the queue's deliveries while a rule pauses the consumer, see `createPausing`. @default - a pause is one of this process alone */
  readonly pausing?: DeliveryStop;
  /** Milliseconds kept at the end of an invocation for ending what has begun. @default - a tenth of the time, at least 1000 */
  readonly reserveMs?: number;
  /**
   * Whether units of fresh messages that touch different items commit together, on standard queues: fewer calls, the same guarantees. A
   * finished unit waits at most `lingerMs` for others. @default { lingerMs: 50 }
   */
  readonly packing?: { readonly lingerMs: number } | false;
  /** The CloudEvents source of what it sends. @default - that of the outbox, `POSTHASTE_SOURCE`, or `urn:posthaste:<name>` */
  readonly source?: string;
  /** Shown in failure records. @default - `POSTHASTE_HANDLER_VERSION` */
  readonly handlerVersion?: string;
  /** @default - the Powertools logger, as JSON lines */
  readonly log?: Logger;
  /** @default - CloudWatch metrics of the namespace `Posthaste`, one line per batch */
  readonly metrics?: Metrics;
  /** @default - real time */
  readonly clock?: Clock;
  /** @default - the platform's */
  readonly rng?: Rng;
  /** @default - random UUIDs */
  readonly ids?: Ids;
}

/** What the composition adds to a consumer's options: the queues. */
export interface ConsumerWiring extends ConsumerOptions {
  /** Where exhausted and impossible messages go. */
  readonly deadLetters: DeadLetters;
  /** An SQS client with `maxAttempts: 1`. */
  readonly sqs: VisibilityClient;
  /** The URL of the consumer's queue. */
  readonly queueUrl: string;
  /** The environment. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A Lambda handler for an SQS event source mapping, open to middy middlewares by `.use()`. */
export type ConsumerHandler = MiddyfiedHandler<QueueEvent, QueueResponse>;

/** Lambda's own limit, for callers that pass no context. */
const LONGEST_INVOCATION_MS = 900_000;

/** The consumer as a Lambda handler. Throws `ConsumerConfigError` at once for options that cannot work. */
export function createConsumerHandler(options: ConsumerWiring): ConsumerHandler {
  const { clock = systemClock, rng = systemRng, ids = systemIds, log = silentLogger, metrics = silentMetrics, inbox } = options;
  const settings = settingsOf(options);
  const router = createRouter(options.handlers, options.ignores ?? []);
  const code = {
    ...settings,
    given: options,
    handles: router.handles,
    makesSchedules: options.longWaits !== undefined,
    pauses: options.pausing !== undefined,
  };
  checkDeployment(code, options.env ?? process.env);
  const outgoing = options.outbox ? { outgoing: options.outbox } : {};
  const committer = createCommitter({ client: inbox.client, clock, rng, ids, ...outgoing });
  const visibility: Visibility = createVisibility({ client: options.sqs, queueUrl: options.queueUrl, clock, rng, log });
  const pauses = createPauses({ consumer: settings.name, clock, log, metrics, stop: options.pausing });
  const { deadLetters, longWaits } = options;
  const ports = { settings, router, inbox, committer, deadLetters, visibility, pauses, longWaits, clock, rng, ids, log, metrics };

  const handle = async (event: QueueEvent, context?: { getRemainingTimeInMillis?: () => number }): Promise<QueueResponse> => {
    if (!isQueueEvent(event)) throw new ConsumerEventError(settings.name);
    const remainingMs = context?.getRemainingTimeInMillis?.() ?? LONGEST_INVOCATION_MS;
    return consumeBatch(event.Records, ports, Math.max(0, remainingMs));
  };
  // middy's own early timeout would turn a partial response into a failure of the whole batch.
  return middy<QueueEvent, QueueResponse>(handle, { timeoutEarlyInMillis: 0 });
}

// The name is part of readable keys, of metrics and of log lines.
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

function settingsOf(options: ConsumerWiring): ConsumerSettings {
  const env = options.env ?? process.env;
  const { name, concurrency = 10, packing = { lingerMs: 50 }, outbox, delivery = 'at-least-once' } = options;
  const maxAttempts = options.maxAttempts ?? Number(env[CONSUMER_ENV.maxAttempts] ?? DEFAULT_MAX_ATTEMPTS);
  const onExhausted = options.onExhausted ?? env[CONSUMER_ENV.onExhausted] ?? 'byQueue';
  if (!NAME.test(name))
    throw new ConsumerConfigError(`a consumer is named '${name}'; its name is a verb and a noun in kebab-case, e.g. ship-order`);
  atLeastOne('concurrency', concurrency);
  atLeastOne('maxAttempts', maxAttempts);
  if (delivery !== 'at-least-once' && delivery !== 'at-most-once') {
    throw new ConsumerConfigError(`delivery is '${String(delivery)}'; it is 'at-least-once' or 'at-most-once'`);
  }
  if (onExhausted !== 'deadLetter' && onExhausted !== 'block' && onExhausted !== 'byQueue') {
    throw new ConsumerConfigError(`onExhausted is '${onExhausted}'; it is 'deadLetter' or 'block'`);
  }
  assertRetries(options);
  if (delivery === 'at-most-once' && allRules(options).length > 0) {
    throw new ConsumerConfigError(
      `consumer '${name}' is at-most-once and has error rules; nothing is tried again after its handler was called: remove the rules`,
    );
  }
  return {
    name,
    concurrency,
    delivery,
    maxAttempts,
    mostAttempts: Math.max(maxAttempts, ...allRules(options).map(attemptsOf)),
    onExhausted,
    ...queueLimitsOf(env),
    retry: options.retry ?? policyOf(env),
    errors: options.errors ?? [],
    reserveMs: options.reserveMs,
    packLingerMs: packing === false ? undefined : packing.lingerMs,
    source: options.source ?? outbox?.source ?? `urn:posthaste:${name}`,
    handlerVersion: options.handlerVersion ?? env[CONSUMER_ENV.handlerVersion],
  };
}

function assertRetries({ retry, errors = [], handlers }: ConsumerOptions): void {
  if (retry !== undefined && !isRetryPolicy(retry)) {
    throw new ConsumerConfigError(`retry is ${shown(retry)}; it is a policy: make it with exponential(), linear() or fixed()`);
  }
  const lists = handlers.map(
    ({ definition, errors: own }) => [definition ? `errors of on(${definition.name})` : 'errors of onAny()', own] as const,
  );
  for (const [called, rules] of [['errors', errors] as const, ...lists]) {
    const fault = ruleListFault(called, rules);
    if (fault !== undefined) throw new ConsumerConfigError(fault);
  }
}

function policyOf(env: Readonly<Record<string, string | undefined>>): RetryPolicy {
  const text = env[CONSUMER_ENV.retry];
  return text === undefined ? MESSAGE_RETRY : decodePolicy(text);
}

function allRules({ errors = [], handlers }: ConsumerOptions): readonly ErrorRule[] {
  return [...handlers.flatMap((route) => route.errors), ...errors];
}

function atLeastOne(option: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) throw new ConsumerConfigError(`${option} is ${value}; it is an integer of 1 or more`);
}
