import { charged, MAX_HISTORY, unsettled } from '../retry/attempts.ts';
import { BUSY_BACKOFF, fullJitter } from '../retry/backoff.ts';
import { type Classification, classify, codeOf } from '../retry/classify.ts';
import type { AttemptNote } from '../retry/dead-letter.ts';
import type { Batch, RunState } from './consumer.batch-state.ts';
import { AttemptsExhaustedError } from './consumer.errors.ts';
import { type Again, DEFERRED, type Outcome } from './consumer.outcome.ts';
import type { Delivery } from './consumer.reading.ts';
import { errorText } from './error-text.ts';

/** Decides what a failure does to its message: the dead-letter queue, a later attempt that is charged, or one that is not. */
export async function failed(batch: Batch, run: RunState, error: unknown): Promise<Outcome> {
  // After the deadline the record is reported already; nothing more is decided about it here.
  if (batch.deadline.signal.aborted) return DEFERRED;
  const classification = classify(error);
  await release(batch, run);
  switch (classification.kind) {
    case 'busy':
      batch.logOf(run.delivery).warn('message not handled, at no fault of its own', { code: classification.code, error: errorText(error) });
      return busy(batch, run.delivery);
    case 'permanent':
      return park(batch, run.delivery, { reason: 'HANDLER_PERMANENT', error, attempts: run.attempts.history });
    case 'transient':
      return charge(batch, run, { error, classification });
  }
}

/** It comes back soon, and is charged nothing. */
export function busy({ ports }: Batch, { receiveCount }: Delivery): Again {
  return { kind: 'again', because: 'busy', delayMs: fullJitter(BUSY_BACKOFF, receiveCount, ports.rng) };
}

interface Failure {
  readonly error: unknown;
  readonly classification: Classification;
}

async function charge(batch: Batch, run: RunState, { error, classification }: Failure): Promise<Outcome> {
  const { settings, clock, rng, inbox } = batch.ports;
  const attempt = run.begun === true ? Math.max(1, charged(run.attempts)) : 1;
  const note = noteOf(error, clock.now());
  const spent = attempt >= settings.maxAttempts;
  if (spent && batch.exhausts(run.delivery)) {
    return park(batch, run.delivery, {
      reason: 'ATTEMPTS_EXHAUSTED',
      error,
      attempts: [...run.attempts.history, note].slice(-MAX_HISTORY),
    });
  }
  const end = { begun: run.begun === true, failure: note, history: run.attempts.history };
  run.ended = true;
  await quietly(batch, run.delivery, () => inbox.end({ ...run.handled, run: run.handled.token }, end, { until: batch.deadline.abortAt }));
  const delayMs = classification.retryAfterMs ?? fullJitter(settings.backoff, attempt, rng);
  batch.logOf(run.delivery).warn('message failed', { code: classification.code, error: note.message, attempt, delayMs });
  return { kind: 'again', because: 'failed', delayMs, ...(spent && !run.blocks && { blocks: true }) };
}

/** Parks a message whose attempts were used up before this delivery. */
export function exhausted(batch: Batch, { delivery, attempts }: RunState): Promise<Outcome> {
  const error = new AttemptsExhaustedError(attempts.failed, unsettled(attempts));
  return park(batch, delivery, { reason: error.code, error, attempts: attempts.history });
}

/** Why a message is parked. */
export interface Parking {
  readonly reason: string;
  readonly error: unknown;
  readonly attempts: readonly AttemptNote[];
}

/** Sends a message to the dead-letter queue. Only when that is confirmed may it be acknowledged; else it comes back. */
export async function park(batch: Batch, delivery: Delivery, { reason, error, attempts }: Parking): Promise<Outcome> {
  const { ports, deadline } = batch;
  const { record, reading } = delivery;
  if (deadline.signal.aborted) return DEFERRED;
  try {
    await ports.deadLetters.park(
      {
        reason,
        error,
        attempts,
        consumer: ports.settings.name,
        handlerVersion: ports.settings.handlerVersion,
        body: record.body,
        attributes: record.messageAttributes ?? {},
        sqsMessageId: record.messageId,
        receiveCount: delivery.receiveCount,
        groupId: record.attributes.MessageGroupId,
        messageId: reading.message?.id,
        messageType: reading.message?.type,
        traceparent: reading.message?.traceparent,
        failedAt: ports.clock.now(),
      },
      { until: deadline.abortAt },
    );
  } catch (cause) {
    batch.logOf(delivery).error('message not parked; it comes back', { reason, code: codeOf(cause), error: errorText(cause) });
    return busy(batch, delivery);
  }
  batch.logOf(delivery).error('message dead-lettered', { reason, code: codeOf(error), error: errorText(error) });
  const { message } = reading;
  // Redriven, it starts with a clean record; were it refused at once, nobody could ever run it again.
  if (message && delivery.receiveCount > 1) {
    await quietly(batch, delivery, () => ports.inbox.forget(ports.settings.name, message.id, { until: deadline.abortAt }));
  }
  return { kind: 'parked' };
}

async function release(batch: Batch, run: RunState): Promise<void> {
  if (run.leaseUntil === undefined) return;
  await quietly(batch, run.delivery, () => batch.ports.inbox.release(run.handled, { until: batch.deadline.abortAt }));
}

/** For what only improves on a state that is safe without it. */
export async function quietly(batch: Batch, delivery: Delivery, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    batch.logOf(delivery).warn('inbox not updated', { code: codeOf(error), error: errorText(error) });
  }
}

function noteOf(error: unknown, now: number): AttemptNote {
  return { at: new Date(now).toISOString(), type: codeOf(error), message: errorText(error) };
}
