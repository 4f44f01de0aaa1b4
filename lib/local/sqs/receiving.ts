import type { Message } from './message.ts';
import type { Queue } from './queue.ts';
import type { Queues } from './queues.ts';
import { moveToDeadLetterQueue } from './transfer.ts';

/** How many messages to receive, and for how long to hide them. */
export interface ReceiveOrder {
  readonly limit: number;
  readonly visibilityMs: number;
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
  while (taken.length < order.limit) {
    const candidates = queue.next(order.limit - taken.length);
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

function take(
  queues: Queues,
  queue: Queue,
  { message, now, visibilityMs }: { message: Message; now: number; visibilityMs: number },
): Message {
  queue.store.take(message, now + visibilityMs);
  queue.counters.received += 1;
  message.receiveCount += 1;
  message.receivesHere += 1;
  message.firstReceivedAt ??= now;
  message.lastReceivedAt = now;
  message.nonce = Math.floor(queues.options.rng.next() * 2 ** 48).toString(36);
  return message;
}
