import type { RecordAttribute } from '../retry/dead-letter.ts';
import { ATTEMPTS_ATTRIBUTE } from './consumer.contract.ts';

/** One message of an SQS event, as the event source mapping of Lambda delivers it. */
export interface QueueRecord {
  /** The id that SQS gave this copy; never the key of a deduplication. */
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** System attributes, e.g. `ApproximateReceiveCount`. */
  readonly attributes: {
    readonly ApproximateReceiveCount: string;
    readonly MessageGroupId?: string | undefined;
    readonly SentTimestamp?: string | undefined;
  };
  readonly messageAttributes?: Readonly<Record<string, RecordAttribute>>;
  readonly eventSourceARN: string;
}

/** What an SQS event source mapping invokes a function with. */
export interface QueueEvent {
  readonly Records: readonly QueueRecord[];
}

/** The partial batch response: what it lists comes back, everything else is deleted from the queue. Always an explicit list. */
export interface QueueResponse {
  readonly batchItemFailures: { readonly itemIdentifier: string }[];
}

/** Whether a function was invoked with messages of a queue: a topic or a stream that invokes it directly has Records too, of another shape. */
export function isQueueEvent(event: unknown): event is QueueEvent {
  const records = (event as { Records?: unknown } | null | undefined)?.Records;
  return Array.isArray(records) && records.every(isQueueRecord);
}

function isQueueRecord(record: unknown): boolean {
  if (typeof record !== 'object' || record === null) return false;
  const { messageId, receiptHandle, body, attributes, eventSourceARN } = record as Partial<Record<keyof QueueRecord, unknown>>;
  const texts = [messageId, receiptHandle, body, eventSourceARN];
  return texts.every((text) => typeof text === 'string') && typeof attributes === 'object' && attributes !== null;
}

/** How often SQS has handed the message out, this time included. */
export function receiveCountOf(record: QueueRecord): number {
  const count = Number(record.attributes.ApproximateReceiveCount);
  return Number.isSafeInteger(count) && count > 0 ? count : 1;
}

/** When the queue got the message, epoch milliseconds. */
export function sentAtOf(record: QueueRecord): number | undefined {
  const sentAt = Number(record.attributes.SentTimestamp);
  return sentAt > 0 ? sentAt : undefined;
}

/** Whether the message may have run before: it was handed out, or it is the copy that was sent after a long wait. */
export function wasSeen(record: QueueRecord): boolean {
  return receiveCountOf(record) > 1 || record.messageAttributes?.[ATTEMPTS_ATTRIBUTE] !== undefined;
}

/** Whether the record is from a FIFO queue. A message group alone says nothing: standard queues have them too, for fairness. */
export function isFifo(record: QueueRecord): boolean {
  return record.eventSourceARN.endsWith('.fifo');
}
