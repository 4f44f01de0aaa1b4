/**
 * Answers DynamoDB's write actions at once and keeps nothing, so that what a client costs is measured and not what a database does.
 * A process of its own: prints its port and ends when its parent does.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const server = createServer((request, response) => {
  request.on('data', () => {});
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0', 'content-length': 2, 'x-amzn-requestid': 'BENCH' });
    response.end('{}');
  });
});
server.keepAliveTimeout = 75_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.once('disconnect', () => process.exit(0));
