import { expect, test } from 'vitest';
import { systemClock } from '../../lib/core/clock.ts';
import { createCommitter } from '../../lib/unit-of-work/commit.ts';
import { createUnit } from '../../lib/unit-of-work/create-unit.ts';
import { nativeItem } from '../../lib/unit-of-work/native-item.ts';

const orders = { name: 'orders', partitionKey: 'id' };
const inbox = { name: 'inbox', partitionKey: 'pk' };

/** A commit of a marker and one conditioned put against a DynamoDB that answers with these errors, one after the other. */
function commitAgainst(answers: readonly Error[]) {
  const left = [...answers];
  const client = {
    async send() {
      const error = left.shift();
      if (error !== undefined) throw error;
    },
  };
  const committer = createCommitter({ client, clock: systemClock, rng: { next: () => 0 }, ids: { next: () => 'id' } });
  const unit = createUnit({ unitId: 'u', source: 'urn:test', time: 0 });
  unit.put(orders, { id: '1' }, { expression: 'attribute_not_exists(id)' });
  const condition = { expression: 'attribute_not_exists(pk)' };
  return committer.commit({ unit, token: 't', guards: [{ kind: 'put', table: inbox, item: { pk: 'm', commit: 't' }, condition }] });
}

const cancelled = (...reasons: readonly { readonly Code: string; readonly Item?: object }[]) =>
  Object.assign(new Error('cancelled'), { name: 'TransactionCanceledException', $fault: 'client', CancellationReasons: reasons });

test.each([['TransactionConflict'], ['ThrottlingError'], ['ProvisionedThroughputExceeded']])(
  'while the guard meets a %s, a condition of the unit is not judged: it may be a duplicate',
  async (Code) => {
    const own = { Code: 'ConditionalCheckFailed', Item: { id: { S: '1' } } };
    const duplicate = { Code: 'ConditionalCheckFailed', Item: { pk: { S: 'm' }, commit: { S: 'another' } } };
    const outcome = await commitAgainst([cancelled({ Code }, own), cancelled(duplicate, own)]);
    expect(outcome).toMatchObject({ status: 'guardFailed', existing: { commit: 'another' } });
  },
);

test.each(['12345678901234567.89', '1E+50', '-9.9E+125'])('an item that holds the number %s is an answer like any other', async (N) => {
  const outcome = await commitAgainst([
    cancelled({ Code: 'None' }, { Code: 'ConditionalCheckFailed', Item: { id: { S: '1' }, amount: { N } } }),
  ]);
  expect(outcome).toMatchObject({ status: 'conditionFailed', error: { existing: { id: '1' } } });
});

test('an answer that nobody foresaw leaves the outcome open instead of throwing', async () => {
  const odd = {
    get Code(): string {
      throw new Error('odd');
    },
  };
  expect(await commitAgainst([cancelled(odd)])).toMatchObject({ status: 'unknown', error: { code: 'UNIT_UNKNOWN' } });
});

test('numbers are read without loss where JavaScript can, and kept as text where it cannot', () => {
  const read = (N: string) => nativeItem({ n: { N } })['n'];
  expect([read('1'), read('-0.5'), read('9007199254740991'), read('9007199254740993')]).toEqual([1, -0.5, 2 ** 53 - 1, 2n ** 53n + 1n]);
  expect(String(read('12345678901234567.89'))).toBe('12345678901234567.89');
  expect(nativeItem({ l: { L: [{ N: '1E+50' }] }, s: { NS: ['1E+50', '2'] } })).toMatchObject({ l: [{ value: '1E+50' }] });
});
