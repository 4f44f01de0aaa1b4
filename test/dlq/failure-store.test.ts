import { describe, expect, test } from 'vitest';
import type { Failure, FailureAudit } from '../../lib/dlq/failure.ts';
import type { FailureStore } from '../../lib/dlq/failure-store.ts';
import { arrival, contents, counted, failureWorld, recount, T0 } from './failure-world.ts';

const first = async (store: FailureStore, id: string) => (await store.get(id)) as Failure;
const who = { at: T0, action: 'redrive', who: 'ada', result: 'sent' } as const;
const audit = (failureId: string, redriveId: string): FailureAudit => ({ ...who, failureId, redriveId });

describe('adding', () => {
  test('keeps a letter once, however often it is delivered, and counts letters of one failure', async () => {
    const { store, timed } = failureWorld();
    expect(await timed(store.add([arrival('a'), arrival('b'), arrival('a')]))).toEqual(['new', 'new', 'known']);
    expect(await timed(store.add([arrival('a'), arrival('a', { letterId: 'copy' })]))).toEqual(['known', 'again']);
    expect(await timed(first(store, 'a'))).toMatchObject({
      status: 'open',
      letters: 2,
      redrives: 0,
      body: { kind: 'inline', text: '{"id":"a"}' },
    });
    const { groups } = await timed(contents(store));
    expect(groups).toEqual([
      {
        fingerprint: 'f1',
        consumer: 'ship-order',
        reason: 'ATTEMPTS_EXHAUSTED',
        errorType: 'TypeError',
        errorMessage: 'no such order',
        messageType: 'orders.order-placed',
        sampleId: 'a',
        firstAt: T0,
        lastAt: T0,
        total: 2,
        counts: { open: 2 },
        handlerVersions: [],
      },
    ]);
  });

  test('gives back what it was given, byte for byte, whatever is in it', async () => {
    const { store, timed } = failureWorld();
    const given = arrival('a', {
      body: '\u0000 not JSON \ud83d\udce8',
      stack: 'Error\n at x',
      groupId: 'g',
      key: '',
      attempts: [{ at: '2029-12-31T00:00:00.000Z', type: 'E', message: '' }],
      attributes: { binary: { dataType: 'Binary', binaryValue: 'AAE=' } },
    });
    await timed(store.add([given]));
    const { letterId, copyId, body, ...rest } = given;
    const stored = await timed(first(store, 'a'));
    expect(stored).toEqual({ ...rest, body: { kind: 'inline', text: body }, letters: 1, redrives: 0, indexedAt: stored.indexedAt });
    expect(await timed(store.bodyOf(stored))).toBe(body);
  });

  test('takes the earliest failure of a batch as the sample of a new group: letters come in no order', async () => {
    const { store, timed } = failureWorld();
    await timed(store.add([arrival('later', { failedAt: T0 + 1 }), arrival('earlier')]));
    expect((await timed(store.groups())).items.map(({ sampleId }) => sampleId)).toEqual(['earlier']);
  });

  test('updates a group once for all the letters of a batch', async () => {
    const { store, callsOf, timed } = failureWorld();
    const batch = Array.from({ length: 10 }, (_, index) => arrival(`a${index}`, { failedAt: T0 + index }));
    expect(await callsOf(() => store.add(batch))).toEqual(['BatchGetItem', 'TransactWriteItems']);
    expect((await timed(contents(store))).groups).toMatchObject([{ total: 10, counts: { open: 10 }, firstAt: T0, lastAt: T0 + 9 }]);
  });

  test('puts bodies over 4 KB, and those that an item has no room for, where objects are', async () => {
    const { store, objects, timed } = failureWorld();
    const large = 'ä'.repeat(2_049);
    const beside = { big: { dataType: 'String', stringValue: 'x'.repeat(399_000) } };
    const small = arrival('c', { body: 'ä'.repeat(2_048) });
    await timed(store.add([arrival('a', { body: large }), arrival('b', { body: 'y'.repeat(4_000), attributes: beside }), small]));
    expect(objects.size).toBe(2);
    const stored = await timed(first(store, 'a'));
    expect(stored.body).toMatchObject({ kind: 'object', bytes: 4_098 });
    expect(await timed(store.bodyOf(stored))).toBe(large);
    expect(await timed(first(store, 'b'))).toMatchObject({ body: { kind: 'object' }, attributes: beside });
    objects.clear();
    await expect(timed(store.bodyOf(stored))).rejects.toMatchObject({ code: 'FAILURE_BODY' });
  });

  test('names the attributes that no item could hold, and keeps the rest', async () => {
    const { store, timed } = failureWorld();
    const attributes = {
      type: { dataType: 'String', stringValue: 'orders.order-placed' },
      big: { dataType: 'String', stringValue: 'x'.repeat(900_000) },
    };
    expect(await timed(store.add([arrival('a', { attributes })]))).toEqual(['new']);
    expect(await timed(first(store, 'a'))).toMatchObject({ attributes: { type: attributes.type }, droppedAttributes: ['big'] });
  });

  test('moves a failure that fails otherwise to the other group', async () => {
    const { store, timed } = failureWorld();
    await timed(store.add([arrival('a')]));
    const other = { letterId: 'second', fingerprint: 'f2', errorMessage: 'other', failedAt: T0 + 5, handlerVersion: '7' };
    expect(await timed(store.add([arrival('a', other)]))).toEqual(['again']);
    expect(await timed(first(store, 'a'))).toMatchObject({ fingerprint: 'f2', errorMessage: 'other', letters: 2, failedAt: T0 + 5 });
    const { failures, groups } = await timed(contents(store));
    expect(counted(groups)).toEqual(recount(failures));
    expect(groups.find(({ fingerprint }) => fingerprint === 'f2')).toMatchObject({
      handlerVersions: ['7'],
      total: 1,
      errorMessage: 'other',
    });
  });
});

