import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One call that a consumer made. */
export interface EndpointCall {
  readonly idempotencyKey: string;
  readonly body: string;
  /** What it was answered; 0 for a call that was taken and never answered. */
  readonly status: number;
}

/** What a call is answered. */
export interface Reply {
  readonly status: number;
  readonly retryAfterSeconds?: number;
}

/** Answers the calls of a run. */
export interface Replies {
  notification(body: string): Reply;
  announcement(body: string): Reply;
}

/** Where consumers call on a laptop: a server on loopback that remembers every call, so that calls can be counted from outside. */
export interface Endpoints {
  readonly notifyUrl: string;
  readonly announceUrl: string;
  readonly notifications: readonly EndpointCall[];
  readonly announcements: readonly EndpointCall[];
  /** From now on calls are answered so; without, each is taken. */
  replyBy(replies?: Replies): void;
  close(): Promise<void>;
}

const TAKEN: Reply = { status: 202 };
/** Takes everything. */
const WELL: Replies = { notification: () => TAKEN, announcement: () => TAKEN };

const ANNOUNCEMENTS = '/announcements';

/** Starts the endpoints on a free port of 127.0.0.1. */
export async function startEndpoints(): Promise<Endpoints> {
  const notifications: EndpointCall[] = [];
  const announcements: EndpointCall[] = [];
  let replies = WELL;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const announces = request.url === ANNOUNCEMENTS;
      const reply = announces ? replies.announcement(body) : replies.notification(body);
      const call = { idempotencyKey: String(request.headers['idempotency-key'] ?? ''), body, status: reply.status };
      (announces ? announcements : notifications).push(call);
      send(response, reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    notifyUrl: `${url}/notifications`,
    announceUrl: `${url}${ANNOUNCEMENTS}`,
    notifications,
    announcements,
    replyBy: (given = WELL) => {
      replies = given;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, { status, retryAfterSeconds }: Reply): void {
  if (status === 0) response.destroy();
  else response.writeHead(status, retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }).end();
}
