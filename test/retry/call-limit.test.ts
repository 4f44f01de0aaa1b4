import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { PublishBatchCommand, SNSClient } from '@aws-sdk/client-sns';
import { expect, test } from 'vitest';
import { awsFailure } from '../../lib/retry/aws-failure.ts';
import { CALL_LIMIT_MS, limitCalls } from '../../lib/retry/call-limit.ts';
import { CLIENT_SETTINGS } from '../../lib/retry/client-settings.ts';

/** A server whose answers stall; tells when it was asked and when its client hung up. */
async function startStalling(answer: (response: ServerResponse) => void) {
  const asked = Promise.withResolvers<void>();
  const hungUp = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      answer(response);
      asked.resolve();
    });
    response.on('close', () => hungUp.resolve());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = { ...CLIENT_SETTINGS, endpoint, region: 'eu-west-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
  return { settings, asked: asked.promise, hungUp: hungUp.promise, close: () => server.close() };
}

/** A clock whose one timer is the test's to fire. */
function createHandClock() {
  const timers = new Map<() => void, number>();
  return {
    timers,
    now: () => 0,
    after: (ms: number, callback: () => void) => {
      timers.set(callback, ms);
      return () => void timers.delete(callback);
    },
    fire() {
      for (const callback of [...timers.keys()]) callback();
    },
  };
}

const GET = new GetItemCommand({ TableName: 't', Key: { pk: { S: 'x' } } });

test.each([
  ['SNS', 'stalls behind its headers', 'text/xml'],
  ['DynamoDB', 'stalls behind its headers', 'application/x-amz-json-1.0'],
])('a call of %s whose answer %s is hung up after the limit, and may have had its effect', async (service, _, type) => {
  const server = await startStalling((response) => response.writeHead(200, { 'content-type': type, 'content-length': '500' }).write('<'));
  const clock = createHandClock();
  const publish = new PublishBatchCommand({ TopicArn: 'arn:aws:sns:eu-west-1:000000000000:t', PublishBatchRequestEntries: [] });
  const call =
    service === 'SNS'
      ? limitCalls(new SNSClient(server.settings), clock).send(publish)
      : limitCalls(new DynamoDBClient(server.settings), clock).send(GET);
  const failure = call.then(
    () => undefined,
    (error: unknown) => error,
  );
  await server.asked;
  expect([...clock.timers.values()]).toEqual([CALL_LIMIT_MS]);
  clock.fire();
  const error = await failure;
  expect(error).toMatchObject({ name: 'TimeoutError' });
  expect(awsFailure(error)).toBe('ambiguous');
  await server.hungUp;
  server.close();
});

test('a call that is answered leaves no timer, and what it was given reaches the client', async () => {
  const clock = createHandClock();
  const given: unknown[] = [];
  const client = limitCalls(
    { send: async (command: string, options?: { abortSignal?: AbortSignal }) => given.push(command, options) },
    clock,
  );
  const own = new AbortController();
  await client.send('a', { abortSignal: own.signal });
  const { abortSignal } = given[1] as { abortSignal: AbortSignal };
  expect(given[0]).toBe('a');
  expect(clock.timers.size).toBe(0);
  expect(abortSignal.aborted).toBe(false);
  own.abort();
  expect(abortSignal.aborted).toBe(true);
});
