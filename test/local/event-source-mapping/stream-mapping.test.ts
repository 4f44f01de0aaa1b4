import { expect, test } from 'vitest';
import { createMappingWorld, deferred, type EventRecord, FAILED, FUNCTION_ARN, type MappingWorld, THROTTLED } from './mapping-world.ts';
import { putVersions, streamWorld, versionOf, versions } from './stream-world.ts';

const idOf = (record: EventRecord) => record.dynamodb.Keys['id']?.S ?? '';
const ids = (world: MappingWorld) => world.batches.map((batch) => batch.map(idOf));
const reported = { FunctionResponseTypes: ['ReportBatchItemFailures'] };

const failOn = (bad: number) => (records: readonly EventRecord[]) =>
  records.some((record) => versionOf(record) === bad) ? FAILED : undefined;

test("every change reaches the function once, in the shape of Lambda's DynamoDB event", async () => {
  const { world, EventSourceArn, uuid } = streamWorld();
  world.put('orders', 'a', { v: { N: '1' } });
  await world.clock.advanceAsync(10);
  expect(world.batches).toEqual([
    [
      {
        eventID: expect.any(String),
        eventName: 'INSERT',
        eventVersion: '1.1',
        eventSource: 'aws:dynamodb',
        awsRegion: 'us-east-1',
        dynamodb: {
          ApproximateCreationDateTime: expect.any(Number),
          Keys: { id: { S: 'a' } },
          NewImage: { id: { S: 'a' }, v: { N: '1' } },
          SequenceNumber: expect.stringMatching(/^\d+$/),
          SizeBytes: expect.any(Number),
          StreamViewType: 'NEW_AND_OLD_IMAGES',
        },
        eventSourceARN: EventSourceArn,
      },
    ],
  ]);
  expect(world.mappings.stats(uuid)).toMatchObject({ received: 1, deleted: 1, inFlight: 0, iteratorAgeMs: undefined });
});

test('TRIM_HORIZON begins with what is in the stream, LATEST with what comes after', async () => {
  for (const [StartingPosition, expected] of [
    ['TRIM_HORIZON', ['old', 'new']],
    ['LATEST', ['new']],
  ] as const) {
    const world = createMappingWorld();
    const EventSourceArn = world.table('orders');
    world.put('orders', 'old');
    world.createMapping({ EventSourceArn, StartingPosition });
    world.put('orders', 'new');
    await world.clock.advanceAsync(10);
    expect(ids(world).flat().sort()).toEqual([...expected].sort());
  }
});

test('an idle mapping has no timer', async () => {
  const { world } = streamWorld();
  world.put('orders', 'a');
  await world.clock.advanceAsync(100);
  expect(world.clock.pending()).toBe(0);
});

test('a failing batch is tried again in order, and nothing behind it passes', async () => {
  const { world, uuid } = streamWorld({ BatchSize: 2 });
  let failures = 2;
  world.handle(() => (failures-- > 0 ? FAILED : undefined));
  putVersions(world, 4);
  await world.clock.advanceAsync(60_000);
  expect(versions(world)).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
    [3, 4],
  ]);
  expect(world.mappings.stats(uuid)).toMatchObject({ invocations: 4, deleted: 4, failed: 4 });
});

test('after MaximumRetryAttempts the batch is discarded and the stream goes on', async () => {
  const { world, uuid } = streamWorld({ BatchSize: 2, MaximumRetryAttempts: 2 });
  world.handle(failOn(1));
  putVersions(world, 4);
  await world.clock.advanceAsync(60_000);
  expect(versions(world)).toEqual([
    [1, 2],
    [1, 2],
    [1, 2],
    [3, 4],
  ]);
  expect(world.mappings.stats(uuid)).toMatchObject({ dropped: 2, deleted: 2 });
});

test('bisecting isolates the bad record and does not use up its retries', async () => {
  const { world, uuid } = streamWorld({ BatchSize: 4, MaximumRetryAttempts: 1, BisectBatchOnFunctionError: true });
  world.handle(failOn(3));
  putVersions(world, 4);
  await world.clock.advanceAsync(60_000);
  expect(versions(world)).toEqual([[1, 2, 3, 4], [1, 2], [3, 4], [3], [3], [4]]);
  expect(world.mappings.stats(uuid)).toMatchObject({ dropped: 1, deleted: 3 });
});

