import { expect, test } from 'vitest';
import type { MappingFaults } from '../../../lib/local/event-source-mapping/mapping-faults.ts';
import { bodies, createMappingWorld, deferred, type EventRecord, FAILED, inQueue, ROLE_ARN, THROTTLED } from './mapping-world.ts';

test('messages that are there when the mapping is created are processed and deleted', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs');
  for (const body of ['a', 'b', 'c']) world.send('jobs', body);
  const uuid = world.createMapping({ EventSourceArn });
  await world.clock.advanceAsync(10);
  expect(bodies(world).flat().sort()).toEqual(['a', 'b', 'c']);
  expect(inQueue(world, EventSourceArn)).toBe(0);
  expect(world.mappings.stats(uuid)).toMatchObject({ received: 3, deleted: 3, failed: 0, inFlight: 0 });
});

test('a message sent later wakes the mapping, and an idle mapping has no timer', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs');
  world.createMapping({ EventSourceArn });
  await world.clock.advanceAsync(10);
  expect(world.clock.pending()).toBe(0);
  world.send('jobs', 'late');
  await world.clock.advanceAsync(10);
  expect(bodies(world)).toEqual([['late']]);
});

test("a record has the shape of Lambda's SQS event", async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs');
  world.createMapping({ EventSourceArn });
  const MessageAttributes = { kind: { DataType: 'String', StringValue: 'x' }, raw: { DataType: 'Binary', BinaryValue: 'AQI=' } };
  const trace = { AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1-5759e988-bd862e3fe1be46a994272793' } };
  world.send('jobs', '{"n":1}', { MessageAttributes, MessageGroupId: 'tenant', MessageSystemAttributes: trace });
  await world.clock.advanceAsync(10);
  const [record] = world.batches[0] ?? [];
  expect(record).toEqual({
    messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    receiptHandle: expect.any(String),
    body: '{"n":1}',
    attributes: expect.objectContaining({
      ApproximateReceiveCount: '1',
      SentTimestamp: expect.any(String),
      SenderId: expect.any(String),
      ApproximateFirstReceiveTimestamp: expect.any(String),
      MessageGroupId: 'tenant',
      AWSTraceHeader: 'Root=1-5759e988-bd862e3fe1be46a994272793',
    }),
    messageAttributes: {
      kind: { stringValue: 'x', stringListValues: [], binaryListValues: [], dataType: 'String' },
      raw: { binaryValue: 'AQI=', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
    },
    md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
    eventSource: 'aws:sqs',
    eventSourceARN: EventSourceArn,
    awsRegion: 'us-east-1',
  });
});

test('the queue is called as the execution role of the function', async () => {
  const world = createMappingWorld();
  world.createMapping({ EventSourceArn: world.queue('jobs') });
  world.send('jobs', 'a');
  await world.clock.advanceAsync(10);
  expect(new Set(world.calls.map((call) => call.action))).toEqual(new Set(['GetQueueAttributes', 'ReceiveMessage', 'DeleteMessageBatch']));
  expect(world.calls.every((call) => call.caller.kind === 'role' && call.caller.roleArn === ROLE_ARN)).toBe(true);
});

test('a batch never exceeds its size', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs');
  for (let n = 0; n < 7; n += 1) world.send('jobs', String(n));
  world.createMapping({ EventSourceArn, BatchSize: 3 });
  await world.clock.advanceAsync(10);
  expect(Math.max(...world.batches.map((batch) => batch.length))).toBe(3);
  expect(world.batches.flat()).toHaveLength(7);
});

test('a failed invocation leaves its messages until their visibility timeout, then they come again with a higher receive count', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs', { VisibilityTimeout: '30' });
  const uuid = world.createMapping({ EventSourceArn });
  world.handle(() => (world.batches.length === 1 ? FAILED : undefined));
  world.send('jobs', 'a');
  await world.clock.advanceAsync(29_000);
  expect(world.batches).toHaveLength(1);
  await world.clock.advanceAsync(2_000);
  expect(world.batches[1]?.[0]?.attributes['ApproximateReceiveCount']).toBe('2');
  expect(world.mappings.stats(uuid)).toMatchObject({ invocations: 2, failed: 1, deleted: 1 });
});

