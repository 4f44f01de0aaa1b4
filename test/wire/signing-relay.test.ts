import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient, ListStreamsCommand } from '@aws-sdk/client-dynamodb-streams';
import { ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readBytes } from '../../lib/local/gateway/request-body.ts';
import { CLIENT_SETTINGS } from '../../lib/retry/client-settings.ts';
import { authorizationOf } from './signature.ts';
import { startSigningRelay } from './signing-relay.ts';

const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', sessionToken: 'a token' };
const REGION = 'eu-west-1';

interface Seen {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

let seen: Seen[];
let asked: string[];
const service = createServer(async (message, response) => {
  seen.push({ headers: message.headers, body: await readBytes(message) });
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
});
const endpoint = () => new URL(`http://127.0.0.1:${(service.address() as AddressInfo).port}`);

beforeAll(() => new Promise<void>((resolve) => void service.listen(0, '127.0.0.1', resolve)));
beforeEach(() => {
  [seen, asked] = [[], []];
});
afterAll(() => {
  service.closeAllConnections();
  service.close();
});

/** The signature that our own calculation gives for what arrived. */
function recalculated({ headers, body }: Seen, signingName: string): string {
  const names = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? [];
  const signed = Object.fromEntries(names.map((name) => [name, String(headers[name])]));
  const scope = { region: REGION, service: signingName, time: String(headers['x-amz-date']) };
  return authorizationOf(KEYS, { method: 'POST', path: '/', headers: signed, body }, scope);
}

test('a request is signed as the SDK signs it', async () => {
  const client = new DynamoDBClient({ ...CLIENT_SETTINGS, endpoint: endpoint().href, region: REGION, credentials: KEYS });
  await client.send(new ListTablesCommand({ Limit: 7 }));
  const [request] = seen;
  expect(request && recalculated(request, 'dynamodb')).toBe(request?.headers.authorization);
  client.destroy();
});

test('the relay finds the host by what the client signed for, and signs anew with the keys of the account', async () => {
  const relay = await startSigningRelay({
    region: REGION,
    keys: async () => KEYS,
    endpointOf: (host) => {
      asked.push(host);
      return endpoint();
    },
  });
  const settings = {
    ...CLIENT_SETTINGS,
    endpoint: relay.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  };
  const clients = [new DynamoDBClient(settings), new DynamoDBStreamsClient(settings), new SNSClient(settings)] as const;
  await clients[0].send(new ListTablesCommand({}));
  await clients[1].send(new ListStreamsCommand({}));
  await clients[2].send(new ListTopicsCommand({})).catch(() => 'the answer is not XML');
  expect(asked).toEqual([`dynamodb.${REGION}.amazonaws.com`, `streams.dynamodb.${REGION}.amazonaws.com`, `sns.${REGION}.amazonaws.com`]);
  expect(seen.map(({ headers }) => headers.host)).toEqual(asked);
  expect(seen.map(({ headers }) => headers['x-amz-security-token'])).toEqual(['a token', 'a token', 'a token']);
  expect(seen.map((request, index) => recalculated(request, index === 2 ? 'sns' : 'dynamodb'))).toEqual(
    seen.map(({ headers }) => headers.authorization),
  );
  for (const client of clients) client.destroy();
  relay.close();
});
