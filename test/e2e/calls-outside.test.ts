import { ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { GetScheduleCommand, SchedulerClient, UpdateScheduleCommand } from '@aws-sdk/client-scheduler';
import { GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Reply } from '../../lib/app/github/demo/endpoints.ts';
import { clientSettings, type GithubWorld, startGithubWorld } from './github-world.ts';

vi.setConfig({ testTimeout: 60_000 });

const RESUME = 'PosthasteGithub-notify-maintainers-resume';
const release = (tag: string) => ({ event: 'release', body: JSON.stringify({ release: { name: tag, tag_name: tag } }) });
let world: GithubWorld;
let scheduler: SchedulerClient;

beforeAll(async () => {
  world = await startGithubWorld();
  scheduler = new SchedulerClient(clientSettings(world.local.endpoint));
}, 60_000);
afterAll(async () => {
  scheduler?.destroy();
  await world?.close();
});

function answer({ notification = { status: 202 }, announcement = { status: 202 } }: { notification?: Reply; announcement?: Reply }): void {
  world.endpoints.replyBy({ notification: () => notification, announcement: () => announcement });
}

const aboutDelivery = (delivery: string) => world.endpoints.announcements.filter(({ body }) => JSON.parse(body).delivery === delivery);

test('a release that was announced without an answer is kept as a failure, and announced again by no copy of it', async () => {
  answer({ announcement: { status: 0 } });
  const { delivery } = await world.post(release('v1'));
  const letter = await world.eventually(() => {
    const [found] = world.letters('announce-release');
    expect(found?.record).toMatchObject({ reason: 'AT_MOST_ONCE_FAILED', messageType: 'github.release', receiveCount: 1 });
    return found;
  });
  answer({});
  const MessageBody = letter?.body ?? '';
  await world.sqs.send(new SendMessageCommand({ QueueUrl: world.queueUrl('announce-release'), MessageBody }));
  await world.settled();
  expect(aboutDelivery(delivery).map(({ status }) => status)).toEqual([0]);
  expect(world.letters('announce-release')).toHaveLength(1);
});

test('a busy endpoint stops the deliveries to its notifier for as long as it asks, and to nobody else', async () => {
  const before = world.endpoints.notifications.length;
  answer({ notification: { status: 429, retryAfterSeconds: 90 } });
  const askedAt = Date.now();
  const { delivery } = await world.post(release('v2'));
  // 1. The mapping is disabled, by the function's own role; what enables it again is there.
  await world.eventually(async () => expect(await deliveryOf('notify-maintainers')).toBe('Disabled'));
  const { StartDate, FlexibleTimeWindow, Target } = await scheduler.send(new GetScheduleCommand({ Name: RESUME }));
  const resumesAt = StartDate?.getTime() ?? 0;
  expect(resumesAt - askedAt).toBeGreaterThanOrEqual(90_000);
  expect(resumesAt - askedAt).toBeLessThan(120_000);

  // 2. Nobody calls the endpoint meanwhile; the others go on.
  await world.post(release('v3'));
  await world.eventually(() => expect(aboutDelivery(delivery).map(({ status }) => status)).toEqual([202]));
  await world.eventually(async () => expect(await waitingFor('notify-maintainers')).toBe(2));
  expect(world.endpoints.notifications.slice(before).map(({ status }) => status)).toEqual([429]);
  expect(world.letters('notify-maintainers')).toEqual([]);

  // 3. Its time comes, here a little sooner than it would.
  const soon = new Date(Date.now() + 1_500).toISOString().slice(0, 19);
  const moved = { Name: RESUME, FlexibleTimeWindow, Target, ScheduleExpression: `at(${soon})` };
  await scheduler.send(new UpdateScheduleCommand(moved));
  await world.eventually(async () => expect(await deliveryOf('notify-maintainers')).toBe('Enabled'));
});

async function deliveryOf(consumer: 'notify-maintainers'): Promise<string | undefined> {
  const { EventSourceMappings } = await world.lambda.send(
    new ListEventSourceMappingsCommand({ FunctionName: `PosthasteGithub-${consumer}` }),
  );
  return EventSourceMappings?.[0]?.State;
}

async function waitingFor(consumer: 'notify-maintainers'): Promise<number> {
  const { Attributes } = await world.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: world.queueUrl(consumer), AttributeNames: ['All'] }),
  );
  return Number(Attributes?.['ApproximateNumberOfMessages']) + Number(Attributes?.['ApproximateNumberOfMessagesNotVisible']);
}
