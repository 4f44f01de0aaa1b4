import { describe, expect, test } from 'vitest';
import type { Route } from '../../lib/consumer/consumer.routes.ts';
import { sleep } from '../../lib/core/clock.ts';
import type { Rng } from '../../lib/core/rng.ts';
import { decodeFailureRecord } from '../../lib/dlq/failure-record.ts';
import type { MappingFaults } from '../../lib/local/event-source-mapping/mapping-faults.ts';
import { Permanent } from '../../lib/retry/retry.errors.ts';
import type { Violation } from '../../lib/simulation/conservation.ts';
import { randomFaults } from '../../lib/simulation/fault.ts';
import { plannedFaults } from '../../lib/simulation/fault-plan.ts';
import { denied, publicationLog } from './interference.ts';
import { countEffects, HOUR, MINUTE, OrderNoted, OrderPlaced, OrderShipped, orders, type StackOptions, topicArn } from './order-stack.ts';
import { createOrderWorld, faultRng, type OrderWorld } from './order-world.ts';

// One test for each promise, in schedules of faults at random; each looks for breaches of its own promise only, and stops at the first.

const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);

/** Batches are skipped, delivered twice and late, and their answers are lost, each now and then. */
const unreliable = (rng: Rng): MappingFaults => ({
  beforeInvoke() {
    const chance = rng.next();
    if (chance < 0.05) return { kind: 'skip' };
    return chance < 0.2 ? { kind: 'duplicate' } : undefined;
  },
  afterInvoke: () => (rng.next() < 0.1 ? { kind: 'lose-response' } : undefined),
});

function chaos(seed: number, options: Partial<StackOptions> = {}): OrderWorld {
  const rng = faultRng(seed);
  return createOrderWorld({ seed, faults: randomFaults(rng, 0.02 + 0.25 * rng.next()), mappingFaults: unreliable, ...options });
}

function fill(world: OrderWorld): void {
  for (const id of ids('order', 4)) world.place(id, `customer-${id.charCodeAt(id.length - 1) % 2}`);
  for (const id of ids('note', 3)) world.note(id);
}

type Handle = Route['handle'];

/** The counting handlers of both consumers, with something of the test's own before them. */
function preceded(act: (consumer: string, orderId: string, context: Parameters<Handle>[1]) => void): NonNullable<StackOptions['routes']> {
  return (consumer) =>
    countEffects(consumer).map((route) => ({
      ...route,
      handle: (message, context) => {
        act(consumer, (message.data as { orderId: string }).orderId, context);
        return route.handle(message, context);
      },
    }));
}

const recordOf = (attributes: Readonly<Record<string, string>>) => decodeFailureRecord(attributes['posthaste.failure'] ?? '');
const orderIdsOf = (messages: readonly { readonly body: string }[]) =>
  messages.map(({ body }) => (JSON.parse(body) as { data: { orderId: string } }).data.orderId);

