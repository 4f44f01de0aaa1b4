import { expect, test } from 'vitest';
import { isPosthasteError } from '../../lib/core/errors.ts';
import type { OutboxCommitOptions } from '../../lib/outbox/create-outbox.ts';
import { createOutbox } from '../../lib/outbox/create-outbox.ts';
import { AccountBooked, OrderChanged, OrderPlaced } from './messages.ts';
import { createOutboxWorld, type Fault, type OutboxWorld } from './outbox-world.ts';

const ONE = { update: { expression: 'ADD charged :one', values: { ':one': 1 } } };

function work(world: OutboxWorld, options: OutboxCommitOptions = {}) {
  const unit = world.outbox.unit();
  unit.update(world.orders, { id: 'o1' }, ONE);
  unit.publish(OrderPlaced, { orderId: 'o1' });
  unit.publish(OrderChanged, { orderId: 'o1', change: 1 });
  return world.finish(unit.commit(options));
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (isPosthasteError(error)) return error.code;
    throw error;
  }
  return 'none';
}

const total = (world: OutboxWorld) => {
  const { Item } = world.engine('dynamodb', 'GetItem', { TableName: 'orders', Key: { id: { S: 'o1' } } }) as {
    Item?: { charged: { N: string } };
  };
  return Number(Item?.charged.N ?? 0);
};
const bodies = (world: OutboxWorld) => world.rows().filter((row) => row['body'] !== undefined);

test('business writes and messages go into one transaction, and heads are read before only for ordering keys', async () => {
  const world = await createOutboxWorld();
  await work(world);
  expect(world.calls).toEqual(['BatchGetItem', 'TransactWriteItems']);
  expect([total(world), bodies(world).length]).toEqual([1, 2]);
  world.calls.length = 0;
  const unit = world.outbox.unit();
  unit.publish(OrderPlaced, { orderId: 'o2' });
  await world.finish(unit.commit());
  expect(world.calls).toEqual(['TransactWriteItems']);
});

test('a commit whose condition fails writes nothing, sends nothing, and says which write it was', async () => {
  const world = await createOutboxWorld();
  const unit = world.outbox.unit();
  unit.put(world.orders, { id: 'o9' });
  unit.update(world.orders, { id: 'o1' }, { ...ONE, condition: { expression: 'attribute_exists(id)' } });
  unit.publish(OrderPlaced, { orderId: 'o1' });
  const failure = world.finish(unit.commit());
  await expect(failure).rejects.toMatchObject({
    code: 'UNIT_CONDITION_FAILED',
    write: { kind: 'update', table: 'orders', key: { id: 'o1' }, condition: 'attribute_exists(id)' },
  });
  expect(world.rows()).toEqual([]);
  expect(world.calls).toEqual(['TransactWriteItems']);
});

test('a conflict is not a condition: it is tried again and commits', async () => {
  const world = await createOutboxWorld();
  world.fault(({ index }) => (index < 3 ? 'conflict' : undefined));
  expect(await work(world)).toMatchObject({ status: 'committed' });
  expect(total(world)).toBe(1);
});

test('conflicts without end leave nothing written and say so', async () => {
  const world = await createOutboxWorld();
  world.fault(() => 'conflict');
  expect(await codeOf(work(world))).toBe('UNIT_CONTENDED');
  expect([total(world), world.rows().length]).toEqual([0, 0]);
});

test('a lost answer is asked for again under the same token: the update is applied once', async () => {
  const world = await createOutboxWorld();
  const tokens = new Set<unknown>();
  let lost = 0;
  world.fault(({ action, input }) => {
    if (action !== 'TransactWriteItems') return undefined;
    tokens.add(input['ClientRequestToken']);
    lost += 1;
    return lost <= 2 ? 'lost' : undefined;
  });
  expect(await work(world)).toMatchObject({ status: 'committed' });
  expect([total(world), bodies(world).length, tokens.size]).toEqual([1, 2, 1]);
});

