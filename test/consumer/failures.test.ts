import { describe, expect, test } from 'vitest';
import { on } from '../../lib/consumer/consumer.routes.ts';
import { createRng } from '../../lib/core/rng.ts';
import { Permanent, Transient } from '../../lib/retry/retry.errors.ts';
import { FAULT_KINDS, faultAt, noFaults, randomFaults } from '../../lib/simulation/fault.ts';
import { bodyOf, type countEffect, createWorld, effects, OrderPlaced, type World, type WorldOptions } from './world.ts';

const count = (unit: Parameters<typeof countEffect.handle>[1]['unit'], id: string) =>
  unit.update(effects, { id }, { update: { expression: 'ADD #n :one', names: { '#n': 'n' }, values: { ':one': 1 } } });

/** `bad` orders fail in the given way, all others take effect. */
const failing = (fail: () => void) =>
  on(OrderPlaced, (message, { unit }) => {
    if (message.data.orderId.startsWith('bad')) fail();
    count(unit, message.id);
  });

const throwing = (error: () => Error) =>
  failing(() => {
    throw error();
  });

async function sweep(options: (runs: { n: number }) => WorldOptions, check: (world: World, label: string) => void): Promise<number> {
  const start = async (faults = noFaults, seed = 1) => {
    const world = createWorld({ seed, ...options({ n: 0 }) });
    for (const orderId of ['a', 'bad', 'c']) world.send(orderId);
    world.shared.faults = faults;
    await world.drain();
    return world;
  };
  const reference = await start();
  check(reference, 'no fault');
  const calls = reference.shared.calls.total;
  for (let index = 0; index < calls; index += 1) {
    for (const kind of FAULT_KINDS) check(await start(faultAt(index, kind), index + 1), `${kind} at call ${index}`);
  }
  return calls;
}

const healthy = (world: World) => [world.effectsOf('message-a'), world.effectsOf('message-c'), world.depth()];

/** A handler that takes its process with it on the order `bad`. */
const deadly = (maxAttempts: number): WorldOptions => ({
  maxAttempts,
  routes: (process) => [
    on(OrderPlaced, (message, { unit }) => {
      if (message.data.orderId === 'bad') {
        process.kill('out of memory');
        return new Promise(() => {});
      }
      count(unit, message.id);
      return undefined;
    }),
  ],
});

