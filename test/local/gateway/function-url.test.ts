import { get } from 'node:http';
import { expect, test } from 'vitest';
import {
  type FunctionUrlRequest,
  functionUrlAnswer,
  functionUrlEvent,
  functionUrlFailure,
} from '../../../lib/local/gateway/function-url.ts';
import { recordingGateway } from './recording-aws.ts';

const REQUEST: FunctionUrlRequest = {
  method: 'POST',
  path: '/hooks/a%20b',
  rawQuery: 'x=1&x=2&y=%26',
  headers: { host: 'h', 'Content-Type': 'application/json; charset=utf-8', cookie: 'a=1; b=2', 'user-agent': 'curl' },
  body: Buffer.from('{"é":1}'),
  sourceIp: '127.0.0.1',
  requestId: 'r',
};
const CONTEXT = { urlId: 'abc', accountId: '000000000000', region: 'us-east-1', now: Date.UTC(2020, 2, 12, 19, 3, 58) };

test('a request becomes an event of payload format 2.0', () => {
  expect(functionUrlEvent(REQUEST, CONTEXT)).toEqual({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/hooks/a b',
    rawQueryString: 'x=1&x=2&y=%26',
    cookies: ['a=1', 'b=2'],
    headers: { host: 'h', 'content-type': 'application/json; charset=utf-8', 'user-agent': 'curl' },
    queryStringParameters: { x: '1,2', y: '&' },
    requestContext: {
      accountId: 'anonymous',
      apiId: 'abc',
      domainName: 'abc.lambda-url.us-east-1.on.aws',
      domainPrefix: 'abc',
      http: { method: 'POST', path: '/hooks/a b', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'curl' },
      requestId: 'r',
      routeKey: '$default',
      stage: '$default',
      time: '12/Mar/2020:19:03:58 +0000',
      timeEpoch: CONTEXT.now,
    },
    body: '{"é":1}',
    isBase64Encoded: false,
  });
});

test('a body that is not text is base64, and a request without one has none', () => {
  const binary = functionUrlEvent({ ...REQUEST, headers: { 'content-type': 'image/png' }, body: Buffer.from([0, 255]) }, CONTEXT);
  expect(binary).toMatchObject({ body: 'AP8=', isBase64Encoded: true });
  const empty = functionUrlEvent({ ...REQUEST, rawQuery: '', headers: {}, body: Buffer.alloc(0) }, CONTEXT);
  expect(empty).toMatchObject({ isBase64Encoded: false });
  for (const absent of ['body', 'cookies', 'queryStringParameters']) expect(empty).not.toHaveProperty(absent);
});

test.each([
  ['text/plain', 'text'],
  ['TEXT/HTML; charset=utf-8', 'text'],
  ['application/json', 'text'],
  ['application/json ; charset=utf-8', 'text'],
  ['application/xml', 'text'],
  ['application/javascript', 'text'],
  ['application/x-www-form-urlencoded', 'base64'],
  ['application/cloudevents+json', 'base64'],
  ['application/jsonl', 'base64'],
  ['multipart/form-data; boundary=x', 'base64'],
  ['application/octet-stream', 'base64'],
  [undefined, 'base64'],
])('a body of type %s reaches the handler as %s', (type, form) => {
  const headers = type === undefined ? {} : { 'content-type': type };
  const event = functionUrlEvent({ ...REQUEST, headers, body: Buffer.from('a=1') }, CONTEXT);
  expect(event).toMatchObject(form === 'text' ? { body: 'a=1', isBase64Encoded: false } : { body: 'YT0x', isBase64Encoded: true });
});

test('a body that is no UTF-8 is base64 whatever its type says', () => {
  expect(functionUrlEvent({ ...REQUEST, body: Buffer.from([0xff, 0xfe]) }, CONTEXT)).toMatchObject({ body: '//4=', isBase64Encoded: true });
});

test('what a handler returned becomes a response', () => {
  expect(functionUrlAnswer({ statusCode: 202, headers: { 'X-Id': 7 }, cookies: ['a=1', 'b=2'], body: 'ok' })).toEqual({
    status: 202,
    headers: { 'content-type': 'application/json', 'x-id': '7', 'set-cookie': ['a=1', 'b=2'] },
    body: 'ok',
  });
  expect(functionUrlAnswer({ statusCode: 200, body: 'AP8=', isBase64Encoded: true }).body).toEqual(Buffer.from([0, 255]));
  expect(functionUrlAnswer({ hello: 1 })).toMatchObject({ status: 200, body: '{"hello":1}' });
  expect(functionUrlAnswer('plain')).toMatchObject({ status: 200, body: 'plain' });
  expect(functionUrlAnswer(undefined)).toMatchObject({ status: 200, body: '' });
  expect(functionUrlAnswer({ statusCode: 'x' })).toEqual(functionUrlFailure());
  expect(functionUrlFailure('throttled').status).toBe(429);
});

test('both forms of a function URL reach the owner of the functions', async () => {
  const seen: [string, FunctionUrlRequest][] = [];
  const { gateway } = await recordingGateway(async (urlId, request) => {
    seen.push([urlId, request]);
    return functionUrlAnswer({ statusCode: 201, body: 'made' });
  });
  const byPath = await fetch(`${gateway.url}/_url/abc/hooks?x=1`, { method: 'POST', body: 'b' });
  expect([byPath.status, await byPath.text()]).toEqual([201, 'made']);
  expect(seen[0]).toMatchObject(['abc', { method: 'POST', path: '/hooks', rawQuery: 'x=1' }]);
  const byHost = await new Promise((resolve, reject) => {
    get(
      { port: gateway.port, host: '127.0.0.1', path: '/h', headers: { host: `def.lambda-url.localhost:${gateway.port}` } },
      (response) => {
        response.resume();
        resolve(response.statusCode);
      },
    ).on('error', reject);
  });
  expect([byHost, seen[1]]).toMatchObject([201, ['def', { method: 'GET', path: '/h' }]]);
  await gateway.close();
});

test('a body of 6 MiB reaches the owner, and one byte more is refused', async () => {
  const { gateway } = await recordingGateway(async (_, { body }) => functionUrlAnswer(body.byteLength));
  const post = (size: number) => fetch(`${gateway.url}/_url/abc`, { method: 'POST', body: new Uint8Array(size) });
  expect(await (await post(6_291_456)).text()).toBe('6291456');
  expect((await post(6_291_457)).status).toBe(413);
  await gateway.close();
});

test('a function URL that nobody owns is a 404', async () => {
  const { gateway } = await recordingGateway();
  expect((await fetch(`${gateway.url}/_url/none`)).status).toBe(404);
  await gateway.close();
});
