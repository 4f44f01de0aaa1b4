import { ENVELOPE_ATTRIBUTES } from './message.contract.ts';
import { MessageFieldError } from './message.errors.ts';
import type { OutgoingMessage, RoutingValue } from './message.ts';
import { textProblem } from './wire-text.ts';

/** One attribute as both SNS and SQS take it. */
export interface MessageAttribute {
  readonly DataType: 'String' | 'Number';
  readonly StringValue: string;
}

/** The attributes of one message by name, at most ten. */
export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

// "Numeric matching: from -10^9 to 10^9" (SNS "Filter policy constraints").
const MAX_FILTERABLE = 1_000_000_000;

/**
 * What subscribers can filter on without reading the body: type, source, tenant, trace context and the routing fields.
 * Throws `MessageFieldError` for a value that SNS or SQS would refuse, or that no filter could match.
 *
 * @example
 * attributesOf(message)['type'] // => { DataType: 'String', StringValue: 'orders.order-placed' }
 */
export function attributesOf(message: Pick<OutgoingMessage, 'type' | 'source' | 'tenant' | 'traceparent' | 'routing'>): MessageAttributes {
  const values: Record<string, RoutingValue | undefined> = {
    [ENVELOPE_ATTRIBUTES.type]: message.type,
    [ENVELOPE_ATTRIBUTES.source]: message.source,
    [ENVELOPE_ATTRIBUTES.traceparent]: message.traceparent,
    [ENVELOPE_ATTRIBUTES.tenant]: message.tenant,
    ...message.routing,
  };
  const attributes: Record<string, MessageAttribute> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const problem = routingProblem(value);
    if (problem !== undefined) throw new MessageFieldError(message.type, `attribute ${name}`, problem);
    attributes[name] =
      typeof value === 'number' ? { DataType: 'Number', StringValue: String(value) } : { DataType: 'String', StringValue: value };
  }
  return attributes;
}

/** What keeps a value from being a routing value, or undefined when nothing does. */
export function routingProblem(value: unknown): string | undefined {
  if (typeof value === 'string')
    return value === '' ? 'SQS refuses an empty attribute: return undefined to leave it out' : textProblem(value);
  if (typeof value !== 'number') return `a ${typeof value} is neither a string nor a number`;
  if (!Number.isFinite(value) || Math.abs(value) > MAX_FILTERABLE) {
    return `${value} is outside -10^9 to 10^9, where filters compare numbers: route on a string or a coarser number`;
  }
  return undefined;
}

/** The bytes that a message counts for against the limits of SNS and SQS: body and each attribute's name, type and value. */
export function wireBytes(body: string, attributes: MessageAttributes): number {
  let bytes = Buffer.byteLength(body);
  for (const [name, attribute] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(name) + attribute.DataType.length + Buffer.byteLength(attribute.StringValue);
  }
  return bytes;
}
