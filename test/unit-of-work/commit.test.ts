import { expect, test } from 'vitest';
import { createCommitter } from '../../lib/unit-of-work/commit.ts';
import { createUnit } from '../../lib/unit-of-work/create-unit.ts';
import type { Guard } from '../../lib/unit-of-work/unit-of-work.ts';
import { OrderChanged, OrderPlaced } from '../outbox/messages.ts';
import { createOutboxWorld, type OutboxWorld } from '../outbox/outbox-world.ts';

const inbox = { name: 'orders', partitionKey: 'id' };
const marker = (message: string, token: string): Guard => ({
  kind: 'put',
  table: inbox,
  item: { id: `MARKER#${message}`, commit: token },
  condition: { expression: 'attribute_not_exists(id)' },
});

function committerOf(world: OutboxWorld) {
  const ids = { next: () => 'fresh' };
  return createCommitter({ client: world.client('dynamodb'), clock: world.clock, rng: { next: () => 0.5 }, ids, outgoing: world.outbox });
}

function request(world: OutboxWorld, message: string, token = `token-${message}`) {
  const unit = createUnit({ unitId: `unit-${message}`, source: 'urn:test', time: world.clock.now() });
  unit.update(inbox, { id: `effect-${message}` }, { update: { expression: 'ADD n :one', values: { ':one': 1 } } });
  unit.publish(OrderPlaced, { orderId: message });
  return { unit, guards: [marker(message, token)], token };
}

const effects = (world: OutboxWorld, message: string) => {
  const { Item } = world.engine('dynamodb', 'GetItem', { TableName: 'orders', Key: { id: { S: `effect-${message}` } } }) as {
    Item?: { n: { N: string } };
  };
  return Number(Item?.n.N ?? 0);
};

test('a marker alone is one plain write, with an effect it is one transaction', async () => {
  const world = await createOutboxWorld();
  const committer = committerOf(world);
  const empty = createUnit({ unitId: 'u', source: 'urn:test', time: 0 });
  expect(await world.finish(committer.commit({ unit: empty, guards: [marker('a', 't')], token: 't' }))).toEqual({ status: 'committed' });
  await world.finish(committer.commit(request(world, 'b')));
  expect(world.calls).toEqual(['PutItem', 'TransactWriteItems']);
});

test('a duplicate is told by its guard, with what is stored there', async () => {
  const world = await createOutboxWorld();
  const committer = committerOf(world);
  await world.finish(committer.commit(request(world, 'a', 'first')));
  const outcome = await world.finish(committer.commit(request(world, 'a', 'second')));
  expect(outcome).toMatchObject({ status: 'guardFailed', guard: 0, existing: { commit: 'first' } });
  expect(effects(world, 'a')).toBe(1);
});

test('a marker whose answer was lost is known again as an own success', async () => {
  const world = await createOutboxWorld();
  const empty = createUnit({ unitId: 'u', source: 'urn:test', time: 0 });
  world.fault(({ index }) => (index === 0 ? 'lost' : undefined));
  expect(await world.finish(committerOf(world).commit({ unit: empty, guards: [marker('a', 't')], token: 't' }))).toEqual({
    status: 'committed',
  });
  expect(world.calls).toEqual(['PutItem', 'PutItem']);
});

test('a lost answer that stays lost is settled by reading the guard; without one in place the answer stays open', async () => {
  const world = await createOutboxWorld();
  world.fault(({ action }) => (action === 'TransactWriteItems' ? 'lost' : undefined));
  expect(await world.finish(committerOf(world).commit(request(world, 'a')))).toEqual({ status: 'committed' });
  const other = await createOutboxWorld();
  const client = other.client('dynamodb');
  const vanishing = {
    send: (command: { constructor: { name: string } }) =>
      command.constructor.name === 'GetItemCommand' ? client.send(command) : Promise.reject(new Error('reset')),
  };
  const committer = createCommitter({
    client: vanishing,
    clock: other.clock,
    rng: { next: () => 0.5 },
    ids: { next: () => 'x' },
    outgoing: other.outbox,
  });
  expect(await other.finish(committer.commit(request(other, 'a')))).toMatchObject({
    status: 'unknown',
    error: { code: 'UNIT_UNKNOWN', retryable: true },
  });
});

