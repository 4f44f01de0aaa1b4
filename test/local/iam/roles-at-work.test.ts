import { expect, test } from 'vitest';
import type { Caller, Json, ServiceName } from '../../../lib/local/aws.ts';
import { createRoleWorld, type RoleWorld } from '../role-world.ts';

/** Calls as a role. */
const as = (world: RoleWorld, role: string) => (service: ServiceName, action: string, input: Json) => {
  const caller: Caller = { kind: 'role', roleArn: `arn:aws:iam::000000000000:role/${role}` };
  return world.embedded.aws.call({ service, action, input, caller });
};

/** Gives a role one statement. */
const allow = (world: RoleWorld, RoleName: string, statement: Json) =>
  world.ask('iam', 'PutRolePolicy', {
    RoleName,
    PolicyName: 'given',
    PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] }),
  });

test('a function may stop the mapping that runs it, and no other, where the condition names its function', async () => {
  using world = createRoleWorld();
  const role = await world.role('worker', 'lambda.amazonaws.com');
  await world.grant('worker', { actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], resource: '*' });
  const map = async (name: string) => {
    await world.define(name, role);
    const { arn } = await world.queue(`${name}-queue`);
    return (await world.ask('lambda', 'CreateEventSourceMapping', { FunctionName: name, EventSourceArn: arn }))['UUID'];
  };
  const [own, other] = [await map('own'), await map('other')];
  await allow(world, 'worker', {
    Action: 'lambda:UpdateEventSourceMapping',
    Resource: 'arn:aws:lambda:us-east-1:000000000000:event-source-mapping:*',
    Condition: { ArnEquals: { 'lambda:FunctionArn': 'arn:aws:lambda:us-east-1:000000000000:function:own' } },
  });
  const call = as(world, 'worker');
  expect(await call('lambda', 'UpdateEventSourceMapping', { UUID: own, BatchSize: 5 })).toMatchObject({ BatchSize: 5 });
  await expect(call('lambda', 'UpdateEventSourceMapping', { UUID: other, BatchSize: 5 })).rejects.toMatchObject({
    code: 'AccessDeniedException',
  });
});

test('who may read objects and not list them is refused a missing one, and told so who may list', async () => {
  using world = createRoleWorld();
  await world.role('reader', 'lambda.amazonaws.com');
  await world.ask('s3', 'CreateBucket', { Bucket: 'bodies' });
  await world.ask('s3', 'PutObject', { Bucket: 'bodies', Key: 'there', Body: Buffer.from('x') });
  const call = as(world, 'reader');
  const get = (Key: string) => call('s3', 'GetObject', { Bucket: 'bodies', Key });
  await world.grant('reader', { actions: ['s3:GetObject', 's3:DeleteObject'], resource: 'arn:aws:s3:::bodies/*' });
  expect(await get('there')).toMatchObject({ ContentLength: 1 });
  await expect(get('gone')).rejects.toMatchObject({ code: 'AccessDenied', status: 403 });
  await expect(call('s3', 'ListObjectsV2', { Bucket: 'bodies' })).rejects.toMatchObject({ code: 'AccessDenied' });
  await world.grant(
    'reader',
    { actions: ['s3:GetObject', 's3:DeleteObject'], resource: 'arn:aws:s3:::bodies/*' },
    { actions: ['s3:ListBucket'], resource: 'arn:aws:s3:::bodies' },
  );
  await expect(get('gone')).rejects.toMatchObject({ code: 'NoSuchKey', status: 404 });
  await call('s3', 'DeleteObject', { Bucket: 'bodies', Key: 'there' });
  expect(await call('s3', 'ListObjectsV2', { Bucket: 'bodies' })).toMatchObject({ KeyCount: 0 });
});

test('a role makes a schedule only if it may pass the role of the target, and the target role’s own refusal ends in the dead-letter queue', async () => {
  using world = createRoleWorld();
  await world.role('worker', 'lambda.amazonaws.com');
  const passed = await world.role('waker', 'scheduler.amazonaws.com');
  const dead = await world.queue('dead');
  const work = await world.queue('work');
  const create = () =>
    as(world, 'worker')('scheduler', 'CreateSchedule', {
      Name: 'wake',
      ScheduleExpression: 'at(2026-01-01T00:05:00)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      ActionAfterCompletion: 'DELETE',
      Target: {
        Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage',
        RoleArn: passed,
        Input: JSON.stringify({ QueueUrl: work.url, MessageBody: 'wake up' }),
        DeadLetterConfig: { Arn: dead.arn },
      },
    });
  const schedules = { actions: ['scheduler:CreateSchedule'], resource: 'arn:aws:scheduler:us-east-1:000000000000:schedule/default/*' };
  await world.grant('worker', schedules);
  await expect(create()).rejects.toThrow(/iam:PassRole/);
  await world.grant('worker', schedules, { actions: ['iam:PassRole'], resource: passed });
  await world.grant('waker', { actions: ['sqs:SendMessage'], resource: dead.arn });
  await create();
  await expect(create()).rejects.toMatchObject({ code: 'ConflictException', status: 409 });
  await world.clock.advanceAsync(10 * 60_000);
  expect(world.embedded.sqs.peek(work.arn)).toEqual([]);
  expect(world.embedded.sqs.peek(dead.arn)).toMatchObject([{ attributes: { ERROR_CODE: 'AccessDenied', TARGET_ARN: expect.any(String) } }]);
  const { Schedules } = await world.ask('scheduler', 'ListSchedules', {});
  expect(Schedules).toEqual([]);
});
