import { Annotations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Rule } from '../infra/rules.ts';
import { describeRetries } from '../retry/describe-retries.ts';
import { attemptsOf, type ErrorRule, lastOutcome } from '../retry/error-rules.ts';
import type { RetryPolicy } from '../retry/policy.ts';
import { longestSpanMs, meanSpanMs } from '../retry/retry-span.ts';
import { CONSUMER_ENV, LONGEST_HOLD_MS } from './consumer.contract.ts';
import type { WorkerFacts } from './queue-worker.rules.construct.ts';
import { rulesDigest } from './rules-digest.ts';

/** What the rules about retries look at. */
export interface RetryFacts
  extends Pick<
    WorkerFacts,
    'ordered' | 'maxAttempts' | 'maxReceiveCount' | 'onExhausted' | 'delivery' | 'retention' | 'inboxRetention' | 'daysBeforeQueue'
  > {
  /** Whether long waits are schedules, during which the queue is empty. */
  readonly scheduled: boolean;
  /** Whether its code can stop deliveries. */
  readonly pausable: boolean;
  readonly errors: readonly ErrorRule[];
  /** Whether these are all rules of its code, which the function checks. */
  readonly knowsRules: boolean;
  readonly retry: RetryPolicy;
}

const mostAttempts = ({ errors }: RetryFacts) => Math.max(0, ...errors.map(attemptsOf));

/** The longest time that a message may be tried again, in milliseconds; with `upTo`, in waits that are not longer. */
function longestSpan(facts: RetryFacts, upTo?: number, spanMs = longestSpanMs): number {
  const { errors, retry, maxAttempts } = facts;
  const some = upTo === undefined ? {} : { upTo };
  const spans = errors.map((rule) => {
    const outcome = lastOutcome(rule);
    return outcome?.kind === 'retry' ? spanMs(outcome.policy ?? retry, outcome.attempts ?? maxAttempts, some) : 0;
  });
  return Math.max(spanMs(retry, maxAttempts, some), ...spans);
}

/** The longest pause that a rule begins, in milliseconds. */
function longestPause({ errors }: RetryFacts): number {
  const pauses = errors.map(lastOutcome).map((outcome) => (outcome?.kind === 'pause' ? outcome.ms : 0));
  return Math.max(0, ...pauses);
}

/** What of it the queue must keep the message for. */
const spanInQueue = (facts: RetryFacts) => longestSpan(facts, facts.scheduled ? LONGEST_HOLD_MS : undefined);

/** How long a message that fails at every attempt is hidden in the queue on average; by the rule that hides it the longest. */
const meanSpanInQueue = (facts: RetryFacts) => longestSpan(facts, facts.scheduled ? LONGEST_HOLD_MS : undefined, meanSpanMs);

/** A message that is older than the inbox remembers, less a day, is not run. */
const spanRemembered = ({ inboxRetention, daysBeforeQueue }: RetryFacts) =>
  inboxRetention.toMilliseconds() - (1 + daysBeforeQueue) * DAY_MS;

const DAY_MS = 86_400_000;

const hours = (ms: number) => `${(ms / 3_600_000).toFixed(1)} hours`;

