import { describe, expect, test } from 'vitest';
import { beginChange, endChange, tallyOf } from '../../lib/inbox/inbox.attempts.ts';
import { createInboxStore } from '../../lib/inbox/inbox.dynamodb.ts';
import { type Sent, scriptedDynamoDb } from '../scripted-dynamodb.ts';

/** A store against a DynamoDB that answers with what `answer` makes of each call. */
function against(answer: Parameters<typeof scriptedDynamoDb>[0]) {
  const scripted = scriptedDynamoDb(answer);
  return { ...scripted, store: createInboxStore({ ...scripted.ports, table: { name: 'inbox', partitionKey: 'pk' } }) };
}

const THROTTLED = Object.assign(new Error('slow down'), { name: 'ThrottlingException', $fault: 'client' });
const BROKEN = (Item?: object) =>
  Object.assign(new Error('no'), { name: 'ConditionalCheckFailedException', $fault: 'client', ...(Item && { Item }) });

type Keys = readonly { readonly pk: { readonly S: string } }[];
const keysOf = ({ input }: Sent) => (input['RequestItems'] as Record<string, { Keys: Keys; ConsistentRead: boolean }>)['inbox'];
const itemsOf = (call: Sent, count: number) => ({
  inbox: (keysOf(call)?.Keys ?? []).slice(0, count).map((key) => ({ ...key, n: { N: '1' } })),
});
const keys = (count: number) => Array.from({ length: count }, (_, index) => `key-${index}`);

describe('reading', () => {
  test('asks for a hundred keys at a time, consistently, and for no more calls than that takes', async () => {
    const { store, calls, timed } = against((call) => ({ Responses: itemsOf(call, 100) }));
    expect((await timed(store.read(keys(200)))).size).toBe(200);
    expect(calls.map((call) => [keysOf(call)?.Keys.length, keysOf(call)?.ConsistentRead])).toEqual([
      [100, true],
      [100, true],
    ]);
    calls.length = 0;
    expect([await store.read([]), calls]).toEqual([new Map(), []]);
  });

  test('asks again, later, for exactly the keys that were left over', async () => {
    const { store, calls, clock, timed } = against((call) => ({
      Responses: itemsOf(call, 2),
      UnprocessedKeys: { inbox: { Keys: keysOf(call)?.Keys.slice(2) } },
    }));
    const begun = clock.now();
    expect([...(await timed(store.read(keys(5)))).keys()].sort()).toEqual(keys(5));
    expect(calls.map((call) => keysOf(call)?.Keys.map(({ pk }) => pk.S))).toEqual([keys(5), keys(5).slice(2), keys(5).slice(4)]);
    // 50 and 100 ms.
    expect(clock.now() - begun).toBe(150);
  });

  test('gives up, as after a throttle, when keys are left over five times', async () => {
    const { store, calls, timed } = against((call) => ({ UnprocessedKeys: { inbox: { Keys: keysOf(call)?.Keys } } }));
    await expect(timed(store.read(keys(1)))).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(calls).toHaveLength(5);
  });

  test('ends at the given time', async () => {
    const { store, calls, clock, timed } = against(() => THROTTLED);
    // The waits are 50, 100 and 200 ms.
    await expect(timed(store.read(keys(1), clock.now() + 151))).rejects.toBe(THROTTLED);
    expect(calls).toHaveLength(3);
    calls.length = 0;
    await expect(timed(store.read(keys(1)))).rejects.toBe(THROTTLED);
    expect(calls).toHaveLength(5);
  });
});

