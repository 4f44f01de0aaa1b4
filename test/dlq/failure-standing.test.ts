import { describe, expect, test } from 'vitest';
import type { FailureStatus } from '../../lib/dlq/failure.ts';
import { standingAfter } from '../../lib/dlq/failure-standing.ts';

const FAILED = 1_000_000;
const letter = (changes: Partial<Parameters<typeof standingAfter>[1]> = {}) => ({
  ...{ status: 'open' as const, letterId: 'second', copyId: 'sent back', failedAt: FAILED + 1 },
  ...changes,
});
const existing = (status: FailureStatus) => ({ status, failedAt: FAILED, letterIds: ['first'], copyIds: ['received'] });

test('a failure nobody knows is new, as the letter says', () => {
  expect(standingAfter(undefined, letter())).toEqual({ added: 'new', status: 'open', isNews: true });
  expect(standingAfter(undefined, letter({ status: 'parked' }))).toEqual({ added: 'new', status: 'parked', isNews: true });
});

test.each(['open', 'parked', 'redriving', 'redriven', 'done', 'archived', 'replaced'] as const)(
  'a letter that comes twice changes nothing of a failure that is %s, whatever it says',
  (status) => {
    const again = letter({ letterId: 'first', failedAt: FAILED + 5_000 });
    expect(standingAfter(existing(status), again)).toEqual({ added: 'known', status, isNews: false });
  },
);

describe.each(['open', 'parked'] as const)('another letter of a failure that is %s', (status) => {
  test('counts, and tells of it what is newest', () => {
    expect(standingAfter(existing(status), letter())).toEqual({ added: 'again', status: 'open', isNews: true });
    expect(standingAfter(existing(status), letter({ failedAt: FAILED }))).toEqual({ added: 'again', status, isNews: false });
  });
});

describe.each(['redriving', 'redriven', 'done', 'archived', 'replaced'] as const)('another letter of a failure that is %s', (status) => {
  test('opens it when another copy of the message failed, however wrong the clock was there', () => {
    expect(standingAfter(existing(status), letter())).toEqual({ added: 'again', status: 'open', isNews: true });
    expect(standingAfter(existing(status), letter({ failedAt: FAILED - 300_000 }))).toMatchObject({ added: 'again', status: 'open' });
    expect(standingAfter(existing(status), letter({ status: 'parked' }))).toMatchObject({ added: 'again', status: 'parked' });
  });

  test('changes nothing when it is of the copy that is on file', () => {
    expect(standingAfter(existing(status), letter({ copyId: 'received' }))).toEqual({ added: 'known', status, isNews: false });
  });
});
