import { AwsError, type Json } from '../aws.ts';
import { batchEntries, perEntry } from './batch.ts';
import { optionalInteger } from './input.ts';
import type { Message } from './message.ts';
import type { Queue } from './queue.ts';
import type { Actions, Queues } from './queues.ts';
import { parseReceiptHandle } from './receipt-handle.ts';
import { invalidValue, missingParameter } from './sqs-errors.ts';

const MAX_VISIBILITY_SECONDS = 43_200;

/** DeleteMessage and ChangeMessageVisibility, one and many: what a receiver does with its receipt. */
export function createReceiptActions(queues: Queues): Actions {
  const { clock } = queues.options;

  /** The message of a receipt, and whether the receipt is of its latest receive. */
  function find(queue: Queue, handle: unknown): { readonly message: Message | undefined; readonly latest: boolean } {
    if (handle === undefined || handle === null) throw missingParameter('ReceiptHandle');
    const receipt = parseReceiptHandle(handle, queue.name);
    const message = queue.store.get(receipt.messageId);
    return { message, latest: message?.receivesHere === receipt.receive && message.nonce === receipt.nonce };
  }

  /**
   * DeleteMessage reference: a standard queue deletes by the latest receipt even after its visibility ended, and answers success to an
   * older one without deleting; a FIFO queue refuses a receipt whose visibility ended. Deleting what is gone succeeds.
   */
  function remove(queue: Queue, input: Json): Json {
    const { message, latest } = find(queue, input['ReceiptHandle']);
    if (message === undefined) return {};
    if (queue.settings.fifo && !(latest && message.state === 'inFlight')) {
      throw invalidValue(input['ReceiptHandle'], 'ReceiptHandle', 'The receipt handle has expired.');
    }
    if (!latest) return {};
    const copyAfterMs = queue.settings.fifo ? undefined : queues.options.hostility?.copyAfterMs?.();
    if (copyAfterMs === undefined) queue.store.remove(message, 'deleted');
    else if (message.state === 'inFlight') queue.store.hideUntil(message, clock.now() + copyAfterMs, clock.now());
    return {};
  }

  function changeVisibility(queue: Queue, input: Json): Json {
    const seconds = readVisibility(input);
    const handle = input['ReceiptHandle'];
    const { message, latest } = find(queue, handle);
    if (message === undefined || !latest) {
      throw invalidValue(handle, 'ReceiptHandle', 'Message does not exist or is not available for visibility timeout change.');
    }
    if (message.state !== 'inFlight') throw new AwsError('MessageNotInflight', "The specified message isn't in flight.");
    const now = clock.now();
    const until = now + seconds * 1_000;
    // ChangeMessageVisibility reference: 12 hours from the receive, which an extension does not restart.
    if (until > message.lastReceivedAt + MAX_VISIBILITY_SECONDS * 1_000) {
      throw invalidValue(seconds, 'VisibilityTimeout', 'Total VisibilityTimeout for the message is beyond the limit [43200 seconds]');
    }
    queue.store.hideUntil(message, until, now);
    return {};
  }

  const one = (act: (queue: Queue, input: Json) => Json) => (input: Json) => {
    const queue = queues.byUrl(input['QueueUrl']);
    queue.settle();
    const output = act(queue, input);
    queue.wake();
    return output;
  };
  const many = (entryName: string, act: (queue: Queue, input: Json) => Json) => (input: Json) => {
    const queue = queues.byUrl(input['QueueUrl']);
    queue.settle();
    const output = perEntry(batchEntries(input, entryName), (entry) => act(queue, entry));
    queue.wake();
    return output;
  };

  return {
    DeleteMessage: one(remove),
    DeleteMessageBatch: many('DeleteMessageBatchRequestEntry', remove),
    ChangeMessageVisibility: one(changeVisibility),
    ChangeMessageVisibilityBatch: many('ChangeMessageVisibilityBatchRequestEntry', changeVisibility),
  };
}

function readVisibility(input: Json): number {
  const refuse = (value: unknown) => invalidValue(value, 'VisibilityTimeout', 'Must be >= 0 and <= 43200, if provided.');
  const seconds = optionalInteger(input, 'VisibilityTimeout', { minimum: 0, maximum: MAX_VISIBILITY_SECONDS, refuse });
  if (seconds === undefined) throw missingParameter('VisibilityTimeout');
  return seconds;
}
