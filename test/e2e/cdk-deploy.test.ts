import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand, ListStacksCommand } from '@aws-sdk/client-cloudformation';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListTopicsCommand } from '@aws-sdk/client-sns';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Endpoints, startEndpoints } from '../../lib/app/github/demo/endpoints.ts';
import { GITHUB_STACK } from '../../lib/app/github/github.contract.ts';
import { type LocalAws, startLocalAws } from '../../lib/local.ts';
import { PROJECT } from './assembly.ts';
import { clientSettings, type GithubWorld, githubWorld, putParameters } from './github-world.ts';

vi.setConfig({ testTimeout: 120_000 });

const home = mkdtempSync(join(tmpdir(), 'posthaste-cdk-'));
const assembly = join(home, 'cdk.out');
let local: LocalAws;
let endpoints: Endpoints;
let world: GithubWorld | undefined;

beforeAll(async () => {
  [local, endpoints] = await Promise.all([startLocalAws({ port: 0 }), startEndpoints()]);
  putParameters(local, endpoints);
});
afterAll(async () => {
  if (world) await world.close();
  else await Promise.all([local?.close(), endpoints?.close()]);
  rmSync(home, { recursive: true, force: true });
});

/** Runs the CDK command line with nothing but the endpoint and keys that nobody checks; its own home, and no word to anyone outside. */
async function cdk(...args: readonly string[]): Promise<{ readonly code: number | null; readonly printed: string }> {
  const child = spawn(process.execPath, [join(PROJECT, 'node_modules/aws-cdk/bin/cdk'), ...args, '--no-notices', '--no-color', '--ci'], {
    cwd: PROJECT,
    env: {
      PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
      HOME: home,
      TZ: 'UTC',
      AWS_ENDPOINT_URL: local.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_EC2_METADATA_DISABLED: 'true',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 110_000,
  });
  let printed = '';
  child.stdout.on('data', (chunk) => (printed += chunk));
  child.stderr.on('data', (chunk) => (printed += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, printed };
}

test('cdk deploy by the real command line brings up the stack, and webhooks run through it', async () => {
  const { code, printed } = await cdk('deploy', '--require-approval', 'never', '--output', assembly);
  expect(code, printed).toBe(0);
  expect(printed).toContain(`✅  ${GITHUB_STACK}`);
  expect(printed).toMatch(/PosthasteGithub\.WebhookUrl = http/);

  world = await githubWorld(local, endpoints);
  const issue = (number: number) => ({
    action: 'opened',
    issue: { number },
    repository: { full_name: 'octo/repo' },
    sender: { login: 'octocat' },
  });
  const release = { release: { name: '1.0', tag_name: 'v1' } };
  const posts = [
    { event: 'push', body: '{"sender":{"login":"octocat"}}' },
    { event: 'issues', body: JSON.stringify(issue(1)) },
    { event: 'issues', body: JSON.stringify(issue(2)) },
    { event: 'release', body: JSON.stringify(release) },
  ];
  const answers = await Promise.all(posts.map((post) => world?.post(post)));
  expect(answers.map((answer) => answer?.status)).toEqual([202, 202, 202, 202]);
  for (const answer of answers) await world.eventually(() => expect(world?.audit(answer?.delivery ?? '')).toMatchObject({ recorded: 1 }));
  await world.eventually(() => expect(world?.activity('octo/repo/2')).toMatchObject({ lastType: 'github.issues' }));
  await world.eventually(() => expect(endpoints.notifications).toHaveLength(1));
  await world.eventually(() => expect(endpoints.announcements).toHaveLength(1));
  await world.settled();
  for (const consumer of ['record-audit-trail', 'notify-maintainers', 'announce-release', 'project-activity', 'welcome-author'] as const) {
    expect(world.letters(consumer)).toEqual([]);
  }
});

test('deployed again it has no changes', async () => {
  const cloudformation = new CloudFormationClient(clientSettings(local.endpoint));
  const describe = async () => (await cloudformation.send(new DescribeStacksCommand({ StackName: GITHUB_STACK }))).Stacks?.[0];
  const before = await describe();
  const { code, printed } = await cdk('deploy', '--require-approval', 'never', '--app', assembly);
  expect(code, printed).toBe(0);
  expect(printed).toContain('(no changes)');
  expect(await describe()).toEqual(before);
  cloudformation.destroy();
});

test('cdk diff finds none either', async () => {
  const { code, printed } = await cdk('diff', '--app', assembly);
  expect(code, printed).toBe(0);
  expect(printed).toMatch(/Number of stacks with differences: 0/);
});

test('cdk destroy removes everything that the stack made', async () => {
  const { code, printed } = await cdk('destroy', '--force', '--app', assembly);
  expect(code, printed).toBe(0);
  const { sqs, sns, dynamodb, lambda } = world as GithubWorld;
  expect((await sqs.send(new ListQueuesCommand({}))).QueueUrls ?? []).toEqual([]);
  expect((await sns.send(new ListTopicsCommand({}))).Topics).toEqual([]);
  expect((await dynamodb.send(new ListTablesCommand({}))).TableNames).toEqual([]);
  expect((await lambda.send(new ListFunctionsCommand({}))).Functions).toEqual([]);
  const cloudformation = new CloudFormationClient(clientSettings(local.endpoint));
  const { StackSummaries = [] } = await cloudformation.send(new ListStacksCommand({}));
  expect(StackSummaries.filter(({ StackName }) => StackName === GITHUB_STACK).map(({ StackStatus }) => StackStatus)).toEqual([
    'DELETE_COMPLETE',
  ]);
  cloudformation.destroy();
});
