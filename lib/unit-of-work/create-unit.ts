import { deriveId } from '../core/ids.ts';
import { attributesOf, routingProblem, wireBytes } from '../message/attributes.ts';
import { isTraceparent } from '../message/decode-envelope.ts';
import { encodeEnvelope } from '../message/envelope.ts';
import { jsonTrouble } from '../message/json-data.ts';
import { MAX_HOPS, MAX_KEY_BYTES, SNS_MAX_BYTES, SQS_MAX_BYTES } from '../message/message.contract.ts';
import { MessageFieldError, MessageInvalidError, MessageKindError } from '../message/message.errors.ts';
import type { AnyMessageDefinition, Message, OutgoingMessage, RoutingValue } from '../message/message.ts';
import { validateMessage } from '../message/validate.ts';
import { isGroupText, isUriReference, textProblem } from '../message/wire-text.ts';
import { type PreparedWrite, prepareWrite } from './prepared-write.ts';
import { describe, HopsExceededError, UnitLimitError, UnitSealedError, UnitWriteError } from './unit-of-work.errors.ts';
import type { CollectedUnit, SendOptions, UnitOfWork, Write } from './unit-of-work.ts';

/** Where a unit stands: what its messages inherit. */
export interface UnitContext {
  /** Names the unit; its messages are named `deriveId(unitId, index)`, so a retry under the same id sends the same messages. */
  readonly unitId: string;
  /** The CloudEvents source of its messages, a URI reference such as `urn:posthaste:orders`. */
  readonly source: string;
  /** When it commits, in epoch milliseconds. */
  readonly time: number;
  /** The message whose handling this is: correlation, causation, hops, tenant and trace come from it. */
  readonly cause?: Message;
  /** @default - that of the cause, or the unit's own id */
  readonly correlationId?: string;
  /** @default - that of the cause */
  readonly tenant?: string;
  /** @default - that of the cause; a value that is no W3C traceparent is left out */
  readonly traceparent?: string;
}

/** The id of the unit in which a consumer handles a message: the same at every redelivery. */
export function unitIdOf(consumer: string, messageId: string): string {
  return deriveId(consumer, messageId);
}

/**
 * An empty unit of work. Everything that is wrong with a write or message throws here, in the handler's own stack, not at commit.
 *
 * @example
 * const unit = createUnit({ unitId: ids.next(), source: 'urn:posthaste:orders', time: clock.now() });
 * unit.put(orders, { id: '42', total: 10 });
 * unit.publish(OrderPlaced, { orderId: '42', total: 10, country: 'NL' });
 * await committer.commit({ unit, guards: [] });
 */
export function createUnit(context: UnitContext): UnitOfWork & CollectedUnit {
  if (!isUriReference(context.source))
    throw new MessageFieldError('a unit', 'source', `'${context.source}' is no URI reference such as urn:posthaste:orders`);
  const writes: PreparedWrite[] = [];
  const messages: OutgoingMessage[] = [];
  const items = new Set<string>();
  const orderingKeys = new Set<string>();
  let sealed = false;

  const assertOpen = () => {
    if (sealed) throw new UnitSealedError(context.unitId);
  };
  const collect = (write: Write) => {
    assertOpen();
    const prepared = prepareWrite(write);
    if (items.has(prepared.identity)) {
      throw new UnitWriteError(
        `the ${describe(prepared.site)} is the second write of its item in this unit; a transaction takes one an item: fold them together`,
      );
    }
    items.add(prepared.identity);
    writes.push(prepared);
  };
  const dispatch = (definition: AnyMessageDefinition, content: Content) => {
    assertOpen();
    const message = outgoing(context, messages.length, { definition, ...content, data: snapshot(definition, content.data) });
    checkSize(message);
    if (message.key !== undefined) orderingKeys.add(message.key);
    messages.push(message);
  };

  return {
    unitId: context.unitId,
    writes,
    messages,
    items,
    orderingKeys,
    seal() {
      sealed = true;
    },
    put: (table, item, condition) => collect({ kind: 'put', table, item, ...(condition && { condition }) }),
    update: (table, key, change) => collect({ kind: 'update', table, key, ...change }),
    delete: (table, key, condition) => collect({ kind: 'delete', table, key, ...(condition && { condition }) }),
    check: (table, key, condition) => collect({ kind: 'check', table, key, condition }),
    publish: (definition, data, options) => dispatch(definition, validated(definition, { kind: 'event', data, options })),
    send: (definition, data, options) => dispatch(definition, validated(definition, { kind: 'command', data, options })),
    publishUnchecked: (definition, data, options = {}) =>
      dispatch(definition, { data, options, key: options.key, routing: routingOf(definition, data, 'lenient') }),
  };
}