test('a partial response deletes the successes only', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs');
  const uuid = world.createMapping({ EventSourceArn, FunctionResponseTypes: ['ReportBatchItemFailures'] });
  world.handle((records) => ({
    batchItemFailures: records.filter(({ body }) => body === 'bad').map(({ messageId }) => ({ itemIdentifier: messageId })),
  }));
  for (const body of ['good', 'bad', 'fine']) world.send('jobs', body);
  await world.clock.advanceAsync(10);
  expect(world.mappings.stats(uuid)).toMatchObject({ deleted: 2, failed: 1 });
  expect(inQueue(world, EventSourceArn)).toBe(1);
});

test('without ReportBatchItemFailures a partial response is ignored and everything is deleted', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs');
  world.createMapping({ EventSourceArn });
  world.handle(([record]) => ({ batchItemFailures: [{ itemIdentifier: record?.messageId }] }));
  world.send('jobs', 'a');
  await world.clock.advanceAsync(10);
  expect(inQueue(world, EventSourceArn)).toBe(0);
});

test('a partial response that names an unknown message fails the whole batch', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs');
  world.createMapping({ EventSourceArn, FunctionResponseTypes: ['ReportBatchItemFailures'] });
  world.handle(() => ({ batchItemFailures: [{ itemIdentifier: 'nobody' }] }));
  for (const body of ['a', 'b']) world.send('jobs', body);
  await world.clock.advanceAsync(10);
  expect(inQueue(world, EventSourceArn)).toBe(2);
});

test('a batching window gathers messages until it ends', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs', { VisibilityTimeout: '120' });
  world.createMapping({ EventSourceArn, BatchSize: 100, MaximumBatchingWindowInSeconds: 20 });
  world.send('jobs', 'a');
  await world.clock.advanceAsync(10_000);
  for (let n = 0; n < 24; n += 1) world.send('jobs', String(n));
  await world.clock.advanceAsync(9_000);
  expect(world.batches).toHaveLength(0);
  await world.clock.advanceAsync(1_100);
  expect(world.batches.map((batch) => batch.length)).toEqual([25]);
});

test('after a batch the next window is waited for as well', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs', { VisibilityTimeout: '120' });
  world.createMapping({ EventSourceArn, BatchSize: 100, MaximumBatchingWindowInSeconds: 20 });
  world.send('jobs', 'a');
  await world.clock.advanceAsync(21_000);
  for (const body of ['b', 'c']) {
    world.send('jobs', body);
    await world.clock.advanceAsync(5_000);
  }
  expect(bodies(world)).toEqual([['a']]);
  await world.clock.advanceAsync(11_000);
  expect(bodies(world)).toEqual([['a'], ['b', 'c']]);
});

test('a full batch does not wait for its window', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs');
  world.createMapping({ EventSourceArn, BatchSize: 20, MaximumBatchingWindowInSeconds: 300 });
  for (let n = 0; n < 20; n += 1) world.send('jobs', String(n));
  await world.clock.advanceAsync(10);
  expect(world.batches.map((batch) => batch.length)).toEqual([20]);
});

test('an invocation carries at most six megabytes: the rest of the receive becomes another one', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs');
  for (let n = 0; n < 10; n += 1) world.send('jobs', 'x'.repeat(1_000_000));
  world.createMapping({ EventSourceArn });
  await world.clock.advanceAsync(10);
  expect(world.batches.map((batch) => batch.length).sort()).toEqual([4, 6]);
  expect(inQueue(world, EventSourceArn)).toBe(0);
});