describe('writing', () => {
  const condition = { condition: '#state = :running', names: { '#state': 'state' }, values: { ':running': 'RUNNING' } };

  test('says what stood in the way of a put or an update, and throws whatever is no condition', async () => {
    const { store, timed } = against(() => BROKEN({ pk: { S: 'a' }, state: { S: 'DONE' } }));
    expect(await timed(store.put({ pk: 'a' }, condition))).toEqual({ applied: false, item: { pk: 'a', state: 'DONE' } });
    expect(await timed(store.update({ key: 'a', update: 'SET n = :n', ...condition }))).toMatchObject({ applied: false });
    const nothing = against(() => BROKEN());
    expect(await nothing.timed(nothing.store.put({ pk: 'a' }, condition))).toEqual({ applied: false, item: undefined });
    const denied = against(() => Object.assign(new Error('no'), { name: 'AccessDeniedException' }));
    await expect(denied.timed(denied.store.put({ pk: 'a' }, condition))).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test('gives the item as it is now, and asks for the one in the way', async () => {
    const { store, calls, timed } = against(({ action }) => (action === 'UpdateItem' ? { Attributes: { n: { N: '2' } } } : {}));
    expect(await timed(store.put({ pk: 'a' }, condition))).toEqual({ applied: true, item: { pk: 'a' } });
    expect(await timed(store.update({ key: 'a', update: 'SET n = :n', ...condition }))).toEqual({ applied: true, item: { n: 2 } });
    for (const { input } of calls) expect(input).toMatchObject({ TableName: 'inbox', ReturnValuesOnConditionCheckFailure: 'ALL_OLD' });
    expect(calls[1]?.input).toMatchObject({ ReturnValues: 'ALL_NEW', ConditionExpression: '#state = :running' });
  });

  test('tries an update as often as it is told, and each within the given time', async () => {
    const { store, calls, clock, timed } = against(() => THROTTLED);
    const change = { key: 'a', update: 'SET n = :n', ...condition };
    const tried = async (work: () => Promise<unknown>) => {
      calls.length = 0;
      await expect(timed(work())).rejects.toBe(THROTTLED);
      return calls.length;
    };
    expect(await tried(() => store.update(change, undefined, 7))).toBe(7);
    expect(await tried(() => store.update(change))).toBe(4);
    const soon = () => clock.now() + 51;
    expect(await tried(() => store.put({ pk: 'a' }, condition, soon()))).toBe(2);
    expect(await tried(() => store.update(change, soon()))).toBe(2);
    expect(await tried(() => store.remove('a', condition, soon()))).toBe(2);
  });

  test('removes an item only under its condition, which may be broken without an error, and waits for the answer', async () => {
    const { store, calls, timed } = against(() => BROKEN());
    await timed(store.remove('a', condition));
    expect(calls[0]).toMatchObject({ action: 'DeleteItem', input: { Key: { pk: { S: 'a' } }, ConditionExpression: '#state = :running' } });
    const plain = against(() => ({}));
    await plain.timed(plain.store.remove('a'));
    expect(plain.calls[0]?.input).not.toHaveProperty('ConditionExpression');
  });
});

describe('the books', () => {
  const run = { key: 'k', run: 'r', expiresAt: 1 };
  const failure = { at: '2030-01-01T00:00:00.000Z', type: 'Error', message: 'no' };

  test('count a beginning once, however often it is entered', () => {
    expect(beginChange(run)).toMatchObject({
      update: 'ADD #started :one SET lastBegun = :run, expiresAt = :expiresAt',
      condition: 'attribute_not_exists(lastBegun) OR lastBegun <> :run',
    });
  });

  test('count an end whose beginning is in doubt only if the beginning counted', () => {
    const once = '(attribute_not_exists(lastEnded) OR lastEnded <> :run)';
    expect(endChange(run, { begun: 'perhaps', history: [] })).toMatchObject({ condition: `lastBegun = :run AND ${once}` });
    expect(endChange(run, { begun: true, history: [] })).toMatchObject({
      condition: once,
      update: expect.not.stringContaining('#started'),
    });
    expect(endChange(run, { begun: false, history: [] })).toMatchObject({
      condition: once,
      update: expect.stringContaining('#started :one'),
    });
  });

  test('keep the last ten failures, and nothing of a run that is not charged', () => {
    const history = Array.from({ length: 10 }, (_, index) => ({ ...failure, message: String(index) }));
    const { values, update } = endChange(run, { begun: true, failure, history });
    expect(values[':history']).toEqual([...history.slice(1), failure]);
    expect(update).toContain('#failed :one');
    const free = endChange(run, { begun: true, history });
    expect([free.update.includes('#failed'), free.values, free.names]).toEqual([
      false,
      { ':one': 1, ':run': 'r', ':expiresAt': 1 },
      { '#settled': 'settled' },
    ]);
  });

  test('that are empty or strange read as none', () => {
    const none = { started: 0, settled: 0, failed: 0, history: [] };
    expect(tallyOf(undefined)).toEqual(none);
    expect(tallyOf({ started: '3', settled: null, history: 'x' })).toEqual(none);
    expect(tallyOf({ started: 2, settled: 1, failed: 1, history: [failure] })).toEqual({
      started: 2,
      settled: 1,
      failed: 1,
      history: [failure],
    });
  });
});
