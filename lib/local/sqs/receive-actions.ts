import { AwsError, type Json } from '../aws.ts';
import { optionalInteger, textList } from './input.ts';
import type { Message } from './message.ts';
import { md5OfAttributes, selectAttributes } from './message-attributes.ts';
import { readToken, WRONG_QUEUE_TYPE } from './outgoing.ts';
import type { Queue } from './queue.ts';
import type { Actions, Queues } from './queues.ts';
import { formatReceiptHandle } from './receipt-handle.ts';
import { type ReceiveOrder, receive } from './receiving.ts';
import { invalidValue, unknownAttribute } from './sqs-errors.ts';

/** ReceiveMessage, with its wait. */
export function createReceiveActions(queues: Queues): Actions {
  return {
    ReceiveMessage(input, request) {
      const queue = queues.byUrl(input['QueueUrl']);
      const limit = readInteger(input, 'MaxNumberOfMessages', [1, 10, 'Must be between 1 and 10, if provided.']) ?? 1;
      const visibility = readInteger(input, 'VisibilityTimeout', [0, 43_200, 'Must be >= 0 and <= 43200, if provided.']);
      const wait = readInteger(input, 'WaitTimeSeconds', [0, 20, 'Must be >= 0 and <= 20, if provided.']);
      const wanted = readWanted(input);
      const attemptId = readAttemptId(input, queue);
      const waitMs = wait === undefined ? queue.settings.waitMs : wait * 1_000;
      const attempt = () => {
        const visibilityMs = visibility === undefined ? queue.settings.visibilityMs : visibility * 1_000;
        const order = { limit, visibilityMs, sampled: waitMs === 0 };
        const messages = attemptId === undefined ? receive(queues, queue, order) : receiveOnce(queues, queue, { ...order, attemptId });
        return messages.length === 0 ? undefined : { Messages: messages.map((message) => render(message, queue, wanted)) };
      };
      if (request.signal?.aborted) return {};
      const found = attempt();
      if (found !== undefined) return found;
      if (waitMs > 0) return queue.polls.wait({ attempt, waitMs, signal: request.signal });
      refuseOverLimit(queue);
      return {};
    },
  };
}

/** A receive that may be the retry of one whose answer was lost. */
function receiveOnce(
  queues: Queues,
  queue: Queue,
  { attemptId, ...order }: ReceiveOrder & { readonly attemptId: string },
): readonly Message[] {
  queue.settle();
  const now = queues.options.clock.now();
  const again = queue.attempts.again(queue.store, attemptId, { now, visibilityMs: order.visibilityMs });
  queue.watch();
  if (again) return again;
  const messages = receive(queues, queue, order);
  queue.attempts.remember(attemptId, messages, now);
  return messages;
}

/** Attempts are named like groups, on FIFO queues only. */
function readAttemptId(input: Json, queue: Queue): string | undefined {
  const attemptId = readToken(input, 'ReceiveRequestAttemptId');
  if (attemptId !== undefined && !queue.settings.fifo) throw invalidValue(attemptId, 'ReceiveRequestAttemptId', WRONG_QUEUE_TYPE);
  return attemptId;
}

/** ReceiveMessage reference: a short poll of a standard queue at the in-flight limit fails, other receives find nothing. */
function refuseOverLimit(queue: Queue): void {
  if (queue.isOverLimit && !queue.settings.fifo) {
    throw new AwsError('OverLimit', 'Too many messages in flight: the limit of the queue is reached.', { status: 403 });
  }
}

function readInteger(input: Json, parameter: string, [minimum, maximum, reason]: readonly [number, number, string]): number | undefined {
  return optionalInteger(input, parameter, { minimum, maximum, refuse: (value) => invalidValue(value, parameter, reason) });
}

/** Which attributes a receive asked for. */
interface Wanted {
  readonly system: readonly string[];
  readonly message: readonly string[];
}

const SYSTEM_ATTRIBUTES: Readonly<Record<string, (message: Message) => string | undefined>> = {
  SenderId: (message) => message.content.senderId,
  SentTimestamp: (message) => String(message.sentAt),
  ApproximateReceiveCount: (message) => String(message.receiveCount),
  ApproximateFirstReceiveTimestamp: (message) => String(message.firstReceivedAt),
  SequenceNumber: (message) => message.sequenceNumber,
  MessageDeduplicationId: (message) => message.content.deduplicationId,
  MessageGroupId: (message) => message.content.groupId,
  AWSTraceHeader: (message) => message.content.traceHeader,
  DeadLetterQueueSourceArn: (message) => message.deadLetterSourceArn,
};

/** `AttributeNames` is the older name of `MessageSystemAttributeNames`; a request may use both. */
function readWanted(input: Json): Wanted {
  const names = [...textList(input, 'AttributeNames'), ...textList(input, 'MessageSystemAttributeNames')];
  for (const name of names) if (name !== 'All' && !(name in SYSTEM_ATTRIBUTES)) throw unknownAttribute(name);
  const system = names.includes('All') ? Object.keys(SYSTEM_ATTRIBUTES) : names;
  return { system, message: textList(input, 'MessageAttributeNames') };
}

function render(message: Message, queue: Queue, wanted: Wanted): Json {
  const { id, content, receivesHere, nonce } = message;
  return {
    MessageId: id,
    ReceiptHandle: formatReceiptHandle({ queueName: queue.name, messageId: id, receive: receivesHere, nonce }),
    MD5OfBody: content.md5OfBody,
    Body: content.body,
    ...systemAttributes(message, wanted.system),
    ...messageAttributes(message, wanted.message),
  };
}

function systemAttributes(message: Message, names: readonly string[]): Json {
  if (names.length === 0) return {};
  const attributes: Record<string, string> = {};
  for (const name of names) {
    const value = SYSTEM_ATTRIBUTES[name]?.(message);
    if (value !== undefined) attributes[name] = value;
  }
  return { Attributes: attributes };
}

/** The digest covers what is returned, which a filter may narrow: that is what an SDK recomputes. */
function messageAttributes(message: Message, names: readonly string[]): Json {
  const { attributes } = message.content;
  if (names.length === 0 || message.content.md5OfAttributes === undefined) return {};
  const selected = selectAttributes(attributes, names);
  const md5 = selected === attributes ? message.content.md5OfAttributes : md5OfAttributes(selected);
  return { MessageAttributes: selected, ...(md5 && { MD5OfMessageAttributes: md5 }) };
}
