import { randomUUID } from 'node:crypto';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { PublishCommand } from '@aws-sdk/client-sns';
import { type MessageAttributeValue, SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeEnvelope } from '../../lib/index.ts';
import type { Answers, OperationRequest } from '../../lib/ops/operations.ts';
import { type ConsumerName, type GithubWorld, type Letter, startGithubWorld } from './github-world.ts';

let world: GithubWorld;
beforeAll(async () => {
  world = await startGithubWorld();
}, 120_000);
afterAll(() => world?.close());

/** An envelope as the library writes it, for a delivery of its own. */
function envelope(delivery: string, type = 'github.push', data: unknown = {}): string {
  return encodeEnvelope({
    id: randomUUID(),
    type,
    version: 1,
    source: 'urn:posthaste:tests',
    time: new Date().toISOString(),
    data,
    correlationId: delivery,
    hops: 0,
  });
}

/** The fields of an envelope with some replaced; undefined leaves one out. */
const withFields = (fields: object): string => JSON.stringify({ ...JSON.parse(envelope(randomUUID())), ...fields });

/** Puts text where JSON.stringify would not write it. */
const withData = (data: string): string => envelope(randomUUID(), 'github.push', 'HERE').replace('"HERE"', data);

const letterOf = (consumer: ConsumerName, body: string): Promise<Letter> =>
  world.eventually(() => {
    const found = world.letters(consumer).filter((letter) => letter.body === body);
    expect(found).toHaveLength(1);
    return found[0] as Letter;
  });

const whole = envelope(randomUUID());
const longAgo = new Date(Date.now() - 365 * 86_400_000).toISOString();

const GARBAGE: readonly [what: string, body: string, reason: string, sentence: RegExp][] = [
  ['text', 'hello 🚀 \u2028', 'BODY_INVALID', /not one JSON value/],
  ['a space', ' ', 'BODY_INVALID', /not-json/],
  ['a JSON array', '[1,2]', 'BODY_INVALID', /not-an-object/],
  ['null', 'null', 'BODY_INVALID', /not-an-object/],
  ['a number', '42', 'BODY_INVALID', /not-an-object/],
  ['JSON in JSON', JSON.stringify(whole), 'BODY_INVALID', /not-an-object/],
  ['a byte order mark', `\ufeff${whole}`, 'BODY_INVALID', /not-json/],
  ['half an envelope', whole.slice(0, -20), 'BODY_INVALID', /not-json/],
  ['an envelope and more', `${whole}x`, 'BODY_INVALID', /not-json/],
  [
    'an SNS notification',
    JSON.stringify({ Type: 'Notification', TopicArn: 'arn', Message: whole }),
    'BODY_INVALID',
    /raw message delivery/,
  ],
  ['no id', withFields({ id: undefined }), 'BODY_INVALID', /\(id\)/],
  ['an id that is a number', withFields({ id: 7 }), 'BODY_INVALID', /\(id\)/],
  ['an id without end', withFields({ id: 'x'.repeat(257) }), 'BODY_INVALID', /257 characters/],
  ['no source', withFields({ source: undefined }), 'BODY_INVALID', /\(source\)/],
  ['no type', withFields({ type: undefined }), 'BODY_INVALID', /\(dataschema\)/],
  ['no time', withFields({ time: undefined }), 'BODY_INVALID', /\(time\)/],
  ['a time that is none', withFields({ time: '2026-13-45T99:00:00Z' }), 'BODY_INVALID', /\(time\)/],
  ['no correlation', withFields({ correlationid: undefined }), 'BODY_INVALID', /\(correlationid\)/],
  ['no schema', withFields({ dataschema: undefined }), 'BODY_INVALID', /\(dataschema\)/],
  ['no CloudEvent', withFields({ specversion: '0.3' }), 'BODY_INVALID', /\(specversion\)/],
  ['hops that run backwards', withFields({ hops: -1 }), 'BODY_INVALID', /\(hops\)/],
  ['hops without end', withFields({ hops: 33 }), 'HOPS_EXCEEDED', /at most 32/],
  ['a type that nobody handles', envelope('d', 'github.moon-landing'), 'UNKNOWN_TYPE', /no handler for github.moon-landing/],
  ['a version of tomorrow', withFields({ dataschema: 'urn:posthaste:schema:github.push:2' }), 'UNKNOWN_VERSION', /version 2, only for 1/],
  ['no data', withFields({ data: undefined }), 'MESSAGE_INVALID', /github.push/],
  ['data that breaks the schema', withData('{"sender":"octocat"}'), 'MESSAGE_INVALID', /sender/],
  ['a key that reaches the prototype', withData('{"__proto__":{"isAdmin":true}}'), 'BODY_INVALID', /prototype/],
  ['half a surrogate pair', withData('"\\ud800"'), 'BODY_INVALID', /surrogate/],
  ['a number beyond doubles', withData('{"n":1e999}'), 'BODY_INVALID', /Infinity/],
  ['nesting without end', withData('['.repeat(50_000) + ']'.repeat(50_000)), 'BODY_INVALID', /too-deep/],
  ['a message from last year', withFields({ time: longAgo }), 'TOO_OLD', /older than/],
];

