import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { InvokeCommand, ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { DeleteObjectsCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateScheduleCommand, GetScheduleCommand } from '@aws-sdk/client-scheduler';
import { GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, test } from 'vitest';
import { DEVELOPER, type Json, type ServiceName } from '../../lib/local/aws.ts';
import { FAULT_KINDS, type FaultKind } from '../../lib/simulation/fault.ts';
import { plannedFaults } from '../../lib/simulation/fault-plan.ts';
import { createWorld, type World, type WorldOptions } from '../../lib/simulation/world.ts';

const WORKER = 'arn:aws:lambda:us-east-1:000000000000:function:worker';
const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:work';
const QUEUE_URL = 'http://127.0.0.1:4566/000000000000/work';
const ROLE = 'arn:aws:iam::000000000000:role/simulated';

/** A world with a bucket, a parameter, a queue and a function behind it. */
function stocked(options: Partial<WorldOptions> = {}) {
  const world = createWorld({ seed: 1, ...options });
  world.call('s3', 'CreateBucket', { Bucket: 'bodies' });
  world.call('ssm', 'PutParameter', { Name: '/posthaste/orders/ship-order', Value: '{}', Type: 'String' });
  world.call('sqs', 'CreateQueue', { QueueName: 'work' });
  const handled: unknown[] = [];
  const create = () => async (event: unknown) => {
    handled.push(event);
    return { echo: event };
  };
  world.functions.deploy({ arn: WORKER, name: 'worker', timeoutMs: 60_000, caller: DEVELOPER, create });
  const { UUID } = world.mappings.create(WORKER, { EventSourceArn: QUEUE_ARN });
  return { world, handled, UUID: String(UUID) };
}

/** What comes of a call of a process: its answer, its error, or neither, when the process died. */
async function outcomeOf(world: World, service: ServiceName, command: unknown) {
  const outcome: { value?: Json; error?: { readonly name: string; readonly $metadata?: { readonly httpStatusCode?: number } } } = {};
  const answer = world.process('caller').client(service).send(command);
  answer.then(
    (value: Json) => Object.assign(outcome, { value }),
    (error: Error) => Object.assign(outcome, { error }),
  );
  await world.run(20 * 60_000);
  return outcome;
}

const put = new PutObjectCommand({ Bucket: 'bodies', Key: 'a', Body: 'text', IfNoneMatch: '*' });
const pause = (UUID: string) => new UpdateEventSourceMappingCommand({ UUID, Enabled: false });
const wake = new CreateScheduleCommand({
  Name: 'wake',
  ScheduleExpression: 'at(2030-01-01T00:10:00)',
  FlexibleTimeWindow: { Mode: 'OFF' },
  ActionAfterCompletion: 'DELETE',
  Target: {
    Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage',
    RoleArn: ROLE,
    Input: JSON.stringify({ QueueUrl: QUEUE_URL, MessageBody: 'later' }),
  },
});

describe('in a world, code reaches', () => {
  test('S3, with bodies as text and as bytes, and times as dates', async () => {
    const { world } = stocked();
    await outcomeOf(world, 's3', put);
    await outcomeOf(world, 's3', new PutObjectCommand({ Bucket: 'bodies', Key: 'b', Body: new Uint8Array([1, 2]) }));
    const { value: text } = await outcomeOf(world, 's3', new GetObjectCommand({ Bucket: 'bodies', Key: 'a' }));
    const { value: bytes } = await outcomeOf(world, 's3', new GetObjectCommand({ Bucket: 'bodies', Key: 'b' }));
    const body = (value: Json | undefined) =>
      value?.['Body'] as { transformToString(): Promise<string>; transformToByteArray(): Promise<Uint8Array> };
    expect([await body(text).transformToString(), [...(await body(bytes).transformToByteArray())]]).toEqual(['text', [1, 2]]);
    expect(text?.['LastModified']).toBeInstanceOf(Date);
    const { value: listed } = await outcomeOf(world, 's3', new ListObjectsV2Command({ Bucket: 'bodies' }));
    expect(listed).toMatchObject({ Contents: [{ Key: 'a', LastModified: expect.any(Date) }, { Key: 'b' }] });
    expect((await outcomeOf(world, 's3', put)).error).toMatchObject({ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } });
  });

  test('parameters by their path', async () => {
    const { world } = stocked();
    const { value } = await outcomeOf(world, 'ssm', new GetParametersByPathCommand({ Path: '/posthaste/orders' }));
    expect(value).toMatchObject({ Parameters: [{ Name: '/posthaste/orders/ship-order', LastModifiedDate: expect.any(Date) }] });
  });

  test('schedules that run once and are gone', async () => {
    const { world, handled } = stocked();
    await outcomeOf(world, 'scheduler', wake);
    expect(handled).toMatchObject([{ Records: [{ body: 'later' }] }]);
    const { error } = await outcomeOf(world, 'scheduler', new GetScheduleCommand({ Name: 'wake' }));
    expect(error).toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('functions, now and later, and their mappings', async () => {
    const { world, handled, UUID } = stocked();
    const event = Buffer.from('{"a":1}');
    const { value } = await outcomeOf(world, 'lambda', new InvokeCommand({ FunctionName: 'worker', Payload: event }));
    expect(JSON.parse(Buffer.from(value?.['Payload'] as Uint8Array).toString())).toEqual({ echo: { a: 1 } });
    const later = await outcomeOf(
      world,
      'lambda',
      new InvokeCommand({ FunctionName: WORKER, InvocationType: 'Event', Payload: '{"a":2}' as never }),
    );
    expect([later.value?.['StatusCode'], handled]).toEqual([202, [{ a: 1 }, { a: 2 }]]);
    expect((await outcomeOf(world, 'lambda', new InvokeCommand({ FunctionName: 'none' }))).error).toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await outcomeOf(world, 'lambda', pause(UUID));
    world.call('sqs', 'SendMessage', { QueueUrl: QUEUE_URL, MessageBody: 'stays' });
    const listed = await outcomeOf(world, 'lambda', new ListEventSourceMappingsCommand({ FunctionName: 'worker' }));
    expect(listed.value).toMatchObject({ EventSourceMappings: [{ UUID, State: 'Disabled' }] });
    expect([world.sqs.stats(QUEUE_ARN).visible, handled]).toEqual([1, [{ a: 1 }, { a: 2 }]]);
  });

  test('what CloudWatch knows of its queues', async () => {
    const { world, UUID } = stocked();
    world.mappings.update({ UUID, Enabled: false });
    world.call('sqs', 'SendMessage', { QueueUrl: QUEUE_URL, MessageBody: 'waits' });
    await world.run(90_000);
    const Metric = {
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateAgeOfOldestMessage',
      Dimensions: [{ Name: 'QueueName', Value: 'work' }],
    };
    const query = new GetMetricDataCommand({
      StartTime: new Date(world.clock.now() - 180_000),
      EndTime: new Date(world.clock.now() + 60_000),
      MetricDataQueries: [{ Id: 'age', MetricStat: { Metric, Period: 60, Stat: 'Maximum' } }],
    });
    const { value } = await outcomeOf(world, 'cloudwatch', query);
    expect(value).toMatchObject({ MetricDataResults: [{ Values: [60], Timestamps: [new Date('2030-01-01T00:00:00Z')] }] });
  });

  test('S3 and parameters with clients that it makes itself', async () => {
    const { world } = stocked({ globals: true });
    const create = () => async () => {
      const s3 = new S3Client({});
      await s3.send(put);
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'bodies', Key: 'a' }));
      const missing = await s3.send(new GetObjectCommand({ Bucket: 'bodies', Key: 'none' })).catch((error: Error) => error.name);
      const { Parameters } = await new SSMClient({}).send(new GetParametersByPathCommand({ Path: '/posthaste/orders' }));
      return [await Body?.transformToString(), missing, Parameters?.length];
    };
    const arn = `${WORKER}-2`;
    world.functions.deploy({ arn, name: 'worker-2', timeoutMs: 60_000, caller: DEVELOPER, create });
    const outcome = world.functions.invoke(arn, {});
    await world.run(60_000);
    expect(await outcome).toEqual({ kind: 'result', payload: ['text', 'NoSuchKey', 1] });
  });
});