describe('under faults at random', () => {
  async function breaches(guarantee: Violation['guarantee']): Promise<string[]> {
    for (const seed of seeds) {
      const world = chaos(seed);
      fill(world);
      const found = (await world.judge()).filter((violation) => violation.guarantee === guarantee);
      if (found.length > 0) return found.map(({ message }) => `seed ${seed}: ${message}`);
    }
    return [];
  }

  test('G1 no message is lost whose commit was acknowledged', async () => expect(await breaches('G1')).toEqual([]));
  test('G1 a message whose handler once hangs until the time is up comes again', async () => {
    let hangs = 0;
    const routes: StackOptions['routes'] = (consumer, process) =>
      countEffects(consumer).map((route) => ({
        ...route,
        handle: async (message, context) => {
          hangs += 1;
          if (hangs <= 2) await sleep(process.clock, 60_000);
          return route.handle(message, context);
        },
      }));
    const world = createOrderWorld({ seed: 1, routes });
    fill(world);
    expect(await world.judge()).toEqual([]);
    expect(hangs).toBeGreaterThan(2);
  });

  test('G3 no message takes effect twice with a consumer', async () => expect(await breaches('G3')).toEqual([]));

  test('G3 whatever is tried again, its handler is given the same idempotency key, and each message one of its own', async () => {
    for (const seed of seeds.slice(0, 8)) {
      const keys = new Map<string, Set<string>>();
      let runs = 0;
      const world = chaos(seed, {
        routes: preceded((consumer, orderId, { idempotencyKey }) => {
          runs += 1;
          const own = `${consumer} ${orderId}`;
          keys.set(own, (keys.get(own) ?? new Set()).add(idempotencyKey));
          if (runs % 3 === 0) throw new Error('not yet');
        }),
      });
      fill(world);
      await world.judge();
      expect(runs).toBeGreaterThan(keys.size);
      expect(
        [...keys.values()].map(({ size }) => size),
        `seed ${seed}`,
      ).toEqual(Array(keys.size).fill(1));
      expect(new Set([...keys.values()].flatMap((own) => [...own])).size, `seed ${seed}`).toBe(keys.size);
    }
  });

  test('G4 the messages of a key take effect in their order, none skipped, although some of them fail', async () => {
    for (const seed of seeds) {
      let runs = 0;
      const world = chaos(seed, {
        routes: preceded((consumer) => {
          runs += consumer === 'project-order' ? 1 : 0;
          if (consumer === 'project-order' && runs % 3 === 1) throw new Error('not yet');
        }),
      });
      world.setMapping(world.project.mapping, { Enabled: false });
      for (const id of ids('order', 5)) world.place(id, 'ada');
      world.clock.after(MINUTE, () => world.setMapping(world.project.mapping, { Enabled: true }));
      const breaches = (await world.judge()).filter(({ guarantee }) => guarantee === 'G4');
      expect(breaches, `seed ${seed}`).toEqual([]);
      expect(world.order('project-order', 'ada').length, `seed ${seed}`).toBeGreaterThan(0);
    }
  });

  test('G2 nothing is published of a unit whose condition failed, nor of a handler that threw', async () => {
    for (const seed of seeds.slice(0, 8)) {
      const published = publicationLog();
      const world = chaos(seed, {
        interceptors: [published.intercept],
        routes: preceded((consumer, orderId, { unit }) => {
          if (consumer !== 'audit-order') return;
          unit.publish(OrderShipped, { orderId: `${orderId}-shipped` });
          if (orderId === 'note-1') throw new Permanent('it cannot be shipped');
        }),
      });
      const refused = { condition: { expression: 'attribute_exists(id)' } };
      const attempt = world.commit((unit) => {
        unit.put(orders, { id: 'never' }, refused.condition);
        unit.publish(OrderNoted, { orderId: 'never-1' });
        unit.publish(OrderPlaced, { orderId: 'never-2', customer: 'ada' });
      });
      attempt.catch(() => {});
      fill(world);
      await world.judge();
      const sent = new Set(published.log.map(({ orderId }) => orderId));
      expect(
        ['never-1', 'never-2', 'note-1-shipped'].filter((orderId) => sent.has(orderId)),
        `seed ${seed}`,
      ).toEqual([]);
      expect(sent).toContain('note-2-shipped');
    }
  });

  test('G6 every message ends with each consumer in exactly one place: applied, dead-lettered, undelivered or parked', async () => {
    for (const seed of seeds.slice(0, 8)) {
      const world = chaos(seed, {
        routes: preceded((_, orderId) => {
          if (orderId === 'note-1') throw new Permanent('never');
          if (orderId === 'note-2') throw new Error('not yet');
        }),
      });
      fill(world);
      await world.judge();
      const { audit } = world;
      const places = new Map([
        ['applied', world.applied('audit-order')],
        ['dead', [...new Set(orderIdsOf(world.letters(audit)))]],
        ['undelivered', orderIdsOf(world.peek(audit.undeliveredUrl))],
      ]);
      const ended = [...places.values()].flat().sort();
      expect(ended, `seed ${seed}`).toEqual([...ids('note', 3), ...ids('order', 4)]);
      expect(places.get('dead')?.sort(), `seed ${seed}`).toEqual(['note-1', 'note-2']);
      expect(world.rows(), `seed ${seed}`).toEqual([]);
    }
  });

  test('G7 what is redriven starts with a clean record and is applied once, also when it is redriven again', async () => {
    for (const seed of seeds.slice(0, 5)) {
      let broken = true;
      const failedOnce = new Set<string>();
      const world = createOrderWorld({
        seed,
        routes: preceded((consumer, orderId) => {
          if (consumer !== 'audit-order') return;
          if (!broken && failedOnce.size === failedOnce.add(orderId).size) return;
          throw broken && orderId === 'note-1' ? new Permanent('never') : new Error('not yet');
        }),
      });
      fill(world);
      await world.run(30 * MINUTE);
      const letters = world.letters(world.audit);
      expect([...new Set(orderIdsOf(letters))].sort(), `seed ${seed}`).toEqual([...ids('note', 3), ...ids('order', 4)]);
      broken = false;
      const SourceArn = world.sqs.queueArn(world.audit.deadLetterQueueUrl);
      world.call('sqs', 'StartMessageMoveTask', { SourceArn, DestinationArn: world.sqs.queueArn(world.audit.queueUrl) });
      await world.run(10 * MINUTE);
      for (const { body } of letters) world.send(world.audit, body);
      await world.run(10 * MINUTE);
      expect(orderIdsOf(world.letters(world.audit)), `seed ${seed}`).toEqual([]);
      expect(world.applied('audit-order').sort(), `seed ${seed}`).toEqual([...ids('note', 3), ...ids('order', 4)]);
    }
  });

  test('G12 when faults end everything drains within half an hour, without the stream, and then nothing is called but the sweep', async () => {
    for (const seed of seeds.slice(0, 8)) {
      const routes: StackOptions['routes'] = (consumer) => countEffects(consumer).map((route) => ({ ...route, effect: 'external' }));
      const world = chaos(seed, { routes });
      world.setMapping(world.relayMapping, { Enabled: false });
      fill(world);
      const violations = await world.judge({ chaosMs: 10 * MINUTE, drainMs: 30 * MINUTE });
      expect([violations, world.letters(world.audit)], `seed ${seed}`).toEqual([[], []]);
      expect([world.stats(world.audit), world.stats(world.project)], `seed ${seed}`).toMatchObject(
        Array(2).fill({ visible: 0, inFlight: 0, delayed: 0 }),
      );
      const calls = () => new Map(world.calls.byAction);
      const settled = calls();
      await world.run(HOUR);
      const later = [...calls()].filter(([action, count]) => count > (settled.get(action) ?? 0)).map(([action]) => action);
      expect(later, `seed ${seed}`).toEqual(['dynamodb:Query']);
    }
  });
});