describe('a queue that anyone may write to', () => {
  test('parks all of it with its reason and its bytes, and runs its neighbours', async () => {
    const queue = world.queueUrl('record-audit-trail');
    const good: string[] = [];
    for (let start = 0; start < GARBAGE.length; start += 8) {
      const neighbour = randomUUID();
      good.push(neighbour);
      const bodies = [...GARBAGE.slice(start, start + 8).map(([, body]) => body), envelope(neighbour)];
      const { Failed = [] } = await world.sqs.send(
        new SendMessageBatchCommand({ QueueUrl: queue, Entries: bodies.map((MessageBody, index) => ({ Id: `m${index}`, MessageBody })) }),
      );
      expect(Failed).toEqual([]);
    }
    for (const [what, body, reason, sentence] of GARBAGE) {
      const { record } = await letterOf('record-audit-trail', body);
      expect(record, what).toMatchObject({
        reason,
        consumer: 'record-audit-trail',
        receiveCount: 1,
        message: expect.stringMatching(sentence),
      });
    }
    for (const delivery of good) await world.eventually(() => expect(world.audit(delivery)).toMatchObject({ recorded: 1 }));
    await world.settled();
    expect(world.letters('record-audit-trail')).toHaveLength(GARBAGE.length);
    const auditor = Object.entries(world.local.statistics().errors).filter(([name]) => /audit/i.test(name));
    expect(auditor).toEqual([]);
  });

  test('keeps the ten attributes of a parked message in its failure record', async () => {
    const attributes: Record<string, MessageAttributeValue> = {};
    for (let n = 1; n <= 9; n += 1) attributes[`field-${n}`] = { DataType: 'String', StringValue: `value ${n} 🚀` };
    attributes['bytes'] = { DataType: 'Binary', BinaryValue: new Uint8Array([0, 255]) };
    const body = `attributes ${randomUUID()}`;
    await world.sqs.send(
      new SendMessageCommand({ QueueUrl: world.queueUrl('welcome-author'), MessageBody: body, MessageAttributes: attributes }),
    );
    const { record } = await letterOf('welcome-author', body);
    expect(record.attributes).toMatchObject({
      'field-9': { dataType: 'String', stringValue: 'value 9 🚀' },
      bytes: { dataType: 'Binary', binaryValue: 'AP8=' },
    });
    expect(Object.keys(record.attributes ?? {})).toHaveLength(10);
  });

  test('takes a body of 1 MiB to the failure store byte for byte, without room for a record in between', async () => {
    for (const bytes of [1_048_576, 1_048_576 - 4_096]) {
      const body = '🚀'.repeat(bytes / 4);
      await world.sqs.send(new SendMessageCommand({ QueueUrl: world.queueUrl('record-audit-trail'), MessageBody: body }));
      const { record } = await letterOf('record-audit-trail', body);
      expect(record.reason).toBe(bytes === 1_048_576 ? 'UNRECORDED' : 'BODY_INVALID');
    }
    const tooLarge = new SendMessageCommand({ QueueUrl: world.queueUrl('record-audit-trail'), MessageBody: 'x'.repeat(1_048_577) });
    await expect(world.sqs.send(tooLarge)).rejects.toThrow('1048576');
  });

  test('shows an operator the same letter that was parked', async () => {
    const body = `to be shown ${randomUUID()}`;
    await world.sqs.send(new SendMessageCommand({ QueueUrl: world.queueUrl('notify-maintainers'), MessageBody: body }));
    await letterOf('notify-maintainers', body);
    const shown = await world.eventually(async () => {
      const { failures } = await operate<Answers['list']>({ operation: 'list', where: { consumer: 'notify-maintainers' }, limit: 100 });
      const shows = failures.map(({ id }) => operate<Answers['show']>({ operation: 'show', id }));
      const found = (await Promise.all(shows)).find((show) => show.body === body);
      expect(found).toBeDefined();
      return found;
    });
    expect(shown).toMatchObject({ failure: { reason: 'BODY_INVALID', status: 'open', consumer: 'notify-maintainers' }, audits: [] });
  });
});