describe('every kind of fault strikes there as it does elsewhere', () => {
  /** Whether the effect is there in the end. */
  const SERVICES = [
    { service: 's3', action: 'PutObject', command: () => put, isDone: (world: World) => keysIn(world).length === 1 },
    { service: 'scheduler', action: 'CreateSchedule', command: () => wake, isDone: (_: World, handled: unknown[]) => handled.length === 1 },
    { service: 'lambda', action: 'UpdateEventSourceMapping', command: pause, isDone: (world: World) => stateOf(world) === 'Disabled' },
  ] as const;
  const keysIn = (world: World) => (world.call('s3', 'ListObjectsV2', { Bucket: 'bodies' })['Contents'] ?? []) as Json[];
  const stateOf = (world: World) => world.mappings.list({})[0]?.['State'];

  /** Whether there is an effect, and what the caller gets. */
  const EXPECTED: Readonly<Partial<Record<FaultKind, readonly [isDone: boolean, gets: 'answer' | 'error' | 'nothing']>>> = {
    crashBefore: [false, 'nothing'],
    crashAfter: [true, 'nothing'],
    throttle: [false, 'error'],
    errorAfterEffect: [true, 'error'],
    effectAfterError: [true, 'error'],
    slow: [true, 'answer'],
    deny: [false, 'error'],
    errorWithoutEffect: [false, 'error'],
  };

  for (const { service, action, command, isDone } of SERVICES) {
    test.each(FAULT_KINDS.filter((kind) => EXPECTED[kind] !== undefined))(`${service} ${action}: %s`, async (kind) => {
      const { world, handled, UUID } = stocked({ faults: plannedFaults([{ service, action, nth: 0, kind }]) });
      const { value, error } = await outcomeOf(world, service, command(UUID));
      expect([isDone(world, handled), value ? 'answer' : error ? 'error' : 'nothing']).toEqual(EXPECTED[kind]);
    });
  }

  test('a throttle and a refusal have the names of the service', async () => {
    const named = async (kind: FaultKind, service: ServiceName, action: string, command: (id: string) => unknown) => {
      const { world, UUID } = stocked({ faults: plannedFaults([{ service, action, nth: 0, kind }]) });
      const { error } = await outcomeOf(world, service, command(UUID));
      return [error?.name, error?.$metadata?.httpStatusCode];
    };
    const path = () => new GetParametersByPathCommand({ Path: '/posthaste/orders' });
    expect(await named('throttle', 's3', 'PutObject', () => put)).toEqual(['SlowDown', 503]);
    expect(await named('throttle', 'lambda', 'UpdateEventSourceMapping', pause)).toEqual(['TooManyRequestsException', 429]);
    expect(await named('throttle', 'scheduler', 'CreateSchedule', () => wake)).toEqual(['ThrottlingException', 429]);
    expect(await named('throttle', 'ssm', 'GetParametersByPath', path)).toEqual(['ThrottlingException', 400]);
    expect(await named('deny', 's3', 'PutObject', () => put)).toEqual(['AccessDenied', 403]);
    expect(await named('deny', 'ssm', 'GetParametersByPath', path)).toEqual(['AccessDeniedException', 403]);
    expect(await named('conflict', 'lambda', 'UpdateEventSourceMapping', pause)).toEqual(['ResourceInUseException', 400]);
  });

  test('a part of the objects of a deletion stays, and the answer names it', async () => {
    const { world } = stocked({ faults: plannedFaults([{ service: 's3', action: 'DeleteObjects', nth: 0, kind: 'partialBatch' }]) });
    const Objects = Array.from({ length: 20 }, (_, index) => ({ Key: `key-${index}` }));
    for (const { Key } of Objects) world.call('s3', 'PutObject', { Bucket: 'bodies', Key, Body: Buffer.from('x') });
    const { value } = await outcomeOf(world, 's3', new DeleteObjectsCommand({ Bucket: 'bodies', Delete: { Objects } }));
    const left = keysIn(world).map(({ Key }) => Key);
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(20);
    const { Errors } = value as { readonly Errors: readonly Json[] };
    expect(Errors.map(({ Key }) => Key).sort()).toEqual(left.sort());
  });
});