/** What a retry schedule must not be. */
export const RETRY_RULES: readonly Rule<RetryFacts>[] = [
  {
    when: (facts) => 10 * mostAttempts(facts) > facts.maxReceiveCount,
    message: (facts) =>
      `a rule of errors allows ${mostAttempts(facts)} attempts with maxReceiveCount ${facts.maxReceiveCount}; throttles and unstarted batches spend receives too, so SQS would dead-letter messages ` +
      `that had attempts left: allow ${Math.floor(facts.maxReceiveCount / 10)} at most, or raise maxReceiveCount`,
  },
  {
    when: (facts) => spanInQueue(facts) >= facts.retention.toMilliseconds(),
    message: (facts) =>
      `the retry schedule spans up to ${hours(spanInQueue(facts))}, but the queue keeps a message for ${facts.retention.toHumanString()}; it would expire without a dead letter: shorten the ` +
      'delays, allow fewer attempts, or raise "retention"',
  },
  {
    when: (facts) => longestSpan(facts) >= spanRemembered(facts),
    message: (facts) =>
      `the retry schedule spans up to ${hours(longestSpan(facts))}, but a message that came late is known to the inbox for ${hours(spanRemembered(facts))} only, and is not run afterwards: shorten the ` +
      `delays, allow fewer attempts, or raise the inbox's "retention"`,
  },
  {
    when: (facts) => longestPause(facts) >= facts.retention.toMilliseconds(),
    message: (facts) =>
      `a rule of errors pauses for ${hours(longestPause(facts))}, but the queue keeps a message for ${facts.retention.toHumanString()}; all that waits would expire without a dead letter: pause for ` +
      'less, or raise "retention"',
  },
  {
    when: ({ delivery, errors }) => delivery === 'at-most-once' && errors.length > 0,
    message: () =>
      'delivery is "at-most-once" with "errors"; a handler that is called once is not tried again, whatever it throws: remove the rules',
  },
];

const GAPS: readonly string[] = ['discard', 'park', 'deadLetter'];

/**
 * Messages of a queue that may be in flight, as those are that wait for an attempt; then receives bring nothing, without an error (SQS
 * developer guide, quotas of standard and of FIFO queues: about as many for either).
 */
const MAX_IN_FLIGHT = 120_000;

const rounded = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });

/** What an outage of what a consumer needs does to the messages that need nothing. */
function inFlightLines(facts: RetryFacts): readonly string[] {
  const held = meanSpanInQueue(facts);
  const perSecond = rounded.format((MAX_IN_FLIGHT * 1_000) / held);
  const full = facts.onExhausted === 'block' ? 'so many keys that fail' : `about ${perSecond} messages a second that fail at every attempt`;
  if (held === 0) return [];
  return [
    `what waits is in flight, at most about ${rounded.format(MAX_IN_FLIGHT)} messages of a queue: ${full} reach that, and then it hands out nothing; a rule that pauses holds none`,
  ];
}

/** What its code must be given for this schedule. Only the deployed function can look, and it does not start without. */
function codeLines({ errors, pausable, scheduled }: RetryFacts): readonly string[] {
  const options = [
    ...(errors.length > 0 ? ['the same "errors"'] : []),
    ...(pausable ? ['"pausing: createPausing()"'] : []),
    ...(scheduled ? ['"longWaits: createLongWaits()"'] : []),
  ];
  return options.length > 0 ? [`its code does not start unless it gives createConsumer ${LIST.format(options)}`] : [];
}

const LIST = new Intl.ListFormat('en');

/** Prints a consumer's whole retry schedule at synth, what its code must be given for it, and what it costs an ordered one. */
export function announceRetries(scope: Construct, name: string, facts: RetryFacts): void {
  if (facts.delivery === 'at-most-once') return;
  const annotations = Annotations.of(scope);
  const unknown = facts.knowsRules ? [] : ['error rules of its code are not known here, and asked before these: give them as "errors"'];
  annotations.addInfo(
    [`Retry schedule of ${name}:`, ...describeRetries(facts), ...inFlightLines(facts), ...unknown, ...codeLines(facts)].join('\n  '),
  );
  const gaps = new Set(facts.errors.map((rule) => lastOutcome(rule)?.kind ?? '').filter((kind) => GAPS.includes(kind)));
  if (!facts.ordered || gaps.size === 0) return;
  annotations.addWarningV2(
    'posthaste:ordered-gap',
    `errors of the ordered consumer ${name} have ${[...gaps].join(', ')}: the key of such a message goes on without it, so its order has a gap; acknowledge this where that is meant`,
  );
}

/** What the runtime is told: the policy that was printed, and the rules where they are known. */
export function retryEnvironment({
  errors,
  retry,
}: {
  readonly errors?: readonly ErrorRule[];
  readonly retry: RetryPolicy;
}): Record<string, string> {
  return {
    [CONSUMER_ENV.retry]: JSON.stringify(retry),
    ...(errors && { [CONSUMER_ENV.errorsDigest]: rulesDigest(errors) }),
  };
}