test('a commit that is never answered is unknown without an idempotency key, and known with one', async () => {
  const world = await createOutboxWorld();
  world.fault(({ action }) => (action === 'TransactWriteItems' ? 'lost' : undefined));
  expect(await codeOf(work(world))).toBe('UNIT_UNKNOWN');
  const other = await createOutboxWorld();
  other.fault(({ action }) => (action === 'TransactWriteItems' ? 'lost' : undefined));
  expect(await work(other, { idempotencyKey: 'k' })).toMatchObject({ status: 'committed' });
  expect(other.calls.at(-1)).toBe('GetItem');
});

test('the client token is never used longer than DynamoDB remembers it', async () => {
  const world = await createOutboxWorld();
  const client = world.client('dynamodb');
  const { clock } = world;
  const started = clock.now();
  const sent: number[] = [];
  const slow = {
    async send(command: { constructor: { name: string } }) {
      if (command.constructor.name === 'TransactWriteItemsCommand') sent.push(clock.now());
      await new Promise<void>((resolve) => void clock.after(4 * 60_000, resolve));
      await client.send(command);
      throw Object.assign(new Error('timed out'), { name: 'TimeoutError' });
    },
  };
  const outbox = createOutbox({ client: slow, table: 'outbox', source: 'urn:test', clock });
  const unit = outbox.unit();
  unit.update(world.orders, { id: 'o1' }, ONE);
  expect(await codeOf(world.finish(unit.commit()))).toBe('UNIT_UNKNOWN');
  expect(Math.max(...sent) - started).toBeLessThan(10 * 60_000);
  expect(total(world)).toBe(1);
});

test('without permission nothing is written, and the error says whose fault it is', async () => {
  const world = await createOutboxWorld();
  world.fault(() => 'denied');
  expect(await codeOf(work(world))).toBe('UNIT_DENIED');
});

test('the same idempotency key commits once and answers duplicate with the same message ids', async () => {
  const world = await createOutboxWorld();
  const first = await work(world, { idempotencyKey: 'request-1' });
  const second = await work(world, { idempotencyKey: 'request-1' });
  expect(second).toEqual({ ...(first as object), status: 'duplicate' });
  expect([total(world), bodies(world).length]).toEqual([1, 2]);
});

test('the same idempotency key with other content is refused, unless the request is the same', async () => {
  const world = await createOutboxWorld();
  await work(world, { idempotencyKey: 'a' });
  const unit = world.outbox.unit();
  unit.publish(OrderPlaced, { orderId: 'another' });
  expect(await codeOf(world.finish(unit.commit({ idempotencyKey: 'a' })))).toBe('IDEMPOTENCY_KEY_REUSED');
  await work(world, { idempotencyKey: 'b', request: { order: 1 } });
  const retry = world.outbox.unit();
  retry.publish(OrderPlaced, { orderId: 'o1', note: 'at another time' });
  expect(await world.finish(retry.commit({ idempotencyKey: 'b', request: { order: 1 } }))).toMatchObject({ status: 'duplicate' });
  expect(await codeOf(work(world, { idempotencyKey: '' }))).toBe('IDEMPOTENCY_KEY_EMPTY');
});

test('an idempotency key is forgotten after 60 days, by the condition and not by the deletion of its marker', async () => {
  const world = await createOutboxWorld();
  await work(world, { idempotencyKey: 'k' });
  await world.clock.run(world.clock.now() + 60 * 86_400_000 - 1_000);
  expect(await work(world, { idempotencyKey: 'k' })).toMatchObject({ status: 'duplicate' });
  await world.clock.run(world.clock.now() + 3_000);
  // Its message still waits: the same work once more would take its place, and no condition of the caller's is to blame.
  expect(await codeOf(work(world, { idempotencyKey: 'k' }))).toBe('IDEMPOTENCY_KEY_PENDING');
  await world.sweep();
  expect(await work(world, { idempotencyKey: 'k' })).toMatchObject({ status: 'committed' });
});

