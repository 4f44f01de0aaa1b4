import { POLL_AGAIN_MS } from './hostility.ts';
import type { Message } from './message.ts';
import type { Queue } from './queue.ts';
import type { Queues } from './queues.ts';
import { moveToDeadLetterQueue } from './transfer.ts';

/** How many messages to receive, and for how long to hide them. */
export interface ReceiveOrder {
  readonly limit: number;
  readonly visibilityMs: number;
  /** Whether a hostile queue may keep back everything, as a short poll's sample of servers does. */
  readonly sampled: boolean;
}

/**
 * Takes the next messages. A message that has been received `maxReceiveCount` times already goes to the dead-letter queue instead
 * (SetQueueAttributes reference, RedrivePolicy: "when the ReceiveCount for a message exceeds the maxReceiveCount").
 */
export function receive(queues: Queues, queue: Queue, order: ReceiveOrder): Message[] {
  queue.settle();
  const now = queues.options.clock.now();
  const { deadLetterTargetArn, maxReceiveCount = Number.POSITIVE_INFINITY } = queue.settings.redrivePolicy ?? {};
  // Without its dead-letter queue (someone deleted it) a queue goes on delivering.
  const target = deadLetterTargetArn === undefined ? undefined : queues.findByArn(deadLetterTargetArn);
  const taken: Message[] = [];
  const limit = limitOf(queues, queue, order);
  while (taken.length < limit) {
    const candidates = queue.next(limit - taken.length);
    if (candidates.length === 0) break;
    for (const message of candidates) {
      if (target !== undefined && message.receivesHere >= maxReceiveCount) moveToDeadLetterQueue(queues, queue, { message, target });
      else taken.push(take(queues, queue, { message, now, visibilityMs: order.visibilityMs }));
    }
  }
  // A visibility of zero shows again what was taken, but not before the receive is complete: it must not be taken twice.
  if (order.visibilityMs === 0) for (const message of taken) queue.store.hideUntil(message, now, now);
  queue.watch();
  return taken;
}

/** How many messages this receive may have: what it asks for, or fewer where the queue is hostile; then the queue signals again. */
function limitOf({ options }: Queues, queue: Queue, { limit, sampled }: ReceiveOrder): number {
  const allowed = options.hostility?.take?.(limit) ?? limit;
  const less = Math.max(sampled ? 0 : 1, Math.min(limit, allowed));
  if (less < limit && queue.hasNext) queue.signalAfter(POLL_AGAIN_MS);
  return less;
}

function take(
  queues: Queues,
  queue: Queue,
  { message, now, visibilityMs }: { message: Message; now: number; visibilityMs: number },
): Message {
  const copyAfterMs = queue.settings.fifo ? undefined : queues.options.hostility?.copyAfterMs?.();
  queue.store.take(message, now + Math.min(visibilityMs, copyAfterMs ?? visibilityMs));
  queue.counters.received += 1;
  message.receiveCount += 1;
  message.receivesHere += 1;
  message.firstReceivedAt ??= now;
  message.lastReceivedAt = now;
  message.nonce = Math.floor(queues.options.rng.next() * 2 ** 48).toString(36);
  return message;
}
