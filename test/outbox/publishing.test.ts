import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, test } from 'vitest';
import { keyLane, type Lane, singleLane } from '../../lib/outbox/lanes.ts';
import { createRelay, type StreamRecord } from '../../lib/outbox/outbox.relay.ts';
import { createSweeper } from '../../lib/outbox/outbox.sweeper.ts';
import { publishLanes } from '../../lib/outbox/publish-lanes.ts';
import type { OutboxRow } from '../../lib/outbox/row.ts';
import { createBreakers } from '../../lib/topic/breaker.ts';
import type { SendResult } from '../../lib/topic/send-result.ts';
import { DENIED, REJECTED, rowOf, scriptedPublishing, THROTTLED } from './scripted-publishing.ts';

type World = ReturnType<typeof scriptedPublishing>;
const SENT: SendResult = { status: 'sent' };

async function publish(world: World, lanes: readonly Lane[], ms = 60_000): Promise<string[]> {
  const run = { deadline: world.clock.now() + ms, breakers: createBreakers(world.clock) };
  await world.timed(publishLanes(world.deps, lanes, run));
  return lanes.map(({ state }) => state);
}

const lanesOf = (rows: readonly OutboxRow[]) => rows.map(singleLane);
const line = (count: number, key = 'k') =>
  Array.from({ length: count }, (_, index) => rowOf(`${key}${index + 1}`, { key, seq: index + 1 }));
const lineLane = ({ store }: World, key = 'k', read = store.oldestOf) =>
  keyLane(key, (after) => read(key, { limit: 25, ...(after && { after }) }), { until: 99, limit: 99 });

