import type { Page } from '../core/pages.ts';
import type { Redrive, RedriveState } from './operations.ts';

/** A failure that went ahead, with what tells whether it fails again. */
export interface CanaryRow {
  readonly id: string;
  readonly result: 'waiting' | 'done' | 'failed';
  /** Failures that its attempts counted before it was sent. */
  readonly failedBefore: number;
}

/** A redrive with what its runner needs to go on after a crash. */
export interface RedriveRow extends Redrive {
  readonly canaries: readonly CanaryRow[];
  /** When the last canaries were chosen, epoch milliseconds. */
  readonly canariesAt?: number;
  /** Failures under way: what became of them is not counted yet. */
  readonly batch: readonly string[];
  /** Whose failures of the batch have no ending, as the runner found that looked last; until one has, it may be anybody's. */
  readonly waiting?: readonly string[];
  /** Where the listing went on when the batch was taken. */
  readonly cursor?: string;
  /** Since when its rate has earned what may be sent next, epoch milliseconds. */
  readonly earnedFrom?: number;
  /** Ordered consumers that it may send to: while it has not ended, no other redrive of them runs. */
  readonly lanes: readonly string[];
  /** Counts the writes of progress: one that arrives late must not undo those after it. */
  readonly version: number;
}

/** What a runner writes as it goes on. */
export type RedriveProgress = Pick<RedriveRow, 'counts' | 'reasons' | 'canaries' | 'batch' | 'version'> & {
  readonly canariesAt: number | undefined;
  readonly cursor: string | undefined;
  readonly waiting?: readonly string[] | undefined;
  readonly earnedFrom: number;
};

/** A change of state; it applies only to a row in one of the states `from`. */
export interface RedriveTurn {
  readonly from: readonly RedriveState[];
  readonly to: RedriveState;
  readonly because?: string;
}

/** A redrive that is in the way of another, and of which consumer both are. */
export interface Rival {
  readonly redrive: RedriveRow;
  readonly consumer: string;
}

/** Whether a redrive still runs, or has a batch to end: that of one that was stopped while its runner was killed. */
export function isUnended({ state, batch }: RedriveRow): boolean {
  return state === 'canary' || state === 'running' || batch.length > 0;
}

/**
 * Whether a redrive that has not ended may still send to a consumer. One that was stopped sends what it has claimed, and where that waits, for
 * an inbox that cannot be read or a body that nobody gets, it keeps the consumers of that only.
 */
export function mayStillSend({ state, waiting }: RedriveRow, consumer: string): boolean {
  return state !== 'stopped' || waiting === undefined || waiting.includes(consumer);
}

/** Rows of redrives. A row belongs to the runner that has its lease; anybody may turn its state. */
export interface RedriveRows {
  /** Writes a new row, unless another redrive is in its lanes; the same row again is harmless. */
  create(row: RedriveRow): Promise<Rival | undefined>;
  get(id: string): Promise<RedriveRow | undefined>;
  /** The newest first. */
  list(cursor?: string): Promise<Page<RedriveRow>>;
  /** Takes or renews the lease; undefined while another runner has it. */
  lease(id: string, owner: string): Promise<RedriveRow | undefined>;
  /** Writes progress, unless there is a later version, and renews the lease; undefined if it was lost. */
  save(id: string, owner: string, progress: RedriveProgress): Promise<RedriveRow | undefined>;
  /** Gives the lease back, if the runner still has it. */
  release(id: string, owner: string): Promise<void>;
  /** Resolves with the row as it is after the turn; undefined if the turn did not apply. */
  turn(id: string, turn: RedriveTurn): Promise<RedriveRow | undefined>;
  /**
   * Turns a redrive back on, if it is stopped, unless another is in its lanes; canaries that were not handled are forgotten, and others go ahead
   * in their place.
   */
  resume(row: RedriveRow, state: 'canary' | 'running', canaries: readonly CanaryRow[]): Promise<Rival | undefined>;
}

/** How long a runner that was killed keeps others away, in milliseconds. Renewed with every batch. */
export const LEASE_MS = 30_000;
