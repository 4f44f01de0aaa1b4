import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LambdaClient, UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { SendMessageBatchCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { decodeFailureRecord, encodeEnvelope, FAILURE_ATTRIBUTE, type FailureRecord } from '../../lib/index.ts';
import { DEVELOPER, type LocalAws, startLocalAws } from '../../lib/local.ts';
import { MisbehavingStack } from './fixtures/misbehaving-stack.ts';
import { MISBEHAVIOURS, type Misbehaviour } from './fixtures/misbehaviour.ts';
import { clientSettings } from './github-world.ts';

const STACK = 'Misbehaving';
const GREEDY: readonly Misbehaviour[] = ['spin-forever', 'exhaust-memory'];
const outdir = mkdtempSync(join(tmpdir(), 'posthaste-misbehaving-'));
let local: LocalAws;
let sqs: SQSClient;

/** What was sent to each queue: one command to misbehave, between others that do not. */
const sent = new Map<Misbehaviour, { readonly poison: string; readonly poisonId: string; readonly neighbours: readonly string[] }>();

vi.setConfig({ testTimeout: 60_000 });

beforeAll(async () => {
  const app = new App({ outdir, builtinCloudFormationValidation: false, analyticsReporting: false });
  new MisbehavingStack(app, STACK);
  app.synth();
  local = await startLocalAws({ port: 0 });
  await local.deploy(outdir);
  sqs = new SQSClient(clientSettings(local.endpoint));
  await hurry();
  // At once: what takes time is waiting for visibility. Those that take a whole core come later, alone.
  for (const misbehaviour of MISBEHAVIOURS) if (!GREEDY.includes(misbehaviour)) await sendTo(misbehaviour);
}, 60_000);

afterAll(async () => {
  sqs?.destroy();
  await local?.close();
  rmSync(outdir, { recursive: true, force: true });
});

const output = (misbehaviour: Misbehaviour, what: string) => local.output(STACK, `${misbehaviour}-${what}`.replaceAll('-', ''));
const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 40_000, interval: 50 });

/** Two seconds to run and two to come back: the construct's least values would make these tests take minutes. */
async function hurry(): Promise<void> {
  const lambda = new LambdaClient(clientSettings(local.endpoint));
  for (const misbehaviour of MISBEHAVIOURS) {
    const QueueUrl = output(misbehaviour, 'queue');
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '2' } }));
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: output(misbehaviour, 'function'), Timeout: 2 }));
  }
  lambda.destroy();
}

async function sendTo(misbehaviour: Misbehaviour): Promise<void> {
  const ids = Array.from({ length: 5 }, () => randomUUID());
  const bodies = ids.map((id, index) => commandBody(misbehaviour, { pk: id, behave: index !== 2 }));
  await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: output(misbehaviour, 'queue'),
      Entries: bodies.map((MessageBody, index) => ({ Id: `m${index}`, MessageBody })),
    }),
  );
  sent.set(misbehaviour, { poison: bodies[2] as string, poisonId: ids[2] as string, neighbours: ids.toSpliced(2, 1) });
}

function commandBody(misbehaviour: Misbehaviour, data: { readonly pk: string; readonly behave: boolean }): string {
  const time = new Date().toISOString();
  const type = `tests.${misbehaviour}`;
  return encodeEnvelope({ id: randomUUID(), type, version: 1, source: 'urn:tests', time, data, correlationId: data.pk, hops: 0 });
}

const timesOf = (pk: string) => {
  const item = local.scan(local.output(STACK, 'effects')).find((row) => (row['pk'] as { S: string }).S === pk);
  return (item?.['times'] as { N: string } | undefined)?.N;
};

async function neighboursAreApplied(misbehaviour: Misbehaviour): Promise<void> {
  const neighbours = sent.get(misbehaviour)?.neighbours ?? [];
  await eventually(() => expect(neighbours.map(timesOf)).toEqual(['1', '1', '1', '1']));
}

function letters(misbehaviour: Misbehaviour): readonly { readonly body: string; readonly record: FailureRecord | undefined }[] {
  const peeked = local.peek(output(misbehaviour, 'dead-letters'));
  return peeked.map(({ body, attributes }) => ({ body, record: decodeFailureRecord(attributes[FAILURE_ATTRIBUTE] ?? '') }));
}