describe('redriving', () => {
  test('claims what waits, once, and settles only what the same redrive claimed', async () => {
    const { store, timed } = failureWorld();
    await timed(store.add([arrival('a'), arrival('b', { status: 'parked' })]));
    const failures = [await timed(first(store, 'a')), await timed(first(store, 'b'))];
    const { applied } = await timed(store.claim(failures, 'r1'));
    expect(applied).toMatchObject([
      { id: 'a', status: 'redriving', redrives: 1, redriveId: 'r1' },
      { id: 'b', status: 'redriving', redrives: 1 },
    ]);
    expect((await timed(store.claim(failures, 'r2'))).refused.map(({ id, redriveId }) => [id, redriveId])).toEqual([
      ['a', 'r1'],
      ['b', 'r1'],
    ]);
    const settlements = applied.map((failure) => ({ failure, status: 'redriven' as const, audit: audit(failure.id, 'r1') }));
    expect((await timed(store.settle(settlements))).applied.map(({ status }) => status)).toEqual(['redriven', 'redriven']);
    expect((await timed(store.settle(settlements))).refused).toHaveLength(2);
    expect(await timed(store.audits('a'))).toEqual([audit('a', 'r1')]);
    expect((await timed(contents(store))).groups).toMatchObject([{ counts: { redriven: 2 }, total: 2 }]);
  });

  test('costs one call a claim and one a settlement', async () => {
    const { store, callsOf, timed } = failureWorld();
    await timed(store.add(['a', 'b', 'c'].map((id) => arrival(id))));
    const failures = (await timed(store.list({}))).items;
    const calls = callsOf(async () => {
      const { applied } = await store.claim(failures, 'r1');
      await store.settle(applied.map((failure) => ({ failure, status: 'done', audit: audit(failure.id, 'r1') })));
    });
    expect(await calls).toEqual(['TransactWriteItems', 'TransactWriteItems']);
  });

  test('opens again what fails after its claim, and not for another letter of the copy that it was claimed for', async () => {
    const { store, timed } = failureWorld();
    await timed(store.add([arrival('a')]));
    const { applied } = await timed(store.claim([await timed(first(store, 'a'))], 'r1'));
    await timed(store.settle(applied.map((failure) => ({ failure, status: 'redriven', audit: audit('a', 'r1') }))));
    expect(await timed(store.add([arrival('a', { letterId: 'copy' })]))).toEqual(['known']);
    expect(await timed(first(store, 'a'))).toMatchObject({ status: 'redriven', letters: 2 });
    expect(await timed(store.add([arrival('a', { letterId: 'later', copyId: 'sent back' })]))).toEqual(['again']);
    expect(await timed(first(store, 'a'))).toMatchObject({ status: 'open', letters: 3, redrives: 1, redriveId: 'r1' });
    const { failures, groups } = await timed(contents(store));
    expect(counted(groups)).toEqual(recount(failures));
  });

  test('stays open when it failed again before its redrive was settled, and what was done is on file', async () => {
    const { store, timed } = failureWorld();
    await timed(store.add([arrival('a')]));
    const { applied } = await timed(store.claim([await timed(first(store, 'a'))], 'r1'));
    await timed(store.add([arrival('a', { letterId: 'later', copyId: 'sent back' })]));
    const { refused } = await timed(store.settle(applied.map((failure) => ({ failure, status: 'redriven', audit: audit('a', 'r1') }))));
    expect(refused).toMatchObject([{ id: 'a', status: 'open' }]);
    expect(await timed(store.audits('a'))).toEqual([audit('a', 'r1')]);
  });
});

