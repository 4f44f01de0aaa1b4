import { expect, test } from 'vitest';
import { systemClock } from '../../../lib/core/clock.ts';
import { systemIds } from '../../../lib/core/ids.ts';
import { createRng } from '../../../lib/core/rng.ts';
import { type AwsRequest, DEVELOPER, type Json, LOCAL_PLACE } from '../../../lib/local/aws.ts';
import { createEventSourceMappings, type EventSourceMappings } from '../../../lib/local/event-source-mapping/event-source-mappings.ts';
import { createSqs } from '../../../lib/local/sqs/sqs.ts';
import { createLambdaWorld } from './lambda-world.ts';

test('a message sent to a queue runs the mapped function in its thread and leaves the queue', async () => {
  const shared = { clock: systemClock, ids: systemIds, rng: createRng(3), place: LOCAL_PLACE };
  const sqs = createSqs(shared);
  const answer = (request: AwsRequest) => sqs.call(request) as Json;
  let mappings: EventSourceMappings | undefined;
  await using world = createLambdaWorld({ mappings: () => mappings });
  const aws = { place: LOCAL_PLACE, callNow: answer, call: async (request: AwsRequest) => answer(request) };
  const { lambda } = world;
  mappings = createEventSourceMappings({
    ...shared,
    aws: () => aws,
    invoker: () => lambda,
    sqs,
    streams: { onRecords: () => () => {} },
    functionRole: lambda.roleOf,
    functionTimeoutSeconds: lambda.timeoutSecondsOf,
  });
  const ask = (action: string, input: Json) => answer({ service: 'sqs', action, input, caller: DEVELOPER });
  const { QueueUrl } = ask('CreateQueue', { QueueName: 'jobs' });
  const EventSourceArn = 'arn:aws:sqs:us-east-1:000000000000:jobs';
  await world.define(
    'worker',
    'export const handler = async ({ Records }) => { for (const record of Records) console.log("did " + record.body); };',
  );
  const mapping = await world.call('CreateEventSourceMapping', { FunctionName: 'worker', EventSourceArn });
  expect(mapping).toMatchObject({ State: 'Creating', FunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:worker' });
  const gone = new Promise<void>((resolve) => {
    const look = () => (sqs.stats(EventSourceArn).deleted === 1 ? resolve() : void setImmediate(look));
    look();
  });
  ask('SendMessage', { QueueUrl, MessageBody: 'work' });
  await world.logged('worker', 'did work');
  await gone;
  expect(mappings.stats(String(mapping['UUID']))).toMatchObject({ received: 1, deleted: 1 });
  const { EventSourceMappings: listed } = await world.call('ListEventSourceMappings', { FunctionName: 'worker' });
  expect(listed).toEqual([expect.objectContaining({ State: 'Enabled' })]);
  await world.call('DeleteEventSourceMapping', { UUID: mapping['UUID'] });
});