async function poisonIsParked(misbehaviour: Misbehaviour): Promise<FailureRecord> {
  const [letter] = await eventually(() => {
    const parked = letters(misbehaviour);
    expect(parked.map(({ body }) => body)).toEqual([sent.get(misbehaviour)?.poison]);
    return parked;
  });
  return letter?.record as FailureRecord;
}

async function logOf(misbehaviour: Misbehaviour): Promise<string> {
  const logGroupName = `/aws/lambda/${output(misbehaviour, 'function')}`;
  const found = await local.aws.call({ service: 'logs', action: 'FilterLogEvents', input: { logGroupName }, caller: DEVELOPER });
  return (found['events'] as { message: string }[]).map(({ message }) => message).join('\n');
}

test('a handler that lacks a permission reads in its log which action on which resource, and its message waits, uncharged, until it is granted', async () => {
  await neighboursAreApplied('lack-permission');
  // Twice, where one charged attempt would have been the last.
  await eventually(async () => expect((await logOf('lack-permission')).match(/UNIT_DENIED/g)?.length).toBeGreaterThan(1));
  const locked = local.output(STACK, 'locked');
  const log = await logOf('lack-permission');
  expect(log).toContain('is not authorized to perform: dynamodb:PutItem on resource');
  expect(log).toContain(`table/${locked}`);
  expect(letters('lack-permission')).toEqual([]);

  const Statement = [{ Effect: 'Allow', Action: 'dynamodb:PutItem', Resource: `arn:aws:dynamodb:*:*:table/${locked}` }];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  const input = { RoleName: output('lack-permission', 'role'), PolicyName: 'added-later', PolicyDocument };
  await local.aws.call({ service: 'iam', action: 'PutRolePolicy', input, caller: DEVELOPER });
  await eventually(() => expect(local.scan(locked)).toEqual([{ pk: { S: sent.get('lack-permission')?.poisonId } }]));
});

test('a handler that throws gets its attempts; then its message is parked with both of them, and its neighbours were never held up', async () => {
  await neighboursAreApplied('throw-error');
  expect(await poisonIsParked('throw-error')).toMatchObject({
    reason: 'ATTEMPTS_EXHAUSTED',
    type: 'TypeError',
    message: 'this handler throws',
    stack: expect.stringContaining('at throw-error '),
    messageType: 'tests.throw-error',
    attempts: [{ message: 'this handler throws' }, { message: 'this handler throws' }],
  });
  expect(await logOf('throw-error')).toMatch(/"level":"WARN".*message failed.*this handler throws/);
});

test('a handler that hangs is left behind; its message comes back, and is parked in the end', async () => {
  await neighboursAreApplied('hang-forever');
  expect(await poisonIsParked('hang-forever')).toMatchObject({
    reason: 'ATTEMPTS_EXHAUSTED',
    type: 'ATTEMPTS_EXHAUSTED',
    message: expect.stringContaining('longer than the function may run'),
  });
});

test.each([
  ['exit-process', 'Runtime.ExitError'],
  ['spin-forever', 'Task timed out after 2.00 seconds'],
  ['exhaust-memory', 'Runtime.OutOfMemory'],
] as const)('a handler that kills its process (%s) kills no neighbour, and its message is parked', async (misbehaviour, line) => {
  if (GREEDY.includes(misbehaviour)) await sendTo(misbehaviour);
  await neighboursAreApplied(misbehaviour);
  expect(await poisonIsParked(misbehaviour)).toMatchObject({
    reason: 'ATTEMPTS_EXHAUSTED',
    message: expect.stringContaining('ended without an outcome'),
  });
  expect(await logOf(misbehaviour)).toContain(line);
});

test('nothing but the misbehaving messages was parked, and no neighbour was applied twice', async () => {
  await eventually(() => expect(local.moving()).toBe(0));
  for (const misbehaviour of MISBEHAVIOURS) {
    expect(sent.get(misbehaviour)?.neighbours.map(timesOf)).toEqual(['1', '1', '1', '1']);
    expect(letters(misbehaviour)).toHaveLength(misbehaviour === 'lack-permission' ? 0 : 1);
  }
});