describe('deciding', () => {
  test('archives and restores, with who and why', async () => {
    const { store, timed } = failureWorld();
    await timed(store.add([arrival('a')]));
    const failures = [await timed(first(store, 'a'))];
    const decision = { at: T0 + 1, action: 'archive', who: 'ada', why: 'a test', result: 'archived' } as const;
    expect((await timed(store.archive(failures, decision))).applied).toMatchObject([{ status: 'archived' }]);
    expect((await timed(store.archive(failures, decision))).refused).toMatchObject([{ status: 'archived' }]);
    expect((await timed(store.restore(failures, { ...decision, at: T0 + 2, action: 'restore' }))).applied).toMatchObject([
      { status: 'open' },
    ]);
    expect(await timed(store.audits('a'))).toMatchObject([decision, { action: 'restore' }]);
    expect((await timed(contents(store))).groups).toMatchObject([{ counts: { open: 1 } }]);
  });

  test('replaces a failure by a copy with another body, in one step', async () => {
    const { store, timed } = failureWorld();
    await timed(store.add([arrival('a'), arrival('b')]));
    const edit = { at: T0 + 1, action: 'edit', who: 'ada', result: 'edited', diff: '-1\n+2' } as const;
    const copy = await timed(store.replace(await timed(first(store, 'a')), arrival('a2', { body: '{"id":2}' }), edit));
    expect(copy).toMatchObject({ id: 'a2', status: 'open', editOf: 'a', body: { text: '{"id":2}' } });
    expect(await timed(first(store, 'a'))).toMatchObject({ status: 'replaced' });
    expect([await timed(store.audits('a')), await timed(store.audits('a2'))]).toMatchObject([[edit], [edit]]);
    const { failures, groups } = await timed(contents(store));
    expect(counted(groups)).toEqual(recount(failures));
    await expect(timed(store.replace(await timed(first(store, 'a')), arrival('a3'), edit))).rejects.toMatchObject({
      code: 'FAILURE_CHANGED',
    });
    await expect(timed(store.replace(copy, arrival('b'), edit))).rejects.toMatchObject({ code: 'FAILURE_CHANGED' });
  });

  test('lets only what is worked expire', async () => {
    const { store, world, timed } = failureWorld();
    const expiryOf = (id: string) =>
      (
        world.call('dynamodb', 'GetItem', { TableName: 'failures', Key: { pk: { S: `FAILURE#${id}` }, sk: { S: 'STATE' } } })['Item'] as {
          expiresAt?: { N: string };
        }
      )['expiresAt']?.N;
    await timed(store.add([arrival('a')]));
    expect(expiryOf('a')).toBeUndefined();
    const failures = [await timed(first(store, 'a'))];
    await timed(store.archive(failures, { ...who, action: 'archive' }));
    expect(Number(expiryOf('a')) - world.clock.now() / 1_000).toBeGreaterThan(59 * 86_400);
    await timed(store.add([arrival('a', { letterId: 'old copy' })]));
    expect(expiryOf('a')).toBeDefined();
    await timed(store.restore(failures, { ...who, action: 'restore' }));
    expect(expiryOf('a')).toBeUndefined();
  });
});

