import { describe, expect, test } from 'vitest';
import { prepareWrite } from '../../lib/unit-of-work/prepared-write.ts';
import type { TransactionPlan } from '../../lib/unit-of-work/transaction-plan.ts';
import type { CancellationReason } from '../../lib/unit-of-work/unit-of-work.dynamodb.ts';
import { judge } from '../../lib/unit-of-work/verdict.ts';

const write = (id: string) => prepareWrite({ kind: 'put', table: { name: 'orders', partitionKey: 'id' }, item: { id } });
const writes = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => write(`${prefix}${index}`));

/** Two guards, two writes of the handler's own, two rows, of which the first is the head of a key. */
const guards = writes('guard', 2);
const own = writes('own', 2);
const rows = writes('row', 2);
const plan: TransactionPlan = { guards, own, rows, all: [...guards, ...own, ...rows], isHead: (row) => row === 0 };

const NONE: CancellationReason = { code: 'None' };
const CONDITION: CancellationReason = { code: 'ConditionalCheckFailed' };
const error = new Error('cancelled');

/** The verdict on a cancelled transaction whose actions, by their place, gave these reasons. */
function cancelledBy(reasons: Readonly<Record<number, CancellationReason>>) {
  const all = plan.all.map((_, index) => reasons[index] ?? NONE);
  return judge({ status: 'cancelled', reasons: all, error }, plan, ['mine', 'mine']);
}

describe('a cancelled transaction', () => {
  test('is an own earlier success when every guard that failed carries the token of this commit', () => {
    const mine = { ...CONDITION, item: { commit: 'mine' } };
    expect(cancelledBy({ 0: mine })).toEqual({ next: 'done', outcome: { status: 'committed' } });
    expect(cancelledBy({ 0: mine, 1: mine, 2: CONDITION })).toEqual({ next: 'done', outcome: { status: 'committed' } });
  });

  test('is a duplicate at the first guard that carries another token, with what is stored there', () => {
    const mine = { ...CONDITION, item: { commit: 'mine' } };
    const other = { ...CONDITION, item: { commit: 'other' } };
    expect(cancelledBy({ 0: mine, 1: other })).toMatchObject({
      outcome: { status: 'guardFailed', guard: 1, existing: { commit: 'other' } },
    });
    expect(cancelledBy({ 0: other, 1: { ...CONDITION, item: { commit: 'third' } } })).toMatchObject({
      outcome: { guard: 0, existing: { commit: 'other' } },
    });
    // What is gone again, or came without its item, is nobody's.
    expect(cancelledBy({ 1: CONDITION })).toMatchObject({ outcome: { status: 'guardFailed', guard: 1, existing: undefined } });
  });

  test('does not compare the token of a guard that stood', () => {
    const other = { ...CONDITION, item: { commit: 'other' } };
    expect(cancelledBy({ 1: other })).toMatchObject({ outcome: { guard: 1 } });
  });

  test.each(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])(
    'is tried again under the same token after a %s, wherever, without a doubt that it wrote',
    (code) => {
      const again = { next: 'retry', why: 'a transaction conflict or throttle', error, ambiguous: false };
      for (const place of [0, 1, 2, 5]) expect(cancelledBy({ [place]: { code } })).toEqual(again);
      // As long as a guard is in conflict, the handler's own condition is no news.
      expect(cancelledBy({ 1: { code }, 3: CONDITION })).toEqual(again);
    },
  );

  test('names the first own write whose condition failed, and what was stored there', () => {
    const stored = (id: string) => ({ ...CONDITION, item: { id } });
    expect(cancelledBy({ 3: stored('own1') })).toMatchObject({
      outcome: { status: 'conditionFailed', error: { write: { key: { id: 'own1' } }, existing: { id: 'own1' } } },
    });
    expect(cancelledBy({ 2: stored('own0'), 3: stored('own1') })).toMatchObject({ outcome: { error: { existing: { id: 'own0' } } } });
  });

  test.each(['ValidationError', 'ItemCollectionSizeLimitExceeded'])(
    'can never pass when an action met a %s; the first is named',
    (code) => {
      const named = (reasons: Parameters<typeof cancelledBy>[0], text: string) =>
        expect(cancelledBy(reasons)).toMatchObject({ outcome: { status: 'invalid', error: { message: expect.stringContaining(text) } } });
      named({ 3: { code, message: 'type mismatch' }, 4: { code } }, 'put into orders {"id":"own1"}: type mismatch');
      named({ 2: { code } }, `put into orders {"id":"own0"}: ${code}`);
      expect(judge({ status: 'cancelled', reasons: [...plan.all.map(() => NONE), { code }], error }, plan, [])).toMatchObject({
        outcome: { error: { message: expect.stringContaining('action 6') } },
      });
    },
  );

  test('is planned anew when another commit moved the head of a key, and a broken promise when another row stood in the way', () => {
    expect(cancelledBy({ 4: CONDITION })).toEqual({ next: 'replan', why: 'other commits on put into orders {"id":"row0"}', error });
    expect(cancelledBy({ 4: CONDITION, 5: CONDITION })).toMatchObject({ next: 'replan' });
    expect(cancelledBy({ 5: CONDITION })).toMatchObject({
      next: 'done',
      outcome: { status: 'conditionFailed', error: { write: { key: { id: 'row1' } } } },
    });
  });
});

test('answers without reasons say whether to try again, and whether something may be written', () => {
  expect(judge({ status: 'committed' }, plan, [])).toEqual({ next: 'done', outcome: { status: 'committed' } });
  expect(judge({ status: 'busy', error }, plan, [])).toEqual({ next: 'retry', why: 'a throttle or conflict', error, ambiguous: false });
  for (const status of ['ambiguous', 'mismatch'] as const) {
    expect(judge({ status, error }, plan, [])).toEqual({ next: 'retry', why: 'a lost answer', error, ambiguous: true });
  }
  expect(judge({ status: 'denied', error }, plan, [])).toMatchObject({
    outcome: { status: 'denied', error: { code: 'UNIT_DENIED', cause: error } },
  });
  const refused = (cause: unknown) => judge({ status: 'rejected', error: cause }, plan, []);
  expect(refused(error)).toMatchObject({
    outcome: { status: 'invalid', error: { cause: error, message: 'DynamoDB refused the transaction: cancelled' } },
  });
  expect(refused('text')).toMatchObject({ outcome: { error: { message: 'DynamoDB refused the transaction: text' } } });
});