describe('publishing', () => {
  test('forgets a row only when each of its destinations has confirmed it', async () => {
    const rows = [rowOf('a'), rowOf('b', { destinations: ['orders', 'audit'] }), rowOf('c', { destinations: ['audit'] })];
    const world = scriptedPublishing(rows, (_, name) => (name === 'audit' ? THROTTLED : SENT));
    expect(await publish(world, lanesOf(rows))).toEqual(['drained', 'left', 'left']);
    expect(world.states()).toEqual({ b: 'PENDING', c: 'PENDING' });
    expect(world.metrics).toEqual({ OutboxPublished: 1, OutboxPublishFailed: 2 });
    expect(world.logs[0]).toEqual({
      ...{ level: 'warn', message: 'publishing a message failed, to be tried again' },
      fields: { messageId: 'b', type: 't.t', key: undefined, status: 'unavailable', code: 'Throttled', message: 'too fast' },
    });
  });

  test('parks what a destination refuses, with its reason, and counts it once', async () => {
    const rows = [rowOf('a', { destinations: ['audit', 'orders'] }), rowOf('b')];
    const world = scriptedPublishing(rows, (id, name) => (id === 'a' && name === 'orders' ? REJECTED : SENT));
    expect(await publish(world, lanesOf(rows))).toEqual(['held', 'drained']);
    expect([world.states(), world.metrics]).toEqual([{ a: 'PARKED' }, { OutboxPublished: 1, OutboxParked: 1 }]);
    expect(world.logs).toEqual([
      {
        ...{ level: 'error', message: 'a message can never be published as it is: parked' },
        fields: { messageId: 'a', type: 't.t', key: undefined, reason: 'InvalidParameter', detail: 'Invalid parameter: Message' },
      },
    ]);
  });

  test.each([
    [['nowhere', 'orders', 'gone'], 'no destination is called nowhere or gone'],
    [[], 'no destination is called (none is named)'],
  ])('parks a row for %j before it goes anywhere', async (destinations, detail) => {
    const rows = [rowOf('a', { destinations })];
    const world = scriptedPublishing(rows);
    expect([await publish(world, lanesOf(rows)), world.sent]).toEqual([['held'], []]);
    expect(world.logs[0]?.fields).toMatchObject({ reason: 'NO_DESTINATION', detail });
  });

  test('that cannot park says so, and the row must be tried again', async () => {
    const rows = [rowOf('a')];
    const world = scriptedPublishing(rows, () => REJECTED);
    const deps = { ...world.deps, store: { ...world.store, park: () => Promise.reject(new Error('denied')) } };
    expect(await publish({ ...world, deps }, lanesOf(rows))).toEqual(['failed']);
    expect([world.logs[0]?.message, world.metrics]).toEqual(['parking an unpublishable message failed', {}]);
  });

  test('that cannot forget leaves the rows to the sweeper: they are published, and nothing failed', async () => {
    const rows = [rowOf('a')];
    const world = scriptedPublishing(rows);
    const deps = { ...world.deps, store: { ...world.store, remove: () => Promise.reject(new Error('slow down')) } };
    expect(await publish({ ...world, deps }, lanesOf(rows))).toEqual(['drained']);
    expect(world.logs).toMatchObject([{ level: 'warn', fields: { rows: 1, error: new Error('slow down') } }]);
  });

  test('forgets 25 rows at a time, and the rest at the end', async () => {
    const world = scriptedPublishing(line(60));
    expect(await publish(world, [lineLane(world)])).toEqual(['drained']);
    expect([world.removals, world.sent]).toEqual([[25, 25, 10], line(60).map(({ id }) => `${id}@orders`)]);
    const exactly = scriptedPublishing(line(25));
    await publish(exactly, [lineLane(exactly)]);
    expect(exactly.removals).toEqual([25]);
  });

  test('goes on behind a row only when it is published everywhere', async () => {
    const world = scriptedPublishing(line(3), (id) => (id === 'k2' ? THROTTLED : SENT));
    expect(await publish(world, [lineLane(world)])).toEqual(['left']);
    expect([new Set(world.sent), world.states()]).toEqual([new Set(['k1@orders', 'k2@orders']), { k2: 'PENDING', k3: 'PENDING' }]);
  });

  test('does not wait for one destination on the way to another', async () => {
    const slow = rowOf('slow', { destinations: ['audit'] });
    const world = scriptedPublishing([slow, ...line(3)], (_, name) =>
      name === 'orders' ? SENT : new Promise((resolve) => void world.clock.after(3_000, () => resolve(SENT))),
    );
    await publish(world, [singleLane(slow), lineLane(world)]);
    expect(world.sent).toEqual(['slow@audit', 'k1@orders', 'k2@orders', 'k3@orders']);
    expect(world.states()).toEqual({});
  });

  test('that cannot read a key fails it alone', async () => {
    const world = scriptedPublishing([rowOf('a')]);
    const lanes = [lineLane(world, 'k', () => Promise.reject(new Error('denied'))), singleLane(rowOf('a'))];
    expect(await publish(world, lanes)).toEqual(['failed', 'drained']);
    expect(world.logs).toMatchObject([{ level: 'error', message: 'reading the rows of a key failed', fields: { key: 'k' } }]);
  });

  test('without time sends nothing; what had no turn must be tried again, what was tried is the sweeper’s', async () => {
    const rows = [rowOf('a'), rowOf('b')];
    const late = scriptedPublishing(rows);
    expect([await publish(late, lanesOf(rows), 0), late.sent]).toEqual([['failed', 'failed'], []]);
    const hanging = scriptedPublishing(rows, () => new Promise(() => {}));
    expect(await publish(hanging, lanesOf(rows), 1_000)).toEqual(['left', 'left']);
    const half = scriptedPublishing(line(2), () => new Promise((resolve) => void half.clock.after(1_000, () => resolve(SENT))));
    expect(await publish(half, [lineLane(half)], 1_500)).toEqual(['left']);
    const between = scriptedPublishing(line(2), () => new Promise((resolve) => void between.clock.after(999, () => resolve(SENT))));
    expect([await publish(between, [lineLane(between)], 1_000), between.states()]).toEqual([['left'], { k2: 'PENDING' }]);
  });
});

