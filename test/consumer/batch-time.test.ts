import { describe, expect, test } from 'vitest';
import { consumeBatch } from '../../lib/consumer/consumer.batch.ts';
import { Permanent } from '../../lib/retry/retry.errors.ts';
import { hang, record, scriptedConsumer, throttled, throwing } from './scripted-ports.ts';
import { bodyOf } from './world.ts';

// With ten seconds left nothing starts after 9,000 ms, what runs is given up at 9,500, and the answer is there at 9,800.

describe('at the end of the time', () => {
  test('a handler that had half of it is charged as a crash is: its end stays out of the books', async () => {
    const consumer = scriptedConsumer({ handle: hang });
    expect(await consumer.run([record('a', { received: 2 })])).toEqual({ back: ['a'], answeredAt: 9_500 });
    expect([consumer.callsOf('end'), consumer.callsOf('visibility')]).toEqual([[], [[['a', 10_000]]]]);
    expect(consumer.metrics).toEqual({ MessagesDeferred: 1 });
  });

  test.each([
    [4_750, []],
    [4_751, [['message-a', true, undefined, 9_800]]],
  ])('a handler that was called after %i of 9,500 ms is charged or not: %j', async (lateMs, ends) => {
    const consumer = scriptedConsumer({
      handle: hang,
      inbox: {
        begin: async () =>
          new Promise((resolve) => void consumer.clock.after(lateMs, () => resolve({ started: 1, settled: 0, failed: 0, history: [] }))),
      },
    });
    await consumer.run([record('a', { received: 2 })]);
    expect(consumer.callsOf('end')).toEqual(ends);
    // The backoff of the message, or the shorter one of what is not its fault.
    expect(consumer.callsOf('visibility')).toEqual([[['a', ends.length === 0 ? 10_000 : 2_000]]]);
  });

  test('a commit that hangs is no fault of the message', async () => {
    const consumer = scriptedConsumer({ commit: hang });
    expect(await consumer.run([record('a', { received: 3 })])).toEqual({ back: ['a'], answeredAt: 9_500 });
    expect([consumer.callsOf('end'), consumer.callsOf('visibility')]).toEqual([[['message-a', true, undefined, 9_800]], [[['a', 4_000]]]]);
  });

  test('a message under a lease comes back when the lease has ended, or when its backoff has if that is later', async () => {
    const consumer = scriptedConsumer({ handle: hang, effect: 'external' });
    await consumer.run([record('a')]);
    expect(consumer.callsOf('visibility')).toEqual([[['a', 5_500]]]);
    const short = scriptedConsumer({
      handle: hang,
      effect: 'external',
      inbox: { claim: async () => ({ kind: 'mine', until: short.clock.now() + 10 }) },
    });
    await short.run([record('a')]);
    expect(short.callsOf('visibility')).toEqual([[['a', 5_000]]]);
  });

  test('a message that outlasts its lease again and again comes back less and less often', async () => {
    const consumer = scriptedConsumer({ handle: hang, effect: 'external' });
    await consumer.run([record('a', { received: 20 })]);
    expect(consumer.callsOf('visibility')).toEqual([[['a', 450_000]]]);
  });

  test('what never started comes back at once, and what ended is not reported', async () => {
    const consumer = scriptedConsumer({ settings: { concurrency: 1 }, handle: ({ id }) => (id === 'message-b' ? hang() : undefined) });
    expect(await consumer.run([record('a'), record('b'), record('c')])).toMatchObject({ back: ['b', 'c'] });
    expect(consumer.callsOf('visibility')).toEqual([
      [
        ['b', 5_000],
        ['c', 0],
      ],
    ]);
  });

  test('what waited for its turn until it was too late comes back at once, without a run', async () => {
    const consumer = scriptedConsumer({
      settings: { concurrency: 1 },
      handle: () => new Promise((resolve) => void consumer.clock.after(9_100, () => resolve())),
    });
    expect(await consumer.run([record('a'), record('b')])).toEqual({ back: ['b'], answeredAt: 9_100 });
    expect([consumer.runs, consumer.callsOf('visibility')]).toEqual([['message-a'], [[['b', 0]]]]);
  });

  test('a failure whose entry hangs is not charged with the time that took', async () => {
    const consumer = scriptedConsumer({ handle: throwing(() => new Error('no')), inbox: { end: hang } });
    expect(await consumer.run([record('a')])).toMatchObject({ back: ['a'] });
    // The queue was told when the message failed, and is told again when it turns out that nobody entered that.
    expect(consumer.callsOf('visibility')).toEqual([[['a', 5_000]], [['a', 1_000]]]);
  });

  test('a head that hangs and has used up its attempts is counted as holding its key', async () => {
    const blockedWith = async (books: { started: number; settled: number; failed: number }, group: string | undefined) => {
      const consumer = scriptedConsumer({ handle: hang, attempts: { 'message-a': books } });
      await consumer.run([record('a', { received: 9, ...(group !== undefined && { group }) })]);
      return consumer.metrics['MessagesBlocked'] ?? 0;
    };
    expect(await blockedWith({ started: 1, settled: 1, failed: 1 }, 'k')).toBe(0);
    expect(await blockedWith({ started: 4, settled: 3, failed: 3 }, 'k')).toBe(1);
    expect(await blockedWith({ started: 4, settled: 3, failed: 3 }, undefined)).toBe(0);
  });

  test('an answer of SQS that never comes does not cost the response', async () => {
    const consumer = scriptedConsumer({ handle: throwing(() => new Error('no')) });
    const stuck = { ...consumer.ports, visibility: { change: hang } };
    Object.assign(consumer.ports, stuck);
    expect(await consumer.run([record('a')])).toEqual({ back: ['a'], answeredAt: 9_800 });
  });

  test.each([
    ['Permanent', new Permanent('too late')],
    ['Error', new Error('too late')],
  ])('nothing is decided any more about what is reported already: an %s that comes too late', async (_, error) => {
    const consumer = scriptedConsumer({
      effect: 'external',
      handle: () => new Promise((__, reject) => void consumer.clock.after(9_600, () => reject(error))),
    });
    expect(await consumer.run([record('a', { received: 2 })])).toMatchObject({ back: ['a'] });
    expect(consumer.calls.map(([name]) => name)).toEqual(['look', 'claim', 'begin', 'visibility']);
  });

  test('what was to be parked is not, once it is reported as coming back', async () => {
    const consumer = scriptedConsumer({
      effect: 'external',
      handle: throwing(() => new Permanent('never')),
      inbox: { release: () => new Promise((resolve) => void consumer.clock.after(9_600, () => resolve())) },
    });
    expect(await consumer.run([record('a')])).toMatchObject({ back: ['a'] });
    expect(consumer.callsOf('park')).toEqual([]);
  });
});

