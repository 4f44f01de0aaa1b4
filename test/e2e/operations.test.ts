import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
