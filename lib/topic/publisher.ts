import type { SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { type Clock, systemClock } from '../core/clock.ts';
import { PosthasteError } from '../core/errors.ts';
import { type Ids, systemIds } from '../core/ids.ts';
import { type Rng, systemRng } from '../core/rng.ts';
import { attributesOf } from '../message/attributes.ts';
import { assertKind, assertSource, composeMessage } from '../message/compose.ts';
import { encodeEnvelope } from '../message/envelope.ts';
import type { AnyCommandDefinition, AnyEventDefinition, AnyMessageDefinition, InputOf } from '../message/message.ts';
import type { Delivery, Sender } from './deliver.ts';
import { type Destination, DestinationError, type Parcel, parseDestinations } from './destination.ts';
import { createDispatcher, type Dispatcher } from './dispatcher.ts';
import type { CommandSender } from './send-result.ts';
import { createSnsSender } from './topic.sns.ts';
import { createSqsSender } from './topic.sqs.ts';

/** What `createPublisher` takes. */
export interface PublisherOptions {
  /** e.g. `new SNSClient({ maxAttempts: 1 })`: the publisher retries itself. */
  readonly sns: Pick<SNSClient, 'send'>;
  /** Needed for commands. */
  readonly sqs?: Pick<SQSClient, 'send'>;
  /** Topic and queue ARNs by destination name. */
  readonly destinations: Readonly<Record<string, string>>;
  /** The CloudEvents source of every message, a URI reference. */
  readonly source: string;
  /** How long a message waits for company, in milliseconds. @default 5 */
  readonly lingerMs?: number;
  /** Calls under way at a time, per destination. @default 8 */
  readonly maxInFlight?: number;
  /** How long one message may wait and be tried, in milliseconds from its publish on. @default 15000 */
  readonly timeoutMs?: number;
  /** The most messages that may wait, per destination; what comes then rejects with `PublishUnavailableError` at once. @default 50000 */
  readonly maxWaiting?: number;
  /** @default - real time */
  readonly clock?: Clock;
  readonly rng?: Rng;
  readonly ids?: Ids;
}

/** What one message may say about its own publishing. */
export interface PublishOptions {
  /** The message's id; pass a stable one to make a repeated publish a duplicate that consumers recognise. @default - a fresh id */
  readonly id?: string;
  /** Overrides the ordering key that the definition derives. */
  readonly key?: string;
  readonly tenant?: string;
  readonly correlationId?: string;
  readonly traceparent?: string;
}

/** What became of a message that every destination has taken. */
export interface Published {
  readonly messageId: string;
}

/** Publishes outside a transaction. */
export interface Publisher {
  /** Publishes an event. Rejects with `MessageInvalidError`, `PublishRefusedError` or `PublishUnavailableError`. */
  publish<Definition extends AnyEventDefinition>(
    definition: Definition,
    data: InputOf<Definition>,
    options?: PublishOptions,
  ): Promise<Published>;
  /** Sends a command; as `publish`, to a queue. */
  send<Definition extends AnyCommandDefinition>(
    definition: Definition,
    data: InputOf<Definition>,
    options?: PublishOptions,
  ): Promise<Published>;
  /** Sends what waits at once, and resolves when nothing is under way any more. */
  flush(): Promise<void>;
  /** Flushes; everything later is refused with code `PUBLISHER_CLOSED`. */
  close(): Promise<void>;
}

/** A destination refuses the message as it is. Code `PUBLISH_REFUSED`; permanent. */
export class PublishRefusedError extends PosthasteError {
  constructor(type: string, { code, message }: { readonly code: string; readonly message: string }) {
    super(`${type} was refused (${code}): ${message}`, { code: 'PUBLISH_REFUSED' });
  }
}

/** A destination could not be reached, or throttled for too long; it may have taken the message. Code `PUBLISH_UNAVAILABLE`. */
export class PublishUnavailableError extends PosthasteError {
  constructor(type: string, { code, message }: { readonly code: string; readonly message: string }) {
    super(`${type} may not have been published (${code}): ${message}; publish it again under the same id`, {
      code: 'PUBLISH_UNAVAILABLE',
      retryable: true,
    });
  }
}

/** The publisher was closed. Code `PUBLISHER_CLOSED`. */
export class PublisherClosedError extends PosthasteError {
  constructor() {
    super('the publisher is closed: publish before close()', { code: 'PUBLISHER_CLOSED' });
  }
}

/**
 * A publisher for callers that have nothing to commit: it batches what comes within a few milliseconds, packs by size, and answers for
 * each message on its own. It is not transactional: a process that dies between its own write and the publish sends nothing, and one
 * that dies after it may send twice. At least once; where a write must not be without its message, use an outbox.
 *
 * @example
 * const publisher = createPublisher({ sns: new SNSClient({ maxAttempts: 1 }), destinations: { orders: topicArn }, source: 'urn:shop' });
 * const { messageId } = await publisher.publish(OrderPlaced, { orderId: '42', total: 10, country: 'NL' });
 * await publisher.close();
 */
export function createPublisher(options: PublisherOptions): Publisher {
  const { clock = systemClock, ids = systemIds, source } = options;
  assertSource(source);
  const destinations = parseDestinations(options.destinations);
  const dispatchers = createDispatchers(options, destinations);
  let closed = false;

  async function dispatch(definition: AnyMessageDefinition, data: unknown, fields: PublishOptions = {}): Promise<Published> {
    if (closed) throw new PublisherClosedError();
    const id = fields.id ?? ids.next();
    const message = composeMessage(definition, data, { correlationId: id, ...fields, id, source, time: clock.now(), hops: 0 });
    const parcel: Parcel = {
      id,
      body: encodeEnvelope(message),
      attributes: attributesOf(message),
      ...(message.key !== undefined && { key: message.key }),
      ...(message.tenant !== undefined && { tenant: message.tenant }),
    };
    const lines = definition.destinations.map((name) => dispatchers.get(name) ?? unknownDestination(definition, name));
    assertDelivered(definition.name, await Promise.all(lines.map((line) => line.dispatch(parcel))));
    return { messageId: id };
  }

  const flush = async () => {
    await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.flush()));
  };
  return {
    async publish(definition, ...content) {
      assertKind(definition, 'event');
      return dispatch(definition, ...content);
    },
    async send(definition, ...content) {
      assertKind(definition, 'command');
      return dispatch(definition, ...content);
    },
    flush,
    close() {
      closed = true;
      return flush();
    },
  };
}

