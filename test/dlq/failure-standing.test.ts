import { describe, expect, test } from 'vitest';
import type { FailureStatus } from '../../lib/dlq/failure.ts';
import { standingAfter } from '../../lib/dlq/failure-standing.ts';

const FAILED = 1_000_000;
const WORKED = FAILED + 100_000;
const letter = (failedAt: number, changes: { status?: 'open' | 'parked'; letterId?: string } = {}) => ({
  status: 'open' as const,
  letterId: 'second',
  failedAt,
  ...changes,
});
const existing = (status: FailureStatus) => ({ status, failedAt: FAILED, workedAt: WORKED, letterIds: ['first'] });

test('a failure nobody knows is new, as the letter says', () => {
  expect(standingAfter(undefined, letter(1))).toEqual({ added: 'new', status: 'open', isNews: true });
  expect(standingAfter(undefined, letter(1, { status: 'parked' }))).toEqual({ added: 'new', status: 'parked', isNews: true });
});

describe.each(['open', 'parked', 'redriving', 'redriven', 'done', 'archived', 'replaced'] as const)(
  'a letter of a failure that is %s',
  (status) => {
    test('changes nothing when the same letter comes again, however late its failure seems', () => {
      const again = letter(WORKED + 5_000, { letterId: 'first' });
      expect(standingAfter(existing(status), again)).toEqual({ added: 'known', status, isNews: false });
    });

    test('opens it when it tells of a failure after it was worked', () => {
      expect(standingAfter(existing(status), letter(WORKED + 1))).toEqual({ added: 'again', status: 'open', isNews: true });
    });
  },
);

test.each(['open', 'parked'] as const)('a copy of a failure that is %s counts and changes nothing else', (status) => {
  expect(standingAfter({ ...existing(status) }, letter(FAILED))).toEqual({ added: 'again', status, isNews: false });
});

test.each(['redriving', 'redriven', 'done', 'archived', 'replaced'] as const)(
  'a copy from before a failure was %s changes nothing',
  (status) => {
    expect(standingAfter(existing(status), letter(FAILED))).toEqual({ added: 'known', status, isNews: false });
    expect(standingAfter(existing(status), letter(FAILED + 1))).toEqual({ added: 'known', status, isNews: false });
  },
);

test('clocks that are a second apart do not hide a failure', () => {
  expect(standingAfter(existing('redriven'), letter(WORKED - 999))).toMatchObject({ added: 'again', status: 'open' });
  expect(standingAfter(existing('redriven'), letter(WORKED - 1_000))).toMatchObject({ added: 'known' });
  // However close, a copy of what it was worked for stays one.
  expect(standingAfter({ ...existing('redriven'), workedAt: FAILED + 1 }, letter(FAILED))).toMatchObject({ added: 'known' });
});
