import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Answers } from '../../lib/ops/operations.ts';
import { cli, endAllRuns } from '../cli/run-cli.ts';
import { type GithubWorld, startGithubWorld } from './github-world.ts';

const folder = mkdtempSync(join(tmpdir(), 'posthaste-operations-'));
let world: GithubWorld;
beforeAll(async () => {
  world = await startGithubWorld();
}, 60_000);
afterAll(async () => {
  endAllRuns();
  rmSync(folder, { recursive: true, force: true });
  await world?.close();
});

const posthaste = (...args: readonly string[]) => cli([...args, '--port', new URL(world.local.endpoint).port]);
async function answerOf<T>(...args: readonly string[]): Promise<T> {
  const { stdout, stderr } = await posthaste(...args, '--json');
  expect(stderr).toBe('');
  return JSON.parse(stdout) as T;
}

const WHERE = ['--where', 'consumer=record-audit-trail'] as const;

test('an incident is seen, understood, tried, mended and released from the command line alone', async () => {
  for (const body of ['[1]', '[2]']) await world.post({ body });

  // 1. It is seen: as a group, and as a trouble of the stack.
  const { failures } = await world.eventually(async () => {
    const found = await answerOf<Answers['list']>('dlq', 'list', ...WHERE);
    expect(found.failures).toHaveLength(2);
    return found;
  });
  const [{ id, fingerprint } = { id: '', fingerprint: '' }] = failures;
  expect(await answerOf('dlq', ...WHERE)).toMatchObject({ groups: [{ fingerprint, counts: { open: 2 }, reason: 'MESSAGE_INVALID' }] });
  const status = await posthaste('status', '--check');
  expect(status.code).toBe(1);
  expect(status.stdout).toContain('record-audit-trail: 2 failures open');

  // 2. It is understood, by the beginning of its id.
  const story = await posthaste('dlq', 'show', id.slice(0, 8));
  expect(story.stdout).toContain('MESSAGE_INVALID: data of github.push is invalid: Invalid input: expected object, received array');

  // 3. It is tried, and the canary stops the redrive before the rest goes.
  const tried = await posthaste('redrive', ...WHERE, '--canary', '1', '--yes');
  expect(tried.code).toBe(1);
  expect(tried.stdout).toMatch(/^stopped: .*failed again/m);

  // 4. It is mended and released; the effect is there, once.
  const { body } = await answerOf<Answers['show']>('dlq', 'show', id);
  const { correlationid: delivery } = JSON.parse(body) as { correlationid: string };
  const file = join(folder, 'body.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(body), data: { sender: { login: 'octocat' } } }, null, 2));
  const released = await posthaste('redrive', id, '--edit-from', file, '--why', 'no list', '--yes');
  expect(released).toMatchObject({ code: 0, stdout: expect.stringMatching(/^finished$/m) });
  await world.eventually(() => expect(world.audit(delivery)).toBeDefined());
  const { audits } = await answerOf<Answers['show']>('dlq', 'show', id);
  expect(audits.at(-1)).toMatchObject({ action: 'edit', why: 'no list', diff: expect.stringContaining('octocat') });

  // 5. What is not worth mending is kept, and put away; nothing is open then.
  const copy = join(folder, 'failures.jsonl');
  expect(await posthaste('dlq', 'export', '--out', copy)).toMatchObject({ code: 0 });
  expect(readFileSync(copy, 'utf8').trim().split('\n')).toHaveLength(1);
  expect(await posthaste('dlq', 'archive', '--where', 'status=open', '--yes')).toMatchObject({ code: 0 });
  expect(await answerOf('dlq', 'list')).toEqual({ failures: [] });
}, 180_000);

test('what may have been announced is left until somebody consents, and is then announced once more', async () => {
  const announcing = ['--where', 'consumer=announce-release'] as const;
  world.endpoints.replyBy({ notification: () => ({ status: 202 }), announcement: () => ({ status: 0 }) });
  await world.post({ event: 'release', body: JSON.stringify({ release: { name: 'v1', tag_name: 'v1' } }) });
  const [failure] = await world.eventually(async () => {
    const { failures } = await answerOf<Answers['list']>('dlq', 'list', ...announcing);
    expect(failures).toMatchObject([{ reason: 'AT_MOST_ONCE_FAILED' }]);
    return failures;
  });
  world.endpoints.replyBy();

  // 1. Nothing but consent sends it.
  expect((await posthaste('redrive', ...announcing, '--dry-run')).stdout).toMatch(/^1 failure needs consent: /m);
  expect(await posthaste('redrive', ...announcing, '--yes')).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^0 sent back, .* 1 left where they are \(MAY_HAVE_RUN 1\)$/m),
    stderr: expect.stringContaining('because 1 failure was left'),
  });

  // 2. Once the time of its run is over, somebody has looked, and consents.
  const Key = { pk: { S: `PosthasteGithub/announce-release#${failure?.messageId}` } };
  const over = {
    UpdateExpression: 'SET leaseUntil = :over',
    ConditionExpression: '#state = :started',
    ExpressionAttributeNames: { '#state': 'state' },
  };
  const values = { ':over': { N: '1' }, ':started': { S: 'STARTED' } };
  await world.dynamodb.send(
    new UpdateItemCommand({ TableName: world.physicalId('inboxTable'), Key, ...over, ExpressionAttributeValues: values }),
  );
  const released = await posthaste('redrive', ...announcing, '--run-again', '--yes', '--why', 'it does not stand there');
  expect(released).toMatchObject({ code: 0, stdout: expect.stringMatching(/^1 sent back/m) });
  await world.eventually(() => expect(world.endpoints.announcements.map(({ status }) => status)).toEqual([0, 202]));
  const { audits } = await answerOf<Answers['show']>('dlq', 'show', failure?.id ?? '');
  expect(audits.at(-1)).toMatchObject({ action: 'redrive', result: 'sent', runAgain: true, why: 'it does not stand there' });
}, 180_000);
