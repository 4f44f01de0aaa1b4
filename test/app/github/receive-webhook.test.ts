import { beforeEach, describe, expect, test } from 'vitest';
import { GITHUB_EVENTS } from '../../../lib/app/github/github.messages.ts';
import { receiveWebhook, type WebhookRequest } from '../../../lib/app/github/receive-webhook.ts';
import { signatureOf } from '../../../lib/app/github/signature.ts';
import { IdempotencyKeyReusedError, type Outbox, PosthasteError } from '../../../lib/index.ts';

/** What was committed, and how the next commit ends. */
let committed: { type: string; data: unknown; key: string | undefined; idempotencyKey: string | undefined }[];
let failure: Error | undefined;
beforeEach(() => {
  committed = [];
  failure = undefined;
});

const outbox = {
  unit: () => {
    const messages: { type: string; data: unknown; key: string | undefined }[] = [];
    return {
      publishUnchecked: (event: { name: string }, data: unknown, options?: { key?: string }) =>
        messages.push({ type: event.name, data, key: options?.key }),
      commit: async ({ idempotencyKey }: { idempotencyKey?: string } = {}) => {
        if (failure) throw failure;
        committed.push(...messages.map((message) => ({ ...message, idempotencyKey })));
        return { status: 'committed', unitId: 'u', messages: [{ id: 'm1', type: messages[0]?.type }] };
      },
    };
  },
} as unknown as Outbox;

const handle = receiveWebhook({ outbox, secret: async () => 'secret', events: GITHUB_EVENTS });

function request(body: string, headers: Record<string, string | undefined> = {}): WebhookRequest {
  const signed = { 'x-hub-signature-256': signatureOf(body, 'secret'), 'x-github-delivery': 'd1', 'x-github-event': 'issues' };
  return { body, headers: { ...signed, ...headers } };
}

const answerTo = async (given: WebhookRequest) => {
  const { statusCode, body, headers } = await handle(given);
  expect(headers['content-type']).toBe('application/json');
  return { status: statusCode, ...(JSON.parse(body) as Record<string, unknown>) };
};

describe('a delivery is committed', () => {
  test('as the event that its header names, under its own id', async () => {
    expect(await answerTo(request('{"a":1}', { 'x-github-event': 'pull_request_review_comment' }))).toEqual({
      status: 'committed',
      messageId: 'm1',
    });
    expect(committed).toEqual([{ type: 'github.pull-request-review-comment', data: { a: 1 }, key: undefined, idempotencyKey: 'd1' }]);
  });

  test('with the ordering key of the thing that it is about', async () => {
    const about = (name: string) => `{"repository":{"full_name":"octo/repo"},"${name}":{"number":7}}`;
    for (const name of ['issue', 'pull_request', 'discussion']) await answerTo(request(about(name)));
    await answerTo(request('{"repository":null,"issue":{"number":7}}'));
    await answerTo(request('{"repository":{"full_name":7},"issue":"x"}'));
    expect(committed.map(({ key }) => key)).toEqual(['octo/repo/7', 'octo/repo/7', 'octo/repo/7', undefined, undefined]);
  });

  test('when its body came as base64', async () => {
    const body = '{"a":"🚀"}';
    await answerTo({ ...request(body), body: Buffer.from(body).toString('base64'), isBase64Encoded: true });
    expect(committed).toMatchObject([{ data: { a: '🚀' } }]);
  });
});

describe('a delivery is refused', () => {
  test.each<[string, WebhookRequest, number, string]>([
    ['without a signature', request('{}', { 'x-hub-signature-256': undefined }), 401, 'SIGNATURE_INVALID'],
    ['signed by someone else', request('{}', { 'x-hub-signature-256': signatureOf('{}', 'guess') }), 401, 'SIGNATURE_INVALID'],
    ['without a delivery id', request('{}', { 'x-github-delivery': undefined }), 400, 'DELIVERY_MISSING'],
    ['without an event', request('{}', { 'x-github-event': undefined }), 422, 'EVENT_UNKNOWN'],
    ['of an unknown event', request('{}', { 'x-github-event': 'constructor' }), 422, 'EVENT_UNKNOWN'],
    ['without a body', { ...request(''), body: undefined as unknown as string }, 400, 'NOT_JSON'],
    ['that is not JSON', request('{'), 400, 'NOT_JSON'],
    ['with an integer that would be changed', request('{"id":9007199254740993}'), 422, 'NUMBER_UNSAFE'],
  ])('%s', async (_, given, statusCode, code) => {
    const { statusCode: answered, body } = await handle(given);
    expect(answered).toBe(statusCode);
    expect(JSON.parse(body)).toEqual({ code, message: expect.any(String) });
    expect(committed).toEqual([]);
  });

  test('an endless integer is shown shortened', async () => {
    const { body } = await handle(request(`[${'9'.repeat(100_000)}]`));
    expect(body.length).toBeLessThan(300);
    expect(body).toContain('of 100000 digits');
  });

  test('with the code and sentence of what the outbox refuses for good', async () => {
    failure = new IdempotencyKeyReusedError('d1');
    const { statusCode, body } = await handle(request('{}'));
    expect(statusCode).toBe(422);
    expect(JSON.parse(body)).toEqual({ code: 'IDEMPOTENCY_KEY_REUSED', message: failure.message });
  });
});

test('what may pass later is thrown, so that the sender is answered 5xx and tries again', async () => {
  for (const error of [new PosthasteError('busy', { code: 'UNIT_CONTENDED', retryable: true }), new Error('socket hang up')]) {
    failure = error;
    await expect(handle(request('{}'))).rejects.toBe(error);
  }
});
