import type { Page } from '../core/pages.ts';
import type { Arrival, Failure, FailureAudit, FailureFilter, FailureGroup } from './failure.ts';

/** What an arrival was to the store. `known`: the same letter again, or of a copy that has been worked. */
export type Added = 'new' | 'again' | 'known';

/** How a claimed failure ends its redrive. */
export interface Settlement {
  readonly failure: Failure;
  /** `redriven`: it was sent and SQS confirmed. `done`: it had been handled. `open`: it could not be sent and waits again. */
  readonly status: 'redriven' | 'done' | 'open';
  readonly audit: FailureAudit;
}

/** How claims are taken back. */
export interface Release {
  /** How the failures stood before they were claimed. */
  readonly status: 'open' | 'parked';
  /** Of the redrive that had claimed them. */
  readonly audit: Omit<FailureAudit, 'failureId'>;
}

/** What came of a transition: those it applied to; the others stood differently by then. */
export interface Transition {
  readonly applied: readonly Failure[];
  readonly refused: readonly Failure[];
}

interface Until {
  /** No try starts at or after this time (epoch milliseconds). */
  readonly until?: number;
}

/** What else is written down with a claim. */
export interface ClaimOptions extends Until {
  /** `Failure.runAgainAfter` by failure id; an earlier claim's is forgotten. */
  readonly runAgainAfter?: ReadonlyMap<string, string>;
}

/**
 * Where dead letters are kept to be worked. Every change of a failure's standing is conditional on how it stood and counts in its group, in
 * one transaction: what is counted is what is there.
 */
export interface FailureStore {
  /** Keeps letters. Once it resolves, each is durable, body included; the same letter twice is one. In the order of `arrivals`. */
  add(arrivals: readonly Arrival[], options?: Until): Promise<readonly Added[]>;
  get(id: string): Promise<Failure | undefined>;
  /** The body, byte for byte; throws if the object of a large one is gone, altered or refused. */
  bodyOf(failure: Failure): Promise<string>;
  groups(cursor?: string): Promise<Page<FailureGroup>>;
  /** Oldest first within a group; groups one after the other. */
  list(filter: FailureFilter, options?: { readonly limit?: number; readonly cursor?: string }): Promise<Page<Failure>>;
  /** What was done to it, oldest first. */
  audits(id: string): Promise<readonly FailureAudit[]>;
  /** `open` or `parked` becomes `redriving`, and its `redrives` counts one more. */
  claim(failures: readonly Failure[], redriveId: string, options?: ClaimOptions): Promise<Transition>;
  /** Takes back the claims of a redrive on what it could not send, each with its audit; `redrives` goes on counting them. */
  release(failures: readonly Failure[], release: Release, options?: Until): Promise<Transition>;
  /** Ends what `redriveId` has claimed, with its audit. */
  settle(settlements: readonly Settlement[], options?: Until): Promise<Transition>;
  /** `open` or `parked` becomes `archived`; with its audit. */
  archive(failures: readonly Failure[], audit: Omit<FailureAudit, 'failureId'>): Promise<Transition>;
  /** `archived` becomes `open`; with its audit. */
  restore(failures: readonly Failure[], audit: Omit<FailureAudit, 'failureId'>): Promise<Transition>;
  /** `failure` becomes `replaced` and a copy with another body `open`, in one transaction, with the audit of both. Resolves with the copy. */
  replace(failure: Failure, copy: Arrival, audit: Omit<FailureAudit, 'failureId'>): Promise<Failure>;
}
