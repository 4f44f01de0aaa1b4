import type { ErrorOutcome } from './error-outcome.ts';
import { type ErrorMatch, type ErrorRule, typeName } from './error-rules.ts';
import type { RetryPolicy } from './policy.ts';
import { boundsOf } from './policy-delay.ts';
import { longestSpanMs } from './retry-span.ts';

/** What decides when a consumer's messages come back. */
export interface RetrySettings {
  readonly errors: readonly ErrorRule[];
  readonly retry: RetryPolicy;
  readonly maxAttempts: number;
  readonly onExhausted: 'deadLetter' | 'block';
}

/**
 * A consumer's whole retry schedule in words, line by line: every rule in its order, then what happens without one.
 *
 * @example
 * describeRetries({ errors: [], retry: fixed([1_000, 60_000]), maxAttempts: 3, onExhausted: 'deadLetter' });
 * // => ['any failure: again after 1 s, 1 min; 1 min 1 s at most in all; the 3rd failure goes to the dead-letter queue', …]
 */
export function describeRetries(settings: RetrySettings): readonly string[] {
  const rules = settings.errors.map(({ match, outcome }, index) => `${index + 1}. ${matchText(match)}: ${outcomeText(outcome, settings)}`);
  const [rest, unruled] = rules.length > 0 ? ['any other failure', 'without a rule above, '] : ['any failure', ''];
  return [
    ...rules,
    `${rest}: ${outcomeText({ kind: 'retry' }, settings)}`,
    ...(rules.length > 0 ? ['rules of a single handler, in its on(), are asked before these'] : []),
    `${unruled}Permanent or data that fits no schema: to the dead-letter queue at once`,
    `${unruled}a throttle or a conflict: again soon, uncharged`,
  ];
}

/** What a rule is for, in words. */
export function matchText(match: ErrorMatch): string {
  if (typeof match === 'function') return match.name;
  const { class: of, code, name, cause, when, type } = match;
  const parts = [
    of?.name,
    code !== undefined && `code ${code}`,
    name !== undefined && `name ${name}`,
    cause && `a cause of ${matchText(cause)}`,
    when && predicateText(when),
    type && `of ${typeName(type)}`,
  ];
  return parts.filter((part) => typeof part === 'string').join(', ');
}

// A function that was written in its place is named after the property.
function predicateText({ name }: { readonly name: string }): string {
  return name === '' || name === 'when' ? 'a predicate' : name;
}

function outcomeText(outcome: ErrorOutcome, settings: RetrySettings): string {
  switch (outcome.kind) {
    case 'retry':
      return retryText(outcome.policy ?? settings.retry, outcome.attempts ?? settings.maxAttempts, settings.onExhausted);
    case 'retryNow': {
      const after = outcome.orElse ? outcomeText(outcome.orElse, settings) : 'as without this rule';
      return `at once, up to ${times(outcome.times)}, in the same process; then ${after}`;
    }
    case 'deadLetter':
      return 'to the dead-letter queue at once';
    case 'park':
      return `set aside in the dead-letter queue${outcome.note === undefined ? '' : `, ${outcome.note}`}`;
    case 'discard':
      return `discarded and counted, ${outcome.reason}`;
    case 'pause':
      return `uncharged; the consumer pauses for ${durationText(outcome.ms)}`;
  }
}

/** Waits that are told one by one. */
const SHOWN = 8;

function retryText(policy: RetryPolicy, attempts: number, onExhausted: RetrySettings['onExhausted']): string {
  const end = onExhausted === 'block' ? 'tried on, and holds its key' : 'goes to the dead-letter queue';
  if (attempts === 1)
    return onExhausted === 'block' ? `the 1st failure is ${end}, again after ${waitText(policy, 1)}` : `the 1st failure ${end}`;
  const waits = Array.from({ length: attempts - 1 }, (_, index) => waitText(policy, index + 1));
  const shown = waits.length > SHOWN ? [...waits.slice(0, SHOWN - 1), '…', waits.at(-1)] : waits;
  const span = durationText(longestSpanMs(policy, attempts));
  return `again after ${shown.join(', ')}; ${span} at most in all; the ${ordinal(attempts)} failure ${onExhausted === 'block' ? 'is ' : ''}${end}`;
}

function waitText(policy: RetryPolicy, attempt: number): string {
  const [min, max] = boundsOf(policy, attempt);
  return min === max ? durationText(max) : `${durationText(min)} – ${durationText(max)}`;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function ordinal(count: number): string {
  const endings: Readonly<Record<number, string>> = { 1: 'st', 2: 'nd', 3: 'rd' };
  const isTeen = count % 100 >= 11 && count % 100 <= 13;
  return `${count}${isTeen ? 'th' : (endings[count % 10] ?? 'th')}`;
}

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const;

/** A duration with its two largest units, e.g. `1 min 20 s`. */
function durationText(ms: number): string {
  if (ms === 0) return '0 s';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  let left = Math.round(ms / 1_000) * 1_000;
  const parts = UNITS.flatMap(([size, unit]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? [] : [`${count} ${unit}`];
  });
  return parts.slice(0, 2).join(' ');
}
