import { expect, test } from 'vitest';
import type { Json } from '../../../lib/local/aws.ts';
import { createRoleWorld, type RoleWorld, trusting } from '../role-world.ts';

const SCHEDULER = 'scheduler.amazonaws.com';
const GROUP = 'arn:aws:scheduler:us-east-1:000000000000:schedule-group/default';
const refusal = expect.objectContaining({
  code: 'ValidationException',
  message: 'The execution role you provide must allow AWS EventBridge Scheduler to assume the role.',
});

async function schedule(world: RoleWorld, RoleArn: string, action = 'CreateSchedule'): Promise<Json> {
  return world.ask('scheduler', action, {
    Name: 'tick',
    ScheduleExpression: 'rate(1 minute)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: { Arn: 'arn:aws:sqs:us-east-1:000000000000:ticks', RoleArn, Input: 'tick' },
  });
}

test('a schedule is not made with a role that is missing or trusts another service', async () => {
  using world = createRoleWorld();
  await expect(schedule(world, 'arn:aws:iam::000000000000:role/missing')).rejects.toEqual(refusal);
  await expect(schedule(world, await world.role('wrong', 'lambda.amazonaws.com'))).rejects.toEqual(refusal);
  await expect(world.ask('scheduler', 'GetSchedule', { Name: 'tick' })).rejects.toThrow('does not exist');
});

test.each([
  ['the account', { StringEquals: { 'aws:SourceAccount': '000000000000' } }, { StringEquals: { 'aws:SourceAccount': '111111111111' } }],
  ['the group', { ArnEquals: { 'aws:SourceArn': GROUP } }, { ArnEquals: { 'aws:SourceArn': GROUP.replace('default', 'other') } }],
  // The Scheduler names the group and never the schedule.
  [
    'the source, which is the group',
    { ArnLike: { 'aws:SourceArn': GROUP } },
    { ArnLike: { 'aws:SourceArn': `${GROUP.replace('-group', '')}/*` } },
  ],
])('a trust policy may ask for %s', async (_, right, wrong) => {
  using world = createRoleWorld();
  await expect(schedule(world, await world.role('wrong', SCHEDULER, wrong))).rejects.toEqual(refusal);
  expect(await schedule(world, await world.role('right', SCHEDULER, right))).toHaveProperty('ScheduleArn');
});

test('an update is refused like a creation, and the schedule keeps its role', async () => {
  using world = createRoleWorld();
  const role = await world.role('right', SCHEDULER);
  await schedule(world, role);
  await expect(schedule(world, `${role}-missing`, 'UpdateSchedule')).rejects.toEqual(refusal);
  expect(await world.ask('scheduler', 'GetSchedule', { Name: 'tick' })).toMatchObject({ Target: { RoleArn: role } });
});

test('each run assumes the role anew: without the trust it does not happen, with it again it does', async () => {
  using world = createRoleWorld();
  const { arn } = await world.queue('ticks');
  const role = await world.role('right', SCHEDULER);
  await world.grant('right', { actions: ['sqs:SendMessage'], resource: arn });
  await schedule(world, role);
  const ticks = () => world.embedded.sqs.peek(arn).length;
  const trust = (service: string) => world.ask('iam', 'UpdateAssumeRolePolicy', { RoleName: 'right', PolicyDocument: trusting(service) });
  await world.clock.advanceAsync(60_000);
  expect(ticks()).toBe(2);
  await trust('lambda.amazonaws.com');
  await world.clock.advanceAsync(60_000);
  expect(ticks()).toBe(2);
  await trust(SCHEDULER);
  await world.clock.advanceAsync(60_000);
  expect(ticks()).toBe(3);
});
