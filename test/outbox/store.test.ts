import { describe, expect, test } from 'vitest';
import { createOutboxStore } from '../../lib/outbox/outbox.dynamodb.ts';
import type { OutboxRow } from '../../lib/outbox/row.ts';
import { type Sent, scriptedDynamoDb } from '../scripted-dynamodb.ts';

/** A store against a DynamoDB that answers with what `answer` makes of each call. */
function against(answer: Parameters<typeof scriptedDynamoDb>[0]) {
  const scripted = scriptedDynamoDb(answer);
  return { ...scripted, store: createOutboxStore({ ...scripted.ports, table: 'outbox' }) };
}

interface Request {
  readonly Keys?: readonly object[];
  readonly ConsistentRead?: boolean;
  readonly ProjectionExpression?: string;
}
const requestOf = ({ input }: Sent) => (input['RequestItems'] as { outbox: Request }).outbox;
const deletesOf = ({ input }: Sent) => (input['RequestItems'] as { outbox: readonly object[] }).outbox;

const S = (text: string) => ({ S: text });
const rowItem = (sk: string) => ({
  ...{ pk: S('KEY#k'), sk: S(sk), id: S(`id-${sk}`), type: S('orders.order-placed'), body: S('{}'), state: S('PENDING#0') },
  ...{ attributes: { M: {} }, destinations: { L: [S('orders')] }, key: S('k'), seq: { N: '1' }, committedAt: { N: '1' } },
});
const rowKeys = (count: number) => Array.from({ length: count }, (_, index) => ({ pk: `UNIT#${index}`, sk: '0' }));
const row = { pk: 'KEY#k', sk: 'SEQ#1', id: 'id', state: 'PENDING#3' } as OutboxRow;

describe('reading', () => {
  test('heads are read consistently, of each no more than its number, and a key without one is absent', async () => {
    const { store, calls, timed } = against(() => ({ Responses: { outbox: [{ pk: S('KEY#a#b'), seq: { N: '7' } }] } }));
    expect(await timed(store.readHeads(['a#b', 'c']))).toEqual(new Map([['a#b', 7]]));
    expect(requestOf(calls[0] as Sent)).toEqual({
      Keys: [
        { pk: S('KEY#a#b'), sk: S('HEAD') },
        { pk: S('KEY#c'), sk: S('HEAD') },
      ],
      ConsistentRead: true,
      ProjectionExpression: '#p0, #p1',
      ExpressionAttributeNames: { '#p0': 'pk', '#p1': 'seq' },
    });
  });

  test('rows are read a hundred at a time, whole, and what is none is left out', async () => {
    const { store, calls, timed } = against((_, index) => ({
      Responses: { outbox: index === 0 ? [rowItem('SEQ#1'), { pk: S('x') }] : [] },
    }));
    expect((await timed(store.readRows(rowKeys(101)))).map(({ sk }) => sk)).toEqual(['SEQ#1']);
    expect(
      calls.map((call) => [requestOf(call).Keys?.length, requestOf(call).ConsistentRead, requestOf(call).ProjectionExpression]),
    ).toEqual([
      [100, true, undefined],
      [1, true, undefined],
    ]);
    calls.length = 0;
    expect([await timed(store.readRows([])), calls]).toEqual([[], []]);
  });

  test('keys that are left over are asked for again, later, and given up on after five rounds', async () => {
    const half = against((call, index) =>
      index === 0
        ? { Responses: { outbox: [rowItem('SEQ#1')] }, UnprocessedKeys: { outbox: { Keys: requestOf(call).Keys?.slice(1) } } }
        : {},
    );
    const begun = half.clock.now();
    await half.timed(half.store.readRows(rowKeys(3)));
    expect(half.calls.map((call) => requestOf(call).Keys?.length)).toEqual([3, 2]);
    expect(half.clock.now() - begun).toBe(50);
    const never = against((call) => ({ UnprocessedKeys: { outbox: { Keys: requestOf(call).Keys } } }));
    await expect(never.timed(never.store.readRows(rowKeys(1)))).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(never.calls).toHaveLength(5);
  });

  test('the rows of a key come page by page, consistently, from behind a row on', async () => {
    const { store, calls, timed } = against(() => ({ Items: [rowItem('SEQ#2')], LastEvaluatedKey: { pk: S('KEY#k'), sk: S('SEQ#2') } }));
    const page = await timed(store.oldestOf('k', { limit: 1, after: row }));
    expect([page.items.map(({ sk }) => sk), page.next]).toEqual([['SEQ#2'], { pk: S('KEY#k'), sk: S('SEQ#2') }]);
    expect(calls[0]).toMatchObject({
      action: 'Query',
      input: {
        TableName: 'outbox',
        ConsistentRead: true,
        Limit: 1,
        ExpressionAttributeValues: { ':pk': S('KEY#k'), ':seq': S('SEQ#') },
        ExclusiveStartKey: { pk: S('KEY#k'), sk: S('SEQ#1') },
      },
    });
    const last = against(() => ({}));
    expect(await last.timed(last.store.oldestOf('k', { limit: 9 }))).toEqual({ items: [] });
    expect(last.calls[0]?.input).not.toHaveProperty('ExclusiveStartKey');
  });

  test('a row of a key that cannot be read stands in its place as a parked one: what comes after it must not overtake it', async () => {
    const { store, timed } = against(() => ({ Items: [{ pk: S('KEY#k'), sk: S('SEQ#1') }, rowItem('SEQ#2')] }));
    const { items } = await timed(store.oldestOf('k', { limit: 2 }));
    expect(items[0]).toEqual({
      ...{ pk: 'KEY#k', sk: 'SEQ#1', id: '', type: '', body: '' },
      ...{ attributes: {}, destinations: [], state: 'PARKED#unreadable', committedAt: 0 },
    });
    expect(items).toHaveLength(2);
  });

  test('rows in a state are counted, not read; the due ones come from before a time, page by page', async () => {
    const { store, calls, timed } = against(() => ({ Count: 3, Items: [{ pk: S('UNIT#1'), sk: S('0'), committedAt: { N: '5' } }] }));
    expect(await timed(store.countOf('PARKED#1'))).toBe(3);
    const from = { pk: S('a') };
    expect(await timed(store.due('PENDING#1', { before: 9, limit: 2, from }))).toEqual({
      items: [{ pk: 'UNIT#1', sk: '0', committedAt: 5 }],
    });
    expect(calls).toMatchObject([
      { input: { Select: 'COUNT', IndexName: 'pending', ExpressionAttributeValues: { ':state': S('PARKED#1') } } },
      {
        input: {
          KeyConditionExpression: '#state = :state AND #at < :before',
          ExpressionAttributeValues: { ':state': S('PENDING#1'), ':before': { N: '9' } },
          Limit: 2,
          ExclusiveStartKey: from,
        },
      },
    ]);
    const none = against(() => ({}));
    expect(await none.timed(none.store.countOf('PARKED#1'))).toBe(0);
  });
});

