import type { UnitOutcome } from './outcome.ts';
import type { TransactionPlan } from './transaction-plan.ts';
import type { CancellationReason, TransactOutcome } from './unit-of-work.dynamodb.ts';
import { describe, UnitConditionError, UnitDeniedError, UnitWriteError } from './unit-of-work.errors.ts';
import { COMMIT_ATTRIBUTE } from './unit-of-work.ts';

/** What one try of a commit means for the next step. */
export type Verdict =
  | { readonly next: 'done'; readonly outcome: UnitOutcome }
  /** Try the same transaction again under the same token; `ambiguous` when this try may have written. */
  | { readonly next: 'retry'; readonly why: string; readonly error: unknown; readonly ambiguous: boolean }
  /** Another commit was first on an ordering key: read the heads again, use a new token. */
  | { readonly next: 'replan'; readonly why: string; readonly error: unknown };

/** Decides from one answer of DynamoDB; `tokens` is what this commit's guards carry, in their order. Pure. */
export function judge(outcome: TransactOutcome, plan: TransactionPlan, tokens: readonly string[]): Verdict {
  switch (outcome.status) {
    case 'committed':
      return done({ status: 'committed' });
    case 'cancelled':
      return judgeReasons(outcome, plan, tokens);
    case 'busy':
      return { next: 'retry', why: 'a throttle or conflict', error: outcome.error, ambiguous: false };
    case 'ambiguous':
    case 'mismatch':
      return { next: 'retry', why: 'a lost answer', error: outcome.error, ambiguous: true };
    case 'denied':
      return done({ status: 'denied', error: new UnitDeniedError({ cause: outcome.error }) });
    case 'rejected':
      return done({ status: 'invalid', error: refused(outcome.error) });
  }
}

type Cancelled = Extract<TransactOutcome, { status: 'cancelled' }>;

// A cancelled transaction has one reason per action, in order ("TransactionCanceledException"): only the index tells a duplicate
// (the guard's condition) from a conflict, a throttle or a condition of the handler's own.
function judgeReasons({ reasons, error }: Cancelled, plan: TransactionPlan, tokens: readonly string[]): Verdict {
  const failed = (index: number) => reasons[index]?.code === 'ConditionalCheckFailed';
  if (plan.guards.some((_, index) => failed(index))) {
    const foreign = plan.guards.findIndex((_, index) => failed(index) && reasons[index]?.item?.[COMMIT_ATTRIBUTE] !== tokens[index]);
    if (foreign === -1) return done({ status: 'committed' });
    return done({ status: 'guardFailed', guard: foreign, existing: reasons[foreign]?.item });
  }
  // While a guard is in conflict it is not known whether this is a duplicate, whose own conditions of course do not hold any more.
  if (plan.guards.some((_, index) => CROWD.has(reasons[index]?.code ?? ''))) return crowded(error);
  const own = plan.own.findIndex((_, index) => failed(plan.guards.length + index));
  const write = plan.own[own];
  if (write !== undefined) {
    const existing = reasons[plan.guards.length + own]?.item;
    return done({ status: 'conditionFailed', error: new UnitConditionError(write.site, existing) });
  }
  const invalid = reasons.findIndex(({ code }) => code === 'ValidationError' || code === 'ItemCollectionSizeLimitExceeded');
  if (invalid !== -1) return done({ status: 'invalid', error: refusedAt(plan, invalid, reasons[invalid]) });
  return judgeRows(plan, failed, error);
}

// Reasons of load and of other transactions, not of the data ("TransactionCanceledException").
const CROWD: ReadonlySet<string> = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

function crowded(error: unknown): Verdict {
  return { next: 'retry', why: 'a transaction conflict or throttle', error, ambiguous: false };
}

function judgeRows(plan: TransactionPlan, failed: (index: number) => boolean, error: unknown): Verdict {
  const before = plan.guards.length + plan.own.length;
  const row = plan.rows.findIndex((_, index) => failed(before + index));
  const write = plan.rows[row];
  if (write === undefined) return crowded(error);
  if (plan.isHead(row)) return { next: 'replan', why: `other commits on ${describe(write.site)}`, error };
  return done({ status: 'conditionFailed', error: new UnitConditionError(write.site, undefined) });
}

function done(outcome: UnitOutcome): Verdict {
  return { next: 'done', outcome };
}

function refusedAt(plan: TransactionPlan, index: number, reason: CancellationReason | undefined): UnitWriteError {
  const write = plan.all[index];
  const which = write === undefined ? `action ${index}` : describe(write.site);
  return new UnitWriteError(`DynamoDB refused the ${which}: ${reason?.message ?? reason?.code}`);
}

function refused(cause: unknown): UnitWriteError {
  return new UnitWriteError(`DynamoDB refused the transaction: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
