import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import { decodePolicy, exponential, fixed, type Jitter, linear, MESSAGE_RETRY, type RetryPolicy } from '../../lib/retry/policy.ts';
import { boundsOf, delayOf } from '../../lib/retry/policy-delay.ts';

const delays = fc.integer({ min: 0, max: 100_000_000 });
const jitters: fc.Arbitrary<Jitter> = fc.oneof(
  fc.constantFrom('full' as const, 'equal' as const, 'none' as const),
  fc.double({ min: 0.01, max: 1, noNaN: true }).map((bounded) => ({ bounded })),
);
const policies: fc.Arbitrary<RetryPolicy> = fc.oneof(
  fc
    .tuple(delays, fc.double({ min: 1, max: 10, noNaN: true }), delays, jitters)
    .map(([baseMs, factor, more, jitter]) => exponential({ baseMs, factor, capMs: baseMs + more, jitter })),
  fc
    .tuple(delays, fc.option(delays), jitters)
    .map(([stepMs, more, jitter]) => linear({ stepMs, ...(more !== null && { capMs: stepMs + more }), jitter })),
  fc.tuple(fc.array(delays, { minLength: 1 }), jitters).map(([list, jitter]) => fixed(list, { jitter })),
);

describe('a delay', () => {
  test('lies within its bounds and under its cap, in whole milliseconds, at every attempt', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 2_000 }), fc.nat(), (policy, attempt, seed) => {
        const [min, max] = boundsOf(policy, attempt);
        const delayMs = delayOf(policy, attempt, createRng(seed));
        expect(Number.isInteger(delayMs)).toBe(true);
        expect(delayMs).toBeGreaterThanOrEqual(Math.floor(min));
        expect(delayMs).toBeLessThanOrEqual(max);
        if (policy.kind !== 'fixed') expect(max).toBeLessThanOrEqual(policy.capMs ?? Number.POSITIVE_INFINITY);
      }),
    );
  });

  test('reaches both ends of its bounds', () => {
    const policy = exponential({ baseMs: 1_000, capMs: 60_000, jitter: { bounded: 0.5 } });
    expect([0, 0.999_999].map((chance) => delayOf(policy, 3, { next: () => chance }))).toEqual([2_000, 6_000]);
  });

  test('survives the way through the environment', () => {
    fc.assert(
      fc.property(policies, (policy) => {
        expect(decodePolicy(JSON.stringify(policy))).toEqual(policy);
      }),
    );
  });
});

test.each([
  ['exponential doubles up to its cap', exponential({ baseMs: 100, capMs: 1_000, jitter: 'none' }), [100, 200, 400, 800, 1_000, 1_000]],
  ['by another factor', exponential({ baseMs: 100, factor: 3, capMs: 1_000, jitter: 'none' }), [100, 300, 900, 1_000, 1_000, 1_000]],
  ['linear adds a step', linear({ stepMs: 100, capMs: 350, jitter: 'none' }), [100, 200, 300, 350, 350, 350]],
  ['fixed repeats its last', fixed([5, 7]), [5, 7, 7, 7, 7, 7]],
] as const)('%s', (_, policy, nominal) => {
  expect(nominal.map((_, index) => boundsOf(policy, index + 1)[1])).toEqual(nominal);
});

test.each([
  ['full', 'full', [0, 1_000]],
  ['equal', 'equal', [500, 1_000]],
  ['none', 'none', [1_000, 1_000]],
  ['bounded', { bounded: 0.2 }, [800, 1_200]],
] as const)('the jitter %s', (_, jitter, bounds) => {
  expect(boundsOf(linear({ stepMs: 1_000, jitter }), 1)).toEqual(bounds);
  expect(boundsOf(linear({ stepMs: 1_000, capMs: 1_000, jitter }), 1)[1]).toBeLessThanOrEqual(1_000);
});

test('messages spread their returns fully unless told otherwise; a list is meant as written', () => {
  expect(MESSAGE_RETRY).toEqual(exponential({ baseMs: 10_000, capMs: 900_000 }));
  expect([exponential({ baseMs: 1, capMs: 1 }).jitter, linear({ stepMs: 1 }).jitter, fixed([1]).jitter]).toEqual(['full', 'full', 'none']);
});

test.each([
  ['an empty list', () => fixed([]), /the list of delays of a retry policy is \[\]; it is a list/],
  ['a delay without a list', () => fixed(1_000 as never), /the list of delays of a retry policy is 1000; it is a list of one delay/],
  ['a negative delay', () => fixed([1, -1]), /a delay .* is -1; it is a number of milliseconds, 0 and more/],
  ['no number', () => exponential({ baseMs: Number.NaN, capMs: 1 }), /baseMs .* is NaN/],
  ['an endless delay', () => exponential({ baseMs: 1, capMs: Number.POSITIVE_INFINITY }), /capMs .* is Infinity/],
  ['a cap below the base', () => exponential({ baseMs: 10, capMs: 1 }), /capMs .* is 1; it is at least baseMs, 10/],
  ['a shrinking factor', () => exponential({ baseMs: 1, factor: 0.5, capMs: 1 }), /factor .* is 0.5/],
  ['a negative step', () => linear({ stepMs: -5 }), /stepMs .* is -5/],
  ['a cap below the step', () => linear({ stepMs: 5, capMs: 4 }), /capMs .* is 4/],
  ['a share above one', () => linear({ stepMs: 5, jitter: { bounded: 1.5 } }), /jitter .* is {"bounded":1.5}/],
  ['a share of nothing', () => linear({ stepMs: 5, jitter: { bounded: 0 } }), /jitter/],
  ['an unknown jitter', () => linear({ stepMs: 5, jitter: 'some' as never }), /jitter .* is "some"/],
  ['a text that is no policy', () => decodePolicy('{"kind":"random"}'), /a retry policy .* is {"kind":"random"}/],
  ['a text that is no JSON', () => decodePolicy('{'), /a retry policy/],
  ['null', () => decodePolicy('null'), /a retry policy/],
])('%s is refused where it is written', (_, define, message) => {
  expect(define).toThrowError(message);
  expect(define).toThrowError(expect.objectContaining({ code: 'RETRY_CONFIG' }));
});
