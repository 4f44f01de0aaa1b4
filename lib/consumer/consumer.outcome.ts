/** What became of one record. */
export type Outcome =
  /** Handled by this run. */
  | { readonly kind: 'done' }
  /** Handled by an earlier run. */
  | { readonly kind: 'duplicate' }
  /** Of a type that the consumer ignores. */
  | { readonly kind: 'ignored' }
  /** Sent to the dead-letter queue. */
  | { readonly kind: 'parked' }
  /** Sent there by a rule that sets such messages aside. */
  | { readonly kind: 'aside' }
  /** Marked as handled by a rule that gives such messages up. */
  | { readonly kind: 'discarded' }
  /** A copy of it will be sent when its wait is over; this one goes. */
  | { readonly kind: 'scheduled' }
  | Again;

/** It comes back. */
export interface Again {
  readonly kind: 'again';
  /**
   * `failed` is charged; the others cost the message nothing. `cut` was running when the time was up, `deferred` never started, `paused`
   * neither, or it is what the consumer pauses for. `waiting` came back within a wait that is longer than a queue can hide it.
   */
  readonly because: 'failed' | 'busy' | 'leased' | 'cut' | 'deferred' | 'paused' | 'waiting';
  readonly delayMs: number;
  /** Its attempts are used up, and it holds its key; not set where that was counted before the run. */
  readonly blocks?: boolean;
}

/** It never started; somebody else may have it at once. */
export const DEFERRED: Again = { kind: 'again', because: 'deferred', delayMs: 0 };

/** No outcome yet: the handler runs once more, at once. */
export interface Anew {
  readonly kind: 'anew';
}

export const ANEW: Anew = { kind: 'anew' };