test('a partial response makes the lowest failing record the checkpoint: it and everything after come again', async () => {
  const { world } = streamWorld({ BatchSize: 5, ...reported });
  let calls = 0;
  world.handle((records) => {
    calls += 1;
    const failures = [records[3], records[2]].map((record) => ({ itemIdentifier: record?.dynamodb.SequenceNumber }));
    return calls === 1 ? { batchItemFailures: failures } : undefined;
  });
  putVersions(world, 5);
  await world.clock.advanceAsync(60_000);
  expect(versions(world)).toEqual([
    [1, 2, 3, 4, 5],
    [3, 4, 5],
  ]);
});

test('with bisecting, a partial response cuts at the record and uses no retry', async () => {
  const { world, uuid } = streamWorld({ BatchSize: 4, MaximumRetryAttempts: 0, BisectBatchOnFunctionError: true, ...reported });
  world.handle((records) => {
    const bad = records.find((record) => versionOf(record) === 3);
    return bad ? { batchItemFailures: [{ itemIdentifier: bad.dynamodb.SequenceNumber }] } : undefined;
  });
  putVersions(world, 4);
  await world.clock.advanceAsync(60_000);
  expect(versions(world)).toEqual([[1, 2, 3, 4], [3, 4], [3], [4]]);
  expect(world.mappings.stats(uuid)).toMatchObject({ dropped: 1, deleted: 3 });
});

test('with bisecting, a partial response at the last record leaves that record its own try', async () => {
  const { world } = streamWorld({ BatchSize: 3, MaximumRetryAttempts: 0, BisectBatchOnFunctionError: true, ...reported });
  world.handle((records) => ({ batchItemFailures: [{ itemIdentifier: records.at(-1)?.dynamodb.SequenceNumber }] }));
  putVersions(world, 3);
  await world.clock.advanceAsync(60_000);
  expect(versions(world)).toEqual([[1, 2, 3], [3]]);
});

test('throttling uses no retry', async () => {
  const { world, uuid } = streamWorld({ MaximumRetryAttempts: 0 });
  let refusals = 5;
  world.handle(() => (refusals-- > 0 ? THROTTLED : undefined));
  putVersions(world, 1);
  await world.clock.advanceAsync(60_000);
  expect(world.mappings.stats(uuid)).toMatchObject({ throttled: 5, invocations: 1, deleted: 1, dropped: 0 });
});

test('records older than MaximumRecordAgeInSeconds are discarded, and younger ones behind them run', async () => {
  const { world, uuid } = streamWorld({ BatchSize: 1, MaximumRecordAgeInSeconds: 60 });
  world.handle(failOn(1));
  putVersions(world, 1);
  await world.clock.advanceAsync(50_000);
  world.put('orders', 'k', { v: { N: '2' } });
  expect(world.mappings.stats(uuid).iteratorAgeMs).toBe(50_000);
  await world.clock.advanceAsync(50_000);
  expect(versions(world).at(-1)).toEqual([2]);
  expect(world.mappings.stats(uuid)).toMatchObject({ dropped: 1, deleted: 1 });
});

test('with infinite retries a bad record blocks its shard for a day, then the stream has forgotten it', async () => {
  const { world, uuid } = streamWorld();
  world.handle(failOn(1));
  putVersions(world, 1);
  await world.clock.advanceAsync(23 * 3_600_000);
  expect(world.mappings.stats(uuid).dropped).toBe(0);
  world.put('orders', 'k', { v: { N: '2' } });
  await world.clock.advanceAsync(2 * 3_600_000);
  expect(world.mappings.stats(uuid)).toMatchObject({ dropped: 1, deleted: 1 });
});

test('a batching window gathers records', async () => {
  const { world } = streamWorld({ MaximumBatchingWindowInSeconds: 10 });
  putVersions(world, 2);
  await world.clock.advanceAsync(5_000);
  putVersions(world, 1);
  expect(world.batches).toHaveLength(0);
  await world.clock.advanceAsync(5_100);
  expect(versions(world)).toEqual([[1, 2, 1]]);
});