function createDispatchers(options: PublisherOptions, destinations: ReadonlyMap<string, Destination>): ReadonlyMap<string, Dispatcher> {
  const { clock = systemClock, rng = systemRng, lingerMs = 5, maxInFlight = 8, timeoutMs = 15_000, maxWaiting = 50_000 } = options;
  const senders: Record<Destination['kind'], Sender | undefined> = {
    topic: createSnsSender(options.sns as CommandSender),
    queue: options.sqs === undefined ? undefined : createSqsSender(options.sqs as CommandSender),
  };
  const entries = [...destinations].map(([name, destination]): [string, Dispatcher] => {
    const sender = senders[destination.kind];
    if (sender === undefined)
      throw new DestinationError(`destination ${name} is a queue, but the publisher has no SQS client: pass \`sqs\``);
    return [name, createDispatcher({ sender, clock, rng }, { destination, lingerMs, maxInFlight, timeoutMs, maxWaiting })];
  });
  return new Map(entries);
}

function unknownDestination(definition: AnyMessageDefinition, name: string): never {
  throw new DestinationError(`${definition.name} goes to ${name}, which the publisher has no ARN for: add it to \`destinations\``);
}

function assertDelivered(type: string, deliveries: readonly Delivery[]): void {
  const refused = deliveries.find((delivery) => delivery.status === 'refused');
  if (refused !== undefined) throw new PublishRefusedError(type, refused);
  const unavailable = deliveries.find((delivery) => delivery.status === 'unavailable' || delivery.status === 'unsent');
  if (unavailable !== undefined) throw new PublishUnavailableError(type, unavailable);
}
