import type { Batch, RunState } from './consumer.batch-state.ts';
import { busy } from './consumer.coming-back.ts';
import { UnhandleableError } from './consumer.errors.ts';
import { outcomeUnknown } from './consumer.once.ts';
import type { Outcome } from './consumer.outcome.ts';
import { park } from './consumer.parking.ts';
import type { HandledStanding } from './consumer.ports.ts';

/** What becomes of a message that the inbox knows. */
export async function standingOutcome(batch: Batch, run: RunState, standing: HandledStanding): Promise<Outcome> {
  const { ports } = batch;
  switch (standing.kind) {
    case 'done':
      return { kind: 'duplicate' };
    case 'mismatch': {
      const error = new UnhandleableError(`a message with the id ${run.handled.messageId} was handled before, and it said something else`, {
        code: 'FINGERPRINT_MISMATCH',
      });
      return park(batch, run.delivery, { reason: error.code, error, attempts: run.attempts.history });
    }
    case 'running':
      return { kind: 'again', because: 'leased', delayMs: Math.max(1, standing.until - ports.clock.now()) };
    case 'started':
      return outcomeUnknown(batch, run);
    case 'open':
      // The marker that stood in the way has gone in the meantime.
      return busy(batch, run.delivery);
  }
}
