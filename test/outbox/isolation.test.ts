import { describe, expect, test } from 'vitest';
import type { StreamRecord } from '../../lib/outbox/outbox.relay.ts';
import { createRelay } from '../../lib/outbox/outbox.relay.ts';
import { createSweeper } from '../../lib/outbox/outbox.sweeper.ts';
import type { PublishDeps } from '../../lib/outbox/publish-lanes.ts';
import type { Sender } from '../../lib/topic/deliver.ts';
import { createSnsSender } from '../../lib/topic/topic.sns.ts';
import { AccountBooked, OrderAudited, OrderChanged, OrderPlaced } from './messages.ts';
import { createOutboxWorld, type OutboxWorld } from './outbox-world.ts';

type Unit = ReturnType<OutboxWorld['outbox']['unit']>;

async function commit(world: OutboxWorld, fill: (unit: Unit) => void): Promise<void> {
  const unit = world.outbox.unit();
  fill(unit);
  await world.finish(unit.commit());
  world.calls.length = 0;
}

const times = (count: number, each: (index: number) => void) => Array.from({ length: count }, (_, index) => each(index + 1));
const healthy = (unit: Unit, count: number) => times(count, (n) => unit.publish(AccountBooked, { account: `a${n}`, amount: n }));
/** Goes to `orders`, which works, and to `audit`, which does not. */
const broken = (unit: Unit, count: number) => times(count, (n) => unit.publish(OrderAudited, { orderId: `x${n}` }));

type Outage = 'timeout' | 'stall' | 'denied';

/** The world's dependencies with a topic `audit` that is out; `sent` holds when each message went to another topic. */
function withOutage(world: OutboxWorld, outage: Outage): { deps: PublishDeps; sent: number[]; calls: () => number } {
  const { topic } = world.deps.senders;
  const sent: number[] = [];
  let calls = 0;
  const fail = async () => {
    calls += 1;
    if (outage === 'stall') await new Promise(() => {});
    if (outage === 'timeout') await new Promise<void>((resolve) => void world.clock.after(5_000, resolve));
    const failure = outage === 'denied' ? 'denied' : 'ambiguous';
    return { rejected: { status: 'failed', failure, code: outage, message: 'no' } } as const;
  };
  const sender: Sender = {
    ...topic,
    sendBatch: (destination, parcels) => {
      if (destination.name === 'audit') return fail();
      sent.push(...parcels.map(() => world.clock.now()));
      return topic.sendBatch(destination, parcels);
    },
  };
  return { deps: { ...world.deps, senders: { ...world.deps.senders, topic: sender } }, sent, calls: () => calls };
}

/** Runs to its end and tells how long it took. */
async function timed<T>(world: OutboxWorld, work: Promise<T>): Promise<{ result: T; ms: number }> {
  const start = world.clock.now();
  let ended: { result: T; ms: number } | undefined;
  work.then((result) => {
    ended = { result, ms: world.clock.now() - start };
  });
  for (let step = 0; step < 600 && ended === undefined; step += 1) await world.clock.run(world.clock.now() + 100);
  if (ended === undefined) throw new Error('it never ended');
  return ended;
}

const relayOf = (world: OutboxWorld, deps: PublishDeps) => {
  const relay = createRelay(deps);
  return (records: readonly StreamRecord[], ms = 25_000) => timed(world, relay.handle(records, { deadline: world.clock.now() + ms }));
};

const pendingOf = (world: OutboxWorld) => world.rows().filter((row) => String(row['state']).startsWith('PENDING')).length;