test('MaximumConcurrency bounds the invocations at a time', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs', { VisibilityTimeout: '3600' });
  const uuid = world.createMapping({ EventSourceArn, BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } });
  const gates = Array.from({ length: 5 }, () => deferred<undefined>());
  world.handle(() => gates[world.batches.length - 1]?.promise);
  for (let n = 0; n < 5; n += 1) world.send('jobs', String(n));
  await world.clock.advanceAsync(600_000);
  expect(world.mappings.stats(uuid).inFlight).toBe(2);
  gates[0]?.resolve(undefined);
  await world.clock.advanceAsync(10);
  expect(world.batches).toHaveLength(3);
});

test('a standard mapping starts with five invocations and grows by 300 a minute while it has more work', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs', { VisibilityTimeout: '3600' });
  world.createMapping({ EventSourceArn, BatchSize: 1 });
  world.handle(() => deferred<undefined>().promise);
  for (let n = 0; n < 400; n += 1) world.send('jobs', String(n));
  await world.clock.advanceAsync(1);
  expect(world.batches).toHaveLength(5);
  await world.clock.advanceAsync(60_000);
  expect(world.batches).toHaveLength(305);
});

test('provisioned pollers carry ten invocations each from the start', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs', { VisibilityTimeout: '3600' });
  world.createMapping({ EventSourceArn, BatchSize: 1, ProvisionedPollerConfig: { MinimumPollers: 2, MaximumPollers: 3 } });
  world.handle(() => deferred<undefined>().promise);
  for (let n = 0; n < 50; n += 1) world.send('jobs', String(n));
  await world.clock.advanceAsync(1_000);
  expect(world.batches).toHaveLength(30);
});

test('a throttled batch is tried again until its messages become visible, then given up with the receive spent', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs', { VisibilityTimeout: '30' });
  const uuid = world.createMapping({ EventSourceArn });
  let open = false;
  world.handle(() => (open ? undefined : THROTTLED));
  world.send('jobs', 'a');
  await world.clock.advanceAsync(29_900);
  expect(world.mappings.stats(uuid)).toMatchObject({ invocations: 0, dropped: 1, inFlight: 0 });
  expect(world.mappings.stats(uuid).throttled).toBeGreaterThan(3);
  open = true;
  await world.clock.advanceAsync(200);
  expect(world.batches.at(-1)?.[0]?.attributes['ApproximateReceiveCount']).toBe('2');
  expect(inQueue(world, EventSourceArn)).toBe(0);
});

test('with a redrive policy, throttling alone carries a message to the dead-letter queue without one execution', async () => {
  const world = createMappingWorld();
  const deadLetterTargetArn = world.queue('dead');
  const EventSourceArn = world.queue('jobs', {
    VisibilityTimeout: '10',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 3 }),
  });
  const uuid = world.createMapping({ EventSourceArn });
  world.handle(() => THROTTLED);
  world.send('jobs', 'a');
  await world.clock.advanceAsync(60_000);
  expect(world.sqs.stats(deadLetterTargetArn).visible).toBe(1);
  expect(world.mappings.stats(uuid)).toMatchObject({ received: 3, invocations: 0, dropped: 3 });
});

test('messages that no filter wants are deleted without an invocation', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs');
  const Filters = [{ Pattern: JSON.stringify({ body: { type: ['wanted'] } }) }];
  const uuid = world.createMapping({ EventSourceArn, FilterCriteria: { Filters } });
  for (const type of ['wanted', 'other']) world.send('jobs', JSON.stringify({ type }));
  world.send('jobs', 'not json');
  await world.clock.advanceAsync(10);
  expect(bodies(world)).toEqual([['{"type":"wanted"}']]);
  expect(inQueue(world, EventSourceArn)).toBe(0);
  expect(world.mappings.stats(uuid)).toMatchObject({ filtered: 2, deleted: 1 });
});

