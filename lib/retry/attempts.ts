import type { AttemptNote } from './dead-letter.ts';

/**
 * What is known of earlier runs of one message by one consumer. A run that was started and has no outcome crashed, or was cut
 * off by the deadline after it had had its time.
 */
export interface AttemptTally {
  /** Runs begun; the first receive counts only once it has failed. */
  readonly started: number;
  /** Runs that came to an outcome, of whatever kind. */
  readonly settled: number;
  /** Runs that failed through the message's own fault. */
  readonly failed: number;
  /** The last failures, oldest first. */
  readonly history: readonly AttemptNote[];
  /** It waits until then (epoch milliseconds), longer than a queue can hide a message. */
  readonly notBefore?: number;
}

/** Nothing is known. */
export const NO_ATTEMPTS: AttemptTally = { started: 0, settled: 0, failed: 0, history: [] };

/** Failures that a history keeps. */
export const MAX_HISTORY = 10;

/** Runs without an outcome: a message with some is suspected of killing its process. */
export function unsettled(tally: AttemptTally): number {
  return Math.max(0, tally.started - tally.settled);
}

/** Attempts that count against the limit: own failures, and crashes. Throttles, conflicts and records never started count nothing. */
export function charged(tally: AttemptTally): number {
  return tally.failed + unsettled(tally);
}

/** The books of a message whose run failed; `begun` says whether its beginning is in them. */
export function failedOnceMore(
  tally: AttemptTally,
  { note, begun }: { readonly note: AttemptNote; readonly begun: boolean },
): AttemptTally {
  return {
    ...tally,
    started: tally.started + (begun ? 0 : 1),
    settled: tally.settled + 1,
    failed: tally.failed + 1,
    history: [...tally.history, note].slice(-MAX_HISTORY),
  };
}

/** How often a message may run. */
export interface AttemptLimits {
  /** What it may cost in all, where nothing says otherwise. */
  readonly maxAttempts: number;
  /** The most that any error rule allows, at least `maxAttempts`: which rule the next failure will meet is not known before. */
  readonly mostAttempts: number;
}

/**
 * Whether a message gets no further run. A single run without an outcome accuses nobody: it may have been a neighbour that took the
 * process with it. Such a message runs once more, alone, even where its attempts are used up.
 */
export function isExhausted(tally: AttemptTally, { maxAttempts, mostAttempts }: AttemptLimits): boolean {
  return tally.failed >= mostAttempts || (charged(tally) >= maxAttempts && unsettled(tally) > 1);
}