describe('whatever goes wrong at any one call', () => {
  test('a permanent failure is parked with its reason, and its neighbours take effect once', async () => {
    await sweep(
      () => ({ handlers: [throwing(() => new Permanent('the card has expired', { code: 'CARD_EXPIRED' }))] }),
      (world, label) => {
        const dead = world.deadLetters();
        expect([label, ...healthy(world), world.effectsOf('message-bad')]).toEqual([label, 1, 1, 0, 0]);
        expect([label, dead.length > 0]).toEqual([label, true]);
        for (const { body, failure } of dead) {
          expect(JSON.parse(body)).toMatchObject({ id: 'message-bad' });
          expect(failure).toMatchObject({ reason: 'HANDLER_PERMANENT', type: 'CARD_EXPIRED', messageId: 'message-bad' });
        }
      },
    );
  });

  test('an attempt that fails twice and then passes takes effect once and is never parked', async () => {
    await sweep(
      (runs) => ({
        handlers: [
          failing(() => {
            runs.n += 1;
            if (runs.n <= 2) throw new Error('the carrier is closed');
          }),
        ],
      }),
      (world, label) =>
        expect([label, ...healthy(world), world.effectsOf('message-bad'), world.deadLetters().length]).toEqual([label, 1, 1, 0, 1, 0]),
    );
  });

  test('a message that always fails is dead-lettered after its attempts, with their history', async () => {
    const calls = await sweep(
      () => ({ handlers: [throwing(() => new Error('no such warehouse'))], maxAttempts: 3 }),
      (world, label) => {
        const dead = world.deadLetters();
        expect([label, ...healthy(world), world.effectsOf('message-bad'), dead.length > 0]).toEqual([label, 1, 1, 0, 0, true]);
        const [letter] = dead;
        expect([label, letter?.failure?.reason]).toEqual([label, 'ATTEMPTS_EXHAUSTED']);
        expect(letter?.failure?.attempts.length ?? 0).toBeGreaterThan(0);
      },
    );
    expect(calls).toBeGreaterThan(8);
  });

  test('a body that is no envelope is parked byte for byte', async () => {
    const garbage = '{"id": 1, "__proto__": {"admin": true}}';
    const run = async (faults = noFaults) => {
      const world = createWorld();
      world.send('a');
      world.send('garbage', { body: garbage });
      world.send('c');
      world.shared.faults = faults;
      await world.drain();
      return world;
    };
    const { total } = (await run()).shared.calls;
    for (let index = 0; index < total; index += 1) {
      for (const kind of FAULT_KINDS) {
        const world = await run(faultAt(index, kind));
        expect(healthy(world)).toEqual([1, 1, 0]);
        const dead = world.deadLetters();
        expect(new Set(dead.map((letter) => letter.body))).toEqual(new Set([garbage]));
        expect(dead[0]?.failure).toMatchObject({ reason: 'BODY_INVALID', attributes: { type: { stringValue: 'orders.order-placed' } } });
      }
    }
  });

  test('a handler that takes its process with it is isolated within its attempts, and its neighbours are not blamed', async () => {
    await sweep(
      () => deadly(3),
      (world, label) => {
        const dead = world.deadLetters();
        expect([label, ...healthy(world)]).toEqual([label, 1, 1, 0]);
        expect([label, new Set(dead.map(({ failure }) => failure?.messageId))]).toEqual([label, new Set(['message-bad'])]);
        expect(dead[0]?.failure?.reason).toBe('ATTEMPTS_EXHAUSTED');
      },
    );
  });
});

test('where one attempt is all there is, a crash still costs only whoever causes it', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const world = createWorld({ seed, ...deadly(1) });
    for (const orderId of ['a', 'bad', 'c']) world.send(orderId);
    await world.drain();
    expect(healthy(world)).toEqual([1, 1, 0]);
    expect(world.deadLetters().map(({ failure }) => failure?.messageId)).toEqual(['message-bad']);
  }
});

test('under faults everywhere, once they stop every message is handled once or parked', async () => {
  for (let seed = 1; seed <= 150; seed += 1) {
    let flips = 0;
    const world = createWorld({
      seed,
      handlers: [
        on(OrderPlaced, (message, { unit }) => {
          const { orderId } = message.data;
          flips += 1;
          if (orderId.startsWith('bad')) throw new Permanent('never');
          if (orderId.startsWith('flaky') && flips % 3 === 0) throw new Transient('now and then', { retryAfterMs: 1_000 });
          count(unit, message.id);
        }),
      ],
    });
    const good = Array.from({ length: 12 }, (_, index) => world.send(`${index % 3 ? 'good' : 'flaky'}-${index}`));
    // Copies of a message, as a relay that was interrupted sends them.
    world.send('good-1');
    world.send('flaky-0');
    world.send('bad-1');
    world.shared.faults = randomFaults(createRng(seed), 0.2);
    await world.drain(1);
    world.shared.faults = noFaults;
    await world.drain(48);
    const dead = new Set(world.deadLetters().map(({ failure }) => failure?.messageId));
    const ends = good.map((id) => [id, world.effectsOf(id) + (dead.has(id) ? 1 : 0)]);
    expect({ seed, ends, left: world.depth() }).toEqual({ seed, ends: good.map((id) => [id, 1]), left: 0 });
    expect(world.effectsOf('message-bad-1')).toBe(0);
    expect(dead.has('message-bad-1')).toBe(true);
  }
}, 60_000);

