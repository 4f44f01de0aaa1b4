import { expect, test } from 'vitest';
import type { Answer, FinalState } from '../../../lib/app/github/demo/evidence.ts';
import { outsideOf } from '../../../lib/app/github/demo/outside.ts';

const release = (deliveryId: string, status = 202): Answer => ({ deliveryId, event: 'release', action: 'published', status });
const call = (delivery: string, status: number) => ({ idempotencyKey: '', body: JSON.stringify({ delivery }), status });

test('releases are counted by delivery: announced, kept, and those of which both is true', () => {
  const answers = [release('sent-twice'), release('sent-twice'), release('unanswered'), release('never-called'), release('refused', 422)];
  const push: Answer = { ...release('a-push'), event: 'push' };
  const state: Partial<FinalState> = {
    announcements: [call('sent-twice', 202), call('unanswered', 0), call('of-another-run', 202)],
    notifications: [call('sent-twice', 429), call('sent-twice', 404), call('sent-twice', 202)],
    deadLettered: new Map([['announce-release', ['unanswered', 'never-called', 'of-another-run']]]),
  };
  expect(outsideOf([...answers, push], state as FinalState)).toEqual({
    ...{ releases: 3, announced: 2, kept: 2, inDoubt: 1 },
    ...{ calls: 3, busyCalls: 1 },
  });
});
