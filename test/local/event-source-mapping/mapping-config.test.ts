import { expect, test } from 'vitest';
import { readMappingConfig } from '../../../lib/local/event-source-mapping/mapping-config.ts';
import { createMappingWorld, FUNCTION_ARN } from './mapping-world.ts';

const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:jobs';
const FIFO = `${QUEUE}.fifo`;
const STREAM = 'arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2026-01-01T00:00:00.000';
const read = (input: Record<string, unknown>) => readMappingConfig(FUNCTION_ARN, { EventSourceArn: QUEUE, ...input });
const stream = (input: Record<string, unknown>) => read({ EventSourceArn: STREAM, StartingPosition: 'LATEST', ...input });

test('defaults: ten messages for a queue; a hundred records, infinite retries and age for a stream', () => {
  expect(read({})).toMatchObject({ source: 'sqs', batchSize: 10, windowSeconds: 0, enabled: true, reportsItemFailures: false });
  expect(stream({})).toMatchObject({
    source: 'dynamodb',
    batchSize: 100,
    maximumRetryAttempts: -1,
    maximumRecordAgeSeconds: -1,
    parallelizationFactor: 1,
  });
});

test.each<[string, () => unknown]>([
  ['a batch of eleven without a window', () => read({ BatchSize: 11 })],
  ['a batch of 10,001', () => read({ BatchSize: 10_001, MaximumBatchingWindowInSeconds: 1 })],
  ['an empty batch', () => read({ BatchSize: 0 })],
  ['a window of 301 seconds', () => read({ MaximumBatchingWindowInSeconds: 301 })],
  ['a window on a FIFO queue', () => read({ EventSourceArn: FIFO, MaximumBatchingWindowInSeconds: 1 })],
  ['a batch of eleven on a FIFO queue', () => read({ EventSourceArn: FIFO, BatchSize: 11 })],
  ['a maximum concurrency of one', () => read({ ScalingConfig: { MaximumConcurrency: 1 } })],
  ['a maximum concurrency of 1,001', () => read({ ScalingConfig: { MaximumConcurrency: 1_001 } })],
  [
    'scaling and provisioned pollers together',
    () => read({ ScalingConfig: { MaximumConcurrency: 2 }, ProvisionedPollerConfig: { MaximumPollers: 2 } }),
  ],
  ['a starting position on a queue', () => read({ StartingPosition: 'LATEST' })],
  ['an on-failure destination on a queue', () => read({ DestinationConfig: { OnFailure: { Destination: QUEUE } } })],
  ['a stream without a starting position', () => read({ EventSourceArn: STREAM })],
  ['a tumbling window', () => stream({ TumblingWindowInSeconds: 30 })],
  ['a parallelization factor of eleven', () => stream({ ParallelizationFactor: 11 })],
  ['a record age of 59 seconds', () => stream({ MaximumRecordAgeInSeconds: 59 })],
  ['10,001 retries', () => stream({ MaximumRetryAttempts: 10_001 })],
  ['a source that is neither queue nor stream', () => read({ EventSourceArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/s' })],
  ['a filter pattern that is not JSON', () => read({ FilterCriteria: { Filters: [{ Pattern: 'x' }] } })],
])('refused: %s', (_name, attempt) => {
  expect(attempt).toThrow(expect.objectContaining({ code: 'InvalidParameterValueException' }));
});

test('the limits themselves are accepted', () => {
  expect(read({ BatchSize: 10_000, MaximumBatchingWindowInSeconds: 300 }).batchSize).toBe(10_000);
  expect(read({ ScalingConfig: { MaximumConcurrency: 1_000 } }).maximumConcurrency).toBe(1_000);
  expect(read({ ProvisionedPollerConfig: { MinimumPollers: 2, MaximumPollers: 10_000 } }).maximumPollers).toBe(10_000);
  expect(
    stream({ MaximumRecordAgeInSeconds: 60, MaximumRetryAttempts: 0, ParallelizationFactor: 10, BatchSize: 1_000 }).maximumRetryAttempts,
  ).toBe(0);
  expect(
    read({ ScalingConfig: {}, DestinationConfig: { OnFailure: {} }, BisectBatchOnFunctionError: false }).maximumConcurrency,
  ).toBeUndefined();
});

test('a second mapping of the same queue and function is a conflict that names the first', () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs');
  const uuid = world.createMapping({ EventSourceArn });
  expect(() => world.createMapping({ EventSourceArn })).toThrow(
    expect.objectContaining({ code: 'ResourceConflictException', message: expect.stringContaining(uuid) }),
  );
});

test('a queue that does not exist, or whose visibility timeout is shorter than the function timeout, is refused', () => {
  const world = createMappingWorld({ functionTimeoutSeconds: 31 });
  expect(() => world.createMapping({ EventSourceArn: QUEUE })).toThrow(/NonExistentQueue|does not exist/);
  expect(() => world.createMapping({ EventSourceArn: world.queue('jobs', { VisibilityTimeout: '30' }) })).toThrow(
    'Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds',
  );
  expect(() => world.createMapping({ EventSourceArn: world.queue('longer', { VisibilityTimeout: '31' }) })).not.toThrow();
});

test('get and list show the mapping as the API does', () => {
  const world = createMappingWorld();
  const EventSourceArn = world.queue('jobs');
  const uuid = world.createMapping({ EventSourceArn, ScalingConfig: { MaximumConcurrency: 7 } });
  expect(world.mappings.get(uuid)).toMatchObject({
    UUID: uuid,
    FunctionArn: FUNCTION_ARN,
    EventSourceArn,
    State: 'Enabled',
    BatchSize: 10,
    ScalingConfig: { MaximumConcurrency: 7 },
  });
  expect(world.mappings.list({ functionArn: FUNCTION_ARN })).toHaveLength(1);
  expect(world.mappings.list({ eventSourceArn: 'other' })).toHaveLength(0);
});
