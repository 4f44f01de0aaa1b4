import { type ErrorRule, lastOutcome } from './error-rules.ts';
import type { RetryPolicy } from './policy.ts';
import { boundsOf } from './policy-delay.ts';

/** The most that a message comes back for one after the other, where nothing ends it: receives are counted to 1,000 (SQS "maxReceiveCount"). */
const MOST_ATTEMPTS = 1_000;

/** The longest time that all waits between so many attempts take together, in milliseconds; with `upTo`, those that are not longer. */
export function longestSpanMs(policy: RetryPolicy, attempts: number, { upTo = Number.POSITIVE_INFINITY } = {}): number {
  return longestWaits(policy, attempts).reduce((total, wait) => total + (wait <= upTo ? wait : 0), 0);
}

/** How long so many attempts keep a message waiting on average, in milliseconds; with `upTo`, in waits that turn out no longer. */
export function meanSpanMs(policy: RetryPolicy, attempts: number, { upTo = Number.POSITIVE_INFINITY } = {}): number {
  return boundsOfWaits(policy, attempts).reduce((total, bounds) => total + meanUpTo(bounds, upTo), 0);
}

/** What a delay that is uniform between its bounds adds on average, where longer ones than `upTo` count as nothing. */
function meanUpTo([min, max]: readonly [number, number], upTo: number): number {
  const top = Math.min(max, upTo);
  if (min === max) return top < max ? 0 : max;
  return top <= min ? 0 : (top ** 2 - min ** 2) / (2 * (max - min));
}

/**
 * The longest single wait, in milliseconds, that the rules and the policy of a consumer can ask for. `attempts` are those of the consumer:
 * `Infinity` where an exhausted message is tried on. Pauses are not among them; nor is what a thrower asks for.
 *
 * @example
 * longestDelayMs([errorRule(Error, retry(fixed([60_000, 86_400_000])))], MESSAGE_RETRY, 5); // => 86400000
 */
export function longestDelayMs(rules: readonly ErrorRule[], policy: RetryPolicy, attempts: number): number {
  const ruled = rules.flatMap((rule) => {
    const outcome = lastOutcome(rule);
    if (outcome?.kind !== 'retry') return [];
    return longestWaits(outcome.policy ?? policy, attempts === Number.POSITIVE_INFINITY ? attempts : (outcome.attempts ?? attempts));
  });
  return Math.max(0, ...longestWaits(policy, attempts), ...ruled);
}

function longestWaits(policy: RetryPolicy, attempts: number): number[] {
  return boundsOfWaits(policy, attempts).map(([, max]) => max);
}

function boundsOfWaits(policy: RetryPolicy, attempts: number): (readonly [min: number, max: number])[] {
  const waits = Math.max(0, Math.min(attempts, MOST_ATTEMPTS) - 1);
  return Array.from({ length: waits }, (_, index) => boundsOf(policy, index + 1));
}
