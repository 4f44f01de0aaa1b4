import { once } from 'node:events';
import { createConnection } from 'node:net';
import { gzipSync } from 'node:zlib';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AwsRequest, LOCAL_PLACE } from '../../../lib/local/aws.ts';
import { decodeCbor, encodeCbor } from '../../../lib/local/gateway/cbor.ts';
import { ConnectionDropped } from '../../../lib/local/gateway/gateway.errors.ts';
import { startGateway } from '../../../lib/local/gateway/gateway.ts';
import { type Recorded, recordingGateway } from './recording-aws.ts';

let aws: Recorded;
beforeAll(async () => {
  aws = await recordingGateway();
});
afterAll(() => aws.gateway.close());

const post = (headers: Record<string, string>, body: string | Uint8Array<ArrayBuffer> = '{}') =>
  fetch(aws.gateway.url, { method: 'POST', headers, body });

test('health answers JSON', async () => {
  const response = await fetch(`${aws.gateway.url}/_posthaste/health`);
  expect(await response.json()).toEqual({
    status: 'ok',
    accountId: LOCAL_PLACE.accountId,
    region: 'us-east-1',
    endpoint: LOCAL_PLACE.endpoint,
  });
});

test('a port in use is an error that names the port and the cure', async () => {
  const options = {
    port: aws.gateway.port,
    callerOf: () => undefined,
    aws: { place: LOCAL_PLACE, call: async () => ({}), callNow: () => ({}) },
  };
  await expect(startGateway(options)).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: expect.stringMatching(new RegExp(`port ${aws.gateway.port} .*--port`)),
  });
});

test('every answer carries a request id', async () => {
  aws.answer = () => ({});
  const response = await post({ 'x-amz-target': 'AmazonSQS.ListQueues', 'content-type': 'application/x-amz-json-1.0' });
  expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
});

test('an unknown target, a body that is not JSON and an engine that breaks each say so', async () => {
  const unknown = await post({ 'x-amz-target': 'Kinesis_20131202.PutRecord' });
  expect([unknown.status, await unknown.json()]).toEqual([
    501,
    { __type: 'UnknownOperationException', message: expect.stringContaining('Kinesis_20131202.PutRecord') },
  ]);
  const malformed = await post({ 'x-amz-target': 'AmazonSQS.SendMessage' }, '{');
  expect([malformed.status, await malformed.json()]).toMatchObject([400, { __type: 'com.amazonaws.sqs#SerializationException' }]);
  aws.answer = () => {
    throw new TypeError('broken');
  };
  const broken = await post({ 'x-amz-target': 'AmazonSQS.SendMessage' });
  expect([broken.status, await broken.json()]).toMatchObject([
    500,
    { __type: 'com.amazonaws.sqs#InternalFailure', message: 'TypeError: broken' },
  ]);
});

test('a signed request to a service that does not exist here names it', async () => {
  const authorization = 'AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=x';
  const response = await fetch(`${aws.gateway.url}/streams`, { headers: { authorization } });
  expect([response.status, await response.text()]).toEqual([501, expect.stringContaining('no service \\"kinesis\\"')]);
});

test('a client that goes away aborts its call', async () => {
  let aborted = () => {};
  const gone = new Promise<void>((resolve) => {
    aborted = resolve;
  });
  const waiting = new Promise<AwsRequest>((arrived) => {
    aws.answer = (request) => {
      arrived(request);
      return new Promise((_, reject) => {
        request.signal?.addEventListener('abort', () => {
          aborted();
          reject(request.signal?.reason);
        });
      });
    };
  });
  const controller = new AbortController();
  const poll = new SQSClient(aws.client).send(new ReceiveMessageCommand({ QueueUrl: 'q', WaitTimeSeconds: 20 }), {
    abortSignal: controller.signal,
  });
  const failed = expect(poll).rejects.toMatchObject({ name: 'AbortError' });
  await waiting;
  controller.abort();
  await failed;
  await gone;
});

test('an interceptor can lose an answer: the client sees its connection die', async () => {
  aws.answer = () => {
    throw new ConnectionDropped();
  };
  await expect(post({ 'x-amz-target': 'AmazonSQS.SendMessage' })).rejects.toThrow('fetch failed');
});

test('a compressed request body is inflated, and one that is not gzip is refused', async () => {
  aws.answer = () => ({});
  await post({ 'x-amz-target': 'AmazonSQS.SendMessage', 'content-encoding': 'gzip' }, new Uint8Array(gzipSync('{"MessageBody":"x"}')));
  expect(aws.last().input).toEqual({ MessageBody: 'x' });
  const refused = await post({ 'x-amz-target': 'AmazonSQS.SendMessage', 'content-encoding': 'gzip' }, 'plain');
  expect(refused.status).toBe(400);
});

test('a client of the CBOR protocol is understood and answered in CBOR', async () => {
  aws.answer = () => ({ Datapoints: [{ Timestamp: 1_700_000_000, Sum: 1.5 }] });
  const Timestamp = Buffer.from([0xc1, 0x1a, 0x65, 0x53, 0xf1, 0x00]);
  const body = Buffer.concat([
    Buffer.from([0xa2]),
    encodeCbor('Namespace', () => false),
    encodeCbor('n', () => false),
    encodeCbor('StartTime', () => false),
    Timestamp,
  ]);
  const response = await fetch(`${aws.gateway.url}/service/GraniteServiceVersion20100801/operation/GetMetricStatistics`, {
    method: 'POST',
    headers: { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' },
    body: new Uint8Array(body),
  });
  expect(aws.last()).toMatchObject({
    service: 'cloudwatch',
    action: 'GetMetricStatistics',
    input: { Namespace: 'n', StartTime: 1_700_000_000 },
  });
  expect(response.headers.get('smithy-protocol')).toBe('rpc-v2-cbor');
  expect(decodeCbor(Buffer.from(await response.arrayBuffer()))).toEqual({ Datapoints: [{ Timestamp: 1_700_000_000, Sum: 1.5 }] });
});

test('a 2 MB body passes whole', async () => {
  aws.answer = ({ input }) => ({ MD5OfMessageBody: String((input['MessageBody'] as string).length) });
  const response = await post({ 'x-amz-target': 'AmazonSQS.SendMessage' }, JSON.stringify({ MessageBody: 'x'.repeat(2 ** 21) }));
  expect(await response.json()).toEqual({ MD5OfMessageBody: String(2 ** 21) });
});

test('closing ends idle connections at once', async () => {
  const own = await recordingGateway();
  const socket = createConnection(own.gateway.port, '127.0.0.1');
  await once(socket, 'connect');
  await own.gateway.close();
  if (!socket.closed) await once(socket, 'close');
  await expect(fetch(own.gateway.url)).rejects.toThrow();
});
