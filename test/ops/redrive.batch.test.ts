import { expect, test } from 'vitest';
import type { Failure } from '../../lib/dlq/failure.ts';
import { type BatchDeps, type BatchRun, finish } from '../../lib/ops/redrive.batch.ts';

// Its message is done by now, because the runner that was first has sent it.
const failure = { id: 'f', consumer: 'ship-order', messageId: 'm', status: 'redriving', reason: 'ATTEMPTS_EXHAUSTED' } as Failure;
const run = {
  redrive: { id: 'r', who: 'ada', options: { rate: 10 } },
  consumers: new Map([['ship-order', {}]]),
  until: 1,
} as unknown as BatchRun;

function overtakenBy(result: string | undefined): BatchDeps {
  const audit = result === undefined ? [] : [{ failureId: 'f', at: 0, action: 'redrive', who: 'ada', redriveId: 'r', result }];
  return {
    clock: { now: () => 0 },
    inbox: { look: async () => new Map([['m', { kind: 'done', failed: 0 }]]) },
    failures: { settle: async () => ({ applied: [], refused: [failure] }), audits: async () => audit },
  } as unknown as BatchDeps;
}

test('a failure that another runner settled first counts as what is on file, not as what it looks like since', async () => {
  expect((await finish(overtakenBy('sent'), run, [failure])).counts).toEqual({ sent: 1, alreadyDone: 0, left: 0 });
});

test('a failure that nobody has put on file counts as it was found', async () => {
  expect((await finish(overtakenBy(undefined), run, [failure])).counts).toEqual({ sent: 0, alreadyDone: 1, left: 0 });
});
