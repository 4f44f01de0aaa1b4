import { createMessage, type Message } from './message.ts';
import type { Queue } from './queue.ts';
import type { Queues } from './queues.ts';

/**
 * Moves a message that was received too often to the dead-letter queue. Id, content and the overall receive count stay; the
 * message says where it came from.
 *
 * A standard queue keeps the time of the first enqueue, so the retention of the dead-letter queue counts from there; a FIFO queue
 * starts it anew and takes the message id for deduplication id (SQS Developer Guide, "Using dead-letter queues", "Message retention").
 */
export function moveToDeadLetterQueue(queues: Queues, source: Queue, { message, target }: { message: Message; target: Queue }): void {
  const now = queues.options.clock.now();
  const { fifo } = target.settings;
  source.store.remove(message, 'deadLettered');
  const moved = createMessage({
    id: message.id,
    content: fifo ? { ...message.content, deduplicationId: message.id } : message.content,
    sentAt: fifo ? now : message.sentAt,
    arrivedAt: now,
    sequenceNumber: fifo ? queues.nextSequenceNumber() : undefined,
    deadLetterSourceArn: source.arn,
    receiveCount: message.receiveCount,
    firstReceivedAt: message.firstReceivedAt,
  });
  arrive(target, moved, now);
}

/**
 * Moves a message out of a dead-letter queue as a move task does: a new message with a new id, enqueue time and receive count
 * (SQS Developer Guide, "Configure a dead-letter queue redrive").
 */
export function redrive(queues: Queues, source: Queue, { message, target }: { message: Message; target: Queue }): void {
  const now = queues.options.clock.now();
  source.store.remove(message, 'redriven');
  const moved = createMessage({
    id: queues.options.ids.next(),
    content: message.content,
    sentAt: now,
    sequenceNumber: target.settings.fifo ? queues.nextSequenceNumber() : undefined,
  });
  arrive(target, moved, now);
}

function arrive(target: Queue, message: Message, now: number): void {
  target.settle();
  target.counters.arrived += 1;
  target.store.add(message, now, now);
  target.wake();
}