describe('a destination that is out', () => {
  test.each<[Outage, number]>([
    ['timeout', 5_100],
    ['stall', 6_100],
    ['denied', 300],
  ])('(%s) takes no more than %i ms of an invocation, however many rows lead to it, and delays no other', async (outage, longest) => {
    const world = await createOutboxWorld();
    await commit(world, (unit) => broken(unit, 80));
    await commit(world, (unit) => times(9, (n) => unit.publish(OrderChanged, { orderId: 'o1', change: n })));
    await commit(world, (unit) => healthy(unit, 10));
    const { deps, sent } = withOutage(world, outage);
    const start = world.clock.now();
    const { result, ms } = await relayOf(world, deps)(world.records());
    expect(sent).toHaveLength(80 + 9 + 10);
    expect(Math.max(...sent) - start).toBeLessThan(100);
    expect(ms).toBeLessThanOrEqual(longest);
    expect(result).toEqual({ batchItemFailures: [] });
    expect(pendingOf(world)).toBe(80);
  });

  test('is not asked again by the next batch, and once it is back the sweeper publishes its rows', async () => {
    const world = await createOutboxWorld();
    const { deps, calls } = withOutage(world, 'timeout');
    const relay = relayOf(world, deps);
    await commit(world, (unit) => broken(unit, 1));
    await relay(world.records());
    const tried = calls();
    await commit(world, (unit) => {
      broken(unit, 1);
      healthy(unit, 1);
    });
    expect((await relay(world.records())).ms).toBeLessThanOrEqual(200);
    expect(calls()).toBe(tried);
    expect(pendingOf(world)).toBe(2);
    await world.clock.run(world.clock.now() + 1_000);
    expect(await world.sweep()).toMatchObject({ swept: 2, pending: 0 });
    expect(await world.arrived('audit')).toHaveLength(2);
  });

  test('holds the rows of a key in their order until the sweeper can publish them', async () => {
    const world = await createOutboxWorld();
    await commit(world, (unit) => times(2, (amount) => unit.publish(AccountBooked, { account: 'a', amount })));
    world.fault(({ action }) => (action === 'PublishBatch' ? 'throttle' : undefined));
    expect(await world.relay()).toEqual({ batchItemFailures: [] });
    expect(world.rows('KEY#a SEQ#')).toHaveLength(2);
    world.fault(() => undefined);
    await world.clock.run(world.clock.now() + 1_000);
    await world.sweep();
    expect((await world.arrived('ledger.fifo')).map((message) => message.sequence)).toEqual([1, 2]);
  });

  test('because its ARN leads to another region parks nothing', async () => {
    const world = await createOutboxWorld();
    await commit(world, (unit) => times(3, (n) => unit.publish(OrderPlaced, { orderId: `o${n}` })));
    const refuse = () =>
      Promise.reject(
        Object.assign(new Error('Invalid parameter: TopicArn'), {
          name: 'InvalidParameterException',
          $fault: 'client',
          $metadata: { httpStatusCode: 400 },
        }),
      );
    const deps = { ...world.deps, senders: { ...world.deps.senders, topic: createSnsSender({ send: refuse }) } };
    expect((await relayOf(world, deps)(world.records())).result).toEqual({ batchItemFailures: [] });
    expect(pendingOf(world)).toBe(3);
  });

  test('does not keep the sweeper from what is behind its rows, in any shard', async () => {
    const world = await createOutboxWorld();
    for (let round = 0; round < 8; round += 1) await commit(world, (unit) => broken(unit, 90));
    await world.clock.run(world.clock.now() + 1_000);
    for (let round = 0; round < 12; round += 1) await commit(world, (unit) => unit.publish(OrderPlaced, { orderId: `o${round}` }));
    await world.clock.run(world.clock.now() + 120_000);
    const { deps } = withOutage(world, 'timeout');
    const sweep = createSweeper({ ...deps, sweepAfterMs: 60_000 }).sweep({ deadline: world.clock.now() + 25_000 });
    const { result, ms } = await timed(world, sweep);
    expect(result).toMatchObject({ swept: 12, pending: 720 });
    expect(result.oldestPendingAge).toBeGreaterThan(120);
    expect(ms).toBeLessThan(7_000);
  });
});

describe('a long line', () => {
  test('of one key keeps a batch no longer than a batch of its own would, and ends at the last row of the batch', async () => {
    const world = await createOutboxWorld();
    for (let round = 0; round < 3; round += 1) {
      await commit(world, (unit) => times(60, (change) => unit.publish(OrderChanged, { orderId: 'hot', change })));
    }
    const records = world.records().filter((record) => record.dynamodb?.NewImage?.['body'] !== undefined);
    const record = (seq: number) => records.filter(({ dynamodb }) => JSON.stringify(dynamodb?.NewImage?.['seq']) === `{"N":"${seq}"}`);
    expect(await world.relay(record(3))).toEqual({ batchItemFailures: [] });
    expect((await world.arrived('orders')).map((message) => message.sequence)).toEqual([1, 2, 3]);
    expect(await world.relay(record(180))).toEqual({ batchItemFailures: [] });
    expect((await world.arrived('orders')).map((message) => message.sequence)).toEqual(Array.from({ length: 100 }, (_, n) => n + 4));
    await world.clock.run(world.clock.now() + 1_000);
    expect(await world.sweep()).toMatchObject({ swept: 77, pending: 0 });
  });
});