describe('beside what cannot succeed', () => {
  test('G5 a poisonous message is parked after its five attempts within a quarter of an hour, and its neighbours are applied at once', async () => {
    for (const seed of seeds.slice(0, 8)) {
      const runs: number[] = [];
      const world = createOrderWorld({
        seed,
        routes: preceded((consumer, orderId, { attempt }) => {
          if (consumer !== 'audit-order' || orderId !== 'note-1') return;
          runs.push(attempt);
          throw new Error('poison');
        }),
      });
      world.setMapping(world.audit.mapping, { Enabled: false });
      fill(world);
      await world.run(MINUTE);
      world.setMapping(world.audit.mapping, { Enabled: true });
      await world.run(10_000);
      expect(world.applied('audit-order'), `seed ${seed}`).toHaveLength(6);
      await world.run(15 * MINUTE);
      expect(runs, `seed ${seed}`).toEqual([1, 2, 3, 4, 5]);
      const [letter, ...more] = world.letters(world.audit);
      expect(more).toEqual([]);
      expect(recordOf(letter?.attributes ?? {})).toMatchObject({ reason: 'ATTEMPTS_EXHAUSTED', receiveCount: 5 });
      expect(recordOf(letter?.attributes ?? {})?.attempts).toHaveLength(5);
    }
  });

  test('G13 while one topic is out the messages of others flow, and a consumer that hangs costs the other consumer nothing', async () => {
    const out = topicArn('orders-ordered.fifo');
    for (const seed of seeds.slice(0, 6)) {
      const world = createOrderWorld({
        seed,
        authorise: denied(({ action, input }) => action.startsWith('Publish') && input['TopicArn'] === out),
      });
      for (const id of ids('order', 4)) world.place(id, id);
      await world.run(MINUTE);
      for (const id of ids('note', 3)) world.note(id);
      await world.run(10_000);
      expect(world.applied('project-order'), `seed ${seed}`).toEqual([]);
      expect(world.applied('audit-order').sort(), `seed ${seed}`).toEqual([...ids('note', 3), ...ids('order', 4)]);

      const stuck = createOrderWorld({
        seed,
        routes: (consumer) =>
          countEffects(consumer).map((route) => ({
            ...route,
            handle: (message, context) => (consumer === 'audit-order' ? new Promise<void>(() => {}) : route.handle(message, context)),
          })),
      });
      fill(stuck);
      await stuck.run(MINUTE);
      expect(stuck.applied('project-order').sort(), `seed ${seed}`).toEqual(ids('order', 4));
    }
  });

  test('G14 input of whatever kind is parked byte for byte, costs no process its life, and its batch goes on', async () => {
    const bodies = [
      '{',
      'null',
      '[]',
      '42',
      '"text"',
      '\ufeff{}',
      '{}',
      '{"id":{"$ne":1}}',
      `{"data":${'['.repeat(5_000)}${']'.repeat(5_000)}}`,
      '{"__proto__":{"isAdmin":true}}',
      'x'.repeat(200_000),
    ];
    for (const seed of seeds.slice(0, 4)) {
      const world = createOrderWorld({ seed });
      world.setMapping(world.audit.mapping, { Enabled: false });
      fill(world);
      for (const body of bodies) world.send(world.audit, body);
      await world.run(MINUTE);
      world.setMapping(world.audit.mapping, { Enabled: true });
      await world.run(5 * MINUTE);
      const letters = world.letters(world.audit);
      expect(
        letters
          .map(({ body }) => body)
          .sort()
          .join('\n') === bodies.toSorted().join('\n'),
        `seed ${seed}`,
      ).toBe(true);
      expect(new Set(letters.map(({ attributes }) => recordOf(attributes)?.reason))).toEqual(new Set(['BODY_INVALID']));
      expect(world.applied('audit-order'), `seed ${seed}`).toHaveLength(7);
      expect(world.count('crash')).toBe(0);
    }
  });

  test('G6 a letter that could not be sent to the dead-letter queue stays in the queue until it could', async () => {
    const faults = plannedFaults(
      ids('call', 9).map((_, nth) => ({ service: 'sqs', action: 'SendMessage', nth, kind: 'throttle' }) as const),
    );
    const world = createOrderWorld({
      seed: 1,
      faults,
      routes: preceded((consumer) => {
        if (consumer === 'audit-order') throw new Permanent('never');
      }),
    });
    world.note('note-1');
    await world.judge();
    expect(orderIdsOf(world.letters(world.audit))).toEqual(['note-1']);
  });
});