describe('listing', () => {
  test('finds what waits of a key without reading past what was worked of it', async () => {
    const { store, timed, callsOf } = failureWorld();
    const all = Array.from({ length: 80 }, (_, at) => arrival(`${at}`, { key: 'ada', failedAt: T0 + at }));
    for (let at = 0; at < 80; at += 10) await timed(store.add(all.slice(at, at + 10)));
    const page = await timed(store.list({ key: 'ada' }, { limit: 78 }));
    const audit = { at: T0, action: 'archive', who: 'ada', result: 'archived' } as const;
    for (let at = 0; at < 78; at += 26) await timed(store.archive(page.items.slice(at, at + 26), audit));
    const rest = await timed(store.list({ key: 'ada' }, { limit: 2 }));
    expect(rest.items.map(({ id }) => id)).toEqual(['78', '79']);
    expect(await callsOf(() => store.list({ key: 'ada' }, { limit: 2 }))).toEqual(['Query', 'BatchGetItem']);
    expect((await timed(store.list({ key: 'ada', status: 'archived' }, { limit: 100 }))).items).toHaveLength(78);
  });

  test('passes over groups that failed at other times, with one query for a hundred of them', async () => {
    const { store, timed, callsOf } = failureWorld();
    for (let at = 0; at < 40; at += 10) {
      const part = Array.from({ length: 10 }, (_, index) =>
        arrival(`${at + index}`, { fingerprint: `f${at + index}`, failedAt: T0 + at + index }),
      );
      await timed(store.add(part));
    }
    const { items } = await timed(store.list({ since: T0 + 20, until: T0 + 22 }));
    expect(items.map(({ failedAt }) => failedAt - T0)).toEqual([20, 21]);
    const queries = (await callsOf(() => store.list({ since: T0 + 20, until: T0 + 22 }))).filter((action) => action === 'Query');
    expect(queries).toHaveLength(3);
    const all = (await callsOf(() => store.list({}, { limit: 100 }))).filter((action) => action === 'Query');
    expect(all).toHaveLength(41);
  });

  test('selects by every field, oldest first, page by page', async () => {
    const { store, timed } = failureWorld();
    await timed(
      store.add([
        ...Array.from({ length: 5 }, (_, index) => arrival(`a${index}`, { failedAt: T0 + 10 - index, key: index < 2 ? 'ada' : 'bob' })),
        arrival('b', { fingerprint: 'f2', consumer: 'bill-order', reason: 'UNKNOWN_TYPE', messageType: 'x' }),
      ]),
    );
    const ids = async (...args: Parameters<FailureStore['list']>) => (await timed(store.list(...args))).items.map(({ id }) => id);
    expect(await ids({})).toEqual(['a4', 'a3', 'a2', 'a1', 'a0', 'b']);
    expect(await ids({ fingerprint: 'f1' })).toEqual(['a4', 'a3', 'a2', 'a1', 'a0']);
    expect(await ids({ consumer: 'bill-order' })).toEqual(['b']);
    expect(await ids({ reason: 'UNKNOWN_TYPE', type: 'x' })).toEqual(['b']);
    expect(await ids({ key: 'ada' })).toEqual(['a1', 'a0']);
    expect(await ids({ key: 'ada', since: T0 + 10 })).toEqual(['a0']);
    expect(await ids({ messageId: 'message-a3' })).toEqual(['a3']);
    expect(await ids({ since: T0 + 7, until: T0 + 9 })).toEqual(['a3', 'a2']);
    expect(await ids({ id: 'a3' })).toEqual(['a3']);
    expect(await ids({ status: 'archived' })).toEqual([]);
    expect((await timed(contents(store))).failures.map(({ id }) => id)).toEqual(['a4', 'a3', 'a2', 'a1', 'a0', 'b']);
    await expect(timed(store.list({}, { cursor: 'x' }))).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  });
});
