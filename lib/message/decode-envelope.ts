import type { Envelope } from './envelope.ts';
import { jsonTrouble } from './json-data.ts';
import { MAX_DATA_DEPTH, MAX_ID_LENGTH } from './message.contract.ts';
import { EnvelopeInvalidError, type EnvelopeProblem, formatPath } from './message.errors.ts';
import { idProblem, isGroupText, isUriReference, textProblem } from './wire-text.ts';

type Fields = Readonly<Record<string, unknown>>;

const MAX_HOPS_ON_THE_WIRE = 2_147_483_647;
const SCHEMA = /^urn:posthaste:schema:(.+):([1-9]\d{0,14})$/;
const SEQUENCE = /^\d{16}$/;
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/i;
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Reads a body that `encodeEnvelope` wrote. Every body is treated as hostile: anything else throws `EnvelopeInvalidError` with a
 * machine-readable `reason`. Unknown attributes are ignored, so that newer senders can add some.
 * The data is returned as it came, without validation against a schema.
 */
export function decodeEnvelope(body: string): Envelope {
  const fields = parse(body);
  const version = readSchema(fields);
  const key = optionalText(fields, 'partitionkey');
  const sequence = readSequence(fields);
  const causationId = optionalText(fields, 'causationid');
  const tenant = optionalText(fields, 'tenant');
  if (tenant !== undefined && !isGroupText(tenant))
    throw new EnvelopeInvalidError('tenant', 'a tenant is 1 to 128 printable ASCII characters');
  const traceparent = fields['traceparent'];
  return {
    id: requiredText(fields, 'id'),
    type: requiredText(fields, 'type'),
    version,
    source: readSource(fields),
    time: readTime(fields),
    data: fields['data'],
    ...(key !== undefined && { key }),
    ...(sequence !== undefined && { sequence }),
    correlationId: requiredText(fields, 'correlationid'),
    ...(causationId !== undefined && { causationId }),
    hops: readHops(fields),
    ...(tenant !== undefined && { tenant }),
    // A broken trace context is dropped, never a reason to refuse a message (W3C Trace Context, "Processing model").
    ...(isTraceparent(traceparent) && { traceparent }),
  };
}

/** Whether a value is a W3C `traceparent`. */
export function isTraceparent(value: unknown): value is string {
  return typeof value === 'string' && TRACEPARENT.test(value);
}

function parse(body: string): Fields {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw new EnvelopeInvalidError('not-json', `${body.length} characters that are not one JSON value`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new EnvelopeInvalidError('not-an-object', 'an envelope is a JSON object');
  }
  if (parsed instanceof Object && Object.hasOwn(parsed, 'TopicArn') && Object.hasOwn(parsed, 'Message')) {
    throw new EnvelopeInvalidError('specversion', 'this is an SNS notification: switch raw message delivery on for the subscription');
  }
  // The envelope itself is one level around its data.
  const trouble = jsonTrouble(parsed, MAX_DATA_DEPTH + 1);
  if (trouble === undefined) return parsed as Fields;
  const where = trouble.path.length === 0 ? 'the envelope' : formatPath(trouble.path);
  throw new EnvelopeInvalidError(trouble.kind === 'not-json' ? 'data' : trouble.kind, `${where}: ${trouble.message}`);
}

function readSchema(fields: Fields): number {
  if (fields['specversion'] !== '1.0') throw new EnvelopeInvalidError('specversion', 'a CloudEvent of version 1.0 says so in specversion');
  const contentType = fields['datacontenttype'];
  if (contentType !== undefined && contentType !== 'application/json') {
    throw new EnvelopeInvalidError('datacontenttype', 'the data of an envelope is application/json');
  }
  const match = typeof fields['dataschema'] === 'string' ? SCHEMA.exec(fields['dataschema']) : null;
  if (match === null || match[1] !== fields['type']) {
    throw new EnvelopeInvalidError('dataschema', 'it is urn:posthaste:schema:<type>:<version>, with the type of the envelope');
  }
  return Number(match[2]);
}

function requiredText(fields: Fields, name: 'id' | 'type' | 'correlationid'): string {
  const value = optionalText(fields, name);
  if (value === undefined) throw new EnvelopeInvalidError(name, 'it is missing');
  return value;
}

function optionalText(fields: Fields, name: EnvelopeProblem): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || value === '') throw new EnvelopeInvalidError(name, 'it is a non-empty string');
  const problem = name === 'partitionkey' ? textProblem(value) : idProblem(value);
  if (problem !== undefined) throw new EnvelopeInvalidError(name, problem);
  return value;
}

function readSource(fields: Fields): string {
  const source = fields['source'];
  if (typeof source === 'string' && source.length <= MAX_ID_LENGTH && isUriReference(source)) return source;
  throw new EnvelopeInvalidError('source', `it is a URI reference of at most ${MAX_ID_LENGTH} characters`);
}

function readTime(fields: Fields): string {
  const time = fields['time'];
  const milliseconds = typeof time === 'string' && RFC_3339.test(time) ? Date.parse(time) : Number.NaN;
  const inUtc = Number.isNaN(milliseconds) ? '' : new Date(milliseconds).toISOString();
  // In UTC the year may have more than four digits, or fewer than none: no reader of RFC 3339 would take such a time from us.
  if (!RFC_3339.test(inUtc)) throw new EnvelopeInvalidError('time', 'it is an RFC 3339 time');
  return inUtc;
}

function readSequence(fields: Fields): number | undefined {
  const value = fields['sequence'];
  if (value === undefined || value === null) return undefined;
  const sequence = typeof value === 'string' && SEQUENCE.test(value) ? Number(value) : 0;
  if (sequence < 1 || !Number.isSafeInteger(sequence)) throw new EnvelopeInvalidError('sequence', 'it is a positive number in 16 digits');
  return sequence;
}

function readHops(fields: Fields): number {
  const hops = fields['hops'];
  if (typeof hops === 'number' && Number.isInteger(hops) && hops >= 0 && hops <= MAX_HOPS_ON_THE_WIRE) return hops;
  throw new EnvelopeInvalidError('hops', 'it is an integer, 0 for the first message of a chain');
}
