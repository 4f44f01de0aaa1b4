import { createHash } from 'node:crypto';
import { type MessageAttributeValue, SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Clock } from '../core/clock.ts';
import type { Rng } from '../core/rng.ts';
import type { Failure } from '../dlq/failure.ts';
import { wireBytes } from '../message/attributes.ts';
import { MAX_BATCH_ENTRIES, SQS_MAX_BYTES } from '../message/message.contract.ts';
import { isGroupText } from '../message/wire-text.ts';
import { awsFailure } from '../retry/aws-failure.ts';
import type { RecordAttribute } from '../retry/dead-letter.ts';
import { type Delivery, deliver, type Sender } from '../topic/deliver.ts';
import type { Destination, Parcel } from '../topic/destination.ts';
import { packBatches } from '../topic/pack.ts';
import { type CommandSender, readBatch, readError } from '../topic/send-result.ts';
import type { ConsumerEntry } from '../topology/topology.contract.ts';

/** A claimed failure on its way back. */
export interface Letter {
  readonly failure: Failure;
  readonly body: string;
}

/** What became of a letter. */
export type Sending =
  | { readonly kind: 'sent' }
  /** SQS will never take it, or not from us: sending it again is useless. `denied` is about the queue, not the letter. */
  | { readonly kind: 'refused' | 'denied'; readonly because: string }
  /** An older letter of its key was not sent, and it must not overtake it. */
  | { readonly kind: 'held' }
  /** Throttled, or its answer lost: it may have been sent. */
  | { readonly kind: 'unknown' };

/** Sends letters back to the queue of their consumer. */
export interface RedriveQueue {
  /** In the order of the letters; on a FIFO queue in their order, too. */
  send(consumer: ConsumerEntry, letters: readonly Letter[], until: number): Promise<readonly Sending[]>;
}

/** What sending works with. */
export interface RedriveQueueDeps {
  readonly client: CommandSender;
  readonly clock: Clock;
  readonly rng: Rng;
}

/**
 * Sends through SQS: each body byte for byte with the attributes that the message came with. The deduplication id is fixed at the claim, so
 * that a repeat after a crash is one message, and a new redrive within five minutes another.
 */
export function createRedriveQueue({ client, clock, rng }: RedriveQueueDeps): RedriveQueue {
  return {
    async send({ name, queue, ordered }, letters, until) {
      const destination: Destination = { name, arn: queue.arn, kind: 'queue', fifo: ordered, maxBytes: SQS_MAX_BYTES };
      const sendings = new Map<Letter, Sending>();
      const broken = new Map<string, Sending>();
      // One message of a group per call: a batch may succeed in part, and what fails must not be overtaken.
      const packable = letters.map((letter) => ({ letter, bytes: bytesOf(letter), lane: ordered ? groupOf(letter) : undefined }));
      for (const wave of packBatches(packable, { maxEntries: MAX_BATCH_ENTRIES, maxBytes: SQS_MAX_BYTES })) {
        const free = wave.filter(({ lane }) => lane === undefined || !broken.has(lane)).map(({ letter }) => letter);
        const sender = senderOf(client, queue.url, new Map(free.map((letter) => [dedupOf(letter), fieldsOf(letter, ordered)])));
        const deliveries = await deliver({ sender, clock, rng }, { destination, parcels: free.map(parcelOf) }, { deadline: until });
        free.forEach((letter, index) => {
          const sending = sendingOf(deliveries[index]);
          sendings.set(letter, sending);
          if (ordered && sending.kind !== 'sent') broken.set(groupOf(letter), sending);
        });
      }
      return letters.map((letter) => sendings.get(letter) ?? behind(broken.get(groupOf(letter))));
    },
  };
}

// Behind one that may still go, or that its queue would not take, a letter fares as it does; behind one that never will go, it is left.
function behind(older: Sending = { kind: 'unknown' }): Sending {
  return older.kind === 'unknown' || older.kind === 'denied' ? older : { kind: 'held' };
}

