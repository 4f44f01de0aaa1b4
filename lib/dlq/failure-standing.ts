import type { Arrival, FailureStatus } from './failure.ts';
import type { Added } from './failure-store.ts';

/** What is remembered of a failure to judge another letter of it. */
export interface Standing {
  readonly status: FailureStatus;
  /** When it failed last, as far as the store knows; epoch milliseconds. */
  readonly failedAt: number;
  /** When it was claimed or decided about last, epoch milliseconds. */
  readonly workedAt?: number;
  /** Ids of the letters that came last. */
  readonly letterIds: readonly string[];
}

/** What an arrival makes of a failure. */
export interface Judgement {
  readonly added: Added;
  readonly status: FailureStatus;
  /** Whether the arrival tells of a later failure than the one on file, and replaces what is written there. */
  readonly isNews: boolean;
}

/**
 * How far two of the account's clocks may be apart, in milliseconds. A failure that only seems older than the claim of its redrive opens the
 * failure again: a redrive too many finds its message handled, a failure taken for an old copy would be forgotten.
 */
const CLOCK_TOLERANCE_MS = 1_000;

const WAITING: ReadonlySet<FailureStatus> = new Set(['open', 'parked']);

/**
 * How a failure stands after an arrival. What waits goes on waiting. What is being worked, or was, opens again when the arrival tells of a
 * failure after that; a copy of the letter that it was worked for changes nothing.
 */
export function standingAfter(existing: Standing | undefined, arrival: Pick<Arrival, 'status' | 'failedAt' | 'letterId'>): Judgement {
  if (existing === undefined) return { added: 'new', status: arrival.status, isNews: true };
  const { status, failedAt, workedAt = Number.NEGATIVE_INFINITY, letterIds } = existing;
  const known: Judgement = { added: 'known', status, isNews: false };
  if (letterIds.includes(arrival.letterId)) return known;
  const isNews = arrival.failedAt > failedAt;
  if (WAITING.has(status)) return { added: 'again', status: isNews ? arrival.status : status, isNews };
  const isSinceWorked = arrival.failedAt > workedAt - CLOCK_TOLERANCE_MS;
  return isNews && isSinceWorked ? { added: 'again', status: arrival.status, isNews } : known;
}
