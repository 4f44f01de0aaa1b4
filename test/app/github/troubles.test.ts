import { expect, test } from 'vitest';
import { createTroubles } from '../../../lib/app/github/demo/troubles.ts';

const RELEASE = '{"text":"release published"}';
const ALERT = '{"text":"dependabot alert created"}';

test('without chaos only releases are refused, until the endpoint is told of them', () => {
  const troubles = createTroubles({ now: () => 0, chaos: false });
  expect([troubles.notification(ALERT), troubles.notification(RELEASE)]).toEqual([{ status: 202 }, { status: 404 }]);
  troubles.mend();
  expect(troubles.notification(RELEASE)).toEqual({ status: 202 });
  expect(troubles.announcement(RELEASE)).toEqual({ status: 202 });
});

test('in chaos the endpoint is busy for a second from its first call on', () => {
  let now = 5_000;
  const troubles = createTroubles({ now: () => now, chaos: true });
  expect(troubles.notification(ALERT)).toEqual({ status: 429, retryAfterSeconds: 1 });
  now += 999;
  expect(troubles.notification(ALERT)).toEqual({ status: 429, retryAfterSeconds: 1 });
  now += 1;
  expect(troubles.notification(ALERT)).toEqual({ status: 202 });
});

test('in chaos the first announcement gets no answer, and each later one does', () => {
  const troubles = createTroubles({ now: () => 0, chaos: true });
  expect([1, 2, 3].map(() => troubles.announcement(RELEASE).status)).toEqual([0, 202, 202]);
});
