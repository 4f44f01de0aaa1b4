import { jsonTrouble } from './json-data.ts';
import { MessageInvalidError } from './message.errors.ts';
import type { Message, OutgoingMessage } from './message.ts';
import { escapeForSqs } from './wire-text.ts';

/** A decoded body: everything a message carries, its data not yet validated. */
export type Envelope = Message<unknown>;

/** What an outgoing message needs of itself to be encoded. */
export type Encodable = Omit<OutgoingMessage, 'kind' | 'destinations' | 'routing'>;

// It names the type and the version, so that `type` itself stays free of versions.
function dataSchemaOf(type: string, version: number): string {
  return `urn:posthaste:schema:${type}:${version}`;
}

/**
 * The body of a message: a CloudEvents 1.0 object in JSON, in characters that SNS and SQS take.
 * Throws `MessageInvalidError` for data that JSON would change on the way. Equal messages give equal bytes.
 *
 * @example
 * const body = encodeEnvelope(message);
 * decodeEnvelope(body).id === message.id; // => true
 */
export function encodeEnvelope(message: Encodable): string {
  const trouble = jsonTrouble(message.data);
  if (trouble !== undefined) throw new MessageInvalidError(message.type, [trouble]);
  return escapeForSqs(
    JSON.stringify({
      specversion: '1.0',
      id: message.id,
      source: message.source,
      type: message.type,
      time: message.time,
      datacontenttype: 'application/json',
      dataschema: dataSchemaOf(message.type, message.version),
      correlationid: message.correlationId,
      causationid: message.causationId,
      partitionkey: message.key,
      sequence: message.sequence === undefined ? undefined : encodeSequence(message.sequence),
      hops: message.hops,
      tenant: message.tenant,
      traceparent: message.traceparent,
      data: message.data,
    }),
  );
}

/** A sequence number as text that sorts like the number: 16 digits, as the CloudEvents sequence extension allows. */
export function encodeSequence(sequence: number): string {
  return String(sequence).padStart(16, '0');
}
