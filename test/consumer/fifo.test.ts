import { describe, expect, test } from 'vitest';
import { on } from '../../lib/consumer/consumer.routes.ts';
import type { Metrics } from '../../lib/core/metrics.ts';
import { createRng } from '../../lib/core/rng.ts';
import { Permanent } from '../../lib/retry/retry.errors.ts';
import { FAULT_KINDS, faultAt, noFaults, randomFaults } from '../../lib/simulation/fault.ts';
import { createWorld, effects, OrderPlaced, type World, type WorldOptions } from './world.ts';

/** Appends each order to the log of its group, in the unit: the log shows the order of first effects and every repetition. */
const logOrder = (before: (orderId: string) => void = () => {}) =>
  on(OrderPlaced, (message, { unit }) => {
    before(message.data.orderId);
    const group = message.data.orderId.split('-')[0] ?? '';
    const append = { expression: 'SET #log = list_append(if_not_exists(#log, :none), :one)', names: { '#log': 'log' } };
    unit.update(effects, { id: group }, { update: { ...append, values: { ':none': [], ':one': [message.data.orderId] } } });
  });

const logOf = (world: World, group: string): string[] => {
  const row = world.rows('effects').find((item) => (item['id'] as { S: string }).S === group);
  return ((row?.['log'] as { L: { S: string }[] } | undefined)?.L ?? []).map((entry) => entry.S);
};

const start = (options: WorldOptions, orders: readonly string[]) => {
  const world = createWorld({ fifo: true, handlers: [logOrder()], ...options });
  for (const orderId of orders) world.send(orderId, { group: orderId.split('-')[0] ?? '' });
  return world;
};

const ORDERS = ['k-1', 'l-1', 'k-2', 'k-3', 'l-2', 'm-1'];