interface Fields {
  readonly MessageBody: string;
  readonly MessageAttributes?: Record<string, MessageAttributeValue>;
  readonly MessageGroupId?: string;
  readonly MessageDeduplicationId?: string;
}

// The parcels carry the ids by which the fields are found: an attribute may be binary, which no message of an outbox is.
function senderOf(client: CommandSender, QueueUrl: string, fields: ReadonlyMap<string, Fields>): Sender {
  const of = ({ id, body }: Parcel) => fields.get(id) ?? { MessageBody: body };
  return {
    async sendBatch(_, parcels) {
      const Entries = parcels.map((parcel, index) => ({ Id: String(index), ...of(parcel) }));
      try {
        return readBatch(await client.send(new SendMessageBatchCommand({ QueueUrl, Entries })), parcels.length);
      } catch (error) {
        return { rejected: readError(error) };
      }
    },
    async sendOne(_, parcel) {
      try {
        const { MessageId } = await client.send(new SendMessageCommand({ QueueUrl, ...of(parcel) }));
        return { status: 'sent', serviceId: MessageId };
      } catch (error) {
        return readError(error);
      }
    },
  };
}

function fieldsOf(letter: Letter, ordered: boolean): Fields {
  const { failure, body } = letter;
  const attributes = Object.entries(failure.attributes).map(([name, attribute]) => [name, attributeOf(attribute)]);
  return {
    MessageBody: body,
    ...(attributes.length > 0 && { MessageAttributes: Object.fromEntries(attributes) }),
    ...(ordered && { MessageGroupId: groupOf(letter), MessageDeduplicationId: dedupOf(letter) }),
    // The tenant, of fair queues ("Amazon SQS fair queues").
    ...(!ordered && failure.groupId !== undefined && { MessageGroupId: failure.groupId }),
  };
}

function attributeOf({ dataType, stringValue, binaryValue }: RecordAttribute): MessageAttributeValue {
  return {
    DataType: dataType,
    ...(stringValue !== undefined && { StringValue: stringValue }),
    ...(binaryValue !== undefined && { BinaryValue: Buffer.from(binaryValue, 'base64') }),
  };
}

function groupOf({ failure }: Letter): string {
  return failure.groupId ?? failure.id;
}

/**
 * Of the failure, not of its message: an edited copy is redriven for the first time while the queue still remembers the first redrive of
 * the original, and would be accepted without being delivered (SQS "Exactly-once processing").
 */
function dedupOf({ failure }: Letter): string {
  const id = `${failure.id}#r${failure.redrives}`;
  return isGroupText(id) ? id : createHash('sha256').update(id).digest('hex');
}

function parcelOf(letter: Letter): Parcel {
  return { id: dedupOf(letter), body: letter.body, attributes: sizedAttributes(letter) };
}

function bytesOf(letter: Letter): number {
  return wireBytes(letter.body, sizedAttributes(letter));
}

// Only their size counts; base64 makes a binary one look larger than it is.
function sizedAttributes({ failure }: Letter): Parcel['attributes'] {
  const entries = Object.entries(failure.attributes).map(([name, { stringValue, binaryValue }]) => [
    name,
    { DataType: 'String', StringValue: stringValue ?? binaryValue ?? '' },
  ]);
  return Object.fromEntries(entries);
}

function sendingOf(delivery: Delivery | undefined): Sending {
  if (delivery === undefined || delivery.status === 'unsent') return { kind: 'unknown' };
  if (delivery.status === 'delivered') return { kind: 'sent' };
  const because = `${delivery.code}: ${delivery.message}`;
  if (delivery.status === 'refused') return { kind: 'refused', because };
  const failure = awsFailure(Object.assign(new Error(delivery.message), { name: delivery.code }));
  return failure === 'denied' ? { kind: 'denied', because } : { kind: 'unknown' };
}
