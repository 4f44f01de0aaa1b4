import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One call that the notifier made. */
export interface NotificationCall {
  readonly idempotencyKey: string;
  readonly body: string;
}

/** Where notifications go on a laptop: a server on loopback that remembers every call, so that calls can be counted from outside. */
export interface NotificationSink {
  readonly url: string;
  readonly calls: readonly NotificationCall[];
  close(): Promise<void>;
}

/** Starts the sink on a free port of 127.0.0.1. */
export async function startNotificationSink(): Promise<NotificationSink> {
  const calls: NotificationCall[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      calls.push({ idempotencyKey: String(request.headers['idempotency-key'] ?? ''), body: Buffer.concat(chunks).toString() });
      response.writeHead(202).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/notifications`,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
