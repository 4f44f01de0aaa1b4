import { beforeEach, expect, test } from 'vitest';
import { type Aws, AwsError, type AwsRequest, DEVELOPER, type Json, LOCAL_PLACE } from '../../../lib/local/aws.ts';
import { createScheduler, type Scheduler } from '../../../lib/local/scheduler/scheduler.ts';
import { createFakeClock, type FakeClock } from '../fake-clock.ts';
import { countingIds } from '../gateway/engine-gateway.ts';

const MINUTE = 60_000;
const ROLE = 'arn:aws:iam::000000000000:role/schedules';
const LAMBDA = 'arn:aws:lambda:us-east-1:000000000000:function:sweep';
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:q.fifo';

let clock: FakeClock;
let scheduler: Scheduler;
let calls: AwsRequest[];
let respond: (request: AwsRequest) => Json;

beforeEach(() => {
  clock = createFakeClock(Date.UTC(2026, 0, 15, 10));
  calls = [];
  respond = () => ({});
  const aws: Aws = {
    place: LOCAL_PLACE,
    call: async (request) => {
      calls.push(request);
      return respond(request);
    },
    callNow: () => ({}),
  };
  scheduler = createScheduler({ clock, ids: countingIds(), place: LOCAL_PLACE, aws: () => aws });
});

const ask = (action: string, input: Json): Json => scheduler.call({ service: 'scheduler', action, input, caller: DEVELOPER }) as Json;
const create = (more: Json = {}, target: Json = {}): Json =>
  ask('CreateSchedule', {
    Name: 's',
    ScheduleExpression: 'rate(1 minute)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: LAMBDA, RoleArn: ROLE, Input: '{"at":"<aws.scheduler.scheduled-time>","n":<aws.scheduler.attempt-number>}', ...target },
    ...more,
  });
const payloads = () => calls.map(({ input }) => JSON.parse(Buffer.from(String(input['Payload']), 'base64').toString()));

test('a rate schedule invokes its function at once and then regularly, as its role, with the time in its input', async () => {
  create();
  await clock.advanceAsync(2 * MINUTE);
  expect(payloads()).toEqual([
    { at: '2026-01-15T10:00:00Z', n: 1 },
    { at: '2026-01-15T10:01:00Z', n: 1 },
    { at: '2026-01-15T10:02:00Z', n: 1 },
  ]);
  expect(calls[0]).toMatchObject({
    service: 'lambda',
    action: 'Invoke',
    input: { FunctionName: LAMBDA, InvocationType: 'Event' },
    caller: { kind: 'role', roleArn: ROLE },
  });
});

test('a start date moves the first run, and an end date stops and deletes', async () => {
  const now = clock.now() / 1000;
  create({ StartDate: now + 90, EndDate: now + 200, ActionAfterCompletion: 'DELETE' });
  await clock.advanceAsync(10 * MINUTE);
  expect(payloads().map(({ at }) => at)).toEqual(['2026-01-15T10:01:30Z', '2026-01-15T10:02:30Z']);
  expect(() => ask('GetSchedule', { Name: 's' })).toThrow('Schedule s does not exist.');
});

test('a one-time schedule runs once; without an action it stays', async () => {
  create({ ScheduleExpression: 'at(2026-01-15T10:05:00)' });
  await clock.advanceAsync(60 * MINUTE);
  expect(calls).toHaveLength(1);
  expect(ask('GetSchedule', { Name: 's' })).toMatchObject({
    State: 'ENABLED',
    ActionAfterCompletion: 'NONE',
    CreationDate: Date.UTC(2026, 0, 15, 10) / 1000,
  });
});

test('a wait longer than the 31 bits of a platform timer is cut up and still ends at its time', async () => {
  const after = clock.after;
  const waits: number[] = [];
  clock.after = (ms, callback) => {
    waits.push(ms);
    return after(ms, callback);
  };
  create({ ScheduleExpression: 'at(2026-04-15T10:00:00)' });
  await clock.advanceAsync(89 * 86_400_000);
  expect(calls).toHaveLength(0);
  await clock.advanceAsync(86_400_000);
  expect(calls).toHaveLength(1);
  expect([waits.length, Math.max(...waits)]).toEqual([4, 2 ** 31 - 1]);
});

