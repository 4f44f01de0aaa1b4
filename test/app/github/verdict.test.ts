import { describe, expect, test } from 'vitest';
import type { Answer, FinalState } from '../../../lib/app/github/demo/evidence.ts';
import { judge } from '../../../lib/app/github/demo/verdict.ts';

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

const nothing: FinalState = {
  ...{ audit: new Map(), activity: new Map(), welcomed: new Map(), notifications: [], announcements: [] },
  ...{ deadLettered: new Map(), unworked: 0, parked: [], inFlight: 0 },
};

const call = (delivery: string, idempotencyKey = 'k') => ({ idempotencyKey, body: JSON.stringify({ delivery }), status: 202 });

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

  test('when somebody opened a thing whom the payload does not name, and nobody was welcomed', () => {
    expect(violationsOf({ welcomed: new Map() }, [{ ...issue, anonymous: true }, release])).toEqual([]);
  });

  test('when effects are those of a delivery that an earlier run sent', () => {
    expect(judge([issue], whole, [release])).toEqual({ holds: true, accepted: 1, refused: 0, violations: [] });
    const refusedNow: Answer = { ...release, status: 422, reason: 'IDEMPOTENCY_KEY_REUSED' };
    expect(judge([issue, refusedNow], whole, [release])).toMatchObject({ holds: true, accepted: 1, refused: 1 });
  });

  test('when what an earlier run sent went with its stack', () => {
    const gone: Answer = { ...issue, deliveryId: 'gone' };
    expect(judge([issue, release], whole, [gone])).toMatchObject({ holds: true, accepted: 2 });
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

  test('when a command had its effect and is kept as a failure too', () => {
    expect(violationsOf({ deadLettered: new Map([['welcome-author', ['d1']]]) })).toEqual([
      'welcome-author ran 1 times for issues d1 and dead-lettered it too',
    ]);
  });

  test('when a command left although the event that sends it was not applied', () => {
    const notApplied = { activity: new Map(), deadLettered: new Map([['project-activity', ['d1']]]) };
    expect(violationsOf({ ...notApplied, welcomed: new Map() })).toEqual([]);
    expect(violationsOf(notApplied)).toEqual(['welcome-author ran 1 times for issues d1, which project-activity did not apply']);
  });

  test('when something was applied that nobody accepted', () => {
    expect(violationsOf({ audit: new Map([...whole.audit, ['ghost', 1]]) })).toEqual([
      'record-audit-trail has an effect of ghost, but that delivery was never accepted',
    ]);
    expect(violationsOf({ notifications: [...whole.notifications, call('ghost')] })).toEqual([
      'notify-maintainers has an effect of ghost, but that delivery was never accepted',
    ]);
    expect(violationsOf({ announcements: [announcement, call('ghost')] })).toEqual([
      'announce-release has an effect of ghost, but that delivery was never accepted',
    ]);
  });

  test('when a failure is kept, or a message parked, of a delivery that nobody accepted', () => {
    expect(violationsOf({ deadLettered: new Map([['record-audit-trail', ['ghost']]]) })).toEqual([
      'record-audit-trail has a failure of ghost, but that delivery was never accepted',
    ]);
    expect(violationsOf({ parked: ['ghost'] })).toEqual(['the outbox has parked a message of ghost, but that delivery was never accepted']);
  });

  test('when a delivery was refused and left a trace all the same', () => {
    const refused: Answer = { deliveryId: 'd3', event: 'push', action: undefined, status: 401, reason: 'SIGNATURE_INVALID' };
    expect(violationsOf({ audit: new Map([...whole.audit, ['d3', 1]]) }, [issue, release, refused])).toEqual([
      'record-audit-trail has an effect of d3, but that delivery was never accepted',
    ]);
  });

  test('when a failure is kept of what was not for that consumer, or by none that there is', () => {
    expect(violationsOf({ deadLettered: new Map([['announce-release', ['d1']]]) })).toEqual([
      'announce-release has a failure of issues d1, which is not for it',
    ]);
    expect(violationsOf({ deadLettered: new Map([['constructor', ['d1']]]) })).toEqual([
      'constructor has a failure of issues d1, which is not for it',
    ]);
  });

  test('when two deliveries were notified under one key', () => {
    const other: Answer = { ...release, deliveryId: 'd3' };
    const audit = new Map([...whole.audit, ['d3', 1]]);
    const announcements = [announcement, call('d3')];
    const answers = [issue, release, other];
    expect(violationsOf({ audit, announcements, notifications: [...whole.notifications, call('d3', 'k3')] }, answers)).toEqual([]);
    expect(violationsOf({ audit, announcements, notifications: [...whole.notifications, call('d3', 'k2')] }, answers)).toEqual([
      'notify-maintainers called for d2, d3 under one idempotency key, k2',
    ]);
  });

  test('when messages are still on their way, or a delivery got no definite answer', () => {
    expect(violationsOf({ inFlight: 3 })).toEqual(['3 messages are still on their way']);
    const unanswered: Answer = { deliveryId: 'd5', event: 'push', action: undefined, status: 503 };
    expect(violationsOf({}, [issue, release, unanswered])).toEqual(['push d5: the gateway answered 503, neither committed nor refused']);
  });
});

