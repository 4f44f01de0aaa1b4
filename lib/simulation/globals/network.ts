import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../core/clock.ts';
import { PosthasteError } from '../../core/errors.ts';
import { AwsError } from '../../local/aws.ts';
import { exchangeOf } from '../../local/gateway/dispatch.ts';
import type { Exchange, HttpRequest } from '../../local/gateway/exchange.ts';
import { credentialOf } from '../../local/gateway/signature.ts';
import { wireInput } from '../sdk-shapes.ts';
import { patchValue, type Restore } from './patch.ts';
import { type Platform, platform } from './platform.ts';

/** Code in a simulated process tried to leave the simulation. Code `SIMULATION_NETWORK`. */
class SimulationNetworkError extends PosthasteError {
  constructor(to: string) {
    super(
      `simulated code opens a connection to ${to}; nothing outside of the world may take part, or a seed would say nothing: ` +
        'use AWS SDK clients with their usual request handler, and for what else it calls replace the client or globalThis.fetch in the test, ' +
        'and note the effect with process.effect()',
      { code: 'SIMULATION_NETWORK' },
    );
  }
}

/** Node's own: one that a test put in its place is the test's, and answers. */
const ownFetch = globalThis.fetch;

/** Refused before it comes to its pool, which would go on connecting for the next world. */
const refuseFetch = (fetch: typeof globalThis.fetch) => (input: Parameters<typeof fetch>[0], init?: RequestInit) => {
  const url = input instanceof Request ? input.url : String(input);
  if (!platform() || /^(data|blob):/i.test(url)) return fetch(input, init);
  return Promise.reject(new SimulationNetworkError(URL.parse(url)?.host || url));
};

/** SDK clients reach the services of the world that asks, their own middleware and retries included; everything else is refused. */
export function patchNetwork(): Restore[] {
  return [
    patchValue(
      requestHandlerOf(),
      'handle',
      (handle) =>
        function (this: RequestHandler, request: SdkRequest, options: HandleOptions = {}) {
          const process = platform();
          return process ? exchange(process, request, { ...options, handler: this }) : handle.call(this, request, options);
        },
    ),
    patchValue(
      Socket.prototype as Connecting,
      'connect',
      (connect) =>
        function (this: Socket, ...args: unknown[]) {
          if (platform()) throw new SimulationNetworkError(addressOf(args));
          return connect.apply(this, args);
        },
    ),
    ...(globalThis.fetch === ownFetch ? [patchValue(globalThis, 'fetch', refuseFetch)] : []),
  ];
}

interface Connecting {
  connect(...args: unknown[]): unknown;
}

/** The part of the SDK's `NodeHttpHandler` that is taken over, and what bounds its waiting. */
interface RequestHandler {
  readonly configProvider?: Promise<{ readonly requestTimeout?: number; readonly throwOnRequestTimeout?: boolean }>;
  handle(request: SdkRequest, options?: HandleOptions): Promise<unknown>;
}

interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

interface HandleOptions {
  readonly abortSignal?: AbortSignal;
  readonly requestTimeout?: number;
}

/** All clients of one copy of the SDK share the class. */
function requestHandlerOf(): RequestHandler {
  const client = new DynamoDBClient({ region: 'us-east-1' });
  return Object.getPrototypeOf(client.config.requestHandler) as RequestHandler;
}

async function exchange(process: Platform, request: SdkRequest, options: HandleOptions & { readonly handler: RequestHandler }) {
  const config = await options.handler.configProvider;
  const limitMs = config?.throwOnRequestTimeout ? (options.requestTimeout ?? config.requestTimeout ?? 0) : 0;
  const received = requestOf(request);
  const understood = exchangeOf(received, credentialOf(received));
  const response = answerOf(process, understood);
  return { response: await bounded(response, { clock: process.clock, limitMs, signal: options.abortSignal }) };
}

function requestOf({ method, path, query = {}, headers, body = '' }: SdkRequest): HttpRequest {
  const pairs = Object.entries(query).flatMap(([name, value]) => [value ?? ''].flat().map((one): [string, string] => [name, one]));
  const search = new URLSearchParams(pairs);
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { method, path, rawQuery: search.toString(), query: search, headers: lower, body: Buffer.from(body) };
}

const REQUEST_ID = 'simulated';

/** The world's answer, or its refusal, as the service would send it; what no service says, such as a lost answer, is thrown. */
async function answerOf({ call }: Platform, understood: Exchange) {
  try {
    const request = understood.decode();
    const answer = understood.answer(wireInput(request.service, await call(request)), REQUEST_ID);
    return request.service === 's3' ? streamed(responseOf(answer)) : responseOf(answer);
  } catch (error) {
    return responseOf(understood.refuse(refusalOf(error), REQUEST_ID));
  }
}

function refusalOf(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  const { name, message, $metadata, $fault, ...details } = error as Refused;
  if ($metadata?.httpStatusCode === undefined || $fault === undefined) throw error;
  return new AwsError(name, message, { status: $metadata.httpStatusCode, details });
}

interface Refused extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $fault?: string;
}

function responseOf({ status, headers, body }: ReturnType<Exchange['answer']>) {
  return { statusCode: status, headers, body: typeof body === 'string' ? Buffer.from(body) : body };
}

/** A body that a client of S3 hands on as it is has to be a stream. */
const streamed = (response: ReturnType<typeof responseOf>) => ({ ...response, body: Readable.from([Buffer.from(response.body)]) });

interface Bounds {
  readonly clock: Clock;
  readonly limitMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Gives up as the SDK's own handler does. */
function bounded<Value>(answer: Promise<Value>, { clock, limitMs, signal }: Bounds): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(Object.assign(new Error('Request aborted'), { name: 'AbortError' }));
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort, { once: true });
    const late = () => reject(Object.assign(new Error(`no answer within ${limitMs} ms`), { name: 'TimeoutError' }));
    const cancel = limitMs > 0 ? clock.after(limitMs, late) : () => {};
    answer.then(resolve, reject).finally(() => {
      cancel();
      signal?.removeEventListener('abort', abort);
    });
  });
}

function addressOf(args: readonly unknown[]): string {
  const [first, second] = args.flat();
  if (typeof first !== 'object' || first === null) return typeof second === 'string' ? `${second}:${first}` : String(first);
  const { path, host = 'localhost', port } = first as { readonly host?: string; readonly port?: number; readonly path?: string };
  return path ?? `${host}:${port}`;
}