test('no more handlers run at a time than the concurrency says, each takes the next place, in order', async () => {
  const order: string[] = [];
  let running = 0;
  let most = 0;
  const consumer = scriptedConsumer({
    settings: { concurrency: 3 },
    handle: async ({ id }) => {
      order.push(id);
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => void consumer.clock.after(100, resolve));
      running -= 1;
    },
  });
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const { answeredAt } = await consumer.run(names.map((name) => record(name)));
  expect([most, answeredAt, order]).toEqual([3, 300, names.map((name) => `message-${name}`)]);
});

describe('whatever a port does', () => {
  test('a mistake of our own costs one record a delay, not the batch its response', async () => {
    const guard = ({ messageId, token }: { messageId: string; token: string }) => {
      if (messageId === 'message-a') throw new TypeError('no such thing');
      return { kind: 'put', table: { name: 'inbox', partitionKey: 'pk' }, item: { pk: messageId, commit: token } } as const;
    };
    const consumer = scriptedConsumer({ inbox: { guard } });
    expect(await consumer.run([record('a'), record('b')])).toMatchObject({ back: ['a'] });
    expect([consumer.callsOf('commit'), consumer.callsOf('visibility')]).toEqual([[['message-b', 9_500]], [[['a', 1_000]]]]);
    expect(consumer.logs[0]).toMatchObject({ message: 'record not handled', fields: { code: 'TypeError', error: 'no such thing' } });
  });

  test('the answer waits for the books, as long as there is time', async () => {
    const slow = (ms: number) => {
      const consumer = scriptedConsumer({
        commit: hang,
        inbox: {
          end: async () =>
            new Promise((resolve) => void consumer.clock.after(ms, () => resolve({ started: 1, settled: 1, failed: 0, history: [] }))),
        },
      });
      return consumer.run([record('a', { received: 2 })]);
    };
    expect([(await slow(200)).answeredAt, (await slow(400)).answeredAt]).toEqual([9_700, 9_800]);
  });

  test.each([
    ['release', new Error('no'), 1],
    ['end', new Error('no'), 1],
    ['end', throttled(), 2],
    ['forget', new Permanent('never'), 2],
  ] as const)('the answer waits for the %s of a failed run, and bears its failure', async (name, error, received) => {
    const given = (port: () => Promise<never>) =>
      scriptedConsumer({ effect: 'external', handle: throwing(() => error), inbox: { [name]: port } });
    const slow = given(() => new Promise((resolve) => void slow.clock.after(300, () => resolve(undefined as never))));
    expect(await slow.run([record('a', { received })])).toMatchObject({ answeredAt: 300 });
    const broken = given(() => Promise.reject(throttled()));
    expect(await broken.run([record('a', { received })])).toMatchObject({ back: name === 'forget' ? [] : ['a'], answeredAt: 0 });
    expect(broken.logs).toContainEqual({
      message: 'inbox not updated',
      fields: expect.objectContaining({ messageId: 'message-a', code: 'ThrottlingException', error: expect.stringContaining('slow down') }),
    });
  });

  test('no timer is left behind by a batch that is done', async () => {
    const consumer = scriptedConsumer();
    await consumer.run([record('a')], 10_000);
    const pending = consumer.clock.pending();
    await consumeBatch([record('b')], consumer.ports, 10_000);
    expect([pending, consumer.clock.pending()]).toEqual([0, 0]);
  });

  test('what cannot be read is parked without the inbox, and does not hold its group', async () => {
    const consumer = scriptedConsumer({ inbox: { look: async () => Promise.reject(throttled()) } });
    const batch = [
      record('k1', { group: 'k', received: 2, body: '{' }),
      record('k2', { group: 'k' }),
      record('l1', { group: 'l', received: 2 }),
    ];
    expect(await consumer.run(batch)).toMatchObject({ back: ['l1'] });
    expect(consumer.metrics).toMatchObject({ MessagesDeadLettered: 1, MessagesProcessed: 1, MessagesDeferred: 1 });
  });

  test('nothing is parked either when it is too late to start', async () => {
    const consumer = scriptedConsumer({ handle: () => new Promise((resolve) => void consumer.clock.after(9_100, () => resolve())) });
    expect(await consumer.run([record('k1', { group: 'k' }), record('k2', { group: 'k', body: '{' })])).toMatchObject({ back: ['k2'] });
    expect([consumer.callsOf('park'), consumer.callsOf('visibility')]).toEqual([[], [[['k2', 0]]]]);
  });

  test('a message is too old a day before its marker may be gone', async () => {
    const at = (days: number) => bodyOf('a', { time: new Date(Date.UTC(2030, 0, 1) - days * 86_400_000).toISOString() });
    const consumer = scriptedConsumer();
    await consumer.run([record('a', { body: at(58.9) }), { ...record('b', { body: at(59.1).replaceAll('message-a', 'message-b') }) }]);
    expect([consumer.runs, consumer.callsOf('park')]).toEqual([['message-a'], [['message-b', 'TOO_OLD', 9_500]]]);
  });
});