test('a FIFO group is processed by one invocation at a time and in order; other groups run beside it', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true', VisibilityTimeout: '600' });
  world.createMapping({ EventSourceArn, BatchSize: 2 });
  const gate = deferred<undefined>();
  world.handle((records) => (records.some(({ body }) => body === 'a1') ? gate.promise : undefined));
  for (const body of ['a1', 'a2', 'a3', 'a4', 'b1']) world.send('jobs.fifo', body, { MessageGroupId: body.charAt(0) });
  await world.clock.advanceAsync(1_000);
  expect(bodies(world)).toEqual([['a1', 'a2'], ['b1']]);
  gate.resolve(undefined);
  await world.clock.advanceAsync(1_000);
  expect(bodies(world).at(-1)).toEqual(['a3', 'a4']);
});

test('a failed FIFO message holds its group until it is visible again, and comes before its followers', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true', VisibilityTimeout: '30' });
  world.createMapping({ EventSourceArn, BatchSize: 1 });
  let failures = 1;
  world.handle(() => (failures-- > 0 ? FAILED : undefined));
  for (const body of ['a1', 'a2']) world.send('jobs.fifo', body, { MessageGroupId: 'a' });
  await world.clock.advanceAsync(29_000);
  expect(bodies(world)).toEqual([['a1']]);
  await world.clock.advanceAsync(2_000);
  expect(bodies(world)).toEqual([['a1'], ['a1'], ['a2']]);
});

const faulty = (faults: MappingFaults) => {
  const world = createMappingWorld({ faults });
  const EventSourceArn = world.queue('jobs', { VisibilityTimeout: '30' });
  return { world, EventSourceArn, uuid: world.createMapping({ EventSourceArn }) };
};

test('fault: a skipped delivery spends a receive without an invocation', async () => {
  let skips = 1;
  const { world } = faulty({ beforeInvoke: () => (skips-- > 0 ? { kind: 'skip' } : undefined) });
  world.send('jobs', 'a');
  await world.clock.advanceAsync(31_000);
  expect(world.batches.map(([record]) => record?.attributes['ApproximateReceiveCount'])).toEqual(['2']);
});

test('fault: a duplicated delivery runs the same messages twice at the same time', async () => {
  const { world, EventSourceArn, uuid } = faulty({ beforeInvoke: () => ({ kind: 'duplicate' }) });
  const gate = deferred<undefined>();
  world.handle(() => gate.promise);
  world.send('jobs', 'a');
  await world.clock.advanceAsync(10);
  expect(world.mappings.stats(uuid).inFlight).toBe(2);
  gate.resolve(undefined);
  await world.clock.advanceAsync(10);
  expect(bodies(world)).toEqual([['a'], ['a']]);
  expect(inQueue(world, EventSourceArn)).toBe(0);
});

test('fault: a lost response leaves the messages of a successful invocation in the queue', async () => {
  let losses = 1;
  const { world, EventSourceArn } = faulty({ afterInvoke: () => (losses-- > 0 ? { kind: 'lose-response' } : undefined) });
  world.send('jobs', 'a');
  await world.clock.advanceAsync(10);
  expect(inQueue(world, EventSourceArn)).toBe(1);
  await world.clock.advanceAsync(31_000);
  expect(bodies(world)).toEqual([['a'], ['a']]);
  expect(inQueue(world, EventSourceArn)).toBe(0);
});

test('the same world runs the same way twice', async () => {
  const run = async () => {
    const world = createMappingWorld();
    world.createMapping({ EventSourceArn: world.queue('jobs'), BatchSize: 2 });
    world.handle((records: readonly EventRecord[]) => (records.some(({ body }) => Number(body) % 5 === 0) ? FAILED : undefined));
    for (let n = 0; n < 30; n += 1) world.send('jobs', String(n));
    await world.clock.advanceAsync(40_000);
    return bodies(world);
  };
  expect(await run()).toEqual(await run());
});
