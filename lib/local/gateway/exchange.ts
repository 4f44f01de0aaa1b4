import type { IncomingHttpHeaders } from 'node:http';
import type { AwsError, Json, ServiceName } from '../aws.ts';

/** One HTTP request, wholly read and with its transfer encodings undone. */
export interface HttpRequest {
  readonly method: string;
  /** The path as it was sent: percent-encoding kept, no query string. */
  readonly path: string;
  readonly rawQuery: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One HTTP response, ready to be sent. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Record<string, string | readonly string[]>;
  readonly body: string | Uint8Array;
}

/** What a request asks for, free of its protocol. */
export interface WireCall {
  readonly service: ServiceName;
  readonly action: string;
  readonly input: Json;
}

/**
 * A request understood as one of the AWS protocols: it can be decoded into a call, and the call's outcome encoded so that the
 * client that sent it understands. `decode` throws `AwsError` for what the protocol itself refuses.
 */
export interface Exchange {
  decode(): WireCall;
  answer(output: Json, requestId: string): HttpAnswer;
  refuse(error: AwsError, requestId: string): HttpAnswer;
}

/** The first value of a header, or undefined. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
