import { expect, test } from 'vitest';
import { exponential, fixed } from '../../lib/retry/policy.ts';
import { meanSpanMs } from '../../lib/retry/retry-span.ts';

test('the mean of all waits is that of their jitter', () => {
  expect(meanSpanMs(fixed([1_000, 5_000]), 4)).toBe(11_000);
  expect(meanSpanMs(exponential({ baseMs: 1_000, capMs: 2_000 }), 4)).toBe(2_500);
  expect(meanSpanMs(fixed([1_000]), 1)).toBe(0);
});

test('up to a limit, a wait counts by how often it is under it, and for how long', () => {
  expect(meanSpanMs(fixed([1_000, 5_000]), 3, { upTo: 1_000 })).toBe(1_000);
  // Between 0 and 2,000 ms, every other wait is at most 1,000 ms, and those are 500 ms on average.
  expect(meanSpanMs(fixed([2_000], { jitter: 'full' }), 2, { upTo: 1_000 })).toBe(250);
  expect(meanSpanMs(fixed([2_000], { jitter: 'equal' }), 2, { upTo: 500 })).toBe(0);
});
