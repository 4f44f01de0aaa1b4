import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Endpoints, type Reply, startEndpoints } from '../../../lib/app/github/demo/endpoints.ts';
import { NOTIFIED_EVENTS, NOTIFY_ERRORS, notifyMaintainers } from '../../../lib/app/github/notify-maintainers.ts';
import { findRule } from '../../../lib/retry/error-rules.ts';

const message = { type: 'github.release', correlationId: 'd1', data: { action: 'published' } };
let endpoints: Endpoints;

beforeEach(async () => {
  endpoints = await startEndpoints();
});
afterEach(() => endpoints.close());

/** What the first route throws where the endpoint answers so. */
async function thrownAfter(reply: Reply): Promise<unknown> {
  endpoints.replyBy({ notification: () => reply, announcement: () => ({ status: 202 }) });
  const [route] = notifyMaintainers(endpoints.notifyUrl);
  const context = { idempotencyKey: 'key-1', signal: new AbortController().signal };
  try {
    await route?.handle(message as never, context as never);
    return undefined;
  } catch (error) {
    return error;
  }
}

const ruleFor = (error: unknown) => findRule(NOTIFY_ERRORS, { error, type: 'github.release' }, () => {})?.outcome.kind;

test('each event has a route, and its call carries the idempotency key', async () => {
  expect(notifyMaintainers(endpoints.notifyUrl).map(({ definition }) => definition)).toEqual([...NOTIFIED_EVENTS]);
  expect(await thrownAfter({ status: 202 })).toBeUndefined();
  expect(endpoints.notifications).toEqual([{ idempotencyKey: 'key-1', body: '{"delivery":"d1","text":"release published"}', status: 202 }]);
});

test.each([
  [404, 'ENDPOINT_REFUSED', 'deadLetter'],
  [429, 'ENDPOINT_BUSY', 'pause'],
  [500, 'ENDPOINT_DOWN', 'retryNow'],
  [503, 'ENDPOINT_DOWN', 'retryNow'],
])('an endpoint that answers %d is %s: %s', async (status, code, outcome) => {
  const error = await thrownAfter({ status });
  expect(error).toMatchObject({ code, retryAfterMs: undefined });
  expect(ruleFor(error)).toBe(outcome);
});

test('a busy endpoint says for how long', async () => {
  expect(await thrownAfter({ status: 429, retryAfterSeconds: 90 })).toMatchObject({ code: 'ENDPOINT_BUSY', retryAfterMs: 90_000 });
});