describe('the relay', () => {
  const record = (sequence: string, image: object | undefined, eventName = 'INSERT'): StreamRecord => ({
    eventName,
    dynamodb: { SequenceNumber: sequence, ...(image && { NewImage: marshall(image, { removeUndefinedValues: true }) }) },
  });
  const relay = (world: World, records: readonly StreamRecord[], ms = 60_000) =>
    world.timed(createRelay(world.deps).handle(records, { deadline: world.clock.now() + ms }));

  test('publishes inserts of pending rows, and nothing else is its business', async () => {
    const world = scriptedPublishing([rowOf('a')]);
    const head = { pk: 'KEY#k', sk: 'HEAD', seq: 3 };
    const parked = rowOf('parked', { state: 'PARKED#1' });
    const records = [
      record('1', head),
      record('2', rowOf('changed'), 'MODIFY'),
      record('3', parked),
      record('4', undefined),
      record('5', rowOf('a')),
    ];
    expect(await relay(world, [...records, { eventName: 'REMOVE' }, {}])).toEqual({ batchItemFailures: [] });
    expect([world.sent, world.logs]).toEqual([['a@orders'], []]);
  });

  test('leaves alone, and says so, what this library did not write or nobody can read', async () => {
    const world = scriptedPublishing([rowOf('a')]);
    const image = { pk: { Q: 'odd' } } as unknown as NonNullable<NonNullable<StreamRecord['dynamodb']>['NewImage']>;
    const broken: StreamRecord = { eventName: 'INSERT', dynamodb: { SequenceNumber: '1', NewImage: image } };
    const records = [broken, record('2', { pk: 'x', sk: 'y', state: 'open' }), record('3', rowOf('a'))];
    expect(await relay(world, records)).toEqual({ batchItemFailures: [] });
    expect(world.sent).toEqual(['a@orders']);
    expect(world.logs).toMatchObject([
      { level: 'error', message: 'a stream record is no item', fields: { sequenceNumber: '1', error: expect.any(Error) } },
      { level: 'error', message: expect.stringContaining('not written by this library'), fields: { sequenceNumber: '2' } },
    ]);
  });

  test('asks for a replay from the first row that could not even be tried', async () => {
    const rows = [rowOf('a'), rowOf('b')];
    const late = scriptedPublishing(rows);
    expect(await relay(late, [record('1', rowOf('a')), record('2', rowOf('b'))], 0)).toEqual({
      batchItemFailures: [{ itemIdentifier: '1' }],
    });
    // What was published before its key failed is done.
    const keyed = scriptedPublishing(line(3));
    let reads = 0;
    const oldestOf: World['store']['oldestOf'] = async (key, options) => {
      reads += 1;
      if (reads > 1) throw new Error('denied');
      return { ...(await keyed.store.oldestOf(key, { ...options, limit: 1 })) };
    };
    const deps = { ...keyed.deps, store: { ...keyed.store, oldestOf } };
    const records = line(3).map((row, index) => record(String(index + 1), row));
    expect(await relay({ ...keyed, deps }, records)).toEqual({ batchItemFailures: [{ itemIdentifier: '2' }] });
  });

  test('does not ask for one because of what waits for an operator or for the sweeper', async () => {
    const rows = [rowOf('a'), rowOf('b')];
    const world = scriptedPublishing(rows, (id) => (id === 'a' ? REJECTED : DENIED));
    expect(
      await relay(
        world,
        rows.map((row, index) => record(String(index), row)),
      ),
    ).toEqual({ batchItemFailures: [] });
    expect(world.states()).toEqual({ a: 'PARKED', b: 'PENDING' });
  });

  test('goes as far on a key as the last of its rows in the batch, whatever their order', async () => {
    const rows = line(4);
    const world = scriptedPublishing(rows);
    await relay(world, [record('1', rows[2]), record('2', rows[0])]);
    expect(world.sent).toEqual(['k1@orders', 'k2@orders', 'k3@orders']);
    const many = scriptedPublishing(line(120));
    await relay(many, [record('1', line(120)[119])]);
    expect(many.sent).toHaveLength(100);
  });
});

