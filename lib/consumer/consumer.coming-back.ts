import { codeOf } from '../retry/classify.ts';
import { BUSY_RETRY } from '../retry/policy.ts';
import { delayOf } from '../retry/policy-delay.ts';
import type { Batch } from './consumer.batch-state.ts';
import type { Again } from './consumer.outcome.ts';
import type { Delivery } from './consumer.reading.ts';
import { errorText } from './error-text.ts';

/** It comes back soon, and is charged nothing; not before what somebody asked to wait, and then spread over two seconds. */
export function busy({ ports }: Batch, { receiveCount }: Delivery, retryAfterMs?: number): Again {
  const delayMs =
    retryAfterMs === undefined ? delayOf(BUSY_RETRY, receiveCount, ports.rng) : retryAfterMs + delayOf(BUSY_RETRY, 1, ports.rng);
  return { kind: 'again', because: 'busy', delayMs };
}

/** It comes back when the consumer's pause is over, and is charged nothing; undefined when there is none. */
export function paused({ ports }: Batch): Again | undefined {
  const delayMs = ports.pauses.until() - ports.clock.now();
  return delayMs > 0 ? { kind: 'again', because: 'paused', delayMs } : undefined;
}

/** For what only improves on a state that is safe without it; whether it was done. */
export async function quietly(batch: Batch, delivery: Delivery, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    batch.logOf(delivery).warn('inbox not updated', { code: codeOf(error), error: errorText(error) });
    return false;
  }
}
