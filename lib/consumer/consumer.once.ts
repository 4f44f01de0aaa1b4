import type { UnitOutcome } from '../unit-of-work/outcome.ts';
import type { Batch, RunState } from './consumer.batch-state.ts';
import { quietly } from './consumer.coming-back.ts';
import { CONSUMER_METRICS } from './consumer.contract.ts';
import { OutcomeUnknownError } from './consumer.errors.ts';
import { DEFERRED, type Outcome } from './consumer.outcome.ts';
import { park } from './consumer.parking.ts';

/** A run that never reached its handler gives the message back: only where that is lost too is it taken for started. */
export async function giveBack(batch: Batch, run: RunState): Promise<void> {
  await quietly(batch, run.delivery, () => batch.ports.inbox.release(run.handled, { until: batch.deadline.respondAt }));
}

/** What a handler that was called once threw. Whatever it is, nothing is tried again. */
export function failedOnce(batch: Batch, run: RunState, error: unknown): Promise<Outcome> {
  return lose(batch, run, { reason: 'AT_MOST_ONCE_FAILED', error });
}

/** What a commit came to that did not succeed, of a handler that was called once. */
export function uncommittedOnce(batch: Batch, run: RunState, outcome: Exclude<UnitOutcome, { status: 'committed' }>): Promise<Outcome> {
  if (outcome.status === 'unknown') return outcomeUnknown(batch, run, outcome.error);
  // A marker that went while its run went on was deleted by hand: what was in the unit is not written.
  if (outcome.status === 'guardFailed') return outcomeUnknown(batch, run);
  return failedOnce(batch, run, outcome.error);
}

/** A run began, and nobody can tell how it ended. */
export function outcomeUnknown(batch: Batch, run: RunState, cause?: unknown): Promise<Outcome> {
  const error = new OutcomeUnknownError(run.handled.messageId, cause === undefined ? {} : { cause });
  return lose(batch, run, { reason: error.code, error });
}

async function lose(batch: Batch, run: RunState, lost: { readonly reason: string; readonly error: unknown }): Promise<Outcome> {
  // What was reported as unfinished comes back, finds its marker, and is parked then.
  if (batch.deadline.signal.aborted) return DEFERRED;
  const outcome = await park(batch, run.delivery, { ...lost, attempts: [] });
  if (outcome.kind === 'parked') {
    batch.ports.metrics.add(CONSUMER_METRICS.lost, 1, { dimensions: { consumer: batch.ports.settings.name } });
  }
  return outcome;
}
