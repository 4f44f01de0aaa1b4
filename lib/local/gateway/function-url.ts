import { isUtf8 } from 'node:buffer';
import type { HttpAnswer, HttpRequest } from './exchange.ts';

/** An HTTP request to a function URL. */
export interface FunctionUrlRequest {
  readonly method: string;
  /** Decoded as Lambda shows it in `rawPath`, always with a leading slash. */
  readonly path: string;
  readonly rawQuery: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
  readonly sourceIp: string;
  /** The id of the request, as `requestContext.requestId` and `x-amzn-requestid` show it. */
  readonly requestId: string;
}

/** What a function URL answers. */
export type FunctionUrlResponse = HttpAnswer;

/** Whoever owns the functions answers the requests to their URLs. */
export type FunctionUrls = (urlId: string, request: FunctionUrlRequest) => Promise<FunctionUrlResponse>;

/** The function URL that a request addresses, and the path below it. */
export interface FunctionUrlAddress {
  readonly urlId: string;
  readonly path: string;
}

/** Recognises `http://127.0.0.1:4566/_url/<id>/path` and `http://<id>.lambda-url.localhost:4566/path`. */
export function functionUrlOf(request: HttpRequest): FunctionUrlAddress | undefined {
  const hosted = /^([a-z0-9-]+)\.lambda-url\./.exec(request.headers.host ?? '')?.[1];
  if (hosted !== undefined) return { urlId: hosted, path: request.path };
  const match = /^\/_url\/([a-z0-9-]+)(\/.*)?$/.exec(request.path);
  return match?.[1] === undefined ? undefined : { urlId: match[1], path: match[2] ?? '/' };
}

/**
 * Media types whose bodies reach a handler as text. Every other body is base64, as observed on AWS: forms, `+json` types and a body without
 * a type too. So is text that is none: a handler gets its bytes.
 */
const TEXT = /^(text\/.*|application\/(json|xml|javascript)\s*(;.*)?)$/i;

/** What an event says of where it came from. */
export interface FunctionUrlEventContext {
  readonly urlId: string;
  readonly accountId: string;
  readonly region: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Builds the event a handler gets: payload format version 2.0 (AWS Lambda Developer Guide, "Invoking Lambda function URLs"). */
export function functionUrlEvent(request: FunctionUrlRequest, context: FunctionUrlEventContext): Record<string, unknown> {
  const { cookie, ...others } = request.headers;
  const headers = Object.fromEntries(
    Object.entries(others).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), typeof value === 'string' ? value : value.join(',')]],
    ),
  );
  const cookies = [cookie ?? []]
    .flat()
    .flatMap((line) => line.split(/;\s*/))
    .filter((text) => text !== '');
  const body = Buffer.from(request.body);
  const isText = TEXT.test(String(headers['content-type'] ?? '')) && isUtf8(body);
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: decodedPath(request.path),
    rawQueryString: request.rawQuery,
    ...(cookies.length > 0 && { cookies }),
    headers,
    ...(request.rawQuery !== '' && { queryStringParameters: queryParameters(request.rawQuery) }),
    requestContext: requestContext(request, String(headers['user-agent'] ?? ''), context),
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

function requestContext(request: FunctionUrlRequest, userAgent: string, context: FunctionUrlEventContext): Record<string, unknown> {
  return {
    accountId: 'anonymous',
    apiId: context.urlId,
    domainName: `${context.urlId}.lambda-url.${context.region}.on.aws`,
    domainPrefix: context.urlId,
    http: { method: request.method, path: decodedPath(request.path), protocol: 'HTTP/1.1', sourceIp: request.sourceIp, userAgent },
    requestId: request.requestId,
    routeKey: '$default',
    stage: '$default',
    time: clfTime(context.now),
    timeEpoch: context.now,
  };
}

function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** A name that repeats has its values joined with commas, as the format defines. */
function queryParameters(rawQuery: string): Record<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(rawQuery)) values.set(name, values.has(name) ? `${values.get(name)},${value}` : value);
  return Object.fromEntries(values);
}

/** `12/Mar/2020:19:03:58 +0000` */
function clfTime(now: number): string {
  const [, day, month, year, time] = new Date(now).toUTCString().split(/,? /);
  return `${day}/${month}/${year}:${time} +0000`;
}

/**
 * Maps what a handler returned: an object with a `statusCode` is a response; anything else is a 200 with the value as JSON
 * (AWS Lambda Developer Guide, "Response payload format").
 */
export function functionUrlAnswer(returned: unknown): FunctionUrlResponse {
  if (typeof returned !== 'object' || returned === null || !('statusCode' in returned)) {
    const body = typeof returned === 'string' ? returned : returned === undefined ? '' : JSON.stringify(returned);
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  }
  const shaped = returned as { statusCode: unknown; headers?: object; cookies?: string[]; body?: unknown; isBase64Encoded?: boolean };
  const status = Number(shaped.statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) return functionUrlFailure();
  const headers: Record<string, string | readonly string[]> = { 'content-type': 'application/json' };
  for (const [name, value] of Object.entries(shaped.headers ?? {})) headers[name.toLowerCase()] = String(value);
  if (shaped.cookies && shaped.cookies.length > 0) headers['set-cookie'] = shaped.cookies.map(String);
  const text =
    typeof shaped.body === 'string' ? shaped.body : shaped.body === undefined || shaped.body === null ? '' : JSON.stringify(shaped.body);
  return { status, headers, body: shaped.isBase64Encoded ? Buffer.from(text, 'base64') : text };
}

/** A URL's answer when its function failed: 502, or 429 when it had no capacity; never the error itself. */
export function functionUrlFailure(kind: 'error' | 'throttled' = 'error'): FunctionUrlResponse {
  const throttled = kind === 'throttled';
  return {
    status: throttled ? 429 : 502,
    headers: {
      'content-type': 'application/json',
      'x-amzn-errortype': throttled ? 'TooManyRequestsException' : 'InternalServerErrorException',
    },
    body: throttled ? '{"Message":"Rate Exceeded."}' : 'Internal Server Error',
  };
}