test('commits that race for one ordering key give it numbers without gaps or doubles', async () => {
  const world = await createOutboxWorld(7);
  const units = Array.from({ length: 5 }, (_, change) => {
    const unit = world.outbox.unit();
    unit.publish(OrderChanged, { orderId: 'hot', change });
    return unit.commit();
  });
  await world.finish(Promise.all(units));
  const numbers = world.rows('KEY#hot SEQ#').map((row) => Number(row['seq']));
  expect(numbers.sort()).toEqual([1, 2, 3, 4, 5]);
});

test('wherever a commit fails or dies, repeating it under its idempotency key does the work exactly once', async () => {
  const faults: Fault[] = ['throttle', 'conflict', 'lost', 'crashBefore', 'crashAfter', 'denied'];
  for (const fault of faults) {
    for (let at = 0; at < 4; at += 1) {
      const world = await createOutboxWorld(at + 11);
      world.fault(({ index }) => (index === at || (fault === 'lost' && index > at && index < at + 3) ? fault : undefined));
      await codeOf(work(world, { idempotencyKey: 'k' }));
      world.fault(() => undefined);
      await work(world, { idempotencyKey: 'k' });
      expect([fault, at, total(world), bodies(world).length]).toEqual([fault, at, 1, 2]);
    }
  }
});

test('a unit is closed once its commit has begun', async () => {
  const world = await createOutboxWorld();
  const unit = world.outbox.unit();
  await world.finish(unit.commit());
  expect(() => unit.put(world.orders, { id: 'late' })).toThrow(/await every write/);
  expect(world.calls).toEqual([]);
});

test('what is too large for a transaction is refused before the call', async () => {
  const world = await createOutboxWorld();
  const unit = world.outbox.unit();
  for (let index = 0; index < 99; index += 1) unit.put(world.orders, { id: `o${index}` });
  unit.publish(OrderChanged, { orderId: 'o1', change: 1 });
  expect(await codeOf(world.finish(unit.commit()))).toBe('UNIT_LIMIT');
  expect(world.calls).toEqual(['BatchGetItem']);
  const fits = world.outbox.unit();
  for (let index = 0; index < 98; index += 1) fits.put(world.orders, { id: `o${index}` });
  fits.publish(OrderChanged, { orderId: 'o1', change: 1 });
  expect(await world.finish(fits.commit())).toMatchObject({ status: 'committed' });
  const heavy = world.outbox.unit();
  for (let index = 0; index < 11; index += 1) heavy.put(world.orders, { id: `o${index}`, text: 'x'.repeat(400_000) });
  expect(await codeOf(world.finish(heavy.commit()))).toBe('UNIT_LIMIT');
});

test('an outbox without its environment says who sets it', () => {
  expect(() => createOutbox({ client: { send: () => Promise.resolve({}) } })).toThrow(/POSTHASTE_OUTBOX_TABLE.*Outbox\.grantCommit/);
});

const lostCommits: (call: { readonly action: string }) => Fault | undefined = ({ action }) =>
  action === 'TransactWriteItems' ? 'lost' : undefined;

test('a unit that is committed is not committed again, at once or later', async () => {
  const world = await createOutboxWorld();
  const unit = world.outbox.unit();
  unit.update(world.orders, { id: 'o1' }, ONE);
  const both = [unit.commit(), unit.commit()].map((commit) => codeOf(world.finish(commit)));
  expect(await Promise.all(both)).toEqual(['none', 'UNIT_SEALED']);
  expect(await codeOf(world.finish(unit.commit()))).toBe('UNIT_SEALED');
  expect(total(world)).toBe(1);
});

test('a unit whose answer was lost is not committed again without an idempotency key, nor is the error called retryable', async () => {
  const world = await createOutboxWorld();
  const unit = world.outbox.unit();
  unit.update(world.orders, { id: 'o1' }, ONE);
  unit.publish(OrderChanged, { orderId: 'o1', change: 1 });
  world.fault(lostCommits);
  await expect(world.finish(unit.commit())).rejects.toMatchObject({ code: 'UNIT_UNKNOWN', retryable: false });
  world.fault(() => undefined);
  expect(await codeOf(world.finish(unit.commit()))).toBe('UNIT_SEALED');
  expect(await codeOf(world.finish(unit.commit({ idempotencyKey: 'late' })))).toBe('UNIT_SEALED');
  expect([total(world), bodies(world).length]).toEqual([1, 1]);
});

