import { expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import { createFakeClock, type FakeClock, settled } from '../fake-clock.ts';
import { createLambdaWorld, encode, type LambdaWorld } from './lambda-world.ts';

const FAILING = 'export const handler = async (event) => { throw new Error("no " + event.n); };';
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:outcomes';
const submit = (world: LambdaWorld, event: unknown) =>
  world.call('Invoke', { FunctionName: 'fn', InvocationType: 'Event', Payload: encode(event) });

/** Lets the invocation that is due run to its end, in the thread where it really runs. */
async function nextEnds(world: LambdaWorld, clock: FakeClock, ms: number): Promise<void> {
  const count = world.events.length + 1;
  clock.advance(ms);
  await world.ended(count);
  await settled();
}

async function asyncWorld(source: string, settings: Json = {}) {
  const clock = createFakeClock();
  const world = createLambdaWorld({ clock });
  await world.define('fn', source, settings);
  return { world, clock };
}

test('an event is answered at once and runs soon; success goes to its destination', async () => {
  const { world, clock } = await asyncWorld('export const handler = async (event) => ({ twice: event.n * 2 });');
  await using _ = world;
  await world.call('PutFunctionEventInvokeConfig', { FunctionName: 'fn', DestinationConfig: { OnSuccess: { Destination: QUEUE } } });
  expect(await submit(world, { n: 2 })).toEqual({ StatusCode: 202 });
  expect(world.lambda.asyncPending()).toBe(1);
  await nextEnds(world, clock, 0);
  const { input, caller } = world.calls[0] ?? {};
  expect(caller).toMatchObject({ kind: 'role', roleArn: 'arn:aws:iam::000000000000:role/worker' });
  expect(input?.['QueueUrl']).toBe('http://127.0.0.1:4566/000000000000/outcomes');
  expect(JSON.parse(String(input?.['MessageBody']))).toEqual({
    version: '1.0',
    timestamp: '2026-01-01T00:00:00.000Z',
    requestContext: {
      requestId: expect.any(String),
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:fn:$LATEST',
      condition: 'Success',
      approximateInvokeCount: 1,
    },
    requestPayload: { n: 2 },
    responseContext: { statusCode: 200, executedVersion: '$LATEST' },
    responsePayload: { twice: 4 },
  });
  expect(world.lambda.asyncPending()).toBe(0);
});

test('a failing event is retried after one minute and two more, then goes to the failure destination and the dead-letter queue', async () => {
  const { world, clock } = await asyncWorld(FAILING, { DeadLetterConfig: { TargetArn: 'arn:aws:sqs:us-east-1:000000000000:dead' } });
  await using _ = world;
  await world.call('PutFunctionEventInvokeConfig', { FunctionName: 'fn', DestinationConfig: { OnFailure: { Destination: QUEUE } } });
  await submit(world, { n: 1 });
  await nextEnds(world, clock, 0);
  clock.advance(59_999);
  expect(world.events).toHaveLength(1);
  await nextEnds(world, clock, 1);
  clock.advance(119_999);
  expect(world.events).toHaveLength(2);
  await nextEnds(world, clock, 1);
  expect(new Set(world.events.map(({ requestId }) => requestId)).size).toBe(1);
  const [destination, dead] = world.calls.map((call) => call.input);
  expect(JSON.parse(String(destination?.['MessageBody']))).toMatchObject({
    requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
    responseContext: { functionError: 'Unhandled' },
    responsePayload: { errorType: 'Error', errorMessage: 'no 1' },
  });
  expect(dead).toMatchObject({
    MessageBody: '{"n":1}',
    MessageAttributes: { ErrorCode: { StringValue: '200' }, ErrorMessage: { StringValue: 'no 1' } },
  });
});

test('MaximumRetryAttempts of zero ends it after the first failure', async () => {
  const { world, clock } = await asyncWorld(FAILING);
  await using _ = world;
  await world.call('PutFunctionEventInvokeConfig', {
    FunctionName: 'fn',
    MaximumRetryAttempts: 0,
    DestinationConfig: { OnFailure: { Destination: QUEUE } },
  });
  await submit(world, { n: 1 });
  await nextEnds(world, clock, 0);
  expect(world.calls).toHaveLength(1);
  expect(world.lambda.asyncPending()).toBe(0);
});

test('a throttled event waits, without using its retries, until it is too old', async () => {
  const { world, clock } = await asyncWorld(FAILING);
  await using _ = world;
  await world.call('PutFunctionConcurrency', { FunctionName: 'fn', ReservedConcurrentExecutions: 0 });
  await world.call('PutFunctionEventInvokeConfig', {
    FunctionName: 'fn',
    MaximumEventAgeInSeconds: 60,
    DestinationConfig: { OnFailure: { Destination: QUEUE } },
  });
  await submit(world, { n: 1 });
  await clock.advanceAsync(600_000);
  expect(world.events.every(({ outcome }) => outcome === 'throttled')).toBe(true);
  const record = JSON.parse(String(world.calls[0]?.input['MessageBody']));
  expect(record.requestContext).toMatchObject({ condition: 'EventAgeExceeded', approximateInvokeCount: 0 });
  expect(record).not.toHaveProperty('responseContext');
});

test('another function can be the destination', async () => {
  const { world, clock } = await asyncWorld('export const handler = async () => "done";');
  await using _ = world;
  const Destination = await world.define('next', 'export const handler = async (event) => console.log(event.responsePayload);');
  await world.call('PutFunctionEventInvokeConfig', { FunctionName: 'fn', DestinationConfig: { OnSuccess: { Destination } } });
  await submit(world, {});
  await nextEnds(world, clock, 0);
  await nextEnds(world, clock, 0);
  expect(world.logs.at(-1)?.line).toMatch(/done$/);
});

test('a destination that refuses is reported', async () => {
  const clock = createFakeClock();
  const failures: unknown[] = [];
  const answer = () => {
    throw new Error('denied');
  };
  await using world = createLambdaWorld({ clock, answer, onDeliveryFailure: (failure) => failures.push(failure) });
  await world.define('fn', 'export const handler = async () => 1;');
  await world.call('PutFunctionEventInvokeConfig', { FunctionName: 'fn', DestinationConfig: { OnSuccess: { Destination: QUEUE } } });
  await submit(world, {});
  await nextEnds(world, clock, 0);
  expect(failures).toEqual([{ functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:fn', destination: QUEUE, message: 'denied' }]);
});

test('once the engine is closed nothing waits for a retry: the process may end', async () => {
  const { world, clock } = await asyncWorld('export const handler = () => new Promise(() => {});');
  await submit(world, { n: 1 });
  clock.advance(0);
  await submit(world, { n: 2 });
  world.lambda.close();
  await world.ended(1);
  await settled();
  expect(clock.pending()).toBe(0);
  await world[Symbol.asyncDispose]();
});
