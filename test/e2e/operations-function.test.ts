import { InvokeCommand } from '@aws-sdk/client-lambda';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GITHUB_STACK } from '../../lib/app/github/github.contract.ts';
import type { Answers, OperationRequest, Refusal } from '../../lib/ops/operations.ts';
import { type GithubWorld, startGithubWorld } from './github-world.ts';

let world: GithubWorld;
const ADA = { who: 'ada', why: 'to see' };

beforeAll(async () => {
  world = await startGithubWorld();
}, 120_000);
afterAll(() => world.close());

/** Asks the deployed function, as the command line does. */
async function ask<Operation extends keyof Answers>(request: OperationRequest & { readonly operation: Operation }) {
  const Payload = Buffer.from(JSON.stringify(request));
  const answer = await world.lambda.send(new InvokeCommand({ FunctionName: `${GITHUB_STACK}-operations`, Payload }));
  const text = Buffer.from(answer.Payload ?? []).toString();
  if (answer.FunctionError !== undefined) throw new Error(`${request.operation}: ${text}`);
  return JSON.parse(text) as Answers[Operation] & Partial<Refusal>;
}

/** A message that can be read, of a type that nobody handles; with so many characters that its body is an object. */
function unknownMessage(id: string, characters: number): string {
  const type = 'github.unheard-of';
  return JSON.stringify({
    specversion: '1.0',
    ...{ id, type, source: 'urn:posthaste:github', time: new Date().toISOString(), datacontenttype: 'application/json' },
    dataschema: `urn:posthaste:schema:${type}:1`,
    correlationid: id,
    hops: 0,
    data: { padding: 'x'.repeat(characters) },
  });
}

test('an operator sees what failed, edits it, sends it back behind a canary and archives it, with the role that is deployed', async () => {
  const bodies = [unknownMessage('small', 10), unknownMessage('large', 300_000)];
  for (const MessageBody of bodies) {
    await world.sqs.send(new SendMessageCommand({ QueueUrl: world.queueUrl('record-audit-trail'), MessageBody }));
  }
  const consumer = 'record-audit-trail';
  const listed = await world.eventually(async () => {
    const answer = await ask({ operation: 'list', where: { consumer } });
    expect(answer.failures?.map(({ messageId }) => messageId).toSorted()).toEqual(['large', 'small']);
    return answer.failures;
  });
  expect(listed.every(({ reason }) => reason === 'UNKNOWN_TYPE')).toBe(true);

  // A mapping is being enabled for its first second.
  await world.eventually(async () => {
    const status = await ask({ operation: 'status' });
    expect(status.error).toBeUndefined();
    expect(status.consumers.find(({ name }) => name === consumer)).toMatchObject({ failures: { open: 2 }, mapping: 'Enabled' });
    expect(status.outboxes).toHaveLength(1);
  });

  const large = listed.find(({ messageId }) => messageId === 'large');
  expect((await ask({ operation: 'show', id: large?.id ?? '' })).body).toBe(bodies[1]);
  const edited = await ask({ operation: 'edit', id: large?.id ?? '', body: bodies[1]?.replace('xx', 'xy') ?? '', author: ADA });
  expect(edited.error).toBeUndefined();
  const { audits } = await ask({ operation: 'show', id: edited.failure.id });
  // Lambda's ids are UUIDs.
  expect(audits).toMatchObject([{ action: 'edit', requestId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) }]);
  const exported = await world.eventually(async () => {
    const answer = await ask({ operation: 'export', where: { consumer } });
    expect(answer.failures.map(({ text }) => text.length).toSorted()).toHaveLength(2);
    return answer;
  });
  expect(exported.failures.some(({ text }) => text.includes('"revision":1'))).toBe(true);

  expect(await ask({ operation: 'plan', where: { consumer } })).toMatchObject({ matching: 2, tooOld: 0 });
  let redrive = await ask({ operation: 'redrive', where: { consumer }, options: { canary: 1 }, author: ADA });
  redrive = await world.eventually(async () => {
    const latest = await ask({ operation: 'redrive-status', id: redrive.id });
    expect(latest.state).toBe('stopped');
    return latest;
  });
  expect(redrive).toMatchObject({ because: expect.stringContaining('failed again'), counts: { sent: 1 } });

  expect((await ask({ operation: 'move', consumer, author: ADA })).error?.code).toBe('MOVE_REFUSED');
  expect(await ask({ operation: 'tick' })).toMatchObject({ oldestSeconds: expect.any(Number) });
  await world.eventually(async () => {
    await ask({ operation: 'archive', where: { consumer }, author: ADA });
    expect((await ask({ operation: 'list', where: { consumer } })).failures).toEqual([]);
  });
}, 120_000);