test('with an idempotency key a second call finds out what became of the first, under no other key', async () => {
  const world = await createOutboxWorld();
  const unit = world.outbox.unit();
  unit.update(world.orders, { id: 'o1' }, ONE);
  world.fault(({ action }) => (action === 'GetItem' ? 'throttle' : lostCommits({ action })));
  await expect(world.finish(unit.commit({ idempotencyKey: 'k' }))).rejects.toMatchObject({ code: 'UNIT_UNKNOWN', retryable: true });
  world.fault(() => undefined);
  expect(await codeOf(world.finish(unit.commit({ idempotencyKey: 'another' })))).toBe('UNIT_SEALED');
  expect(await world.finish(unit.commit({ idempotencyKey: 'k' }))).toMatchObject({ status: 'duplicate' });
  expect(total(world)).toBe(1);
});

test('a unit that was not written for now may be committed again', async () => {
  const world = await createOutboxWorld();
  for (const [fault, code] of [
    ['conflict', 'UNIT_CONTENDED'],
    ['denied', 'UNIT_DENIED'],
  ] as const) {
    const unit = world.outbox.unit();
    unit.update(world.orders, { id: 'o1' }, ONE);
    world.fault(() => fault);
    expect(await codeOf(world.finish(unit.commit()))).toBe(code);
    world.fault(() => undefined);
    expect(await world.finish(unit.commit())).toMatchObject({ status: 'committed' });
  }
  expect(total(world)).toBe(2);
});

test('messages alone make other content, by their data as by their ordering key', async () => {
  const world = await createOutboxWorld();
  const commit = (amount: number, key: string) => {
    const unit = world.outbox.unit();
    unit.publish(AccountBooked, { account: 'a', amount }, { key });
    return world.finish(unit.commit({ idempotencyKey: 'k' }));
  };
  await commit(1, 'a');
  expect(await commit(1, 'a')).toMatchObject({ status: 'duplicate' });
  expect(await codeOf(commit(2, 'a'))).toBe('IDEMPOTENCY_KEY_REUSED');
  expect(await codeOf(commit(1, 'b'))).toBe('IDEMPOTENCY_KEY_REUSED');
});

test('the order of properties and the deployment between two tries are no other content', async () => {
  const world = await createOutboxWorld();
  const commit = (item: Record<string, unknown>, tenant: string) => {
    const unit = world.outbox.unit();
    unit.put(world.orders, { id: 'o1', ...item });
    unit.publish(OrderPlaced, { orderId: 'o1' }, { tenant });
    return world.finish(unit.commit({ idempotencyKey: 'k' }));
  };
  await commit({ a: 1, b: { c: 2, d: 3 } }, 'x');
  expect(await commit({ b: { d: 3, c: 2 }, a: 1 }, 'y')).toMatchObject({ status: 'duplicate' });
  expect(await codeOf(commit({ a: 1, b: { c: 2, d: 4 } }, 'x'))).toBe('IDEMPOTENCY_KEY_REUSED');
  await work(world, { idempotencyKey: 'r', request: { a: 1, b: 2n } });
  expect(await work(world, { idempotencyKey: 'r', request: { b: 2n, a: 1 } })).toMatchObject({ status: 'duplicate' });
});

test('a request that has no JSON is refused before anything is written', async () => {
  const world = await createOutboxWorld();
  const loop: unknown[] = [];
  loop.push(loop);
  for (const request of [() => 1, loop])
    expect(await codeOf(work(world, { idempotencyKey: 'k', request }))).toBe('IDEMPOTENCY_REQUEST_INVALID');
  expect(world.rows()).toEqual([]);
});