describe('the sweeper', () => {
  const sweeperOf = (world: World) => createSweeper({ ...world.deps, sweepAfterMs: 0 });
  const sweep = (world: World, sweeper = sweeperOf(world), ms = 60_000) => world.timed(sweeper.sweep({ deadline: world.clock.now() + ms }));
  const aged = (world: World, age: number) => ({ committedAt: world.clock.now() - age });

  test('publishes nothing of a row that was parked while the index still has it as pending', async () => {
    const world = scriptedPublishing([rowOf('parked', { ...aged(scriptedPublishing([]), 9_000), state: 'PARKED#2' })]);
    const { pk, sk, committedAt } = rowOf('parked', aged(world, 9_000));
    Object.assign(world.store, { due: async (state: string) => ({ items: state === 'PENDING#2' ? [{ pk, sk, committedAt }] : [] }) });
    expect(await sweep(world)).toMatchObject({ swept: 0 });
    expect(world.sent).toEqual([]);
    expect(world.states()).toEqual({ parked: 'PARKED' });
  });

  test('reports what it published, what waits, what is parked, and the age of the oldest that waits', async () => {
    const probe = scriptedPublishing([]);
    const rows = [
      ...[rowOf('a', aged(probe, 9_000)), rowOf('waits', { ...aged(probe, 7_400), destinations: ['audit'] })],
      ...[
        rowOf('refused', aged(probe, 20_000)),
        rowOf('parked', { state: 'PARKED#2' }),
        rowOf('young', { committedAt: probe.clock.now() }),
      ],
    ];
    const world = scriptedPublishing(rows, (id) => (id === 'waits' ? DENIED : id === 'refused' ? REJECTED : SENT));
    expect(await sweep(world)).toEqual({ swept: 1, pending: 1, parked: 2, oldestPendingAge: 7 });
    expect(world.states()).toEqual({ waits: 'PENDING', refused: 'PARKED', parked: 'PARKED', young: 'PENDING' });
    expect(world.metrics).toMatchObject({ OutboxSwept: 1, OutboxPending: 1, OutboxOldestPendingAge: 7 });
    expect(world.logs.at(-1)).toEqual({
      level: 'info',
      message: 'swept the outbox',
      fields: { swept: 1, pending: 1, parked: 2, oldestPendingAge: 7 },
    });
    const empty = scriptedPublishing([]);
    await sweep(empty);
    expect([empty.logs, empty.metrics]).toEqual([[], { OutboxSwept: 0, OutboxPending: 0, OutboxOldestPendingAge: 0 }]);
  });

  test('counts the rows of a key that wait behind one that is parked, not those before it nor that one', async () => {
    const rows = line(5).map((row) => ({ ...row, committedAt: 1 }));
    const world = scriptedPublishing(rows, (id) => (id === 'k3' ? REJECTED : SENT));
    expect(await sweep(world)).toMatchObject({ swept: 2, pending: 3, parked: 1 });
    expect(await sweep(world)).toMatchObject({ swept: 0, pending: 2, parked: 1 });
  });

  test('deals with a key once, however many of its rows the index shows', async () => {
    const rows = [...line(150), ...line(3, 'other')].map((row) => ({ ...row, committedAt: 1 }));
    const world = scriptedPublishing(rows);
    expect(await sweep(world)).toEqual({ swept: 153, pending: 0, parked: 0, oldestPendingAge: 0 });
    expect(new Set(world.sent).size).toBe(world.sent.length);
  });

  test('does not publish what the index still shows and the table has lost or parked', async () => {
    const world = scriptedPublishing([rowOf('gone', { committedAt: 1 }), rowOf('parked', { committedAt: 1 })]);
    const readRows: World['store']['readRows'] = async () => [rowOf('parked', { state: 'PARKED#0' })];
    expect(await sweep({ ...world, deps: { ...world.deps, store: { ...world.store, readRows } } })).toMatchObject({ swept: 0, pending: 0 });
    expect(world.sent).toEqual([]);
  });

  test('goes on in the next sweep where it ran out of time, after a look at the first page', async () => {
    const rows = Array.from({ length: 250 }, (_, index) =>
      rowOf(`r${String(index).padStart(3, '0')}`, { committedAt: 1, state: 'PENDING#0', destinations: ['audit'] }),
    );
    const world = scriptedPublishing(rows, () => new Promise((resolve) => void world.clock.after(10_000, () => resolve(THROTTLED))));
    const sweeper = sweeperOf(world);
    const askedIn = async (ms: number) => {
      world.pages.length = 0;
      const report = await sweep(world, sweeper, ms);
      return [world.pages.filter(({ state }) => state === 'PENDING#0').map(({ from }) => from), report.pending];
    };
    expect(await askedIn(1_000)).toEqual([[undefined], 100]);
    expect(await askedIn(0)).toEqual([[undefined], 100]);
    expect(await askedIn(60_000)).toEqual([[undefined, 100, 200], 250]);
    expect(new Set(world.pages.map(({ limit }) => limit))).toEqual(new Set([100]));
  });

  test('is not stopped by a part of the table that cannot be read: it does and reports the rest, and then throws', async () => {
    const rows = [rowOf('a', { committedAt: 1, state: 'PENDING#0' }), rowOf('b', { committedAt: 1, state: 'PENDING#1' })];
    const failing = (part: Partial<World['store']>) => {
      const world = scriptedPublishing(rows);
      return { ...world, deps: { ...world.deps, store: { ...world.store, ...part } } };
    };
    const { store } = scriptedPublishing(rows);
    const noIndex = failing({
      due: async (state, options) => (state === 'PENDING#0' ? Promise.reject(new Error('no index')) : store.due(state, options)),
    });
    await expect(sweep(noIndex)).rejects.toThrow('no index');
    expect([noIndex.sent, noIndex.metrics]).toEqual([['b@orders'], { OutboxPublished: 1, OutboxSwept: 1 }]);
    expect(noIndex.logs).toMatchObject([
      { level: 'error', message: 'a part of the outbox could not be swept', fields: { error: new Error('no index') } },
      { level: 'info', message: 'swept the outbox' },
    ]);
    const noRows = failing({ readRows: () => Promise.reject(new Error('no rows')) });
    await expect(sweep(noRows)).rejects.toThrow('no rows');
    expect(noRows.metrics).toMatchObject({ OutboxSwept: 0, OutboxPending: 2 });
    const noCount = failing({ countOf: () => Promise.reject(new Error('no count')) });
    await expect(sweep(noCount)).rejects.toThrow('no count');
    expect(noCount.metrics).toMatchObject({ OutboxSwept: 2 });
  });
});
