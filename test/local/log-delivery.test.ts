import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { AwsError, type AwsRequest, type Json } from '../../lib/local/aws.ts';
import type { LogOrigin } from '../../lib/local/lambda/executor.ts';
import { createLogDelivery } from '../../lib/local/log-delivery.ts';
import { createFakeClock } from './fake-clock.ts';
import { createRoleWorld, type RoleWorld } from './role-world.ts';

const GROUP = '/aws/lambda/talker';
const LINES = `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}:*`;
const ORIGIN: LogOrigin = { functionName: 'talker', roleArn: 'arn:aws:iam::000000000000:role/talker', logGroup: GROUP, logStream: 's' };

let code: string;
beforeAll(() => {
  code = mkdtempSync(join(tmpdir(), 'talker-'));
  writeFileSync(join(code, 'index.mjs'), 'export const handler = (word) => Promise.resolve(console.log(word));');
});
afterAll(() => rmSync(code, { recursive: true, force: true }));

async function withTalker(): Promise<RoleWorld> {
  const world = createRoleWorld();
  await world.define('talker', await world.role('talker', 'lambda.amazonaws.com'), { Code: { LocalDirectory: code } });
  return world;
}

/** Says a word, and answers with all that is in the log by then. */
async function say({ ask, embedded }: RoleWorld, word: string): Promise<readonly string[]> {
  await embedded.lambda.invoke('talker', word);
  const { logGroups } = (await ask('logs', 'DescribeLogGroups', {})) as { logGroups: readonly Json[] };
  if (logGroups.length === 0) return [];
  const { events } = (await ask('logs', 'FilterLogEvents', { logGroupName: GROUP })) as { events: readonly { message: string }[] };
  return events.map(({ message }) => message.trim().split('\t').at(-1) ?? '');
}

test('a function whose role may not write to its log group leaves no lines, and leaves them from the permission on', async () => {
  using world = await withTalker();
  await world.ask('logs', 'CreateLogGroup', { logGroupName: GROUP });
  expect(await say(world, 'nothing')).toEqual([]);
  for (const action of ['logs:CreateLogStream', 'logs:PutLogEvents']) {
    await world.grant('talker', { actions: [action], resource: LINES });
    world.clock.advance(2_000);
    expect(await say(world, action), action).toEqual([]);
  }
  await world.grant('talker', { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resource: LINES });
  world.clock.advance(2_000);
  expect(await say(world, 'both')).toEqual(['both']);
});

test('a log group that does not exist takes the permission to make it', async () => {
  using world = await withTalker();
  await world.grant('talker', { actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resource: '*' });
  expect(await say(world, 'no group')).toEqual([]);
  const PolicyArn = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
  await world.ask('iam', 'AttachRolePolicy', { RoleName: 'talker', PolicyArn });
  world.clock.advance(2_000);
  expect(await say(world, 'group')).toEqual(['group']);
});

test('a decision is made once for many lines, and anew after two seconds', () => {
  const clock = createFakeClock();
  const authorise = vi.fn((_: AwsRequest) => {});
  const delivers = createLogDelivery({ clock, authorise, logs: { call: () => ({ logGroups: [{ logGroupName: GROUP }] }) } });
  for (let line = 0; line < 100; line += 1) expect(delivers(ORIGIN)).toBe(true);
  expect(authorise).toHaveBeenCalledTimes(2);
  authorise.mockImplementation(() => {
    throw new AwsError('AccessDeniedException', 'no');
  });
  clock.advance(1_999);
  expect(delivers(ORIGIN)).toBe(true);
  clock.advance(1);
  expect(delivers(ORIGIN)).toBe(false);
});
