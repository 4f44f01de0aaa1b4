import type { AwsError, Json, ServiceName } from '../local/aws.ts';

/** An SDK input as engines take it: bytes as base64 (those of S3 as they are), dates as epoch seconds, undefined members left out. */
export function wireInput(service: ServiceName, input: unknown): Json {
  const wire = wired(input, service === 's3' ? (value) => value : base64) as Json;
  const { Body: body, Payload: payload } = wire;
  // The SDK takes text where the API has bytes.
  if (service === 's3' && typeof body === 'string') return { ...wire, Body: Buffer.from(body) };
  const isText = service === 'lambda' && typeof (input as Json)['Payload'] === 'string';
  return isText ? { ...wire, Payload: base64(Buffer.from(String(payload))) } : wire;
}

const base64 = (value: Uint8Array): string => Buffer.from(value).toString('base64');

function wired(value: unknown, bytesOf: (value: Uint8Array) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((member) => wired(member, bytesOf));
  if (value instanceof Uint8Array) return bytesOf(value);
  if (value instanceof Date) return value.getTime() / 1_000;
  const wire: Record<string, unknown> = {};
  for (const name in value) {
    const member = (value as Record<string, unknown>)[name];
    if (typeof member === 'object') wire[name] = wired(member, bytesOf);
    else if (member !== undefined) wire[name] = member;
  }
  return wire;
}

// The members of DynamoDB's answers that hold items.
const ITEM_MEMBERS = ['Item', 'Items', 'Attributes', 'Responses', 'LastEvaluatedKey'] as const;

/** An engine's answer as the SDK returns it: binary attribute values and payloads as bytes, a body with its readers, times as dates. */
export function sdkOutput(service: ServiceName, answer: Json): Json {
  if (service === 'sqs' || service === 'sns') return answer;
  if (service !== 'dynamodb') return withPayload(service, withDates(answer) as Json);
  const output: Record<string, unknown> = { ...answer };
  for (const member of ITEM_MEMBERS) if (hasBytes(output[member])) output[member] = withBytes(output[member]);
  return output as Json;
}

// The members of answers that hold times; functions show theirs as text.
const DATES: ReadonlySet<string> = new Set([
  'Timestamp',
  'Timestamps',
  'LastModified',
  'CreationDate',
  'LastModificationDate',
  'LastModifiedDate',
  'StartDate',
  'EndDate',
]);

function withDates(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withDates);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const isDate = (name: string, member: unknown): member is number => typeof member === 'number' && DATES.has(name);
  const shown = (name: string, member: unknown): unknown => {
    if (isDate(name, member)) return new Date(member * 1_000);
    return Array.isArray(member) ? member.map((one) => shown(name, one)) : withDates(member);
  };
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shown(name, member)]));
}

function withPayload(service: ServiceName, answer: Json): Json {
  const { Body: body, Payload: payload } = answer;
  if (service === 's3' && body instanceof Uint8Array) return { ...answer, Body: withReaders(body) };
  return service === 'lambda' && typeof payload === 'string' ? { ...answer, Payload: bytes(payload) } : answer;
}

/** A body as adapters read it: the two readers of the SDK's streams that need no stream. */
const withReaders = (body: Uint8Array) =>
  Object.assign(Uint8Array.from(body), {
    transformToByteArray: async () => body,
    transformToString: async (encoding?: BufferEncoding) => Buffer.from(body).toString(encoding),
  });

/** Whether there is anything to decode; answers are their receiver's own, so the rest may stay as it is. */
function hasBytes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  // What has a text or a number at S or N is a whole attribute value.
  const { S: text, N: number } = value as { readonly S?: unknown; readonly N?: unknown };
  if (typeof text === 'string' || typeof number === 'string') return false;
  for (const name in value) {
    const member = (value as Record<string, unknown>)[name];
    if (name === 'B' || name === 'BS' || (typeof member === 'object' && hasBytes(member))) return true;
  }
  return false;
}

function withBytes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withBytes);
  const members = Object.entries(value);
  const [only] = members;
  if (members.length === 1 && only?.[0] === 'B' && typeof only[1] === 'string') return { B: bytes(only[1]) };
  if (members.length === 1 && only?.[0] === 'BS' && Array.isArray(only[1])) return { BS: only[1].map(bytes) };
  const copy: Record<string, unknown> = {};
  for (const [name, member] of members) copy[name] = withBytes(member);
  return copy;
}

const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));

/** The shape in which SDK v3 throws a service's refusal; items in it hold their bytes, as in answers. */
export function sdkError(error: AwsError): Error {
  return Object.assign(new Error(error.message), {
    name: error.code,
    $fault: error.status >= 500 ? 'server' : 'client',
    $metadata: { httpStatusCode: error.status, attempts: 1 },
    ...(hasBytes(error.details) ? (withBytes(error.details) as Json) : error.details),
  });
}