describe('of what was accepted and audited, and nothing else, an effect that is there', () => {
  const judged = (event: string, state: Partial<FinalState>) => {
    const answer: Answer = { deliveryId: 'd', event, action: 'created', status: 202 };
    return judge([answer], { ...nothing, audit: new Map([['d', 1]]), ...state });
  };
  const applied = (times: number) => new Map([['k', Array.from({ length: times }, (_, sequence) => ({ delivery: 'd', sequence }))]]);

  test('is no violation where there need be none', () => {
    expect(judged('push', {})).toEqual({ holds: true, accepted: 1, refused: 0, violations: [] });
    expect(judged('issue_comment', { activity: applied(1) }).holds).toBe(true);
  });

  test.each<[string, string, Partial<FinalState>, string]>([
    ['an announcement of a push', 'push', { announcements: [call('d')] }, 'announce-release has an effect of push d'],
    [
      'three announcements of a push',
      'push',
      { announcements: [call('d'), call('d'), call('d')] },
      'announce-release has an effect of push d',
    ],
    ['a notification of a push', 'push', { notifications: [call('d')] }, 'notify-maintainers has an effect of push d'],
    ['a push, applied twice by the projection', 'push', { activity: applied(2) }, 'project-activity has an effect of push d'],
    [
      'a comment whose author is welcomed five times',
      'issue_comment',
      { activity: applied(1), welcomed: new Map([['d', 5]]) },
      'welcome-author has an effect of issue_comment d',
    ],
  ])('is a violation as %s', (_, event, state, effect) => {
    expect(judged(event, state)).toEqual({ holds: false, accepted: 1, refused: 0, violations: [`${effect}, which is not for it`] });
  });
});

describe('a run of which nothing was accepted', () => {
  const refused: Answer = { deliveryId: 'd', event: 'push', action: undefined, status: 401, reason: 'SIGNATURE_INVALID' };

  test('does not hold, but is of no use: everything refused', () => {
    const unusable = expect.stringContaining('none of 1 deliveries was accepted (1 refused)');
    expect(judge([refused, refused], nothing)).toEqual({ holds: false, unusable, accepted: 0, refused: 1, violations: [] });
  });

  test('does not hold, but is of no use, whatever earlier runs did', () => {
    expect(judge([refused], whole, [issue, release])).toMatchObject({ holds: false, unusable: expect.anything(), violations: [] });
  });

  test('does not hold, but is of no use: no answer at all', () => {
    expect(judge([], nothing)).toMatchObject({ holds: false, unusable: expect.stringContaining('none of 0 deliveries'), violations: [] });
  });

  test.each<[string, Partial<FinalState>, string]>([
    ['a notification', { notifications: [call('ghost')] }, 'notify-maintainers has an effect of ghost'],
    ['a failure', { deadLettered: new Map([['record-audit-trail', ['ghost']]]) }, 'record-audit-trail has a failure of ghost'],
  ])('violates its promises with %s', (_, state, trace) => {
    const violations = [`${trace}, but that delivery was never accepted`];
    expect(judge([], { ...nothing, ...state })).toMatchObject({ holds: false, violations });
  });
});
