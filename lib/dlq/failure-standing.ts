import type { Arrival, FailureStatus } from './failure.ts';
import type { Added } from './failure-store.ts';

/** What is remembered of a failure to judge another letter of it. */
export interface Standing {
  readonly status: FailureStatus;
  /** When it failed last, as far as the store knows; epoch milliseconds. */
  readonly failedAt: number;
  /** Ids of the letters that came last. */
  readonly letterIds: readonly string[];
  /** Ids of the copies that failed last. */
  readonly copyIds: readonly string[];
}

/** What an arrival makes of a failure. */
export interface Judgement {
  readonly added: Added;
  readonly status: FailureStatus;
  /** Whether what the arrival says replaces what is written there. */
  readonly isNews: boolean;
}

const WAITING: ReadonlySet<FailureStatus> = new Set(['open', 'parked']);

/**
 * How a failure stands after an arrival. What waits goes on waiting. What is being worked, or was, opens again when another copy of its
 * message fails: each redrive sends a copy of its own. Clocks have no say: a failure that is opened once too often is found handled, one that
 * is taken for an old one is forgotten.
 */
export function standingAfter(
  existing: Standing | undefined,
  arrival: Pick<Arrival, 'status' | 'failedAt' | 'letterId' | 'copyId'>,
): Judgement {
  if (existing === undefined) return { added: 'new', status: arrival.status, isNews: true };
  const { status, failedAt, letterIds, copyIds } = existing;
  const known: Judgement = { added: 'known', status, isNews: false };
  if (letterIds.includes(arrival.letterId)) return known;
  if (!WAITING.has(status)) return copyIds.includes(arrival.copyId) ? known : { added: 'again', status: arrival.status, isNews: true };
  const isNews = arrival.failedAt > failedAt;
  return { added: 'again', status: isNews ? arrival.status : status, isNews };
}
