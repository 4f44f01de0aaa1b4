import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type HttpRequest, headerOf } from '../../lib/local/gateway/exchange.ts';
import { requestOf } from '../../lib/local/gateway/gateway.ts';
import { readBytes } from '../../lib/local/gateway/request-body.ts';
import { credentialOf } from '../../lib/local/gateway/signature.ts';
import { createUpstream, type Upstream } from '../../lib/simulation/wire/forward.ts';
import { sendAnswer } from '../../lib/simulation/wire/spoiled-answer.ts';
import { authorizationOf, type Keys } from './signature.ts';

/** What a relay is started with. */
export interface RelayOptions {
  readonly region: string;
  readonly keys: () => Promise<Keys>;
  /** @default - AWS's own endpoint of the service in the region */
  readonly endpointOf?: (host: string) => URL;
}

/**
 * Sends what comes, under whatever signature, to AWS itself under that of an account. A signature covers the host that a client believes it
 * talks to, so a proxy between a client and AWS has to sign anew; this way the keys are in one process, and that is not one that is killed.
 */
export async function startSigningRelay(options: RelayOptions): Promise<{ readonly url: string; close(): void }> {
  const { endpointOf = (host) => new URL(`https://${host}`) } = options;
  const upstreams = new Map<string, Upstream>();
  const server = createServer(async (message, response) => {
    const left = new AbortController();
    response.once('close', () => left.abort());
    try {
      const { host, request } = await signed(requestOf(message, await readBytes(message)), options);
      const upstream = upstreams.get(host) ?? createUpstream(endpointOf(host));
      upstreams.set(host, upstream);
      sendAnswer(response, await upstream.send(request, left.signal));
    } catch {
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
      for (const upstream of upstreams.values()) upstream.close();
    },
  };
}

/** What AWS needs to see, and no header of the first signature. */
const KEPT = ['content-type', 'x-amz-target', 'x-amzn-query-mode', 'user-agent'] as const;

async function signed(http: HttpRequest, { region, keys }: RelayOptions): Promise<{ host: string; request: HttpRequest }> {
  const service = credentialOf(http)?.signingName ?? '';
  const isStreams = headerOf(http.headers, 'x-amz-target')?.startsWith('DynamoDBStreams') ?? false;
  const host = `${isStreams ? 'streams.' : ''}${service}.${region}.amazonaws.com`;
  const account = await keys();
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const headers: Record<string, string> = { host, 'x-amz-date': time };
  if (account.sessionToken !== undefined) headers['x-amz-security-token'] = account.sessionToken;
  for (const name of KEPT) {
    const value = headerOf(http.headers, name);
    if (value !== undefined) headers[name] = value;
  }
  const authorization = authorizationOf(account, { ...http, headers }, { region, service, time });
  return { host, request: { ...http, headers: { ...headers, authorization } } };
}
