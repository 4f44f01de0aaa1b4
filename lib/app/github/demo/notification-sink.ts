import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One call that the notifier made. */
export interface NotificationCall {
  readonly idempotencyKey: string;
  readonly body: string;
  /** Whether the endpoint took it. */
  readonly accepted: boolean;
}

/** Where notifications go on a laptop: a server on loopback that remembers every call, so that calls can be counted from outside. */
export interface NotificationSink {
  readonly url: string;
  readonly calls: readonly NotificationCall[];
  /** From now on it refuses calls of which this is true: it is broken, until it is called without. */
  refuse(refused?: (body: string) => boolean): void;
  close(): Promise<void>;
}

/** Starts the sink on a free port of 127.0.0.1. */
export async function startNotificationSink(): Promise<NotificationSink> {
  const calls: NotificationCall[] = [];
  let isRefused = (_body: string): boolean => false;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const accepted = !isRefused(body);
      calls.push({ idempotencyKey: String(request.headers['idempotency-key'] ?? ''), body, accepted });
      response.writeHead(accepted ? 202 : 404).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/notifications`,
    calls,
    refuse: (refused = () => false) => {
      isRefused = refused;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
