import { Duration } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { Consumer, EventTopic, Inbox } from '../../lib/constructs.ts';
import { type HandlerContext, on, type Route } from '../../lib/consumer/consumer.routes.ts';
import { sleep } from '../../lib/core/clock.ts';
import { createInbox } from '../../lib/inbox/create-inbox.ts';
import { plannedFaults } from '../../lib/simulation/fault-plan.ts';
import { ENTRY, resources, testStack } from '../infra/fixtures/stack.ts';
import { publicationLog } from './interference.ts';
import { applyOnce, countEffects, functionArn, HOUR, MINUTE, OrderNoted, OrderShipped, type StackOptions } from './order-stack.ts';
import { createOrderWorld } from './order-world.ts';

const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);
const DAY = 24 * HOUR;
const AUDIT = 'audit-order/';

type Noted = Parameters<Parameters<typeof on<typeof OrderNoted>>[1]>[0];

/** Both consumers handle notes; what the audit does beside counting is the scenario's. */
function auditing(handle: (message: Noted, context: HandlerContext) => Promise<void> | void, effect: Route['effect'] = 'transaction') {
  const routes: StackOptions['routes'] = (consumer) =>
    consumer === 'audit-order'
      ? [
          on(
            OrderNoted,
            async (message, context) => {
              await handle(message, context);
              applyOnce(consumer, context.unit, message.data);
            },
            { effect },
          ),
          ...countEffects(consumer).slice(0, 1),
        ]
      : countEffects(consumer);
  return routes;
}

