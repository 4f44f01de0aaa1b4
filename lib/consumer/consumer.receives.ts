import type { AttemptTally } from '../retry/attempts.ts';
import type { Batch } from './consumer.batch-state.ts';
import { ReceivesExhaustedError } from './consumer.errors.ts';
import type { Outcome } from './consumer.outcome.ts';
import { park } from './consumer.parking.ts';
import type { Delivery } from './consumer.reading.ts';

/** Receives that are left to a message that never failed itself; what is received together with a failing one has used up as many. */
const SHARE = 0.9;

/** Whether SQS would soon give the message up, without a word why and together with what was received beside it. */
export function nearsLastReceive({ ports }: Batch, { receiveCount }: Delivery): boolean {
  const { maxReceiveCount } = ports.settings;
  return maxReceiveCount !== undefined && receiveCount >= Math.floor(SHARE * maxReceiveCount);
}

/** Whether SQS gives it up instead of handing it out again. */
export function isLastReceive({ ports }: Batch, { receiveCount }: Delivery): boolean {
  const { maxReceiveCount } = ports.settings;
  return maxReceiveCount !== undefined && receiveCount >= maxReceiveCount;
}

/** Parks a message that SQS would give up, so that it leaves alone and with its record. */
export function receivesExhausted(batch: Batch, delivery: Delivery, run: { readonly attempts: AttemptTally }): Promise<Outcome> {
  const error = new ReceivesExhaustedError(delivery.receiveCount, run.attempts);
  return park(batch, delivery, { reason: error.code, error, attempts: run.attempts.history });
}
