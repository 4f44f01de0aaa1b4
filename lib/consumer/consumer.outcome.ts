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
  | Again;

/** It comes back. */
export interface Again {
  readonly kind: 'again';
  /** `failed` is charged; the others cost the message nothing. `cut` was running when the time was up, `deferred` never started. */
  readonly because: 'failed' | 'busy' | 'leased' | 'cut' | 'deferred';
  readonly delayMs: number;
  /** Its attempts are used up, and it holds its key; not set where that was counted before the run. */
  readonly blocks?: boolean;
}

/** It never started; somebody else may have it at once. */
export const DEFERRED: Again = { kind: 'again', because: 'deferred', delayMs: 0 };
