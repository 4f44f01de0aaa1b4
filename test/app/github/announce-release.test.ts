import { afterEach, beforeEach, expect, test } from 'vitest';
import { announceRelease } from '../../../lib/app/github/announce-release.ts';
import { type Endpoints, startEndpoints } from '../../../lib/app/github/demo/endpoints.ts';

const message = {
  correlationId: 'd1',
  data: { action: 'published', release: { name: 'One', tag_name: 'v1' }, repository: { full_name: 'octo/repo' } },
};
let endpoints: Endpoints;

beforeEach(async () => {
  endpoints = await startEndpoints();
});
afterEach(() => endpoints.close());

async function announce(given: object = message): Promise<void> {
  for (const { handle } of announceRelease(endpoints.announceUrl))
    await handle(given as never, { signal: new AbortController().signal } as never);
}

test('a release is announced by its repository, its tag and what happened to it', async () => {
  await announce();
  const texts = endpoints.announcements.map(({ body }) => JSON.parse(body));
  expect(texts).toEqual([{ delivery: 'd1', text: 'octo/repo v1 published' }]);
  await announce({ ...message, data: { release: message.data.release } });
  expect(JSON.parse(endpoints.announcements[1]?.body ?? '')).toEqual({ delivery: 'd1', text: 'v1' });
});

test('an announcement that was refused, or never answered, is a failure after one call', async () => {
  endpoints.replyBy({ announcement: () => ({ status: 503 }), notification: () => ({ status: 202 }) });
  await expect(announce()).rejects.toMatchObject({ code: 'ANNOUNCEMENT_REFUSED', message: 'the announcement endpoint answered 503' });
  endpoints.replyBy({ announcement: () => ({ status: 0 }), notification: () => ({ status: 202 }) });
  await expect(announce()).rejects.toThrow('fetch failed');
  expect(endpoints.announcements.map(({ status }) => status)).toEqual([503, 0]);
});
