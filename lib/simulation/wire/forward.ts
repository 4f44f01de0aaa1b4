import { Agent, type IncomingMessage, request as startHttp } from 'node:http';
import { Agent as SecureAgent, request as startHttps } from 'node:https';
import type { HttpRequest } from '../../local/gateway/exchange.ts';
import { readBytes } from '../../local/gateway/request-body.ts';

/** A service's answer, wholly read. */
export interface Forwarded {
  readonly status: number;
  /** As they came: a name may come twice. */
  readonly rawHeaders: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** Where requests go. */
export interface Upstream {
  /** Sends a request on and reads the whole answer. Rejects when the service cannot be reached, or `signal` aborts. */
  send(request: HttpRequest, signal?: AbortSignal): Promise<Forwarded>;
  close(): void;
}

/** Belongs to one connection, not to the request on it (RFC 9110, "Connection"). */
const HOP_BY_HOP: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding', 'expect']);

/** Keeps connections to a service open, as any proxy does. */
export function createUpstream(target: URL): Upstream {
  const secure = target.protocol === 'https:';
  const agent = secure ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  const start = secure ? startHttps : startHttp;
  return {
    send: (request, signal) =>
      new Promise((resolve, reject) => {
        const path = request.rawQuery === '' ? request.path : `${request.path}?${request.rawQuery}`;
        const headers = { ...endToEnd(request), 'content-length': request.body.byteLength };
        const { method } = request;
        const outgoing = start(target, { agent, method, path, headers, ...(signal && { signal }) }, (answer) =>
          readAnswer(answer).then(resolve, reject),
        );
        outgoing.once('error', reject);
        outgoing.end(request.body);
      }),
    close: () => agent.destroy(),
  };
}

function endToEnd({ headers }: HttpRequest): HttpRequest['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}

async function readAnswer(answer: IncomingMessage): Promise<Forwarded> {
  const rawHeaders: [string, string][] = [];
  for (let index = 0; index < answer.rawHeaders.length; index += 2) {
    const [name, value] = [answer.rawHeaders[index] ?? '', answer.rawHeaders[index + 1] ?? ''];
    if (!HOP_BY_HOP.has(name.toLowerCase())) rawHeaders.push([name, value]);
  }
  return { status: answer.statusCode ?? 502, rawHeaders, body: await readBytes(answer) };
}
