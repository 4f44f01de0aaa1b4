import { createHash } from 'node:crypto';
import { PosthasteError } from '../core/errors.ts';
import type { MessageAttributes } from '../message/attributes.ts';
import { SNS_MAX_BYTES, SQS_MAX_BYTES } from '../message/message.contract.ts';
import { isGroupText } from '../message/wire-text.ts';

/** A topic or queue that messages are delivered to. */
export interface Destination {
  /** The name that definitions use. */
  readonly name: string;
  readonly arn: string;
  readonly kind: 'topic' | 'queue';
  /** First-in-first-out: it keeps the order of each ordering key. */
  readonly fifo: boolean;
  /** What one message, and one batch, may have in bytes. */
  readonly maxBytes: number;
}

/** A message ready to travel. */
export interface Parcel {
  /** The message's own id. */
  readonly id: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  /** The ordering key. */
  readonly key?: string;
  readonly tenant?: string;
}

/** A destination is not what `createPublisher` or the relay can deliver to. Code `DESTINATION_INVALID`. */
export class DestinationError extends PosthasteError {
  constructor(message: string) {
    super(message, { code: 'DESTINATION_INVALID' });
  }
}

const ARN = /^arn:[a-z-]+:(sns|sqs):[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?$/;

/**
 * Reads destinations from a map of name to topic or queue ARN. Throws `DestinationError` for anything else.
 *
 * @example
 * parseDestinations({ orders: 'arn:aws:sns:eu-west-1:123456789012:orders' }).get('orders')?.kind // => 'topic'
 */
export function parseDestinations(arns: Readonly<Record<string, unknown>>): ReadonlyMap<string, Destination> {
  const destinations = new Map<string, Destination>();
  for (const [name, arn] of Object.entries(arns)) {
    const match = typeof arn === 'string' ? ARN.exec(arn) : null;
    if (match === null)
      throw new DestinationError(
        `destination ${name} is ${typeof arn === 'string' ? `'${arn}'` : `of the type ${typeof arn}`}; it is the ARN of an SNS topic or an SQS queue`,
      );
    const kind = match[1] === 'sns' ? 'topic' : 'queue';
    destinations.set(name, {
      name,
      arn: match[0],
      kind,
      fifo: match[2] !== undefined,
      maxBytes: kind === 'topic' ? SNS_MAX_BYTES : SQS_MAX_BYTES,
    });
  }
  return destinations;
}

/**
 * The group and deduplication fields of a message. On FIFO the group is the ordering key and the deduplication id the message's own,
 * never its content: two equal events within five minutes are two events. On a standard queue or topic the group is the tenant, which
 * gives fair queues ("Amazon SQS fair queues") and changes no order.
 */
export function groupFields(parcel: Parcel, destination: Destination): { MessageGroupId?: string; MessageDeduplicationId?: string } {
  if (destination.fifo) return { MessageGroupId: groupOf(parcel.key ?? parcel.id), MessageDeduplicationId: parcel.id };
  return parcel.tenant === undefined ? {} : { MessageGroupId: parcel.tenant };
}

// A key may be longer, or hold other characters, than a MessageGroupId: its hash is one for one, so the order stays that of the key.
function groupOf(key: string): string {
  return isGroupText(key) ? key : createHash('sha256').update(key).digest('hex');
}
