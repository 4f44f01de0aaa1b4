import { sleep } from '../core/clock.ts';
import { charged, failedOnceMore } from '../retry/attempts.ts';
import { codeOf } from '../retry/classify.ts';
import type { AttemptNote } from '../retry/dead-letter.ts';
import { delayOf } from '../retry/policy-delay.ts';
import type { Batch, RunState } from './consumer.batch-state.ts';
import { busy, paused, quietly } from './consumer.coming-back.ts';
import { discard } from './consumer.discard.ts';
import { ANEW, type Anew, DEFERRED, type Outcome } from './consumer.outcome.ts';
import { park } from './consumer.parking.ts';
import { type Charge, type PauseRemedy, type Remedy, remedyFor } from './consumer.remedy.ts';
import { isLong, waitUntil } from './consumer.waiting.ts';
import { errorText } from './error-text.ts';

/** Decides what a failure does to its message, and does it. */
export async function failed(batch: Batch, run: RunState, error: unknown): Promise<Outcome | Anew> {
  // After the deadline the record is reported already; nothing more is decided about it here.
  if (batch.deadline.signal.aborted) return DEFERRED;
  const log = batch.logOf(run.delivery);
  const remedy = remedyFor({
    error,
    type: run.reading.message.type,
    rules: [...run.reading.route.errors, ...batch.ports.settings.errors],
    turn: run.turn,
    mayRunAnew: batch.deadline.mayStart(),
    onBroken: (cause) => log.error('the predicate of an error rule failed; the rule does not match', { error: errorText(cause) }),
  });
  if (remedy.kind === 'anew') {
    log.warn('handler failed; it runs again at once', { code: codeOf(error), error: errorText(error) });
    return ANEW;
  }
  if (remedy.kind === 'pause') return pauseFor(batch, run, { error, remedy });
  // A lease ends with what it protects; discarding completes it. Without one nothing is waited for: what is decided is known in the slot.
  if (remedy.kind !== 'discard' && run.leaseUntil !== undefined) await release(batch, run);
  return remedied(batch, run, { error, remedy });
}

/** Gives the lease back, if there is one. */
export async function release(batch: Batch, run: RunState): Promise<void> {
  if (run.leaseUntil === undefined) return;
  await quietly(batch, run.delivery, () => batch.ports.inbox.release(run.handled, { until: batch.deadline.abortAt }));
}

interface Failure<Kind> {
  readonly error: unknown;
  readonly remedy: Kind;
}

async function remedied(batch: Batch, run: RunState, { error, remedy }: Failure<Exclude<Remedy, Anew | PauseRemedy>>): Promise<Outcome> {
  const { delivery } = run;
  const log = batch.logOf(delivery);
  switch (remedy.kind) {
    case 'busy':
      log.warn('message not handled, at no fault of its own', { code: remedy.code, error: errorText(error) });
      return busy(batch, delivery, remedy.retryAfterMs);
    case 'charge':
      return charge(batch, run, { error, remedy });
    case 'park':
      return park(batch, delivery, { ...remedy, error, attempts: run.attempts.history });
    case 'discard':
      log.warn('message discarded by a rule', { reason: remedy.reason, code: codeOf(error), error: errorText(error) });
      return discard(batch, run);
  }
}

/** The pause begins before anything is waited for: what waits for a slot must find it. */
async function pauseFor(batch: Batch, run: RunState, { error, remedy }: Failure<PauseRemedy>): Promise<Outcome> {
  const { ports, deadline } = batch;
  batch.logOf(run.delivery).warn('consumer paused by a rule', {
    pauseMs: remedy.ms,
    askedMs: remedy.askedMs,
    code: codeOf(error),
    error: errorText(error),
  });
  await Promise.all([ports.pauses.pause(remedy, { until: deadline.abortAt }), release(batch, run)]);
  return paused(batch) ?? busy(batch, run.delivery);
}

/** The last time that a `Date` can name: a thrower, or the server that it asked, may ask for more. */
const LAST_TIME = 8_640_000_000_000_000;

async function charge(batch: Batch, run: RunState, { error, remedy }: Failure<Charge>): Promise<Outcome> {
  const { settings, clock, rng, inbox } = batch.ports;
  const { policy = settings.retry, attempts: most = settings.maxAttempts } = remedy;
  const attempt = run.begun === true ? Math.max(1, charged(run.attempts)) : 1;
  const note: AttemptNote = { at: new Date(clock.now()).toISOString(), type: codeOf(error), message: errorText(error) };
  const spent = attempt >= most;
  const books = failedOnceMore(run.attempts, { note, begun: run.begun === true });
  if (spent && batch.exhausts(run.delivery)) {
    return park(batch, run.delivery, { reason: 'ATTEMPTS_EXHAUSTED', error, attempts: books.history });
  }
  const delayMs = remedy.retryAfterMs ?? delayOf(policy, attempt, rng);
  const notBefore = Math.min(LAST_TIME, clock.now() + delayMs);
  const end = { begun: run.begun === true, failure: note, history: run.attempts.history, ...(isLong(delayMs) && { notBefore }) };
  run.ended = true;
  // Whatever becomes of the message now, its letter tells of this failure.
  run.attempts = books;
  // Neighbours that ended at the same time commit first: a transaction takes longer than what is written here, which hides behind it.
  const commitsFirst = sleep(clock, 0);
  if (!isLong(delayMs)) batch.returns.add({ delivery: run.delivery, delayMs });
  await commitsFirst;
  const entered = await quietly(batch, run.delivery, () =>
    inbox.end({ ...run.handled, run: run.handled.token }, end, { until: batch.deadline.abortAt }),
  );
  batch.logOf(run.delivery).warn('message failed', { code: remedy.code, error: note.message, attempt, delayMs });
  return waitUntil(batch, run, { notBefore, attempts: attempt, entered, blocks: spent && !run.blocks });
}
