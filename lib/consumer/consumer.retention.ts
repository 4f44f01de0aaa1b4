import { type AttemptTally, charged } from '../retry/attempts.ts';
import type { Batch } from './consumer.batch-state.ts';
import { RetentionExhaustedError } from './consumer.errors.ts';
import { sentAtOf } from './consumer.event.ts';
import type { Outcome } from './consumer.outcome.ts';
import { park } from './consumer.parking.ts';
import type { Delivery } from './consumer.reading.ts';

const HOUR_MS = 3_600_000;

/** How long before the end the last receive is planned for: it must be able to park the message. */
export function receiveMarginMs(retentionMs: number): number {
  return Math.min(HOUR_MS, retentionMs / 10);
}

/** A run that dies hides its message for six timeouts (see the queue of the construct), and the next one may take another. */
const TIMEOUTS_UNTIL_NEXT = 7;

/**
 * Parks a message that failed or crashed before, if the queue may forget it before it is handed out again: SQS keeps no dead letter of what
 * expires. Undefined for one that may run.
 */
export async function retentionOver(batch: Batch, delivery: Delivery, attempts: AttemptTally): Promise<Outcome | undefined> {
  const { ports, deadline } = batch;
  const { queueRetentionMs: keptMs } = ports.settings;
  const sentAt = sentAtOf(delivery.record);
  if (keptMs === undefined || sentAt === undefined || charged(attempts) === 0) return undefined;
  const untilNextMs = TIMEOUTS_UNTIL_NEXT * (deadline.endAt - deadline.begunAt);
  const marginMs = Math.min(keptMs / 2, Math.max(receiveMarginMs(keptMs), untilNextMs));
  if (ports.clock.now() < sentAt + keptMs - marginMs) return undefined;
  const error = new RetentionExhaustedError(sentAt + keptMs, attempts);
  return park(batch, delivery, { reason: error.code, error, attempts: attempts.history });
}
