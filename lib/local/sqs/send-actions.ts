import { AwsError, type AwsRequest, type Json } from '../aws.ts';
import { batchEntries, perEntry } from './batch.ts';
import { createMessage } from './message.ts';
import { checkFifoParameters, type Outgoing, readOutgoing, sizeOfEntry } from './outgoing.ts';
import type { Accepted, Queue } from './queue.ts';
import type { Actions, Queues } from './queues.ts';
import { invalidParameter } from './sqs-errors.ts';

// SendMessageBatch reference: "The maximum allowed individual message size and the maximum total payload size … are both 1 MiB".
const MAX_BATCH_SIZE = 1_048_576;

/** SendMessage and SendMessageBatch. */
export function createSendActions(queues: Queues): Actions {
  const { clock, ids, place } = queues.options;

  function enqueue(queue: Queue, { content, delayMs }: Outgoing): Accepted {
    const now = clock.now();
    const { fifo, deduplicateByGroup } = queue.settings;
    const key = deduplicateByGroup ? `${content.groupId} ${content.deduplicationId}` : String(content.deduplicationId);
    const earlier = fifo ? queue.accepted.find(key, now) : undefined;
    if (earlier !== undefined) {
      queue.counters.deduplicated += 1;
      return earlier;
    }
    const accepted = { messageId: ids.next(), sequenceNumber: fifo ? queues.nextSequenceNumber() : undefined };
    if (fifo) queue.accepted.accept(key, accepted, now);
    queue.counters.sent += 1;
    queue.store.add(
      createMessage({ id: accepted.messageId, content, sentAt: now, sequenceNumber: accepted.sequenceNumber }),
      now + delayMs + (queues.options.hostility?.lateByMs?.() ?? 0),
      now,
    );
    return accepted;
  }

  function send(queue: Queue, entry: Json, request: AwsRequest): Json {
    const outgoing = readOutgoing(entry, queue.settings, { request, place });
    const { messageId, sequenceNumber } = enqueue(queue, outgoing);
    return {
      MessageId: messageId,
      MD5OfMessageBody: outgoing.content.md5OfBody,
      ...(outgoing.content.md5OfAttributes && { MD5OfMessageAttributes: outgoing.content.md5OfAttributes }),
      ...(outgoing.md5OfSystemAttributes && { MD5OfMessageSystemAttributes: outgoing.md5OfSystemAttributes }),
      ...(sequenceNumber && { SequenceNumber: sequenceNumber }),
    };
  }

  return {
    SendMessage(input, request) {
      const queue = queues.byUrl(input['QueueUrl']);
      queue.settle();
      checkFifoParameters(input, queue.settings);
      const output = send(queue, input, request);
      queue.wake();
      return output;
    },
    SendMessageBatch(input, request) {
      const queue = queues.byUrl(input['QueueUrl']);
      queue.settle();
      const entries = batchEntries(input, 'SendMessageBatchRequestEntry');
      const size = entries.reduce((total, entry) => total + sizeOfEntry(entry), 0);
      if (size > MAX_BATCH_SIZE) {
        throw new AwsError(
          'BatchRequestTooLong',
          `Batch requests cannot be longer than ${MAX_BATCH_SIZE} bytes. You have sent ${size} bytes.`,
        );
      }
      const missingGroup = () => invalidParameter('The request must contain the parameter MessageGroupId.');
      for (const entry of entries) checkFifoParameters(entry, queue.settings, missingGroup);
      const output = perEntry(entries, (entry) => send(queue, entry, request));
      // Those who wait are served once the whole batch is in, so that one of them can take all of it.
      queue.wake();
      return output;
    },
  };
}
