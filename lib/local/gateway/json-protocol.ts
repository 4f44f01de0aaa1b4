import { crc32 } from 'node:zlib';
import { AwsError, type Json, type ServiceName } from '../aws.ts';
import { queryErrorOf } from './error-names.ts';
import { type Exchange, type HttpAnswer, type HttpRequest, headerOf } from './exchange.ts';

interface Target {
  readonly service: ServiceName;
  /** Before `#` in an error's `__type`. */
  readonly errorNamespace: string;
}

/** What precedes the action in X-Amz-Target. */
const TARGETS: Readonly<Record<string, Target>> = {
  AmazonSQS: { service: 'sqs', errorNamespace: 'com.amazonaws.sqs' },
  DynamoDB_20120810: { service: 'dynamodb', errorNamespace: 'com.amazonaws.dynamodb.v20120810' },
  DynamoDBStreams_20120810: { service: 'dynamodbstreams', errorNamespace: 'com.amazonaws.dynamodb.v20120810' },
  Logs_20140328: { service: 'logs', errorNamespace: 'com.amazonaws.logs' },
  AmazonSSM: { service: 'ssm', errorNamespace: 'com.amazonaws.ssm' },
  TrentService: { service: 'kms', errorNamespace: 'com.amazonaws.kms' },
  GraniteServiceVersion20100801: { service: 'cloudwatch', errorNamespace: 'com.amazonaws.cloudwatch' },
  AmazonEC2ContainerRegistry_V20150921: { service: 'ecr', errorNamespace: 'com.amazonaws.ecr' },
};

/** The service that a target prefix names, e.g. `AmazonSQS`; also the service name in Smithy RPC paths. */
export const serviceOfTarget = (prefix: string): ServiceName | undefined => targetOf(prefix)?.service;

// What every object inherits is no target.
const targetOf = (prefix: string): Target | undefined => (Object.hasOwn(TARGETS, prefix) ? TARGETS[prefix] : undefined);

/**
 * The protocols AWS JSON 1.0 and 1.1: the action in X-Amz-Target, a JSON object both ways, the error's name in `__type`
 * (Smithy documentation, "AWS JSON 1.0 protocol").
 */
export function jsonExchange(request: HttpRequest, target: string): Exchange {
  const dot = target.lastIndexOf('.');
  const known = targetOf(target.slice(0, dot));
  const contentType = headerOf(request.headers, 'content-type') ?? 'application/x-amz-json-1.0';
  return {
    decode() {
      if (known === undefined) throw unknownTarget(target);
      return { service: known.service, action: target.slice(dot + 1), input: parseObject(request.body) };
    },
    answer: (output, requestId) => sealed(known, { status: 200, body: JSON.stringify(output), contentType, requestId }),
    refuse: (error, requestId) => refusal(known, error, { contentType, requestId }),
  };
}

function parseObject(body: Buffer): Json {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  } catch {
    // Falls through to the one refusal below.
  }
  throw new AwsError('SerializationException', 'The request body is not a JSON object.');
}

function refusal(known: Target | undefined, error: AwsError, meta: { contentType: string; requestId: string }): HttpAnswer {
  const namespace = error.code === 'ValidationException' ? 'com.amazon.coral.validate' : known?.errorNamespace;
  // DynamoDB alone spells the member "Message" when the error has others beside it.
  const spelling = error.code === 'TransactionCanceledException' ? 'Message' : 'message';
  const body = JSON.stringify({
    __type: namespace === undefined ? error.code : `${namespace}#${error.code}`,
    [spelling]: error.message,
    ...error.details,
  });
  const answer = sealed(known, { status: error.status, body, ...meta });
  const queryError = known && queryErrorOf(known.service, error);
  return queryError === undefined ? answer : { ...answer, headers: { ...answer.headers, 'x-amzn-query-error': queryError } };
}

function sealed(known: Target | undefined, parts: { status: number; body: string; contentType: string; requestId: string }): HttpAnswer {
  const headers: Record<string, string> = { 'content-type': parts.contentType, 'x-amzn-requestid': parts.requestId };
  // DynamoDB's answers carry the CRC32 of the body, which several SDKs verify (DynamoDB Developer Guide, "Low-level API").
  if (known?.service === 'dynamodb' || known?.service === 'dynamodbstreams') headers['x-amz-crc32'] = String(crc32(parts.body));
  return { status: parts.status, headers, body: parts.body };
}

const unknownTarget = (target: string) =>
  new AwsError(
    'UnknownOperationException',
    `X-Amz-Target "${target}" names no service of the embedded AWS; it has ${Object.keys(TARGETS).join(', ')}.`,
    { status: 501 },
  );