test('a disabled schedule does not run until it is enabled again', async () => {
  create({ State: 'DISABLED' });
  await clock.advanceAsync(5 * MINUTE);
  expect(calls).toHaveLength(0);
  ask('UpdateSchedule', { ...ask('GetSchedule', { Name: 's' }), State: 'ENABLED' });
  await clock.advanceAsync(0);
  expect(calls).toHaveLength(1);
});

test('a deleted schedule never runs again', async () => {
  create();
  await clock.advanceAsync(0);
  ask('DeleteSchedule', { Name: 's' });
  await clock.advanceAsync(10 * MINUTE);
  expect([calls.length, clock.pending()]).toEqual([1, 0]);
});

test('queues, topics and universal targets are called in their own words', async () => {
  const at = { ScheduleExpression: 'at(2026-01-15T10:01:00)' };
  create({ Name: 'queue', ...at }, { Arn: QUEUE, Input: 'plain', SqsParameters: { MessageGroupId: 'g' } });
  create({ Name: 'topic', ...at }, { Arn: 'arn:aws:sns:us-east-1:000000000000:t', Input: 'hello' });
  create({ Name: 'any', ...at }, { Arn: 'arn:aws:scheduler:::aws-sdk:dynamodb:putItem', Input: '{"TableName":"t"}' });
  await clock.advanceAsync(MINUTE);
  expect(calls).toMatchObject([
    {
      service: 'sqs',
      action: 'SendMessage',
      input: { QueueUrl: `${LOCAL_PLACE.endpoint}/000000000000/q.fifo`, MessageBody: 'plain', MessageGroupId: 'g' },
    },
    { service: 'sns', action: 'Publish', input: { TopicArn: 'arn:aws:sns:us-east-1:000000000000:t', Message: 'hello' } },
    { service: 'dynamodb', action: 'PutItem', input: { TableName: 't' } },
  ]);
});

test('a target without an input gets the scheduled event', async () => {
  const { Input: _, ...target } = { Arn: LAMBDA, RoleArn: ROLE, Input: '' };
  ask('CreateSchedule', { Name: 's', ScheduleExpression: 'at(2026-01-15T10:01:00)', FlexibleTimeWindow: { Mode: 'OFF' }, Target: target });
  await clock.advanceAsync(MINUTE);
  expect(payloads()[0]).toMatchObject({ source: 'aws.scheduler', 'detail-type': 'Scheduled Event', time: '2026-01-15T10:01:00Z' });
});

test('a throttled target is tried again with growing pauses until it succeeds', async () => {
  respond = () => {
    if (calls.length < 4) throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', { status: 429 });
    return {};
  };
  create({ ScheduleExpression: 'at(2026-01-15T10:01:00)' });
  await clock.advanceAsync(MINUTE + 6_999);
  expect(calls).toHaveLength(3);
  await clock.advanceAsync(1);
  expect(payloads().map(({ n }) => n)).toEqual([1, 2, 3, 4]);
  await clock.advanceAsync(86_400_000);
  expect(calls).toHaveLength(4);
});

test('what no retry saved goes to the dead-letter queue with its reason', async () => {
  respond = ({ service }) => {
    if (service === 'lambda') throw new AwsError('ServiceException', 'down', { status: 500 });
    return {};
  };
  const DeadLetterConfig = { Arn: 'arn:aws:sqs:us-east-1:000000000000:dead' };
  create({ ScheduleExpression: 'at(2026-01-15T10:01:00)' }, { Input: '{}', DeadLetterConfig, RetryPolicy: { MaximumRetryAttempts: 2 } });
  await clock.advanceAsync(10 * MINUTE);
  expect(calls.map(({ action }) => action)).toEqual(['Invoke', 'Invoke', 'Invoke', 'SendMessage']);
  expect(calls.at(-1)?.input).toMatchObject({
    QueueUrl: `${LOCAL_PLACE.endpoint}/000000000000/dead`,
    MessageBody: '{}',
    MessageAttributes: {
      ERROR_CODE: { StringValue: 'ServiceException' },
      RETRY_ATTEMPTS: { StringValue: '2' },
      EXHAUSTED_RETRY_CONDITION: { StringValue: 'MaximumRetryAttempts' },
      TARGET_ARN: { StringValue: LAMBDA },
    },
  });
});

