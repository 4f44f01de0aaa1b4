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

test('a failure whose claim another runner took back, so that nothing is on file, is not counted: it comes again', async () => {
  expect((await finish(overtakenBy(undefined), run, [failure])).counts).toEqual({ sent: 0, alreadyDone: 0, left: 0 });
});

/** How much of something there is at most at a time. */
function gauge() {
  let [now, most] = [0, 0];
  const add = (count: number) => {
    now += count;
    most = Math.max(most, now);
  };
  return { add, most: () => most };
}

test('bodies of a batch are read at the same time, and never more than fifty of a chunk', async () => {
  const failures = Array.from({ length: 100 }, (_, index) => ({ ...failure, id: `f${index}`, redrives: 1, attributes: {} }));
  const [held, calls] = [gauge(), gauge()];
  const deps = {
    clock: { now: () => 0 },
    inbox: { look: async () => new Map() },
    failures: {
      settle: async () => ({ applied: [], refused: [] }),
      async bodyOf({ id }: Failure) {
        for (const each of [held, calls]) each.add(1);
        await Promise.resolve();
        calls.add(-1);
        return id;
      },
    },
    queue: {
      async send(_: unknown, letters: readonly { failure: Failure; body: string }[]) {
        expect(letters.map(({ body }) => body)).toEqual(letters.map((letter) => letter.failure.id));
        held.add(-letters.length);
        return letters.map(() => ({ kind: 'sent' }));
      },
    },
  } as unknown as BatchDeps;
  const busy = { ...run, redrive: { ...run.redrive, options: { rate: 1_000 } }, pace: { take: async () => true } } as unknown as BatchRun;
  expect((await finish(deps, busy, failures)).counts).toEqual({ sent: 100, alreadyDone: 0, left: 0 });
  expect([held.most(), calls.most()]).toEqual([50, 50]);
});
