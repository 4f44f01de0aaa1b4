import { charged } from '../retry/attempts.ts';
import { awsFailure } from '../retry/aws-failure.ts';
import { codeOf } from '../retry/classify.ts';
import type { Batch, RunState } from './consumer.batch-state.ts';
import { busy, quietly } from './consumer.coming-back.ts';
import { LONGEST_HOLD_MS } from './consumer.contract.ts';
import { WaitTooLongError } from './consumer.errors.ts';
import { isFifo, sentAtOf } from './consumer.event.ts';
import type { Again, Outcome } from './consumer.outcome.ts';
import { park } from './consumer.parking.ts';
import { maxAgeMs } from './consumer.reading.ts';
import { receiveMarginMs } from './consumer.retention.ts';
import { errorText } from './error-text.ts';

/** Whether a delay is longer than a queue can hide a message at a time. */
export function isLong(delayMs: number): boolean {
  return delayMs > LONGEST_HOLD_MS;
}

/** A wait after a failed attempt. */
export interface Wait {
  /** Epoch milliseconds. */
  readonly notBefore: number;
  /** Attempts charged so far. */
  readonly attempts: number;
  /** Whether the books know of it: only then may the message leave the queue until it is over. */
  readonly entered: boolean;
  readonly blocks: boolean;
}

/** An outcome for a message that came back within its wait; undefined for one that may run. */
export async function waitOver(batch: Batch, run: RunState): Promise<Outcome | undefined> {
  const { notBefore = 0 } = run.attempts;
  if (notBefore <= batch.ports.clock.now()) return undefined;
  const outcome = await waitUntil(batch, run, { notBefore, attempts: charged(run.attempts), entered: true, blocks: false });
  return outcome.kind === 'again' && outcome.because === 'failed' ? { ...outcome, because: 'waiting' } : outcome;
}

/**
 * Lets a message wait. What a queue can hide stays in it; what is longer is sent anew by the Scheduler, or hidden as often as it takes, on
 * FIFO queues always, for the message holds its key. Never by sending it to oneself: Lambda takes that for a loop.
 */
export async function waitUntil(batch: Batch, run: RunState, wait: Wait): Promise<Outcome> {
  const { ports } = batch;
  const leftMs = Math.max(0, wait.notBefore - ports.clock.now());
  const held: Again = {
    kind: 'again',
    because: 'failed',
    delayMs: Math.min(LONGEST_HOLD_MS, leftMs),
    ...(wait.blocks && { blocks: true }),
  };
  const scheduled = isLong(leftMs) && wait.entered && !isFifo(run.delivery.record) && ports.longWaits?.takes(run.delivery.record);
  const tooLong = endingBefore(batch, run, { ...wait, scheduled: scheduled === true });
  if (tooLong) return parkInstead(batch, run, tooLong);
  return scheduled ? schedule(batch, run, { ...wait, held }) : held;
}

async function parkInstead(batch: Batch, run: RunState, error: WaitTooLongError): Promise<Outcome> {
  const { ports, deadline } = batch;
  const { consumer, messageId } = run.handled;
  const outcome = await park(batch, run.delivery, { reason: error.code, error, attempts: run.attempts.history });
  // Parking forgets what was seen before. The books of a first receive know of this wait already, and a redriven message has none.
  if (outcome.kind === 'parked' && !run.delivery.seen) {
    await quietly(batch, run.delivery, () => ports.inbox.forget(consumer, messageId, { until: deadline.abortAt }));
  }
  return outcome;
}

/** What would be over before the wait is: the time that the queue keeps the message, or that the inbox remembers it. */
function endingBefore(batch: Batch, run: RunState, wait: Wait & { readonly scheduled: boolean }): WaitTooLongError | undefined {
  const { queueRetentionMs } = batch.ports.settings;
  const sentAt = sentAtOf(run.delivery.record);
  const ends = [
    { because: 'what the inbox remembers of it', endsAt: Date.parse(run.reading.message.time) + maxAgeMs(batch.ports.inbox.retentionMs) },
    // The next receive must come before the end, and be able to park it.
    ...(wait.scheduled || sentAt === undefined || queueRetentionMs === undefined
      ? []
      : [{ because: 'what the queue keeps', endsAt: sentAt + queueRetentionMs - receiveMarginMs(queueRetentionMs) }]),
  ];
  const first = ends.find(({ endsAt }) => endsAt < wait.notBefore);
  return first && new WaitTooLongError(run.handled.messageId, { ...first, notBefore: wait.notBefore });
}

async function schedule(batch: Batch, run: RunState, { notBefore, attempts, held }: Wait & { readonly held: Again }): Promise<Outcome> {
  const { consumer, messageId } = run.handled;
  const wait = { consumer, messageId, attempts, record: run.delivery.record, until: notBefore };
  try {
    await batch.ports.longWaits?.comeBack(wait, { until: batch.deadline.abortAt });
    return { kind: 'scheduled' };
  } catch (error) {
    const failure = awsFailure(error);
    batch.logOf(run.delivery).warn('wait not scheduled', { code: codeOf(error), error: errorText(error) });
    // Refused for good, it waits where it is.
    return failure === 'throttled' || failure === 'ambiguous' ? busy(batch, run.delivery) : held;
  }
}
