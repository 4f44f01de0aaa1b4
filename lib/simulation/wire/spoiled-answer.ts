import type { ServerResponse } from 'node:http';
import type { HttpAnswer } from '../../local/gateway/exchange.ts';
import type { Forwarded } from './forward.ts';

/** Sends an answer as it is. */
export function sendAnswer(response: ServerResponse, answer: HttpAnswer | Forwarded): void {
  const { body } = answer;
  // The answer to a HEAD has a length and no body.
  const length = headersOf(answer).find(([name]) => name.toLowerCase() === LENGTH)?.[1] ?? Buffer.byteLength(body);
  writeHead(response, answer, length);
  response.end(body);
}

/** An answer that is well-formed HTTP and half a body: what a proxy leaves that gives up. Its checksum, if it has one, is the whole body's. */
export function sendTruncated(response: ServerResponse, answer: HttpAnswer | Forwarded): void {
  const half = firstHalf(answer);
  writeHead(response, answer, half.byteLength);
  response.end(half);
}

/** Half of a body, and then the connection is reset. */
export function sendAndReset(response: ServerResponse, answer: HttpAnswer | Forwarded): void {
  writeHead(response, answer, Buffer.byteLength(answer.body));
  response.write(firstHalf(answer), () => response.socket?.resetAndDestroy());
}

const LENGTH = 'content-length';

function firstHalf({ body }: HttpAnswer | Forwarded): Buffer {
  const bytes = Buffer.from(body);
  return bytes.subarray(0, Math.floor(bytes.byteLength / 2));
}

function writeHead(response: ServerResponse, answer: HttpAnswer | Forwarded, length: string | number): void {
  const others = headersOf(answer).filter(([name]) => name.toLowerCase() !== LENGTH);
  response.writeHead(answer.status, [...others.flat(), LENGTH, String(length)]);
}

function headersOf(answer: HttpAnswer | Forwarded): readonly (readonly [name: string, value: string])[] {
  if ('rawHeaders' in answer) return answer.rawHeaders;
  return Object.entries(answer.headers).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, String(value)]),
  );
}