describe('on a FIFO queue', () => {
  test('groups run side by side, each in its order', async () => {
    const world = start({}, ORDERS);
    await world.drain();
    expect(['k', 'l', 'm'].map((group) => logOf(world, group))).toEqual([['k-1', 'k-2', 'k-3'], ['l-1', 'l-2'], ['m-1']]);
  });

  test('whatever goes wrong at any one call, no order is broken and nothing happens twice', async () => {
    const reference = start({}, ORDERS);
    await reference.drain();
    for (let index = 0; index < reference.shared.calls.total; index += 1) {
      for (const kind of FAULT_KINDS) {
        const world = start({ seed: index + 1 }, ORDERS);
        world.shared.faults = faultAt(index, kind);
        await world.drain();
        const logs = ['k', 'l', 'm'].map((group) => logOf(world, group));
        expect({ index, kind, logs }).toEqual({ index, kind, logs: [['k-1', 'k-2', 'k-3'], ['l-1', 'l-2'], ['m-1']] });
      }
    }
  });

  test('under random faults no order is broken', async () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      let runs = 0;
      const handler = logOrder(() => {
        runs += 1;
        if (runs % 5 === 0) throw new Error('sometimes');
      });
      const world = start({ seed, handlers: [handler] }, ORDERS);
      world.shared.faults = randomFaults(createRng(seed), 0.2);
      await world.drain(1);
      world.shared.faults = noFaults;
      await world.drain(48);
      const logs = ['k', 'l', 'm'].map((group) => logOf(world, group));
      expect({ seed, logs }).toEqual({ seed, logs: [['k-1', 'k-2', 'k-3'], ['l-1', 'l-2'], ['m-1']] });
    }
  }, 60_000);

  test('a failing head stops its group and lets the others flow', async () => {
    let broken = true;
    const handler = logOrder((orderId) => {
      if (broken && orderId === 'k-2') throw new Error('not yet');
    });
    const world = start({ handlers: [handler] }, ORDERS);
    await world.drain(0.05);
    expect([logOf(world, 'k'), logOf(world, 'l'), logOf(world, 'm')]).toEqual([['k-1'], ['l-1', 'l-2'], ['m-1']]);
    broken = false;
    await world.drain();
    expect(logOf(world, 'k')).toEqual(['k-1', 'k-2', 'k-3']);
  });

  test('an exhausted message holds its key and raises a metric until it passes', async () => {
    let broken = true;
    let blocked = 0;
    const metrics: Metrics = {
      add: (name, value) => {
        if (name === 'MessagesBlocked') blocked += value;
      },
    };
    const handler = logOrder((orderId) => {
      if (broken && orderId === 'k-1') throw new Error('not yet');
    });
    const world = start({ handlers: [handler], maxAttempts: 2, metrics }, ORDERS);
    await world.drain(6);
    expect([logOf(world, 'k'), world.deadLetters()]).toEqual([[], []]);
    expect(blocked).toBeGreaterThan(3);
    broken = false;
    await world.drain();
    expect([logOf(world, 'k'), world.deadLetters()]).toEqual([['k-1', 'k-2', 'k-3'], []]);
  });

  test.each(['hangs', 'crashes'])('a head that %s every time raises the metric too, once at each receive', async (how) => {
    let blocked = 0;
    let runs = 0;
    const metrics: Metrics = {
      add: (name, value) => {
        if (name === 'MessagesBlocked') blocked += value;
      },
    };
    const world = createWorld({
      fifo: true,
      maxAttempts: 2,
      metrics,
      routes: (process) => [
        on(OrderPlaced, () => {
          runs += 1;
          if (how === 'crashes') process.kill('out of memory');
          return new Promise(() => {});
        }),
      ],
    });
    world.send('k-1', { group: 'k' });
    await world.drain(2);
    expect(world.deadLetters()).toEqual([]);
    expect(runs).toBeGreaterThan(6);
    expect(blocked).toBeGreaterThanOrEqual(runs - 3);
    expect(blocked).toBeLessThanOrEqual(runs);
  });

  test('when the inbox does not say how an earlier receive stands, nothing of its group overtakes it, and other groups flow', async () => {
    let broken = true;
    const handler = logOrder((orderId) => {
      if (broken && orderId === 'k-1') throw new Error('not yet');
    });
    const world = start({ handlers: [handler] }, ['k-1']);
    const invoke = async (messages: Parameters<World['invoke']>[0]) => {
      let done = false;
      void world.invoke(messages).then(() => {
        done = true;
      });
      while (!done) await world.clock.run(world.clock.now() + 1_000);
    };
    await invoke(world.received());
    broken = false;
    await world.clock.run(world.clock.now() + 20_000);
    for (const orderId of ['k-2', 'l-1']) world.send(orderId, { group: orderId.charAt(0) });
    world.shared.faults = { decide: (call) => (call.action === 'BatchGetItem' ? 'throttle' : undefined) };
    const batch = world.received();
    expect(batch.map((message) => message.Attributes?.['ApproximateReceiveCount'])).toEqual(['2', '1', '1']);
    await invoke(batch);
    expect([logOf(world, 'k'), logOf(world, 'l')]).toEqual([[], ['l-1']]);
    world.shared.faults = noFaults;
    await world.drain(1);
    expect(logOf(world, 'k')).toEqual(['k-1', 'k-2']);
  });

  test('told to dead-letter, an exhausted message leaves and its group goes on', async () => {
    const handler = logOrder((orderId) => {
      if (orderId === 'k-1') throw new Error('never');
    });
    const world = start({ handlers: [handler], maxAttempts: 2, onExhausted: 'deadLetter' }, ORDERS);
    await world.drain();
    expect(logOf(world, 'k')).toEqual(['k-2', 'k-3']);
    expect(world.deadLetters()).toMatchObject([{ groupId: 'k', failure: { reason: 'ATTEMPTS_EXHAUSTED', messageId: 'message-k-1' } }]);
  });

  test('a permanent failure is parked in the group it came from, and its group goes on', async () => {
    const handler = logOrder((orderId) => {
      if (orderId === 'k-1') throw new Permanent('never');
    });
    const world = start({ handlers: [handler] }, ORDERS);
    await world.drain();
    expect(logOf(world, 'k')).toEqual(['k-2', 'k-3']);
    expect(world.deadLetters()).toMatchObject([{ groupId: 'k', failure: { reason: 'HANDLER_PERMANENT' } }]);
  });

  test('a parked message that is redriven within five minutes and fails again is parked again, not swallowed by deduplication', async () => {
    const handler = logOrder(() => {
      throw new Permanent('never');
    });
    const world = start({ handlers: [handler] }, ['k-1']);
    await world.drain();
    world.send('k-1', { group: 'k' });
    await world.drain();
    expect(world.sqs.stats(world.sqs.queueArn(world.deadLetterQueueUrl)).visible).toBe(2);
  });
});