test('a message that was dead-lettered and redriven starts with a clean record', async () => {
  let broken = true;
  const world = createWorld({
    maxAttempts: 2,
    handlers: [
      failing(() => {
        if (broken) throw new Error('the warehouse burns');
      }),
    ],
  });
  world.send('bad');
  await world.drain();
  const [letter] = world.deadLetters();
  expect(letter?.failure?.reason).toBe('ATTEMPTS_EXHAUSTED');
  expect(world.rows('inbox')).toEqual([]);
  broken = false;
  world.send('bad', { body: letter?.body ?? '' });
  await world.drain();
  expect(world.effectsOf('message-bad')).toBe(1);
});

test('a redriven message that was handled in the meantime is acknowledged without running', async () => {
  const world = createWorld();
  const body = bodyOf('1');
  world.send('1', { body });
  await world.drain();
  world.send('1', { body });
  await world.drain();
  expect([world.effectsOf('message-1'), world.depth(), world.deadLetters()]).toEqual([1, 0, []]);
});

test('a message that is published again under its id, at another time and by other properties first, is the same message', async () => {
  const world = createWorld();
  world.send('1', { message: { data: { orderId: '1', total: 5 } } });
  await world.drain();
  await world.clock.run(world.clock.now() + 60_000);
  world.send('1', { message: { data: { total: 5, orderId: '1' }, correlationId: 'another', hops: 1 } });
  await world.drain();
  expect([world.effectsOf('message-1'), world.deadLetters(), world.depth()]).toEqual([1, [], 0]);
});

test.each([
  ['data', { data: { orderId: '1', total: 99 } }],
  ['source', { source: 'urn:posthaste:billing' }],
  ['key', { key: 'k' }],
])('the id of a handled message with another content, by its %s, is parked, not acknowledged', async (_, message) => {
  const world = createWorld();
  world.send('1');
  await world.drain();
  world.send('1', { message });
  await world.drain();
  expect(world.deadLetters().map(({ failure }) => failure?.reason)).toEqual(['FINGERPRINT_MISMATCH']);
  expect(world.effectsOf('message-1')).toBe(1);
});

test('a marker protects for its retention: fifteen days later a copy is acknowledged, after the retention it is parked as too old', async () => {
  const world = createWorld();
  const body = bodyOf('1');
  world.send('1', { body });
  await world.drain();
  await world.clock.run(world.clock.now() + 15 * 86_400_000);
  world.send('1', { body });
  await world.drain();
  expect([world.effectsOf('message-1'), world.deadLetters()]).toEqual([1, []]);
  await world.clock.run(world.clock.now() + 45 * 86_400_000);
  world.send('1', { body });
  await world.drain();
  expect(world.deadLetters().map(({ failure }) => failure?.reason)).toEqual(['TOO_OLD']);
  expect(world.effectsOf('message-1')).toBe(1);
});

test('throttles burn no attempt: after an hour of them the message takes effect', async () => {
  const world = createWorld({ maxAttempts: 2 });
  world.send('1');
  world.shared.faults = { decide: (call) => (call.action === 'TransactWriteItems' || call.action === 'PutItem' ? 'throttle' : undefined) };
  await world.drain(1);
  expect([world.effectsOf('message-1'), world.deadLetters()]).toEqual([0, []]);
  world.shared.faults = noFaults;
  await world.drain();
  expect([world.effectsOf('message-1'), world.deadLetters()]).toEqual([1, []]);
});

test('two consumers of one event both handle it', async () => {
  const world = createWorld();
  world.send('1');
  await world.drain();
  const other = createWorld({ name: 'bill-order' });
  other.send('1');
  await other.drain();
  const keys = [...world.rows('inbox'), ...other.rows('inbox')].map((row) => (row['pk'] as { S: string }).S);
  expect(keys).toEqual(['count-orders#message-1', 'bill-order#message-1']);
});
