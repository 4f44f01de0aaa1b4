import { expect, test } from 'vitest';
import type { Failure } from '../../lib/dlq/failure.ts';
import { REDRIVE_DEFAULTS, verdictOn } from '../../lib/ops/redrive.plan.ts';
import { SHIP } from './redrive-world.ts';

const asking = { options: REDRIVE_DEFAULTS, startedAt: 2 };
const waited = { source: 'schedule', consumer: 'ship-order', reason: 'UNSCHEDULED', failedAt: 1, redrives: 0 } as Failure;
const part: Failure = { ...waited, reason: 'CUT_SHORT' };

test.each([
  ['a run of a schedule is made up for by a later one', waited, undefined, /a later run has made up for it/],
  ['a message that waited for a consumer that is gone is no run', { ...waited, messageId: 'm' }, undefined, /no consumer 'ship-order'/],
  ['a part of a message is no run', part, SHIP, /kept a part of it only/],
  ['nor is it where the consumer is gone', part, undefined, /kept a part of it only/],
])('%s', (_, failure, consumer, because) => {
  expect(verdictOn(failure, asking, consumer, 3)).toMatchObject({ kind: 'leave', because: expect.stringMatching(because) });
});

test('a part of a message that somebody has made whole is sent', () => {
  expect(verdictOn({ ...part, messageId: 'm' }, asking, SHIP, 3)).toEqual({ kind: 'send' });
});
