import { expect, test } from 'vitest';
import { type AttemptTally, isExhausted } from '../../lib/retry/attempts.ts';

const tally = (failed: number, crashed: number): AttemptTally => ({ started: failed + crashed, settled: failed, failed, history: [] });

test.each([
  ['own failures up to the limit', tally(3, 0), true],
  ['one failure fewer', tally(2, 0), false],
  ['crashes up to the limit', tally(0, 3), true],
  ['failures and crashes up to the limit', tally(1, 2), true],
  ['a single crash that reaches the limit, since a neighbour may have caused it', tally(2, 1), false],
  ['own failures beyond which a crash came', tally(3, 1), true],
])('three attempts are used up by %s: %o', (_, known, exhausted) => {
  expect(isExhausted(known, { maxAttempts: 3, mostAttempts: 3 })).toBe(exhausted);
});

test('with one attempt a message that was near a crash runs once more', () => {
  expect([tally(0, 1), tally(0, 2), tally(1, 0)].map((known) => isExhausted(known, { maxAttempts: 1, mostAttempts: 1 }))).toEqual([
    false,
    true,
    true,
  ]);
});

test('a rule that allows more attempts lets own failures go on, and crashes as far as ever', () => {
  const limits = { maxAttempts: 3, mostAttempts: 8 };
  expect([tally(7, 0), tally(8, 0), tally(0, 3), tally(1, 2), tally(5, 1)].map((known) => isExhausted(known, limits))).toEqual([
    false,
    true,
    true,
    true,
    false,
  ]);
});