test('a run older than its maximum age is given up', async () => {
  respond = ({ service }) => {
    if (service === 'lambda') throw new AwsError('ServiceException', 'down', { status: 500 });
    return {};
  };
  create(
    { ScheduleExpression: 'at(2026-01-15T10:01:00)' },
    { RetryPolicy: { MaximumEventAgeInSeconds: 60 }, DeadLetterConfig: { Arn: QUEUE } },
  );
  await clock.advanceAsync(10 * MINUTE);
  expect(calls.at(-1)?.input).toMatchObject({
    MessageAttributes: { EXHAUSTED_RETRY_CONDITION: { StringValue: 'MaximumEventAgeInSeconds' } },
  });
});

test('a missing permission is not tried again', async () => {
  respond = () => {
    throw new AwsError('AccessDeniedException', 'not authorized', { status: 403 });
  };
  create({ ScheduleExpression: 'at(2026-01-15T10:01:00)' });
  await clock.advanceAsync(86_400_000);
  expect(calls).toHaveLength(1);
});

test('a flexible window delays a run by less than the window', async () => {
  create({ ScheduleExpression: 'at(2026-01-15T11:00:00)', FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 } });
  await clock.advanceAsync(60 * MINUTE - 1);
  expect(calls).toHaveLength(0);
  await clock.advanceAsync(15 * MINUTE);
  expect(payloads()).toMatchObject([{ at: '2026-01-15T11:00:00Z' }]);
});

test('groups hold schedules and take them along', async () => {
  ask('CreateScheduleGroup', { Name: 'g', Tags: [{ Key: 'k', Value: 'v' }] });
  expect(ask('ListTagsForResource', { ResourceArn: 'arn:aws:scheduler:us-east-1:000000000000:schedule-group/g' })).toEqual({
    Tags: [{ Key: 'k', Value: 'v' }],
  });
  create({ GroupName: 'g', State: 'DISABLED' });
  create({ Name: 'other', State: 'DISABLED' });
  expect(ask('ListSchedules', { GroupName: 'g' })['Schedules']).toMatchObject([
    { Name: 's', GroupName: 'g', State: 'DISABLED', Target: { Arn: LAMBDA } },
  ]);
  ask('DeleteScheduleGroup', { Name: 'g' });
  expect(() => ask('GetSchedule', { Name: 's', GroupName: 'g' })).toThrow('does not exist');
  expect(ask('ListScheduleGroups', {})['ScheduleGroups']).toMatchObject([{ Name: 'default', State: 'ACTIVE' }]);
  expect(() => ask('DeleteScheduleGroup', { Name: 'default' })).toThrow('cannot be deleted');
});

test('a second schedule of a name is a conflict, but the same request again is not', () => {
  create({ ClientToken: 't' });
  expect(create({ ClientToken: 't' })).toEqual({ ScheduleArn: 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/s' });
  expect(() => create({ ClientToken: 'u' })).toThrow('Schedule s already exists.');
});

test.each([
  [{ ScheduleExpression: 'every minute' }, {}, 'Invalid Schedule Expression'],
  [{ ScheduleExpressionTimezone: 'Mars/Base' }, {}, 'time zone'],
  [{ FlexibleTimeWindow: { Mode: 'FLEXIBLE' } }, {}, 'MaximumWindowInMinutes'],
  [{ FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 1441 } }, {}, 'MaximumWindowInMinutes'],
  [{ Name: 'a b' }, {}, 'name'],
  [{}, { RetryPolicy: { MaximumRetryAttempts: 186 } }, '0 to 185'],
  [{}, { RetryPolicy: { MaximumEventAgeInSeconds: 59 } }, '60 to 86400'],
  [{}, { RoleArn: 'nobody' }, 'RoleArn'],
  [{ StartDate: 2, EndDate: 1 }, {}, 'StartDate'],
  [{ GroupName: 'none' }, {}, 'Schedule group none does not exist.'],
])('%j %j is refused', (more, target, message) => {
  expect(() => create(more, target)).toThrow(message);
});

test('closing cancels every timer and retry', async () => {
  respond = () => {
    throw new AwsError('ServiceException', 'down', { status: 500 });
  };
  create();
  await clock.advanceAsync(0);
  expect(clock.pending()).toBe(2);
  scheduler.close();
  expect(clock.pending()).toBe(0);
});