test('one shard runs one batch at a time; the parallelization factor runs more, a partition key still in order', async () => {
  const { world, uuid } = streamWorld({ BatchSize: 1, ParallelizationFactor: 10 });
  const gates = new Map<string, ReturnType<typeof deferred<undefined>>>();
  world.handle(([record]) => {
    const gate = deferred<undefined>();
    gates.set(`${idOf(record as EventRecord)}:${versionOf(record as EventRecord)}`, gate);
    return gate.promise;
  });
  for (let v = 1; v <= 2; v += 1) for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) world.put('orders', id, { v: { N: String(v) } });
  await world.clock.advanceAsync(100);
  expect(world.mappings.stats(uuid).inFlight).toBeGreaterThan(1);
  expect([...gates.keys()].every((key) => key.endsWith(':1'))).toBe(true);
  for (let round = 0; round < 20; round += 1) {
    for (const gate of gates.values()) gate.resolve(undefined);
    await world.clock.advanceAsync(10);
  }
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
    const seen = world.batches
      .flat()
      .filter((record) => idOf(record) === id)
      .map(versionOf);
    expect(seen).toEqual([1, 2]);
  }
});

test('filtered records are passed over without an invocation', async () => {
  const Filters = [{ Pattern: JSON.stringify({ eventName: ['INSERT'], dynamodb: { NewImage: { kind: { S: ['x'] } } } }) }];
  const { world, uuid } = streamWorld({ FilterCriteria: { Filters } });
  world.put('orders', 'a', { kind: { S: 'x' } });
  world.put('orders', 'b', { kind: { S: 'y' } });
  await world.clock.advanceAsync(10);
  expect(ids(world)).toEqual([['a']]);
  expect(world.mappings.stats(uuid)).toMatchObject({ filtered: 1, deleted: 1 });
});

test('a mapping that is disabled and enabled goes on from its checkpoint', async () => {
  const { world, uuid: UUID } = streamWorld();
  putVersions(world, 2);
  await world.clock.advanceAsync(10);
  world.mappings.update({ UUID, Enabled: false });
  putVersions(world, 3);
  await world.clock.advanceAsync(10);
  world.mappings.update({ UUID, Enabled: true });
  await world.clock.advanceAsync(10);
  expect(versions(world).flat()).toEqual([1, 2, 1, 2, 3]);
});

test('a mapping that is disabled while a batch fails delivers that batch again when it is enabled', async () => {
  const { world, uuid: UUID } = streamWorld({ BatchSize: 2 });
  let failing = true;
  world.handle(() => (failing ? FAILED : undefined));
  putVersions(world, 4);
  await world.clock.advanceAsync(100);
  world.mappings.update({ UUID, Enabled: false });
  await world.clock.advanceAsync(60_000);
  failing = false;
  world.mappings.update({ UUID, Enabled: true });
  await world.clock.advanceAsync(100);
  expect(versions(world)).toEqual([
    [1, 2],
    [1, 2],
    [3, 4],
  ]);
});

test('LATEST keeps its meaning while nothing comes: after an hour, and through a pause', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.table('orders');
  world.put('orders', 'old');
  world.clock.advance(5_000);
  const UUID = world.createMapping({ EventSourceArn, StartingPosition: 'LATEST' });
  await world.clock.advanceAsync(3_600_000);
  world.put('orders', 'first');
  await world.clock.advanceAsync(10);
  expect(ids(world)).toEqual([['first']]);
  world.clock.advance(5_000);
  const other = world.mappings.create(`${FUNCTION_ARN}:live`, { EventSourceArn, StartingPosition: 'LATEST' });
  world.clock.advance(5_000);
  world.mappings.update({ UUID: other['UUID'], Enabled: false });
  world.mappings.update({ UUID, Enabled: false });
  world.put('orders', 'second');
  world.mappings.update({ UUID: other['UUID'], Enabled: true });
  await world.clock.advanceAsync(10);
  expect(ids(world).slice(1)).toEqual([['second']]);
});

test('a checkpoint that the stream has forgotten goes on with the oldest record that is left', async () => {
  const { world, uuid: UUID } = streamWorld({ BatchSize: 1 });
  world.handle(() => FAILED);
  putVersions(world, 2);
  await world.clock.advanceAsync(100);
  world.mappings.update({ UUID, Enabled: false });
  await world.clock.advanceAsync(25 * 3_600_000);
  world.put('orders', 'k', { v: { N: '3' } });
  world.handle(() => undefined);
  world.mappings.update({ UUID, Enabled: true });
  await world.clock.advanceAsync(1_000);
  expect(versions(world).at(-1)).toEqual([3]);
});

