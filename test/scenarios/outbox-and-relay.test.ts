import { describe, expect, test } from 'vitest';
import { AwsError } from '../../lib/local/aws.ts';
import { plannedFaults } from '../../lib/simulation/fault-plan.ts';
import { denied, failingEntries, type PublishedEntry, publicationLog } from './interference.ts';
import { countEffects, functionArn, HOUR, MINUTE, OrderNoted, OrderPlaced, orders } from './order-stack.ts';
import { createOrderWorld, type OrderWorld } from './order-world.ts';

const seeds = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const ids = (prefix: string, count: number) => seeds(count).map((number) => `${prefix}-${number}`);
const noSweeps = { sweepEveryMs: 0 } as const;

/** Commits while the relay is paused, so that everything is in one batch of the stream. */
async function inOneBatch(world: OrderWorld, commit: () => void): Promise<void> {
  world.setMapping(world.relayMapping, { Enabled: false });
  commit();
  await world.run(10_000);
  world.setMapping(world.relayMapping, { Enabled: true });
}

describe('outbox and relay', () => {
  test('S1 a relay that dies after any publication publishes again under the same ids, and every effect happens once', async () => {
    let republished = 0;
    for (const nth of [0, 1, 2, 3]) {
      const faults = plannedFaults([{ service: 'sns', action: 'PublishBatch', nth, kind: 'crashAfter' }]);
      const published = publicationLog();
      const world = createOrderWorld({ seed: nth + 1, faults, interceptors: [published.intercept] });
      for (const id of ids('order', 3)) world.place(id, 'ada');
      for (const id of ids('note', 3)) world.note(id);
      expect(await world.judge()).toEqual([]);
      expect(world.applied('audit-order')).toHaveLength(6);
      republished += published.log.length - new Set(published.log.map(({ topic, messageId }) => topic + messageId)).size;
      expect(new Set(published.log.map(({ messageId }) => messageId)).size).toBe(6);
    }
    expect(republished).toBeGreaterThan(0);
  });

  test('S2 an entry that PublishBatch reports as failed is published later, none is lost', async () => {
    const tries = new Map<string, number>();
    const fail = failingEntries(({ orderId }) => {
      if (orderId !== 'note-2') return undefined;
      tries.set(orderId, (tries.get(orderId) ?? 0) + 1);
      return (tries.get(orderId) ?? 0) <= 6 ? { code: 'InternalError', senderFault: false } : undefined;
    });
    const world = createOrderWorld({ seed: 1, interceptors: [fail] });
    await inOneBatch(world, () => ids('note', 3).forEach((id) => void world.note(id)));
    expect(await world.judge()).toEqual([]);
    expect(tries.get('note-2')).toBe(7);
    expect(world.applied('audit-order').sort()).toEqual(['note-1', 'note-2', 'note-3']);
  });

  test('S3 failures in the middle of a batch replay what came after them, without a second effect', async () => {
    const published = publicationLog();
    const faults = plannedFaults([{ service: 'dynamodb', action: 'Query', role: 'relay', kind: 'throttle' }]);
    // One batch at a time, so that several of its records fail.
    const streamMapping = { ParallelizationFactor: 1 };
    const world = createOrderWorld({ seed: 1, ...noSweeps, streamMapping, faults, interceptors: [published.intercept] });
    const customers = ['ada', 'bob', 'cyd', 'dan', 'eve', 'fay'];
    void world.commit((unit) => {
      for (const customer of customers) {
        unit.publish(OrderNoted, { orderId: `note-${customer}` });
        unit.publish(OrderPlaced, { orderId: `order-${customer}`, customer });
      }
    });
    await world.run(5_000);
    expect(world.applied('project-order')).toEqual([]);
    world.heal();
    await world.run(5 * MINUTE);
    expect(world.applied('project-order').sort()).toEqual(customers.map((customer) => `order-${customer}`));
    expect(world.applied('audit-order')).toHaveLength(12);
    expect(published.log.length).toBeGreaterThan(12);
    expect(world.rows()).toEqual([]);
  });

  test('S4 every response is an explicit list, and a failure never passes for success', async () => {
    let failures = 0;
    const world = createOrderWorld({
      seed: 1,
      routes: (name) =>
        countEffects(name).map((route) => ({
          ...route,
          handle: (message, context) => {
            failures += 1;
            if (failures <= 2) throw new Error('not now');
            return route.handle(message, context);
          },
        })),
    });
    world.note('note-1');
    expect(await world.judge()).toEqual([]);
    expect(failures).toBe(3);
    for (const name of ['relay', 'audit-order', 'project-order']) {
      const empty = await settled(world, world.functions.invoke(functionArn(name), { Records: [] }));
      expect(empty).toEqual({ kind: 'result', payload: { batchItemFailures: [] } });
    }
  });

  test('S4 a stream mapping that ignores the response loses nothing, because the rows stay pending', async () => {
    const fail = { service: 'sns', action: 'PublishBatch', kind: 'throttle' } as const;
    const world = createOrderWorld({ seed: 1, faults: plannedFaults([fail]), streamMapping: { FunctionResponseTypes: [] } });
    for (const id of ids('note', 3)) world.note(id);
    expect(await world.judge()).toEqual([]);
    expect(world.applied('audit-order').sort()).toEqual(ids('note', 3));
  });

  test('S5 a row that can never be published is parked, and what follows it is published at once', async () => {
    const poison = ({ orderId }: PublishedEntry) => (orderId === 'note-1' ? { code: 'InvalidParameter', senderFault: true } : undefined);
    const world = createOrderWorld({
      seed: 1,
      ...noSweeps,
      interceptors: [
        failingEntries(poison),
        async (request, next) => {
          if (request.action === 'Publish' && String(request.input['Message']).includes('note-1')) {
            throw new AwsError('InvalidParameterException', 'Invalid parameter: Message');
          }
          return next();
        },
      ],
    });
    await inOneBatch(world, () => ids('note', 4).forEach((id) => void world.note(id)));
    await world.run(MINUTE);
    expect(world.applied('audit-order').sort()).toEqual(['note-2', 'note-3', 'note-4']);
    await world.run(25 * HOUR);
    expect(world.rows()).toMatchObject([
      { state: { S: expect.stringMatching(/^PARKED#/) }, parkedReason: { S: 'InvalidParameterException' } },
    ]);
    expect(await world.judge()).toEqual([]);
  });

  test('S6 what the stream has forgotten after 25 hours without permission is published by the sweeper', async () => {
    let broken = true;
    const isPublication = denied(({ service, caller }) => broken && service === 'sns' && caller.kind === 'role');
    const world = createOrderWorld({ seed: 1, sweepEveryMs: HOUR, authorise: isPublication });
    for (const id of ids('order', 3)) world.place(id, 'ada');
    for (const id of ids('note', 2)) world.note(id);
    await world.run(25 * HOUR);
    expect(world.rows()).toHaveLength(5);
    expect(world.applied('audit-order')).toEqual([]);
    broken = false;
    expect(await world.judge()).toEqual([]);
    expect(world.order('project-order', 'ada')).toEqual([1, 2, 3]);
  });

  test('S7 only inserts are messages: a changed or removed row is not published again, and no row of a message expires', async () => {
    const published = publicationLog();
    // Without the mapping's own filter, which would keep them from the relay.
    const streamMapping = { BatchSize: 1, FilterCriteria: { Filters: [] } };
    const world = createOrderWorld({ seed: 1, ...noSweeps, streamMapping, interceptors: [published.intercept] });
    await inOneBatch(world, () => {
      world.note('note-1');
      world.clock.after(9_000, () => {
        const [row] = world.rows();
        expect(row).not.toHaveProperty('expiresAt');
        world.call('dynamodb', 'UpdateItem', {
          TableName: 'outbox',
          Key: { pk: row?.pk, sk: row?.sk },
          UpdateExpression: 'SET seen = :by',
          ExpressionAttributeValues: { ':by': { S: 'an operator' } },
        });
      });
    });
    expect(await world.judge()).toEqual([]);
    expect(published.log).toHaveLength(1);
  });

  test('S8 the messages of one transaction are published in their order, whatever the order of the stream', async () => {
    for (const seed of seeds(8)) {
      const world = createOrderWorld({ seed, ...noSweeps });
      await settled(
        world,
        world.commit((unit) => {
          for (const orderId of ids('order', 4)) unit.publish(OrderPlaced, { orderId, customer: 'ada' });
        }),
      );
      await world.run(2 * MINUTE);
      expect(world.order('project-order', 'ada'), `seed ${seed}`).toEqual([1, 2, 3, 4]);
    }
  });

  test('S9 while the first message of a key fails, the second waits and other keys flow', async () => {
    let failures = 0;
    const fail = failingEntries(({ topic, orderId }) => {
      if (!topic.endsWith('.fifo') || orderId !== 'order-1' || failures >= 9) return undefined;
      failures += 1;
      return { code: 'Throttled', senderFault: false };
    });
    const world = createOrderWorld({ seed: 1, interceptors: [fail] });
    world.place('order-1', 'ada');
    await world.run(6_000);
    for (const id of ['order-2', 'order-3']) world.place(id, 'ada');
    world.place('other-1', 'bob');
    expect(await world.judge()).toEqual([]);
    expect(failures).toBe(9);
    expect(world.order('project-order', 'ada')).toEqual([1, 2, 3]);
    expect(world.order('project-order', 'bob')).toEqual([1]);
  });

  test('S10 a commit whose answer was lost is one commit, also when its caller asks again eleven minutes later', async () => {
    const faults = plannedFaults([{ service: 'dynamodb', action: 'TransactWriteItems', nth: 0, kind: 'errorAfterEffect' }]);
    const world = createOrderWorld({ seed: 1, faults });
    const fill: Parameters<OrderWorld['commit']>[0] = (unit) => {
      unit.update(orders, { id: 'order-1' }, { update: { expression: 'ADD placed :one', values: { ':one': 1 } } });
      unit.publish(OrderNoted, { orderId: 'order-1' });
    };
    expect(await settled(world, world.commit(fill))).toMatchObject({ status: 'committed' });
    expect(timesPlaced(world)).toBe('1');

    const dying = createOrderWorld({
      seed: 2,
      faults: plannedFaults([{ service: 'dynamodb', action: 'TransactWriteItems', nth: 0, kind: 'crashAfter' }]),
    });
    void dying.commit(fill, { idempotencyKey: 'request-1' });
    await dying.run(11 * MINUTE);
    expect(await settled(dying, dying.commit(fill, { idempotencyKey: 'request-1' }))).toMatchObject({ status: 'duplicate' });
    await dying.run(MINUTE);
    expect(timesPlaced(dying)).toBe('1');
    expect(dying.applied('audit-order')).toEqual(['order-1']);
  });

  test('S11 a transaction that meets a conflict is no duplicate: its message is applied later', async () => {
    const conflicts = (role: string) => ({ service: 'dynamodb', action: 'TransactWriteItems', role, kind: 'conflict' }) as const;
    const world = createOrderWorld({ seed: 1, faults: plannedFaults([conflicts('audit-order'), conflicts('project-order')]) });
    for (const id of ids('order', 3)) world.place(id, 'ada');
    await world.run(MINUTE);
    expect(world.applied('audit-order')).toEqual([]);
    expect(await world.judge()).toEqual([]);
    expect(world.letters(world.audit)).toEqual([]);
    expect(world.applied('audit-order')).toHaveLength(3);
  });

  test('S12 a caller that dies at any call has written the order and its message, or neither', async () => {
    for (const kind of ['crashBefore', 'crashAfter'] as const) {
      for (const index of seeds(4)) {
        const world = createOrderWorld({ seed: index, faults: { decide: (call) => (call.index === index - 1 ? kind : undefined) } });
        void world.commit((unit) => {
          unit.put(orders, { id: 'order-1' });
          unit.publish(OrderPlaced, { orderId: 'order-1', customer: 'ada' });
        });
        world.clock.after(MINUTE, () => world.heal());
        await world.run(5 * MINUTE);
        expect(world.applied('audit-order'), `${kind} at call ${index}`).toHaveLength(world.dynamodb.scanTable('orders').length);
      }
    }
  });

  test('S13 ten messages of 30 KB travel in as many calls as SNS takes, and none of them is refused', async () => {
    const published = publicationLog();
    const world = createOrderWorld({ seed: 1, ...noSweeps, interceptors: [published.intercept] });
    await settled(
      world,
      world.commit((unit) => {
        for (const orderId of ids('note', 10)) unit.publish(OrderNoted, { orderId, text: 'x'.repeat(30_000) });
      }),
    );
    await world.run(2 * MINUTE);
    expect(world.applied('audit-order').sort()).toEqual(ids('note', 10).sort());
    expect(published.refusals).toEqual([]);
    expect(world.calls.byAction.get('sns:PublishBatch')).toBe(2);
  });

  test('S14 what a transaction cannot take is refused before any call, one byte or one action less is committed', async () => {
    const world = createOrderWorld({ seed: 1 });
    const room = 400 * 1_024 - 'id'.length - 'order-1'.length - 'text'.length;
    const item = (bytes: number) => world.commit((unit) => unit.put(orders, { id: 'order-1', text: 'x'.repeat(bytes) }));
    const refused = [expect(item(room + 1)).rejects.toMatchObject({ code: 'UNIT_LIMIT' })];
    const actions = (count: number) =>
      world.commit((unit) => seeds(count).forEach((number) => void unit.put(orders, { id: `many-${number}` })));
    refused.push(expect(actions(101)).rejects.toMatchObject({ code: 'UNIT_LIMIT' }));
    await world.run(MINUTE);
    await Promise.all(refused);
    expect(world.calls.byAction.get('dynamodb:TransactWriteItems')).toBeUndefined();
    expect(await settled(world, item(room))).toMatchObject({ status: 'committed' });
    expect(await settled(world, actions(100))).toMatchObject({ status: 'committed' });
  });
});

/** Lets time pass until a promise has settled. */
async function settled<T>(world: OrderWorld, work: Promise<T>): Promise<T> {
  await world.run(MINUTE);
  return work;
}

function timesPlaced(world: OrderWorld): string | undefined {
  const [order] = world.dynamodb.scanTable('orders') as unknown as { placed?: { N: string } }[];
  return order?.placed?.N;
}
