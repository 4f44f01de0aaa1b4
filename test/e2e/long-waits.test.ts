import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GetScheduleCommand,
  ListScheduleGroupsCommand,
  ListSchedulesCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { encodeEnvelope, fixed } from '../../lib/index.ts';
import { DEVELOPER, type LocalAws, startLocalAws } from '../../lib/local.ts';
import { REMINDING } from './fixtures/reminding.ts';
import { RemindingStack } from './fixtures/reminding-stack.ts';
import { clientSettings } from './github-world.ts';

const STACK = 'Reminding';
const outdir = mkdtempSync(join(tmpdir(), 'posthaste-long-waits-'));
let local: LocalAws;
let scheduler: SchedulerClient;

vi.setConfig({ testTimeout: 60_000 });

beforeAll(async () => {
  local = await startLocalAws({ port: 0 });
  await deploy('first');
  scheduler = new SchedulerClient(clientSettings(local.endpoint));
}, 60_000);

afterAll(async () => {
  scheduler?.destroy();
  await local?.close();
  rmSync(outdir, { recursive: true, force: true });
});

async function deploy(version: string, retry = REMINDING): Promise<void> {
  const app = new App({ outdir: join(outdir, version), builtinCloudFormationValidation: false, analyticsReporting: false });
  new RemindingStack(app, STACK, { retry });
  app.synth();
  await local.deploy(join(outdir, version));
}

/** The schedule groups that deployments made. */
async function groupsMade(): Promise<readonly string[]> {
  const { ScheduleGroups = [] } = await scheduler.send(new ListScheduleGroupsCommand({}));
  return ScheduleGroups.flatMap(({ Name = '' }) => (Name === 'default' ? [] : [Name]));
}

const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 40_000, interval: 50 });
const countOf = async () => {
  const input = { QueueUrl: local.output(STACK, 'queue'), AttributeNames: ['All'] };
  const { Attributes } = await local.aws.call({ service: 'sqs', action: 'GetQueueAttributes', input, caller: DEVELOPER });
  const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible } = Attributes as Record<string, string>;
  return Number(ApproximateNumberOfMessages) + Number(ApproximateNumberOfMessagesNotVisible);
};

test('as deployed, with no more permissions than the template gives, a message waits as a schedule and is handled when it comes back', async () => {
  const time = new Date().toISOString();
  const [GroupName = ''] = await groupsMade();
  const body = encodeEnvelope({
    ...{ id: 'reminder-1', type: 'invoices.remind-customer', version: 1, source: 'urn:tests', time },
    ...{ data: { invoice: 'invoice-1' }, correlationId: 'invoice-1', hops: 0 },
  });
  await local.aws.call({
    service: 'sqs',
    action: 'SendMessage',
    input: { QueueUrl: local.output(STACK, 'queue'), MessageBody: body },
    caller: DEVELOPER,
  });
  // 1. The first attempt fails, and the message leaves its queue for a schedule in a day and a half.
  const Name = await eventually(async () => {
    const { Schedules } = await scheduler.send(new ListSchedulesCommand({ GroupName }));
    expect(Schedules).toHaveLength(1);
    return Schedules?.[0]?.Name as string;
  });
  const schedule = await scheduler.send(new GetScheduleCommand({ GroupName, Name }));
  const at = Date.parse(`${/at\((.*)\)/.exec(schedule.ScheduleExpression ?? '')?.[1]}Z`);
  expect(at - Date.parse(time)).toBeGreaterThanOrEqual(36 * 3_600_000);
  await eventually(async () => expect(await countOf()).toBe(0));

  // 2. Its time comes: for the books, and for the schedule.
  const TableName = local.output(STACK, 'inboxTable');
  const books = local.scan(TableName).find((row) => 'notBefore' in row) as Record<string, { S: string }>;
  const Item = { ...books, notBefore: { N: String(Date.now()) } };
  await local.aws.call({ service: 'dynamodb', action: 'PutItem', input: { TableName, Item }, caller: DEVELOPER });
  const soon = new Date(Date.now() + 1_500).toISOString().slice(0, 19);
  const { FlexibleTimeWindow, Target, ActionAfterCompletion } = schedule;
  const moved = { GroupName, Name, FlexibleTimeWindow, Target, ActionAfterCompletion, ScheduleExpression: `at(${soon})` };
  await scheduler.send(new UpdateScheduleCommand(moved));
  await eventually(() =>
    expect(local.scan(local.output(STACK, 'reminders'))).toEqual([
      { pk: { S: 'invoice-1' }, attempt: { N: '2' }, receiveCount: { N: '1' } },
    ]),
  );
  await eventually(async () => expect((await scheduler.send(new ListSchedulesCommand({ GroupName }))).Schedules).toEqual([]));
});

test('a consumer that gives up its long waits and takes them up again can be deployed: what was kept is not in the way', async () => {
  const [kept] = await groupsMade();
  await deploy('impatient', fixed([60_000]));
  await deploy('patient');
  const groups = await groupsMade();
  expect(groups).toContain(kept);
  expect(groups).toHaveLength(2);
});