/** What the operations function of the stack answers. */
async function operate<Answer>(request: OperationRequest): Promise<Answer> {
  const Payload = JSON.stringify(request);
  const output = await world.lambda.send(new InvokeCommand({ FunctionName: world.physicalId('failuresoperationsfunction'), Payload }));
  expect(output.FunctionError).toBeUndefined();
  return JSON.parse(Buffer.from(output.Payload ?? []).toString());
}

describe('a topic that anyone may publish to', () => {
  const publish = (topic: string, body: string, more: object = {}) =>
    world.sns.send(new PublishCommand({ TopicArn: world.physicalId(topic), Message: body, ...more }));
  const typed = (type: string) => ({ type: { DataType: 'String', StringValue: type } });

  test('brings garbage that passes the filter to the dead-letter queues of all that it passes to', async () => {
    const body = `{"not": "an envelope", "n": "${randomUUID()}"}`;
    await publish('githubTopic', body, { MessageAttributes: typed('github.release') });
    for (const consumer of ['record-audit-trail', 'notify-maintainers'] as const) {
      const { record } = await letterOf(consumer, body);
      expect(record).toMatchObject({ reason: 'BODY_INVALID', consumer, attributes: { type: { stringValue: 'github.release' } } });
    }
  });

  test('brings ordered garbage to the dead-letter queue, and its key flows on', async () => {
    const group = { MessageGroupId: 'octo/repo/1' };
    const body = `garbage ${randomUUID()}`;
    await publish('githuborderedTopic', body, { ...group, MessageDeduplicationId: randomUUID() });
    const delivery = randomUUID();
    const next = envelope(delivery, 'github.issues', { issue: { number: 1 } });
    await publish('githuborderedTopic', next, { ...group, MessageDeduplicationId: randomUUID() });
    expect((await letterOf('project-activity', body)).record).toMatchObject({ reason: 'BODY_INVALID', consumer: 'project-activity' });
    await world.eventually(() => expect(world.activity(JSON.parse(next).id)).toMatchObject({ applied: [{ delivery }] }));
  });

  test('keeps what raw delivery cannot carry in the dead-letter queue of the subscription', async () => {
    const MessageAttributes: Record<string, MessageAttributeValue> = typed('github.push');
    for (let n = 1; n <= 10; n += 1) MessageAttributes[`a${n}`] = { DataType: 'String', StringValue: 'x' };
    const body = envelope(randomUUID());
    await publish('githubTopic', body, { MessageAttributes });
    const undelivered = world.physicalId('recordaudittrailfromgithubundelivered');
    // As a notification, which has room for any number of attributes.
    await world.eventually(() => expect(world.local.peek(undelivered).map((message) => JSON.parse(message.body).Message)).toEqual([body]));
  });
});
