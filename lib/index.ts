/** The runtime: what `posthaste` exports. It imports no CDK, so handlers may import all of it. */

export { AttemptsExhaustedError, ConsumerConfigError, DeadlineError, UnhandleableError } from './consumer/consumer.errors.ts';
export type { ConsumerHandler, ConsumerOptions } from './consumer/consumer.handler.ts';
export type { LongWaits } from './consumer/consumer.ports.ts';
export { type Handle, type HandlerContext, on, onAny, type Route, type RouteOptions } from './consumer/consumer.routes.ts';
export { type Cancel, type Clock, systemClock } from './core/clock.ts';
export { MissingEnvError, requiredEnv } from './core/env.ts';
export { isPosthasteError, PosthasteError, type PosthasteErrorOptions } from './core/errors.ts';
export { deriveId, type Ids, systemIds } from './core/ids.ts';
export { type Logger, silentLogger } from './core/logger.ts';
export { type Metrics, type MetricUnit, silentMetrics } from './core/metrics.ts';
export { type Rng, systemRng } from './core/rng.ts';
export { FAILURE_ATTRIBUTE } from './dlq/dlq.contract.ts';
export { decodeFailureRecord, type FailureRecord } from './dlq/failure-record.ts';
export { createInbox, type Inbox, type InboxOptions } from './inbox/create-inbox.ts';
export { InboxConfigError } from './inbox/inbox.errors.ts';
export { decodeEnvelope } from './message/decode-envelope.ts';
export { type CommandOptions, defineCommand, defineEvent, type EventOptions, type MessageOptions } from './message/define.ts';
export { type Encodable, type Envelope, encodeEnvelope } from './message/envelope.ts';
export {
  EnvelopeInvalidError,
  type EnvelopeProblem,
  MessageDefinitionError,
  MessageFieldError,
  MessageInvalidError,
  type MessageIssue,
  MessageKindError,
  MessageTooLargeError,
} from './message/message.errors.ts';
export type {
  AnyCommandDefinition,
  AnyEventDefinition,
  AnyMessageDefinition,
  CommandDefinition,
  DataOf,
  EventDefinition,
  InputOf,
  Message,
  MessageDefinition,
  RoutingValue,
} from './message/message.ts';
export {
  type CommitResult,
  createOutbox,
  type Outbox,
  type OutboxCommitOptions,
  type OutboxOptions,
  type OutboxUnit,
  type OutboxUnitContext,
} from './outbox/create-outbox.ts';
export {
  IdempotencyKeyEmptyError,
  IdempotencyKeyPendingError,
  IdempotencyKeyReusedError,
  IdempotencyRequestError,
} from './outbox/outbox.errors.ts';
export { describeRetries, type RetrySettings } from './retry/describe-retries.ts';
export {
  type DeadLetterOutcome,
  type DiscardOutcome,
  deadLetter,
  discard,
  type ErrorOutcome,
  type ParkOutcome,
  type PauseOutcome,
  park,
  pause,
  type RetryNowOutcome,
  type RetryOutcome,
  retry,
  retryNow,
} from './retry/error-outcome.ts';
export { type ErrorClass, type ErrorMatch, type ErrorPattern, type ErrorRule, errorRule } from './retry/error-rules.ts';
export {
  type ExponentialOptions,
  type ExponentialPolicy,
  exponential,
  type FixedPolicy,
  fixed,
  type Jitter,
  type LinearOptions,
  type LinearPolicy,
  linear,
  type RetryPolicy,
} from './retry/policy.ts';
export { Permanent, RetryConfigError, Transient } from './retry/retry.errors.ts';
export { type CreateConsumerOptions, createConsumer } from './runtime/create-consumer.ts';
export { createLongWaits, type LongWaitsOptions } from './runtime/create-long-waits.ts';
export { createPausing, type PausingOptions } from './runtime/create-pausing.ts';
export { DestinationError } from './topic/destination.ts';
export {
  createPublisher,
  type Published,
  type Publisher,
  PublisherClosedError,
  type PublisherOptions,
  type PublishOptions,
  PublishRefusedError,
  PublishUnavailableError,
} from './topic/publisher.ts';
export {
  HopsExceededError,
  OutboxMissingError,
  UnitConditionError,
  UnitContendedError,
  UnitDeniedError,
  UnitLimitError,
  UnitSealedError,
  UnitUnknownError,
  UnitWriteError,
} from './unit-of-work/unit-of-work.errors.ts';
export type { Expression, Item, SendOptions, Table, UnitOfWork, Write } from './unit-of-work/unit-of-work.ts';
