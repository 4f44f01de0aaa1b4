import { unsettled } from '../retry/attempts.ts';
import { codeOf } from '../retry/classify.ts';
import type { AttemptNote, DeadLetter } from '../retry/dead-letter.ts';
import type { Batch, RunState } from './consumer.batch-state.ts';
import { busy, quietly } from './consumer.coming-back.ts';
import { AttemptsExhaustedError } from './consumer.errors.ts';
import { DEFERRED, type Outcome } from './consumer.outcome.ts';
import type { Delivery } from './consumer.reading.ts';
import { errorText } from './error-text.ts';

/** Why a message is parked. */
export interface Parking {
  readonly reason: string;
  readonly error: unknown;
  readonly attempts: readonly AttemptNote[];
  /** A rule set it aside on purpose, perhaps with a note. */
  readonly aside?: boolean;
  readonly note?: string;
}

/** Parks a message whose attempts were used up before this delivery. */
export function exhausted(batch: Batch, { delivery, attempts }: RunState): Promise<Outcome> {
  const error = new AttemptsExhaustedError(attempts.failed, unsettled(attempts));
  return park(batch, delivery, { reason: error.code, error, attempts: attempts.history });
}

/** Sends a message to the dead-letter queue. Only when that is confirmed may it be acknowledged; else it comes back. */
export async function park(batch: Batch, delivery: Delivery, parking: Parking): Promise<Outcome> {
  const { ports, deadline } = batch;
  const { reason, error, aside = false } = parking;
  if (deadline.signal.aborted) return DEFERRED;
  try {
    await ports.deadLetters.park(letterOf(batch, delivery, parking), { until: deadline.abortAt });
  } catch (cause) {
    batch.logOf(delivery).error('message not parked; it comes back', { reason, code: codeOf(cause), error: errorText(cause) });
    return busy(batch, delivery);
  }
  const fields = { reason, code: codeOf(error), error: errorText(error) };
  if (aside) batch.logOf(delivery).warn('message set aside by a rule', { ...fields, note: parking.note });
  else batch.logOf(delivery).error('message dead-lettered', fields);
  const { message } = delivery.reading;
  // Redriven, it starts with a clean record; were it refused at once, nobody could ever run it again.
  if (message && delivery.seen) {
    await quietly(batch, delivery, () => ports.inbox.forget(ports.settings.name, message.id, { until: deadline.abortAt }));
  }
  return { kind: aside ? 'aside' : 'parked' };
}

function letterOf({ ports }: Batch, delivery: Delivery, { reason, error, attempts, aside, note }: Parking): DeadLetter {
  const { record, reading } = delivery;
  return {
    reason,
    error,
    attempts,
    ...(aside === true && { disposition: 'parked' }),
    ...(note !== undefined && { note }),
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
  };
}
