import { describe, expect, test } from 'vitest';
import { describeRetries, type RetrySettings } from '../../lib/retry/describe-retries.ts';
import { deadLetter, discard, park, pause, retry, retryNow } from '../../lib/retry/error-outcome.ts';
import { type ErrorMatch, errorRule } from '../../lib/retry/error-rules.ts';
import { exponential, fixed, linear, MESSAGE_RETRY } from '../../lib/retry/policy.ts';
import { longestDelayMs, longestSpanMs } from '../../lib/retry/retry-span.ts';

const settings: RetrySettings = { errors: [], retry: MESSAGE_RETRY, maxAttempts: 5, onExhausted: 'deadLetter' };
const [defaults] = describeRetries(settings);

describe('the schedule', () => {
  test('tells each wait, their sum and the end', () => {
    expect(defaults).toBe(
      'any failure: again after 0 s – 10 s, 0 s – 20 s, 0 s – 40 s, 0 s – 1 min 20 s; 2 min 30 s at most in all; the 5th failure goes to the dead-letter queue',
    );
    expect(describeRetries(settings).slice(1)).toEqual([
      'Permanent or data that fits no schema: to the dead-letter queue at once',
      'a throttle or a conflict: again soon, uncharged',
    ]);
  });

  test('tells that a blocked message is tried on', () => {
    expect(describeRetries({ ...settings, retry: fixed([500, 3_600_000]), maxAttempts: 3, onExhausted: 'block' })[0]).toBe(
      'any failure: again after 500 ms, 1 h; 1 h 1 s at most in all; the 3rd failure is tried on, and holds its key',
    );
  });

  test('of a single attempt has no waits', () => {
    expect(describeRetries({ ...settings, maxAttempts: 1 })[0]).toBe('any failure: the 1st failure goes to the dead-letter queue');
  });

  test('leaves out the middle of a long one', () => {
    const [line] = describeRetries({ ...settings, retry: linear({ stepMs: 60_000, capMs: 86_400_000, jitter: 'none' }), maxAttempts: 22 });
    expect(line).toBe(
      'any failure: again after 1 min, 2 min, 3 min, 4 min, 5 min, 6 min, 7 min, …, 21 min; 3 h 51 min at most in all; the 22nd failure goes to the dead-letter queue',
    );
  });

  test('has every rule in its order and in words', () => {
    const isDecline = () => true;
    const errors = [
      errorRule({ code: 'CARD_EXPIRED', type: { name: 'orders.order-placed' } }, deadLetter()),
      errorRule(RangeError, retry(fixed([1_000]), { attempts: 11 })),
      errorRule({ cause: { name: 'SocketError' } }, pause(90_000)),
      errorRule({ when: isDecline }, park('until Monday')),
      errorRule({ when: () => true, class: Error }, discard('nobody waits for it')),
      errorRule({ code: 'UNIT_CONDITION_FAILED' }, retryNow(3, { orElse: retry(fixed([5_000]), { attempts: 2 }) })),
      errorRule(TypeError, retryNow(1)),
    ];
    expect(describeRetries({ ...settings, errors })).toEqual([
      '1. code CARD_EXPIRED, of orders.order-placed: to the dead-letter queue at once',
      '2. RangeError: again after 1 s, 1 s, 1 s, 1 s, 1 s, 1 s, 1 s, …, 1 s; 10 s at most in all; the 11th failure goes to the dead-letter queue',
      '3. a cause of name SocketError: uncharged; the consumer pauses for 1 min 30 s',
      '4. isDecline: set aside in the dead-letter queue, until Monday',
      '5. Error, a predicate: discarded and counted, nobody waits for it',
      '6. code UNIT_CONDITION_FAILED: at once, up to 3 times, in the same process; then again after 5 s; 5 s at most in all; the 2nd failure goes to the dead-letter queue',
      '7. TypeError: at once, up to once, in the same process; then as without this rule',
      defaults?.replace('any failure', 'any other failure'),
      'rules of a single handler, in its on(), are asked before these',
      'without a rule above, Permanent or data that fits no schema: to the dead-letter queue at once',
      'without a rule above, a throttle or a conflict: again soon, uncharged',
    ]);
  });
});

describe('the longest wait', () => {
  const anything: ErrorMatch = Error;
  test('is that of the policy within its attempts', () => {
    expect(longestDelayMs([], MESSAGE_RETRY, 5)).toBe(80_000);
    expect(longestDelayMs([], MESSAGE_RETRY, Number.POSITIVE_INFINITY)).toBe(900_000);
    expect(longestDelayMs([], MESSAGE_RETRY, 1)).toBe(0);
    expect(longestDelayMs([], fixed([50_000, 1]), 3)).toBe(50_000);
  });

  test('is that of a rule, within its own attempts, also behind a retry at once', () => {
    const daily = exponential({ baseMs: 3_600_000, capMs: 86_400_000 });
    expect(longestDelayMs([errorRule(anything, retry(daily, { attempts: 3 }))], MESSAGE_RETRY, 5)).toBe(7_200_000);
    expect(longestDelayMs([errorRule(anything, retryNow(1, { orElse: retry(daily) }))], MESSAGE_RETRY, 5)).toBe(28_800_000);
    expect(longestDelayMs([errorRule(anything, retry(undefined, { attempts: 8 }))], MESSAGE_RETRY, 5)).toBe(640_000);
    expect(longestDelayMs([errorRule(anything, pause(80_000_000)), errorRule(anything, deadLetter())], fixed([1]), 5)).toBe(1);
  });

  test('adds up over all attempts', () => {
    expect(longestSpanMs(MESSAGE_RETRY, 5)).toBe(150_000);
    expect(longestSpanMs(MESSAGE_RETRY, 1)).toBe(0);
  });
});
