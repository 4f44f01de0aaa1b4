import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Ids, systemIds } from '../../core/ids.ts';
import { type Logger, silentLogger } from '../../core/logger.ts';
import { type Aws, AwsError, type Caller, DEVELOPER } from '../aws.ts';
import { exchangeOf, isForS3 } from './dispatch.ts';
import { type HttpAnswer, type HttpRequest, headerOf } from './exchange.ts';
import { type FunctionUrlRequest, type FunctionUrls, functionUrlFailure, functionUrlOf } from './function-url.ts';
import { ConnectionDropped, PortInUseError } from './gateway.errors.ts';
import { decodeBody, readBytes } from './request-body.ts';
import { credentialOf } from './signature.ts';

/** What a gateway serves and where. */
export interface GatewayOptions {
  readonly aws: Aws;
  /** The caller that an access key id names; undefined for a key it does not know, whose holder is the developer. */
  readonly callerOf: (accessKeyId: string) => Caller | undefined;
  /** 0 takes any free port. */
  readonly port: number;
  /** @default '127.0.0.1' */
  readonly host?: string;
  readonly functionUrls?: FunctionUrls;
  /** Serves paths below `/_posthaste/` that the gateway does not know itself; undefined for one that nobody knows. */
  readonly control?: (request: HttpRequest) => Promise<HttpAnswer | undefined>;
  readonly ids?: Ids;
  readonly logger?: Logger;
}

/** A gateway that is listening. */
export interface Gateway {
  readonly port: number;
  /** e.g. `http://127.0.0.1:4566` */
  readonly url: string;
  /** Stops listening and ends every open connection. */
  close(): Promise<void>;
}

/**
 * Opens the embedded AWS to HTTP clients: one port for all services and their protocols. Signatures are read, not verified; the access
 * key id alone tells who calls.
 *
 * @throws PortInUseError when another process has the port
 * @example
 * const gateway = await startGateway({ aws, callerOf: sts.callerOf, port: 0 });
 * new SQSClient({ endpoint: gateway.url, region: 'us-east-1', credentials });
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const host = options.host ?? '127.0.0.1';
  const resolved = { ids: systemIds, logger: silentLogger, ...options };
  const server = createServer((message, response) => void serve(message, response, resolved));
  // Idle connections outlive the pools of the usual clients, which otherwise meet a reset on reuse.
  server.keepAliveTimeout = 75_000;
  server.requestTimeout = 0;
  await listen(server, host, options.port);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Resolved = GatewayOptions & Required<Pick<GatewayOptions, 'ids' | 'logger'>>;

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new PortInUseError(host, port, error) : error),
    );
    server.listen(port, host, resolve);
  });
}

async function serve(message: IncomingMessage, response: ServerResponse, options: Resolved): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  try {
    const answer = await respond(message, gone.signal, options);
    if (!gone.signal.aborted) send(response, answer, message.method === 'HEAD');
  } catch (error) {
    const clientLeft = gone.signal.aborted || (error as NodeJS.ErrnoException).code === 'ECONNRESET';
    if (!clientLeft && !(error instanceof ConnectionDropped))
      options.logger.error('the gateway failed to answer', { error, url: message.url });
    response.destroy();
  }
}

async function respond(message: IncomingMessage, signal: AbortSignal, options: Resolved): Promise<HttpAnswer> {
  const requestId = options.ids.next();
  const received = requestOf(message, await readBytes(message));
  const url = functionUrlOf(received);
  if (url !== undefined) return answerUrl({ ...url, received, requestId, sourceIp: message.socket.remoteAddress ?? '127.0.0.1' }, options);
  if (received.path === '/_posthaste/health') return health(options);
  const controlled = received.path.startsWith('/_posthaste/') && (await options.control?.(received));
  if (controlled) return controlled;
  const credential = credentialOf(received);
  const undecoded = exchangeOf(received, credential);
  try {
    const request = { ...received, ...(await decodeBody(received.body, received.headers, isForS3(received, credential))) };
    const exchange = request.body === received.body && request.headers === received.headers ? undecoded : exchangeOf(request, credential);
    const { service, action, input } = exchange.decode();
    const caller = (credential && options.callerOf(credential.accessKeyId)) ?? DEVELOPER;
    const traceHeader = headerOf(received.headers, 'x-amzn-trace-id');
    return exchange.answer(await options.aws.call({ service, action, input, caller, signal, traceHeader }), requestId);
  } catch (error) {
    if (error instanceof ConnectionDropped) throw error;
    return undecoded.refuse(awsErrorOf(error, options.logger), requestId);
  }
}

/** A request as the protocols read it. */
export function requestOf(message: IncomingMessage, body: Buffer): HttpRequest {
  const url = message.url ?? '/';
  const mark = url.indexOf('?');
  const rawQuery = mark < 0 ? '' : url.slice(mark + 1);
  return {
    method: message.method ?? 'GET',
    path: mark < 0 ? url : url.slice(0, mark),
    rawQuery,
    query: new URLSearchParams(rawQuery),
    headers: message.headers,
    body,
  };
}

/** AWS Lambda Developer Guide, "Lambda quotas": bytes of a synchronous invocation's payload. */
const MAX_URL_BODY_BYTES = 6 * 1024 * 1024;

async function answerUrl(
  asked: { urlId: string; path: string; received: HttpRequest; requestId: string; sourceIp: string },
  options: Resolved,
): Promise<HttpAnswer> {
  const { received, requestId, sourceIp } = asked;
  const { method, rawQuery, headers, body } = received;
  const request: FunctionUrlRequest = { method, path: asked.path, rawQuery, headers, body, sourceIp, requestId };
  if (body.byteLength > MAX_URL_BODY_BYTES)
    return { ...functionUrlFailure(), status: 413, body: JSON.stringify({ Message: 'Request Entity Too Large' }) };
  const answer = await options.functionUrls?.(asked.urlId, request);
  if (answer !== undefined) return { ...answer, headers: { 'x-amzn-requestid': requestId, ...answer.headers } };
  return {
    status: 404,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ Message: `no function has the URL id ${asked.urlId}` }),
  };
}

function health({ aws }: Resolved): HttpAnswer {
  const { accountId, region, endpoint } = aws.place;
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ status: 'ok', accountId, region, endpoint }),
  };
}

function awsErrorOf(error: unknown, logger: Logger): AwsError {
  if (error instanceof AwsError) return error;
  logger.error('an engine failed', { error });
  return new AwsError('InternalFailure', error instanceof Error ? `${error.name}: ${error.message}` : String(error), { status: 500 });
}

function send(response: ServerResponse, answer: HttpAnswer, bodyless: boolean): void {
  const body = typeof answer.body === 'string' ? Buffer.from(answer.body, 'utf8') : answer.body;
  const headers: Record<string, string | number | string[]> = {};
  for (const [name, value] of Object.entries(answer.headers)) headers[name] = typeof value === 'string' ? value : [...value];
  const hasBody = !bodyless && answer.status !== 204 && answer.status !== 304;
  if (answer.status !== 204 && headers['content-length'] === undefined) headers['content-length'] = body.byteLength;
  response.writeHead(answer.status, headers);
  response.end(hasBody ? body : undefined);
}