// What the handler does to its objects after this call stays its own.
function snapshot(definition: AnyMessageDefinition, data: unknown): unknown {
  const trouble = jsonTrouble(data);
  if (trouble !== undefined) throw new MessageInvalidError(definition.name, [trouble]);
  return structuredClone(data);
}

interface Content {
  readonly data: unknown;
  readonly options: SendOptions;
  readonly key: string | undefined;
  readonly routing: Record<string, RoutingValue>;
}

interface Given {
  readonly kind: 'event' | 'command';
  readonly data: unknown;
  readonly options: SendOptions | undefined;
}

// The wire carries the input, as it was given: consumers run the same schema over it, and only the input is sure to pass it again.
function validated(definition: AnyMessageDefinition, { kind, data, options = {} }: Given): Content {
  if (definition.kind !== kind) throw new MessageKindError(definition.name, definition.kind);
  const value = validateMessage(definition, data);
  return {
    data: structuredClone(data),
    options,
    key: options.key ?? definition.key(value),
    routing: routingOf(definition, value, 'strict'),
  };
}

function routingOf(definition: AnyMessageDefinition, data: unknown, mode: 'strict' | 'lenient'): Record<string, RoutingValue> {
  const routing: Record<string, RoutingValue> = {};
  for (const [field, select] of Object.entries(definition.routing)) {
    const value = mode === 'strict' ? select(data) : attempt(() => select(data));
    if (value === undefined) continue;
    const problem = routingProblem(value);
    if (problem === undefined) routing[field] = value;
    else if (mode === 'strict') throw new MessageFieldError(definition.name, `routing field ${field}`, problem);
  }
  return routing;
}

// Unvalidated data may have any shape: a field that cannot be read is left out, as a subscriber's filter then misses it.
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function outgoing(context: UnitContext, index: number, content: Content & { readonly definition: AnyMessageDefinition }): OutgoingMessage {
  const { definition, data, options, key, routing } = content;
  const { cause } = context;
  const hops = cause === undefined ? 0 : cause.hops + 1;
  if (hops > MAX_HOPS) throw new HopsExceededError(definition.name, hops, MAX_HOPS);
  const tenant = options.tenant ?? context.tenant ?? cause?.tenant;
  const traceparent = context.traceparent ?? cause?.traceparent;
  checkKey(definition.name, key);
  if (tenant !== undefined && !isGroupText(tenant))
    throw new MessageFieldError(definition.name, 'tenant', 'it is 1 to 128 printable ASCII characters');
  return {
    id: deriveId(context.unitId, String(index)),
    type: definition.name,
    kind: definition.kind,
    version: definition.version,
    source: context.source,
    time: new Date(context.time).toISOString(),
    data,
    ...(key !== undefined && { key }),
    correlationId: context.correlationId ?? cause?.correlationId ?? context.unitId,
    ...(cause !== undefined && { causationId: cause.id }),
    hops,
    ...(tenant !== undefined && { tenant }),
    ...(isTraceparent(traceparent) && { traceparent }),
    destinations: definition.destinations,
    routing,
  };
}

function checkKey(type: string, key: string | undefined): void {
  if (key === undefined) return;
  if (key === '') throw new MessageFieldError(type, 'key', 'it is empty: return undefined for a message whose order does not matter');
  const problem = textProblem(key);
  if (problem !== undefined) throw new MessageFieldError(type, 'key', problem);
  const bytes = Buffer.byteLength(key);
  if (bytes > MAX_KEY_BYTES) throw new MessageFieldError(type, 'key', `it has ${bytes} bytes, at most ${MAX_KEY_BYTES} fit a DynamoDB key`);
}

// A sequence number has a fixed width, so any stands for the one that the outbox will give.
function checkSize(message: OutgoingMessage): void {
  const body = encodeEnvelope(message.key === undefined ? message : { ...message, sequence: 1 });
  const bytes = wireBytes(body, attributesOf(message));
  const [limit, hop] = message.kind === 'event' ? [SNS_MAX_BYTES, 'SNS'] : [SQS_MAX_BYTES, 'SQS'];
  if (bytes > limit) {
    throw new UnitLimitError(
      `${message.type} has ${bytes} bytes with its envelope and attributes; ${hop} takes ${limit}: send a reference to the data instead`,
    );
  }
}
