import { AwsError, type AwsRequest, type Json, type ServiceName } from '../local/aws.ts';

/** An SDK input as engines take it: bytes as base64, dates as epoch seconds, undefined members left out. */
export function wireInput(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(wireInput);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Date) return value.getTime() / 1_000;
  const wire: Record<string, unknown> = {};
  for (const name in value) {
    const member = (value as Record<string, unknown>)[name];
    if (typeof member === 'object') wire[name] = wireInput(member);
    else if (member !== undefined) wire[name] = member;
  }
  return wire;
}

// The members of DynamoDB's answers that hold items.
const ITEM_MEMBERS = ['Item', 'Items', 'Attributes', 'Responses', 'LastEvaluatedKey'] as const;

/** An engine's answer as the SDK returns it: binary attribute values as bytes. */
export function sdkOutput(service: ServiceName, answer: Json): Json {
  if (service !== 'dynamodb') return answer;
  const output: Record<string, unknown> = { ...answer };
  for (const member of ITEM_MEMBERS) if (hasBytes(output[member])) output[member] = withBytes(output[member]);
  return output as Json;
}

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

/** What SDK v3 throws when the answer does not arrive in time. */
export function timeoutError(): Error {
  return Object.assign(new Error('Connection timed out after the request was sent'), { name: 'TimeoutError', $metadata: { attempts: 1 } });
}

/** How a service says that it is asked too much. */
export function throttleError(service: ServiceName): Error {
  return sdkError(new AwsError(THROTTLES[service] ?? 'ThrottlingException', 'Rate exceeded'));
}

const THROTTLES: Partial<Record<ServiceName, string>> = { sqs: 'RequestThrottled', sns: 'Throttling' };

/** What a service answers to whom it does not trust, as while a permission is missing. */
export function denialError(service: ServiceName): Error {
  return sdkError(new AwsError(DENIALS[service] ?? 'AccessDeniedException', 'not authorized to perform this action', { status: 403 }));
}

const DENIALS: Partial<Record<ServiceName, string>> = { sqs: 'AccessDenied', sns: 'AuthorizationError' };

/** A transaction that met another one on its first item ("TransactWriteItems" API reference: one reason per action, in order). */
export function conflictError({ input }: AwsRequest): Error {
  const count = Array.isArray(input['TransactItems']) ? input['TransactItems'].length : 1;
  const reasons = Array.from({ length: count }, (_, index) =>
    index === 0 ? { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' } : { Code: 'None' },
  );
  const codes = reasons.map((reason) => reason.Code).join(', ');
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  return sdkError(new AwsError('TransactionCanceledException', message, { details: { CancellationReasons: reasons } }));
}
