import { describe, expect, test } from 'vitest';
import { type Answer, type FinalState, judge } from '../../../lib/app/github/demo/verdict.ts';

const issue: Answer = { deliveryId: 'd1', event: 'issues', action: 'opened', status: 202 };
const release: Answer = { deliveryId: 'd2', event: 'release', action: 'published', status: 202 };

const announcement = { idempotencyKey: '', body: '{"delivery":"d2"}', status: 202 };

const whole: FinalState = {
  audit: new Map([
    ['d1', 1],
    ['d2', 1],
  ]),
  activity: new Map([['ACTIVITY#octo/repo/1', [{ delivery: 'd1', sequence: 1 }]]]),
  welcomed: new Map([['d1', 1]]),
  notifications: [{ idempotencyKey: 'k2', body: '{"delivery":"d2"}', status: 202 }],
  announcements: [announcement],
  deadLettered: new Map(),
  unworked: 0,
  parked: [],
  inFlight: 0,
};

const violationsOf = (state: Partial<FinalState>, answers = [issue, release]) => judge(answers, { ...whole, ...state }).violations;

describe('the verdict holds', () => {
  test('when every effect is there once and every call was made under one key', () => {
    expect(judge([issue, release], whole)).toEqual({ holds: true, accepted: 2, refused: 0, violations: [] });
  });

  test('when a message is in a dead-letter queue instead of applied', () => {
    expect(violationsOf({ audit: new Map([['d2', 1]]), deadLettered: new Map([['record-audit-trail', ['d1']]]) })).toEqual([]);
  });

  test('when a call was repeated under the same key', () => {
    expect(violationsOf({ notifications: [...whole.notifications, ...whole.notifications] })).toEqual([]);
  });

  test('when an announcement was called out without an answer, or never, and is kept as a failure', () => {
    const deadLettered = new Map([['announce-release', ['d2']]]);
    expect(violationsOf({ announcements: [{ ...announcement, status: 0 }], deadLettered })).toEqual([]);
    expect(violationsOf({ announcements: [], deadLettered })).toEqual([]);
  });

  test('when a delivery was refused with a reason and left no trace', () => {
    const refused: Answer = { deliveryId: 'd3', event: 'nonsense', action: undefined, status: 422, reason: 'EVENT_UNKNOWN' };
    expect(judge([issue, release, refused], whole)).toMatchObject({ holds: true, refused: 1 });
  });

  test('when a delivery id came again with another payload and was refused', () => {
    const again: Answer = { ...issue, status: 422, reason: 'IDEMPOTENCY_KEY_REUSED' };
    expect(judge([issue, again, release], whole)).toMatchObject({ holds: true, accepted: 2, violations: [] });
  });

  test('when a delivery was sent twice and answered twice', () => {
    expect(judge([issue, issue, release], whole)).toMatchObject({ holds: true, accepted: 2 });
  });
});

describe('the verdict does not hold', () => {
  test('when an effect is missing', () => {
    expect(violationsOf({ audit: new Map([['d2', 1]]) })).toEqual(['record-audit-trail lost issues d1']);
  });

  test('when an effect happened twice', () => {
    expect(violationsOf({ audit: new Map([...whole.audit, ['d1', 2]]) })).toEqual(['record-audit-trail applied issues d1 2 times']);
  });

  test('when a message is both applied and dead-lettered', () => {
    expect(violationsOf({ deadLettered: new Map([['record-audit-trail', ['d1']]]) })).toEqual([
      'record-audit-trail applied issues d1 and dead-lettered it too',
    ]);
  });

  test('when an external call was never made, or under two keys', () => {
    expect(violationsOf({ notifications: [] })).toEqual(['notify-maintainers never called for release d2 with success']);
    const second = { idempotencyKey: 'other', body: '{"delivery":"d2"}', status: 404 };
    expect(violationsOf({ notifications: [...whole.notifications, second] })).toEqual([
      'notify-maintainers called for release d2 under 2 idempotency keys',
    ]);
  });

  test('when a call was only ever refused, and nobody keeps it as a failure', () => {
    const refused = whole.notifications.map((call) => ({ ...call, status: 404 }));
    expect(violationsOf({ notifications: refused })).toEqual(['notify-maintainers never called for release d2 with success']);
    expect(violationsOf({ notifications: refused, deadLettered: new Map([['notify-maintainers', ['d2']]]) })).toEqual([]);
  });

  test('when something was announced twice, however often it was answered and whatever is kept', () => {
    const twice = 'announce-release announced release d2 2 times';
    expect(violationsOf({ announcements: [announcement, announcement] })).toEqual([twice]);
    const deadLettered = new Map([['announce-release', ['d2']]]);
    expect(violationsOf({ announcements: [announcement, { ...announcement, status: 0 }], deadLettered })).toEqual([twice]);
  });

  test('when an announcement is missing, or was not answered, and nobody keeps it as a failure', () => {
    const lost = 'announce-release lost release d2: not announced for certain, and not kept as a failure';
    expect(violationsOf({ announcements: [] })).toEqual([lost]);
    expect(violationsOf({ announcements: [{ ...announcement, status: 0 }] })).toEqual([lost]);
  });

  test('when a failure is kept twice, or still kept after it was sent back', () => {
    const deadLettered = new Map([['notify-maintainers', ['d2', 'd2']]]);
    expect(violationsOf({ deadLettered })).toEqual(['the failure of notify-maintainers on d2 is kept twice']);
    expect(violationsOf({ unworked: 2 })).toEqual(['2 failures are still there although their cause was mended and they were sent back']);
  });

  test('when a key was applied out of order', () => {
    const applied = [
      { delivery: 'd4', sequence: 2 },
      { delivery: 'd1', sequence: 1 },
    ];
    const later: Answer = { ...issue, deliveryId: 'd4', action: 'closed' };
    const state = { activity: new Map([['ACTIVITY#octo/repo/1', applied]]), audit: new Map([...whole.audit, ['d4', 1]]) };
    expect(violationsOf(state, [issue, release, later])).toEqual([
      'project-activity applied ACTIVITY#octo/repo/1 out of order: 2 before 1',
    ]);
  });

  test('when a command of an applied event had no effect, or two', () => {
    expect(violationsOf({ welcomed: new Map() })).toEqual(['welcome-author ran 0 times for issues d1']);
    expect(violationsOf({ welcomed: new Map([['d1', 2]]) })).toEqual(['welcome-author ran 2 times for issues d1']);
  });

  test('when something was applied that nobody accepted', () => {
    expect(violationsOf({ audit: new Map([...whole.audit, ['ghost', 1]]) })).toEqual([
      'an effect of ghost exists, but that delivery was never accepted',
    ]);
  });

  test('when messages are still on their way, or a delivery got no definite answer', () => {
    expect(violationsOf({ inFlight: 3 })).toEqual(['3 messages are still on their way']);
    const unanswered: Answer = { deliveryId: 'd5', event: 'push', action: undefined, status: 503 };
    expect(violationsOf({}, [issue, release, unanswered])).toEqual(['push d5: the gateway answered 503, neither committed nor refused']);
  });
});
