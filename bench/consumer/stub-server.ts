/**
 * Answers the write actions of DynamoDB and SQS and keeps nothing, so that what a client costs is measured and not what a service does: at
 * once, or after as many milliseconds as its argument says. A process of its own: prints its port and ends when its parent does.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

const delayMs = Number(process.argv[2] ?? 0);

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const answer = answerOf(request, chunks);
    const type = { 'content-type': 'application/x-amz-json-1.0', 'content-length': answer.length, 'x-amzn-requestid': 'BENCH' };
    const send = () => response.writeHead(200, type).end(answer);
    const ms = delayMs * roundsOf(request);
    if (ms > 0) setTimeout(send, ms);
    else send();
  });
});

/**
 * A transaction is two rounds of writes, where every other call is one: prepare, then commit (Idziorek et al., "Distributed Transactions at
 * Scale in Amazon DynamoDB", USENIX ATC 2023).
 */
function roundsOf({ headers }: IncomingMessage): number {
  return headers['x-amz-target']?.toString().endsWith('.TransactWriteItems') ? 2 : 1;
}

/** The SDK checks the digest of a body that was sent. */
function answerOf({ headers }: IncomingMessage, chunks: readonly Buffer[]): string {
  if (headers['x-amz-target'] !== 'AmazonSQS.SendMessage') return '{}';
  const { MessageBody } = JSON.parse(Buffer.concat(chunks).toString()) as { MessageBody: string };
  return JSON.stringify({ MessageId: 'BENCH', MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') });
}

server.keepAliveTimeout = 75_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.once('disconnect', () => process.exit(0));
