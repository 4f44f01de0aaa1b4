import { attributesOf, routingProblem, wireBytes } from './attributes.ts';
import { isTraceparent } from './decode-envelope.ts';
import { encodeEnvelope } from './envelope.ts';
import { jsonTrouble } from './json-data.ts';
import { MAX_ID_LENGTH, MAX_KEY_BYTES, SNS_MAX_BYTES, SQS_MAX_BYTES } from './message.contract.ts';
import { MessageFieldError, MessageInvalidError, MessageKindError, MessageTooLargeError } from './message.errors.ts';
import type { AnyMessageDefinition, OutgoingMessage, RoutingValue } from './message.ts';
import { validateMessage } from './validate.ts';
import { idProblem, isGroupText, isUriReference, textProblem } from './wire-text.ts';

/** What a message says of itself besides its data. */
export interface MessageFields {
  readonly id: string;
  readonly source: string;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly correlationId: string;
  readonly causationId?: string | undefined;
  readonly hops: number;
  readonly tenant?: string | undefined;
  readonly traceparent?: string | undefined;
  /** Overrides the ordering key that the definition derives. */
  readonly key?: string | undefined;
}

/**
 * A message of a definition, validated and measured: whatever is wrong with it throws here. The wire carries the data as it was
 * given, not as the schema made it: consumers run the same schema over it, and only the input is sure to pass it again.
 */
export function composeMessage(definition: AnyMessageDefinition, data: unknown, fields: MessageFields): OutgoingMessage {
  const value = validateMessage(definition, data);
  const routing = routingOf(definition, (select) => select(value));
  for (const [field, given] of Object.entries(routing)) {
    const problem = routingProblem(given);
    if (problem !== undefined) throw new MessageFieldError(definition.name, `routing field ${field}`, problem);
  }
  return compose(definition, data, { ...fields, key: fields.key ?? definition.key(value), routing });
}

/** A message of foreign data, unvalidated; routing fields that cannot be read from it are left out. */
export function composeUnchecked(definition: AnyMessageDefinition, data: unknown, fields: MessageFields): OutgoingMessage {
  const routing = routingOf(definition, (select) => {
    try {
      const value = select(data);
      return routingProblem(value) === undefined ? value : undefined;
    } catch {
      return undefined;
    }
  });
  return compose(definition, data, { ...fields, routing });
}

/** Refuses an event where a command is due, and the reverse. */
export function assertKind(definition: AnyMessageDefinition, kind: 'event' | 'command'): void {
  if (definition.kind !== kind) throw new MessageKindError(definition.name, definition.kind);
}

/** Refuses a source that no envelope could carry. */
export function assertSource(source: string): void {
  if (isUriReference(source) && source.length <= MAX_ID_LENGTH) return;
  const problem = `'${source}' is no URI reference of at most ${MAX_ID_LENGTH} characters such as urn:posthaste:orders`;
  throw new MessageFieldError('a message', 'source', problem);
}

type Select = (data: unknown) => RoutingValue | undefined;

function routingOf(definition: AnyMessageDefinition, read: (select: Select) => RoutingValue | undefined): Record<string, RoutingValue> {
  const routing: Record<string, RoutingValue> = {};
  for (const [field, select] of Object.entries(definition.routing)) {
    const value = read(select);
    if (value !== undefined) routing[field] = value;
  }
  return routing;
}

function compose(
  definition: AnyMessageDefinition,
  data: unknown,
  given: MessageFields & { readonly routing: OutgoingMessage['routing'] },
): OutgoingMessage {
  const { id, source, time, correlationId, causationId, hops, tenant, traceparent, key, routing } = given;
  const type = definition.name;
  checkIds(type, { id, correlationId, causationId });
  checkKey(type, key);
  if (tenant !== undefined && !isGroupText(tenant))
    throw new MessageFieldError(type, 'tenant', 'it is 1 to 128 printable ASCII characters');
  const message: OutgoingMessage = {
    id,
    type,
    kind: definition.kind,
    version: definition.version,
    source,
    time: new Date(time).toISOString(),
    data: snapshot(type, data),
    ...(key !== undefined && { key }),
    correlationId,
    ...(causationId !== undefined && { causationId }),
    hops,
    ...(tenant !== undefined && { tenant }),
    ...(isTraceparent(traceparent) && { traceparent }),
    destinations: definition.destinations,
    routing,
  };
  checkSize(message);
  return message;
}

// What the sender does to its objects after this call stays its own.
function snapshot(type: string, data: unknown): unknown {
  const trouble = jsonTrouble(data);
  if (trouble !== undefined) throw new MessageInvalidError(type, [trouble]);
  return structuredClone(data);
}

function checkIds(type: string, ids: Readonly<Record<string, string | undefined>>): void {
  for (const [field, id] of Object.entries(ids)) {
    const problem = id === undefined ? undefined : idProblem(id);
    if (problem !== undefined) throw new MessageFieldError(type, field, problem);
  }
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
  const [limit, hop] = message.kind === 'event' ? ([SNS_MAX_BYTES, 'SNS'] as const) : ([SQS_MAX_BYTES, 'SQS'] as const);
  if (bytes > limit) throw new MessageTooLargeError(message.type, { bytes, limit, hop });
}