test('nothing starts after the deadline, and no wait reaches beyond it', async () => {
  const world = await createOutboxWorld();
  const late = await world.finish(committerOf(world).commit({ ...request(world, 'a'), deadline: world.clock.now() }));
  expect(late).toMatchObject({ status: 'contended' });
  expect(world.calls).toEqual([]);
  world.fault(() => 'throttle');
  const deadline = world.clock.now() + 40;
  expect(await world.finish(committerOf(world).commit({ ...request(world, 'b'), deadline }))).toMatchObject({ status: 'contended' });
  expect(world.calls.length).toBeLessThan(7);
});

test('what DynamoDB calls invalid is the unit at fault; what it denies is not', async () => {
  const world = await createOutboxWorld();
  const unit = createUnit({ unitId: 'u', source: 'urn:test', time: 0 });
  unit.update(inbox, { id: 'a' }, { update: { expression: 'SET nonsense' } });
  expect(await world.finish(committerOf(world).commit({ unit, guards: [marker('a', 't')], token: 't' }))).toMatchObject({
    status: 'invalid',
  });
  world.fault(() => 'denied');
  expect(await world.finish(committerOf(world).commit(request(world, 'b')))).toMatchObject({
    status: 'denied',
    error: { code: 'UNIT_DENIED' },
  });
});

test('an action that DynamoDB refuses inside a cancelled transaction is named', async () => {
  const world = await createOutboxWorld();
  world.engine('dynamodb', 'PutItem', { TableName: 'orders', Item: { id: { S: 'effect-a' }, n: { S: 'text' } } });
  const outcome = await world.finish(committerOf(world).commit(request(world, 'a')));
  expect(outcome).toMatchObject({ status: 'invalid', error: { message: expect.stringContaining('update of orders {"id":"effect-a"}') } });
});

test('units that send need an outbox', async () => {
  const world = await createOutboxWorld();
  const committer = createCommitter({
    client: world.client('dynamodb'),
    clock: world.clock,
    rng: { next: () => 0 },
    ids: { next: () => 'x' },
  });
  expect(await world.finish(committer.commit(request(world, 'a')))).toMatchObject({
    status: 'invalid',
    error: { code: 'OUTBOX_MISSING', message: expect.stringContaining('no outbox') },
  });
});

test('units of a batch commit in one call, or none of them', async () => {
  const world = await createOutboxWorld();
  const committer = committerOf(world);
  expect(await world.finish(committer.commitPack([request(world, 'a'), request(world, 'b')]))).toBe('committed');
  expect(world.calls).toEqual(['TransactWriteItems']);
  expect(await world.finish(committer.commitPack([request(world, 'c'), request(world, 'b', 'other')]))).toBe('cancelled');
  expect([effects(world, 'a'), effects(world, 'b'), effects(world, 'c')]).toEqual([1, 1, 0]);
});

test('a pack whose answer was lost for good is no reason to do anything twice', async () => {
  const world = await createOutboxWorld();
  const committer = committerOf(world);
  const pack = [request(world, 'a'), request(world, 'b')];
  world.fault(({ action }) => (action === 'GetItem' ? 'throttle' : 'lost'));
  expect(await world.finish(committer.commitPack(pack))).toBe('unknown');
  world.fault(() => undefined);
  for (const one of pack) expect(await world.finish(committer.commit(one))).toEqual({ status: 'committed' });
  expect([effects(world, 'a'), effects(world, 'b'), world.rows('UNIT#').length]).toEqual([1, 1, 2]);
});

test('when another commit was first on a key, the heads are read again and a new token is used', async () => {
  const world = await createOutboxWorld();
  const first = createUnit({ unitId: 'u1', source: 'urn:test', time: 0 });
  first.publish(OrderChanged, { orderId: 'k', change: 1 });
  const tokens: unknown[] = [];
  let raced = false;
  world.fault(({ action, input }) => {
    if (action === 'TransactWriteItems') tokens.push(input['ClientRequestToken']);
    if (action === 'TransactWriteItems' && !raced) {
      raced = true;
      world.engine('dynamodb', 'PutItem', { TableName: 'outbox', Item: { pk: { S: 'KEY#k' }, sk: { S: 'HEAD' }, seq: { N: '5' } } });
    }
    return undefined;
  });
  expect(await world.finish(committerOf(world).commit({ unit: first, guards: [marker('m', 't')], token: 't' }))).toEqual({
    status: 'committed',
  });
  expect(world.rows('KEY#k SEQ#').map((row) => row['seq'])).toEqual(['6']);
  expect(new Set(tokens).size).toBe(2);
});