describe('consumer and inbox', () => {
  test('S21 two copies on two workers at the same time take effect once', async () => {
    const world = createOrderWorld({ seed: 1, mappingFaults: () => ({ beforeInvoke: () => ({ kind: 'duplicate' }) }) });
    for (const id of ids('order', 4)) world.place(id, 'ada');
    for (const id of ids('note', 4)) world.note(id);
    expect(await world.judge()).toEqual([]);
    expect(world.applied('audit-order')).toHaveLength(8);
  });

  test('S22 a run whose completion arrives after its lease was taken over writes nothing', async () => {
    let takenOver = 0;
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      let runs = 0;
      const world = createOrderWorld({
        seed,
        visibilitySeconds: 11,
        faults: plannedFaults([{ service: 'dynamodb', action: 'TransactWriteItems', role: 'audit-order', kind: 'effectAfterError' }]),
        routes: auditing(() => {
          runs += 1;
        }, 'external'),
      });
      world.note('note-1');
      await world.run(14_000);
      world.heal();
      expect(await world.judge({ chaosMs: 0 }), `seed ${seed}`).toEqual([]);
      takenOver += runs > 1 ? 1 : 0;
    }
    expect(takenOver).toBeGreaterThan(0);
  });

  test('S23 when the answer to a completion is lost for good, nothing deletes what it has marked as done', async () => {
    const lost = (action: string) => ({ service: 'dynamodb', action, role: 'audit-order', kind: 'errorAfterEffect' }) as const;
    const world = createOrderWorld({
      seed: 1,
      faults: plannedFaults([lost('TransactWriteItems'), lost('GetItem')]),
      routes: auditing(() => {}, 'external'),
    });
    for (const id of ids('note', 3)) world.note(id);
    expect(await world.judge()).toEqual([]);
    expect(world.applied('audit-order').sort()).toEqual(ids('note', 3));
  });

  test('S24 a consumer that dies around any of its calls applies each message once', async () => {
    for (const kind of ['crashBefore', 'crashAfter', 'errorAfterEffect', 'effectAfterError'] as const) {
      for (const nth of [0, 1, 2, 3]) {
        let calls = -1;
        const isConsumer = (process: string) => process.startsWith(AUDIT) || process.startsWith('project-order/');
        const world = createOrderWorld({
          seed: nth + 1,
          consumer: { packing: false },
          faults: {
            decide: ({ process }) => {
              if (isConsumer(process)) calls += 1;
              return isConsumer(process) && calls === nth ? kind : undefined;
            },
          },
        });
        for (const id of ids('order', 2)) world.place(id, 'ada');
        expect(await world.judge(), `${kind} at the consumers’ call ${nth}`).toEqual([]);
      }
    }
  });

  test('S25 a lease always ends later than now, and waiting for it burns no attempt', async () => {
    const world = createOrderWorld({
      seed: 1,
      mappingFaults: () => ({ beforeInvoke: () => ({ kind: 'duplicate' }) }),
      routes: auditing(async (_, { attempt }) => {
        expect(attempt).toBe(1);
        await sleep(world.clock, 8_000);
      }, 'external'),
    });
    world.note('note-1');
    expect(await world.judge()).toEqual([]);
    expect(world.letters(world.audit)).toEqual([]);

    for (const leaseMs of [1, 0, -1]) {
      const stopped = { now: () => world.clock.now(), after: world.clock.after };
      const inbox = createInbox({ client: world.process('worker').client('dynamodb'), table: 'inbox', clock: stopped, rng: world.rng });
      const handling = { consumer: 'audit-order', messageId: `lease-${leaseMs}`, type: OrderNoted.name, fingerprint: 'f', token: 'a' };
      const now = world.clock.now();
      const claim = inbox.claim(handling, leaseMs);
      await world.run(1_000);
      const claimed = await claim;
      expect(claimed).toMatchObject({ kind: 'mine' });
      expect(claimed.kind === 'mine' && claimed.until - now).toBeGreaterThanOrEqual(1);
    }
  });

  test('S26 two consumers of one event both apply it', async () => {
    const world = createOrderWorld({ seed: 1 });
    world.place('order-1', 'ada');
    expect(await world.judge()).toEqual([]);
    expect(world.applied('audit-order')).toEqual(['order-1']);
    expect(world.applied('project-order')).toEqual(['order-1']);
  });

  test('S27 another body under the id of a handled message is parked, under that of a failing one it is the message', async () => {
    let broken = true;
    const world = createOrderWorld({
      seed: 1,
      routes: auditing(({ data }) => {
        if (broken && data.orderId === 'note-2') throw new Error('not now');
      }),
    });
    world.note('note-1');
    world.note('note-2');
    await world.run(6_000);
    const [failing] = world.peek(world.audit.queueUrl);
    const edited = (failing?.body ?? '').replace('"orderId":"note-2"', '"orderId":"note-2","text":"edited"');
    world.send(world.audit, edited);
    broken = false;
    await world.run(5 * MINUTE);
    expect(world.applied('audit-order').sort()).toEqual(['note-1', 'note-2']);
    const [letter, ...more] = world.letters(world.audit);
    expect(more).toEqual([]);
    expect(letter?.attributes['posthaste.failure']).toContain('FINGERPRINT_MISMATCH');
  });

  test('S27 a handled message that its sender publishes again, stamped anew, is a duplicate', async () => {
    const world = createOrderWorld({ seed: 1, sweepEveryMs: 0 });
    world.setMapping(world.audit.mapping, { Enabled: false });
    world.note('note-1');
    await world.run(MINUTE);
    const [message] = world.peek(world.audit.queueUrl);
    world.setMapping(world.audit.mapping, { Enabled: true });
    await world.run(MINUTE);
    const time = new Date(world.clock.now()).toISOString();
    world.send(world.audit, (message?.body ?? '').replace(/"time":"[^"]+"/, `"time":"${time}"`));
    await world.run(MINUTE);
    expect(world.stats(world.audit)).toMatchObject({ sent: 2, deleted: 2 });
    expect([world.applied('audit-order'), world.letters(world.audit)]).toEqual([['note-1'], []]);
  });

  test('S28 a message that comes back after fifteen days in dead-letter queues is not applied again', async () => {
    const world = createOrderWorld({ seed: 1, sweepEveryMs: 0 });
    world.setMapping(world.audit.mapping, { Enabled: false });
    world.note('note-1');
    await world.run(MINUTE);
    const [message] = world.peek(world.audit.queueUrl);
    world.setMapping(world.audit.mapping, { Enabled: true });
    await world.run(15 * DAY);
    expect(world.applied('audit-order')).toEqual(['note-1']);
    world.send(world.audit, message?.body ?? '');
    await world.run(MINUTE);
    expect(world.applied('audit-order')).toEqual(['note-1']);
    expect(world.letters(world.audit)).toEqual([]);
    expect(world.stats(world.audit)).toMatchObject({ sent: 2, deleted: 2 });
  });

  test('S28 a message that is older than the inbox remembers is parked, because it may have been handled and forgotten', async () => {
    const world = createOrderWorld({ seed: 1, sweepEveryMs: 0 });
    world.setMapping(world.audit.mapping, { Enabled: false });
    world.note('note-1');
    await world.run(MINUTE);
    const [message] = world.peek(world.audit.queueUrl);
    world.setMapping(world.audit.mapping, { Enabled: true });
    await world.run(61 * DAY);
    world.send(world.audit, message?.body ?? '');
    await world.run(MINUTE);
    expect(world.applied('audit-order')).toEqual(['note-1']);
    expect(world.letters(world.audit).map(({ attributes }) => attributes['posthaste.failure'])).toEqual([
      expect.stringContaining('"reason":"TOO_OLD"'),
    ]);
  });

  test('S29 clocks that are five minutes apart steal leases, and still every effect happens once', async () => {
    let overlaps = 0;
    for (const seed of [1, 2, 3, 4]) {
      let running = 0;
      let consumers = 0;
      const world = createOrderWorld({
        seed,
        skewOf: (process) => {
          if (!process.startsWith(AUDIT)) return 0;
          consumers += 1;
          return ((consumers + seed) % 2 === 0 ? 5 : -5) * MINUTE;
        },
        mappingFaults: () => ({ beforeInvoke: () => ({ kind: 'duplicate' }) }),
        routes: auditing(async () => {
          running += 1;
          overlaps += running > 1 ? 1 : 0;
          await sleep(world.clock, 100 + world.rng.next() * 4_000);
          running -= 1;
        }, 'external'),
      });
      world.note('note-1');
      world.place('order-1', 'ada');
      expect(await world.judge(), `seed ${seed}`).toEqual([]);
    }
    expect(overlaps).toBeGreaterThan(0);
  });

  test('S30 what a handler sends is sent for each message, whenever the handler dies, under one id', async () => {
    for (const kind of ['crashBefore', 'crashAfter'] as const) {
      for (const nth of [0, 1, 2, 3, 4, 5]) {
        let calls = -1;
        const published = publicationLog();
        const world = createOrderWorld({
          seed: nth + 1,
          interceptors: [published.intercept],
          routes: auditing(({ data }, { unit }) => unit.publish(OrderShipped, { orderId: data.orderId })),
          faults: {
            decide: ({ process }) => {
              if (process.startsWith(AUDIT)) calls += 1;
              return process.startsWith(AUDIT) && calls === nth ? kind : undefined;
            },
          },
        });
        for (const id of ids('note', 2)) world.note(id);
        expect(await world.judge(), `${kind} at the consumer’s call ${nth}`).toEqual([]);
        const shipped = published.log.filter(({ topic }) => topic.endsWith(':shipments'));
        const byId = new Map(shipped.map(({ messageId, orderId }) => [messageId, orderId]));
        expect([...byId.values()].sort(), `${kind} at the consumer’s call ${nth}`).toEqual(['note-1', 'note-2']);
      }
    }
  });

  test('S31 a handler that outlasts its function is told to stop before its message is visible again, and its neighbours are done', async () => {
    const stopped: number[] = [];
    const world = createOrderWorld({
      seed: 1,
      visibilitySeconds: 10,
      routes: auditing(async ({ data }, { signal, attempt }) => {
        if (data.orderId !== 'note-1' || attempt > 1) return;
        const begun = world.clock.now();
        signal.addEventListener('abort', () => stopped.push(world.clock.now() - begun));
        await sleep(world.clock, 35_000);
      }),
    });
    world.setMapping(world.audit.mapping, { Enabled: false });
    for (const id of ids('note', 5)) world.note(id);
    await world.run(20_000);
    world.setMapping(world.audit.mapping, { Enabled: true });
    await world.run(12_000);
    expect(world.stats(world.audit)).toMatchObject({ deleted: 4 });
    expect(await world.judge()).toEqual([]);
    expect(stopped.length).toBeGreaterThan(0);
    for (const ms of stopped) expect(ms).toBeLessThan(10_000);

    const stack = testStack();
    const topic = new EventTopic(stack, 'orders');
    const inbox = new Inbox(stack, 'inbox');
    new Consumer(stack, 'audit-order', { topic, handles: [OrderNoted], entry: ENTRY, inbox, timeout: Duration.seconds(35) });
    expect(resources(stack, 'AWS::SQS::Queue')).toContainEqual(expect.objectContaining({ VisibilityTimeout: 6 * 35 }));
  });

  test('S32 a message that kills its process at whatever place of the batch is parked alone, and no neighbour with it', async () => {
    for (const seed of [1, 2, 3]) {
      const world = createOrderWorld({
        seed,
        routes: (consumer, process) =>
          countEffects(consumer).map((route) => ({
            ...route,
            handle: (message, context) => {
              if (consumer === 'audit-order' && message.data.orderId === 'note-4') process.kill('the message did it');
              return process.alive ? route.handle(message, context) : new Promise<void>(() => {});
            },
          })),
      });
      world.setMapping(world.audit.mapping, { Enabled: false });
      for (const id of ids('note', 10)) world.note(id);
      await world.run(20_000);
      world.setMapping(world.audit.mapping, { Enabled: true });
      expect(await world.judge(), `seed ${seed}`).toEqual([]);
      expect(world.letters(world.audit).map(({ body }) => JSON.parse(body).data.orderId)).toEqual(['note-4']);
      expect(world.applied('audit-order'), `seed ${seed}`).toHaveLength(9);
    }
  });

  test('S33 sixty receives that never reached the function cost the message nothing', async () => {
    let skipped = 0;
    const attempts: number[] = [];
    const world = createOrderWorld({
      seed: 1,
      mappingFaults: () => ({
        beforeInvoke: ({ functionArn: arn }) => {
          if (arn !== functionArn('audit-order') || skipped >= 60) return undefined;
          skipped += 1;
          return { kind: 'skip' };
        },
      }),
      routes: auditing((_, { attempt, receiveCount }) => {
        expect(receiveCount).toBe(61);
        attempts.push(attempt);
      }),
    });
    world.note('note-1');
    expect(await world.judge()).toEqual([]);
    expect(attempts).toEqual([1]);
    expect(world.letters(world.audit)).toEqual([]);
  });

  test('S34 what a handler forgot to await cannot write any more when the frozen sandbox goes on with another message', async () => {
    const late: unknown[] = [];
    const world = createOrderWorld({
      seed: 1,
      routes: (consumer, process) =>
        consumer !== 'audit-order'
          ? countEffects(consumer)
          : [
              on(OrderNoted, ({ data }, { unit }) => {
                applyOnce(consumer, unit, data);
                void sleep(process.clock, 2_000)
                  .then(() => applyOnce(consumer, unit, { orderId: `${data.orderId}-late` }))
                  .catch((error: { code?: string }) => late.push(error.code));
              }),
            ],
    });
    world.note('note-1');
    await world.run(MINUTE);
    expect(late).toEqual([]);
    world.note('note-2');
    await world.run(MINUTE);
    expect(late).toEqual(['UNIT_SEALED']);
    expect(world.applied('audit-order').sort()).toEqual(['note-1', 'note-2']);
  });

  test('S35 messages that run side by side in one process have nothing in common', async () => {
    const contexts: HandlerContext[] = [];
    let together: (() => void) | undefined;
    const both = new Promise<void>((resolve) => {
      together = resolve;
    });
    const world = createOrderWorld({
      seed: 1,
      routes: auditing(async (_, context) => {
        contexts.push(context);
        if (contexts.length === 2) together?.();
        await both;
      }),
    });
    world.setMapping(world.audit.mapping, { Enabled: false });
    for (const id of ids('note', 2)) world.note(id);
    await world.run(20_000);
    world.setMapping(world.audit.mapping, { Enabled: true });
    await world.run(MINUTE);
    expect(contexts).toHaveLength(2);
    expect(new Set(contexts.map(({ unit }) => unit)).size).toBe(2);
    expect(new Set(contexts.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(2);
    expect(world.applied('audit-order').sort()).toEqual(['note-1', 'note-2']);
  });

  test('S36 a message that could not be deleted from the queue, or comes as a new copy, is acknowledged without a second effect', async () => {
    let lost = 0;
    const world = createOrderWorld({
      seed: 1,
      faults: plannedFaults([{ service: 'sns', action: 'PublishBatch', nth: 0, kind: 'crashAfter' }]),
      mappingFaults: () => ({
        afterInvoke: () => {
          lost += 1;
          return lost <= 4 ? { kind: 'lose-response' } : undefined;
        },
      }),
    });
    for (const id of ids('note', 3)) world.note(id);
    world.place('order-1', 'ada');
    expect(await world.judge()).toEqual([]);
    expect(lost).toBeGreaterThan(4);
    expect(world.stats(world.audit).sent).toBeGreaterThan(4);
    expect(world.applied('audit-order')).toHaveLength(4);
  });
});