describe('writing', () => {
  test('rows are removed 25 at a time, and what was left over again, later, up to five times', async () => {
    const { store, calls, clock, timed } = against((call, index) =>
      index === 0 ? { UnprocessedItems: { outbox: deletesOf(call).slice(20) } } : {},
    );
    const begun = clock.now();
    await timed(store.remove(rowKeys(26)));
    expect(calls.map((call) => deletesOf(call).length).sort()).toEqual([1, 25, 5]);
    expect(clock.now() - begun).toBe(50);
    const never = against((call) => ({ UnprocessedItems: { outbox: deletesOf(call) } }));
    await expect(never.timed(never.store.remove(rowKeys(1)))).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(never.calls).toHaveLength(5);
    const nothing = against(() => ({}));
    await nothing.timed(nothing.store.remove([]));
    expect(nothing.calls).toEqual([]);
  });

  test('a row is parked in its shard with a reason that fits, only as long as it is pending', async () => {
    const { store, calls, clock, timed } = against(() => ({}));
    await timed(store.park(row, { reason: 'InvalidParameter', detail: 'x'.repeat(1_001) }));
    expect(calls[0]?.input).toMatchObject({
      ConditionExpression: '#state = :pending',
      ExpressionAttributeValues: {
        ':parked': S('PARKED#3'),
        ':pending': S('PENDING#3'),
        ':reason': S('InvalidParameter'),
        ':detail': S('x'.repeat(1_000)),
        ':at': { N: String(clock.now()) },
      },
    });
  });

  test('a row that somebody published or parked meanwhile is left as it is; any other refusal is thrown', async () => {
    const refused = (name: string) => against(() => Object.assign(new Error(name), { name, $fault: 'client' }));
    const meanwhile = refused('ConditionalCheckFailedException');
    await meanwhile.timed(meanwhile.store.park(row, { reason: 'r', detail: 'd' }));
    const denied = refused('AccessDeniedException');
    await expect(denied.timed(denied.store.park(row, { reason: 'r', detail: 'd' }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });

  test('every call is tried five times', async () => {
    const { store, calls, timed } = against(() => Object.assign(new Error('slow'), { name: 'ThrottlingException', $fault: 'client' }));
    for (const work of [
      () => store.readHeads(['k']),
      () => store.countOf('PARKED#0'),
      () => store.remove(rowKeys(1)),
      () => store.park(row, { reason: 'r', detail: 'd' }),
    ]) {
      calls.length = 0;
      await expect(timed<unknown>(work())).rejects.toMatchObject({ name: 'ThrottlingException' });
      expect(calls).toHaveLength(5);
    }
  });
});
