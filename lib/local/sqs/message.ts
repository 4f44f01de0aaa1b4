import { emptySlot, type HeapSlot } from './indexed-heap.ts';
import type { LinkedList, ListNode } from './linked-list.ts';
import type { MessageAttributes } from './message-attributes.ts';

/** What a sender gives and a receiver gets back unchanged. */
export interface MessageContent {
  readonly body: string;
  readonly md5OfBody: string;
  readonly attributes: MessageAttributes;
  readonly md5OfAttributes: string | undefined;
  /** `AWSTraceHeader`, when the sender gave one. */
  readonly traceHeader: string | undefined;
  readonly senderId: string;
  readonly groupId: string | undefined;
  readonly deduplicationId: string | undefined;
}

/**
 * Where a message is: receivable; hidden by a delay; or hidden by a receive. Deleted, expired and moved messages are in no queue.
 */
export type MessageState = 'visible' | 'delayed' | 'inFlight';

/** One message in one queue. */
export interface Message {
  readonly id: string;
  readonly content: MessageContent;
  /** When it was enqueued, for `SentTimestamp` and retention. */
  readonly sentAt: number;
  /** When it came into this queue: a dead-letter queue's age counts from here. */
  readonly arrivedAt: number;
  /** Of a FIFO queue. */
  readonly sequenceNumber: string | undefined;
  /** The queue from which it was dead-lettered. */
  readonly deadLetterSourceArn: string | undefined;
  state: MessageState;
  /** When a delayed or in-flight message becomes visible. */
  availableAt: number;
  /** Receives in every queue it has been in (`ApproximateReceiveCount`). */
  receiveCount: number;
  /** Receives in this queue: what a redrive policy counts and receipt handles carry. */
  receivesHere: number;
  firstReceivedAt: number | undefined;
  lastReceivedAt: number;
  nonce: string;
  /** Its places in the queue's structures. */
  readonly hiddenSlot: HeapSlot;
  readonly retentionSlot: HeapSlot;
  lineNode: ListNode<Message> | undefined;
  group: FifoGroup | undefined;
}

/** The messages of one message group, oldest first, whatever their state. */
export interface FifoGroup {
  readonly id: string;
  readonly messages: LinkedList<Message>;
  /** Its place among the groups that have something to give; undefined while its head is hidden. */
  openNode: ListNode<FifoGroup> | undefined;
}

/** What distinguishes one message from another when it is made. */
export interface NewMessage {
  readonly id: string;
  readonly content: MessageContent;
  readonly sentAt: number;
  /** @default - when it was sent */
  readonly arrivedAt?: number;
  readonly sequenceNumber?: string | undefined;
  readonly deadLetterSourceArn?: string | undefined;
  readonly receiveCount?: number;
  readonly firstReceivedAt?: number | undefined;
}

/** A visible message that has not been received in its queue. */
export function createMessage(options: NewMessage): Message {
  return {
    id: options.id,
    content: options.content,
    sentAt: options.sentAt,
    arrivedAt: options.arrivedAt ?? options.sentAt,
    sequenceNumber: options.sequenceNumber,
    deadLetterSourceArn: options.deadLetterSourceArn,
    state: 'visible',
    availableAt: options.sentAt,
    receiveCount: options.receiveCount ?? 0,
    receivesHere: 0,
    firstReceivedAt: options.firstReceivedAt,
    lastReceivedAt: 0,
    nonce: '',
    hiddenSlot: emptySlot(),
    retentionSlot: emptySlot(),
    lineNode: undefined,
    group: undefined,
  };
}