test('a long backlog is read in pages and stays in order', async () => {
  const { world, uuid } = streamWorld({ BatchSize: 100 });
  putVersions(world, 1_234);
  await world.clock.advanceAsync(1_000);
  expect(versions(world).flat()).toEqual(Array.from({ length: 1_234 }, (_, index) => index + 1));
  expect(world.mappings.stats(uuid).deleted).toBe(1_234);
});

const onFailure = (Destination: string) => ({ BatchSize: 2, MaximumRetryAttempts: 0, DestinationConfig: { OnFailure: { Destination } } });

test('a queue as on-failure destination gets the metadata of the batch, not its records', async () => {
  const world = createMappingWorld();
  const destination = world.queue('failures');
  const EventSourceArn = world.table('orders');
  world.createMapping({ EventSourceArn, StartingPosition: 'TRIM_HORIZON', ...onFailure(destination) });
  world.handle(() => FAILED);
  putVersions(world, 2);
  await world.clock.advanceAsync(100);
  const sent = world.calls.find((call) => call.action === 'SendMessage')?.input['MessageBody'];
  const [first, last] = world.batches[0] ?? [];
  expect(JSON.parse(String(sent))).toEqual({
    requestContext: {
      requestId: expect.any(String),
      functionArn: FUNCTION_ARN,
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: 1,
    },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: '2026-01-01T00:00:00.000Z',
    DDBStreamBatchInfo: {
      shardId: expect.stringMatching(/^shardId-/),
      startSequenceNumber: first?.dynamodb.SequenceNumber,
      endSequenceNumber: last?.dynamodb.SequenceNumber,
      approximateArrivalOfFirstRecord: '2026-01-01T00:00:00Z',
      approximateArrivalOfLastRecord: '2026-01-01T00:00:00Z',
      batchSize: 2,
      streamArn: EventSourceArn,
    },
  });
  expect(world.sqs.stats(destination).visible).toBe(1);
});

test('a bucket as on-failure destination gets the records too, under the documented key', async () => {
  const { world, uuid } = streamWorld(onFailure('arn:aws:s3:::failures'));
  world.handle(() => FAILED);
  putVersions(world, 1);
  await world.clock.advanceAsync(100);
  const put = world.calls.find((call) => call.action === 'PutObject')?.input;
  expect(put).toMatchObject({
    Bucket: 'failures',
    Key: expect.stringMatching(new RegExp(`^aws/lambda/${uuid}/shardId-[^/]+/2026/01/01/2026-01-01T00\\.00\\.00-[0-9a-f-]{36}$`)),
  });
  const object = JSON.parse(Buffer.from(put?.['Body'] as Uint8Array).toString());
  expect(object.DDBStreamBatchInfo.batchSize).toBe(1);
  expect(JSON.parse(object.payload)).toEqual({ Records: world.batches[0] });
});

test('a topic as on-failure destination is published to', async () => {
  const { world } = streamWorld(onFailure('arn:aws:sns:us-east-1:000000000000:failures'));
  world.handle(() => FAILED);
  putVersions(world, 1);
  await world.clock.advanceAsync(100);
  expect(world.calls.find((call) => call.action === 'Publish')?.input['TopicArn']).toBe('arn:aws:sns:us-east-1:000000000000:failures');
});

test('records that were too old before any invocation are reported without a response', async () => {
  const world = createMappingWorld();
  const EventSourceArn = world.table('orders');
  const destination = world.queue('failures');
  putVersions(world, 1);
  world.clock.advance(120_000);
  world.createMapping({ EventSourceArn, StartingPosition: 'TRIM_HORIZON', MaximumRecordAgeInSeconds: 60, ...onFailure(destination) });
  await world.clock.advanceAsync(100);
  const record = JSON.parse(String(world.calls.find((call) => call.action === 'SendMessage')?.input['MessageBody']));
  expect(record.requestContext).toMatchObject({ condition: 'RecordAgeExceeded', approximateInvokeCount: 0 });
  expect(record).not.toHaveProperty('responseContext');
  expect(world.batches).toHaveLength(0);
});

test('a destination that refuses shows as a problem and does not block the stream', async () => {
  const { world, uuid } = streamWorld(onFailure('arn:aws:sqs:us-east-1:000000000000:nowhere'));
  world.handle(failOn(1));
  putVersions(world, 3);
  await world.clock.advanceAsync(100);
  expect(versions(world)).toEqual([[1, 2], [3]]);
  expect(world.mappings.get(uuid)['LastProcessingResult']).toMatch(/on-failure destination/);
});