test('a row that a read saw before the older ones of its transaction does not overtake them', async () => {
  const world = await createOutboxWorld();
  await commit(world, (unit) => times(4, (amount) => unit.publish(AccountBooked, { account: 'a', amount })));
  const records = world.records();
  for (const missed of [[1], [2], [1, 3]]) {
    const next = await createOutboxWorld();
    await commit(next, (unit) => times(4, (amount) => unit.publish(AccountBooked, { account: 'a', amount })));
    let reads = 0;
    const store = {
      ...next.deps.store,
      // The first read passed the places of some rows before the commit and those of others after it.
      oldestOf: async (...read: Parameters<typeof next.deps.store.oldestOf>) => {
        const page = await next.deps.store.oldestOf(...read);
        reads += 1;
        return reads === 1 ? { ...page, items: page.items.filter(({ seq }) => !missed.includes(Number(seq))) } : page;
      },
    };
    await relayOf(next, { ...next.deps, store })(records);
    expect(
      (await next.arrived('ledger.fifo')).map((message) => message.sequence),
      `missed ${missed}`,
    ).toEqual([1, 2, 3, 4]);
  }
});

test('a row that a sweep’s read saw before whole older transactions does not overtake them', async () => {
  for (const missed of [[1], [1, 2], [1, 2, 3]]) {
    const world = await createOutboxWorld();
    for (const amount of [1, 2, 3, 4]) await commit(world, (unit) => unit.publish(AccountBooked, { account: 'a', amount }));
    await world.clock.run(world.clock.now() + 90_000);
    let reads = 0;
    const store = {
      ...world.deps.store,
      // All of them committed while the first read went on, which had passed the places of the older ones by then.
      oldestOf: async (...read: Parameters<typeof world.deps.store.oldestOf>) => {
        const page = await world.deps.store.oldestOf(...read);
        reads += 1;
        return reads === 1 ? { ...page, items: page.items.filter(({ seq }) => !missed.includes(Number(seq))) } : page;
      },
    };
    const sweeper = createSweeper({ ...world.deps, store, sweepAfterMs: 60_000 });
    await timed(world, sweeper.sweep({ deadline: world.clock.now() + 60_000 }));
    expect(
      (await world.arrived('ledger.fifo')).map((message) => message.sequence),
      `missed ${missed}`,
    ).toEqual([1, 2, 3, 4]);
  }
});

describe('a sweep', () => {
  test('that cannot read one shard sweeps and reports the others, and then fails', async () => {
    const world = await createOutboxWorld();
    for (let round = 0; round < 12; round += 1) await commit(world, (unit) => unit.publish(OrderPlaced, { orderId: `o${round}` }));
    const shards = new Set(world.rows().map((row) => String(row['state'])));
    expect(shards.size).toBeGreaterThan(1);
    const [unreadable] = shards;
    const stuck = world.rows().filter((row) => row['state'] === unreadable).length;
    await world.clock.run(world.clock.now() + 1_000);
    world.fault(({ input }) => (JSON.stringify(input).includes(`"${unreadable}"`) ? 'denied' : undefined));
    await expect(world.sweep()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(await world.arrived('orders')).toHaveLength(12 - stuck);
    expect(world.counted['OutboxSwept']).toBe(12 - stuck);
    expect(world.counted).not.toHaveProperty('OutboxPending');
  });

  test('goes on where the last one ran out of time, and still tells the age of the oldest row', async () => {
    const world = await createOutboxWorld();
    for (let round = 0; round < 10; round += 1)
      await commit(world, (unit) => times(90, (n) => unit.publish(OrderPlaced, { orderId: `o${n}` })));
    await world.clock.run(world.clock.now() + 90_000);
    const slow: Sender['sendBatch'] = async () => {
      await new Promise<void>((resolve) => void world.clock.after(300, resolve));
      return { rejected: { status: 'failed', failure: 'throttled', code: 'Throttled', message: 'no' } };
    };
    const froms: (string | undefined)[] = [];
    const store = {
      ...world.deps.store,
      due: (...read: Parameters<typeof world.deps.store.due>) => {
        froms.push(JSON.stringify(read[1].from));
        return world.deps.store.due(...read);
      },
    };
    const senders = { ...world.deps.senders, topic: { ...world.deps.senders.topic, sendBatch: slow } };
    const sweeper = createSweeper({ ...world.deps, store, senders, sweepAfterMs: 0 });
    const first = await timed(world, sweeper.sweep({ deadline: world.clock.now() + 250 }));
    expect(first.result.oldestPendingAge).toBeGreaterThanOrEqual(90);
    const second = await timed(world, sweeper.sweep({ deadline: world.clock.now() + 25_000 }));
    expect(second.result.oldestPendingAge).toBeGreaterThanOrEqual(90);
    expect(froms.slice(0, 4)).toEqual([undefined, undefined, undefined, undefined]);
    expect(froms.filter((from) => from === undefined)).toHaveLength(8);
    expect(froms.length).toBeGreaterThan(8);
  });
});
