import { attributesOf } from '../../message/attributes.ts';
import { composeMessage } from '../../message/compose.ts';
import { encodeEnvelope } from '../../message/envelope.ts';
import type { AnyMessageDefinition, InputOf } from '../../message/message.ts';

/** What a test says of a message besides its data. */
export interface TestMessageFields {
  /** @default - `message-1` for the first message of a test, and so on */
  readonly id?: string;
  /** Overrides the ordering key that the definition derives. */
  readonly key?: string;
  readonly tenant?: string;
  /** @default - the id */
  readonly correlationId?: string;
  /** Its place among the messages of its key. */
  readonly sequence?: number;
}

const MARK: unique symbol = Symbol.for('posthaste.test-message');

/** A message of a definition that a test delivers or expects; made by `message`. */
export interface TestMessage<Definition extends AnyMessageDefinition = AnyMessageDefinition> {
  readonly [MARK]: true;
  readonly definition: Definition;
  readonly data: InputOf<Definition>;
  readonly fields: TestMessageFields;
}

/**
 * A message for a test, typed by its definition. Its id is `message-1` if it is the first of its test, and so on, unless it is given.
 *
 * @example
 * message(OrderPlaced, { orderId: 'order-1', total: 12 })
 */
export function message<Definition extends AnyMessageDefinition>(
  definition: Definition,
  data: InputOf<Definition>,
  fields: TestMessageFields = {},
): TestMessage<Definition> {
  return { [MARK]: true, definition, data, fields };
}

/** What a subject can be given: messages, or bodies of any other kind as text or as what is written as JSON. */
export type Delivered = TestMessage | string | Readonly<Record<string, unknown>>;

/** Whether `message` made it. */
export const isTestMessage = (given: unknown): given is TestMessage => typeof given === 'object' && given !== null && MARK in given;

/** A body on its way into a queue. */
export interface QueueEntry {
  readonly id: string;
  readonly body: string;
  readonly attributes: ReturnType<typeof attributesOf>;
  /** Messages of one group keep their order. */
  readonly group: string;
}

/** What the queue holds for the nth message of a test, from 0. Throws `MessageInvalidError` for data that its schema refuses. */
export function queueEntryOf(given: Delivered, index: number, now: number): QueueEntry {
  const id = `message-${index + 1}`;
  if (!isTestMessage(given)) return { id, body: typeof given === 'string' ? given : JSON.stringify(given), attributes: {}, group: id };
  const { definition, data, fields } = given;
  const { sequence, ...rest } = fields;
  const composed = composeMessage(definition, data, {
    id,
    source: 'urn:posthaste:test',
    time: now,
    correlationId: rest.correlationId ?? rest.id ?? id,
    hops: 0,
    ...rest,
  });
  const sent = sequence === undefined ? composed : { ...composed, sequence };
  return { id: sent.id, body: encodeEnvelope(sent), attributes: attributesOf(sent), group: sent.key ?? sent.id };
}
