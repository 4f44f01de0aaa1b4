import { describe, expect, test } from 'vitest';
import { consumeBatch } from '../../lib/consumer/consumer.batch.ts';
import { Permanent, Transient } from '../../lib/retry/retry.errors.ts';
import { UnitContendedError } from '../../lib/unit-of-work/unit-of-work.errors.ts';
import { hang, record, scriptedConsumer } from './scripted-ports.ts';
import { bodyOf } from './world.ts';

const throwing = (error: () => unknown) => () => {
  throw error();
};
const throttled = () => Object.assign(new Error('slow down'), { name: 'ThrottlingException', $fault: 'client' });

// With ten seconds left nothing starts after 9,000 ms, what runs is given up at 9,500, and the answer is there at 9,800.

describe('what is known before', () => {
  test('is asked in one read, of messages that were handed out before, and of no others', async () => {
    const consumer = scriptedConsumer();
    await consumer.run([record('a'), record('b', { received: 2 }), record('c', { received: 3, body: '{' }), record('d', { received: 9 })]);
    expect(consumer.callsOf('look')).toEqual([[['message-b', 'message-d'], 9_000]]);
    const fresh = scriptedConsumer();
    await fresh.run([record('a')]);
    expect(fresh.callsOf('look')).toEqual([]);
  });

  test('acknowledges a handled message and parks another one of its id, without a run', async () => {
    const consumer = scriptedConsumer({
      markers: { 'message-a': { state: 'DONE' }, 'message-b': { state: 'OTHER' } },
    });
    expect(await consumer.run([record('a', { received: 2 }), record('b', { received: 2 })])).toMatchObject({ back: [] });
    expect(consumer.callsOf('park')).toEqual([['message-b', 'FINGERPRINT_MISMATCH', 9_500]]);
    expect([consumer.runs, consumer.metrics]).toEqual([[], { MessagesDuplicate: 1, MessagesDeadLettered: 1 }]);
  });

  test('that cannot be asked sends back what it is about, later, and runs the rest', async () => {
    const consumer = scriptedConsumer({ inbox: { look: async () => Promise.reject(throttled()) } });
    expect(await consumer.run([record('a'), record('b', { received: 2 })])).toMatchObject({ back: ['b'] });
    expect(consumer.callsOf('visibility')).toEqual([[['b', 2_000]]]);
    expect(consumer.callsOf('commit')).toEqual([['message-a', 9_500]]);
    expect(consumer.logs[0]).toMatchObject({
      message: 'inbox not reached; messages that were received before come back',
      fields: { consumer: 'count-orders', code: 'ThrottlingException', error: expect.stringContaining('slow down') },
    });
  });

  test('that does not answer at all sends everything back later, in time', async () => {
    const consumer = scriptedConsumer({ inbox: { look: hang } });
    expect(await consumer.run([record('a'), record('b', { received: 3 })])).toEqual({ back: ['a', 'b'], answeredAt: 9_500 });
    expect(consumer.callsOf('visibility')).toEqual([
      [
        ['a', 1_000],
        ['b', 4_000],
      ],
    ]);
    expect(consumer.metrics).toEqual({ MessagesDeferred: 2 });
  });

  test('is not asked when there is no time left: all goes back at once', async () => {
    const consumer = scriptedConsumer();
    expect(await consumer.run([record('a', { received: 2 })], 0)).toMatchObject({ back: ['a'] });
    expect([consumer.callsOf('look'), consumer.callsOf('visibility')]).toEqual([[], [[['a', 0]]]]);
  });

  test('of copies in one batch is what became of the first: the same is a duplicate, another is parked', async () => {
    const consumer = scriptedConsumer();
    const copy = { ...record('a'), messageId: 'sqs-copy', receiptHandle: 'copy' };
    const edited = {
      ...record('a', { body: bodyOf('a', { data: { orderId: 'a', total: 5 } }) }),
      messageId: 'sqs-edit',
      receiptHandle: 'edit',
    };
    expect(await consumer.run([record('a'), copy, edited])).toMatchObject({ back: [] });
    expect(consumer.callsOf('commit')).toHaveLength(1);
    expect(consumer.letters.map(({ reason, sqsMessageId }) => [reason, sqsMessageId])).toEqual([['FINGERPRINT_MISMATCH', 'sqs-edit']]);
    expect(consumer.metrics).toMatchObject({ MessagesProcessed: 1, MessagesDuplicate: 1, MessagesDeadLettered: 1 });
  });
});

describe('a failure', () => {
  test('of the first receive is entered in the books with its beginning, and comes back after the backoff', async () => {
    const consumer = scriptedConsumer({ handle: throwing(() => new Error('no')) });
    expect(await consumer.run([record('a')])).toMatchObject({ back: ['a'] });
    expect(consumer.calls.slice(0)).toEqual([
      ['end', 'message-a', false, 'no', 9_500],
      ['visibility', ['a', 5_000]],
    ]);
    expect(consumer.metrics).toEqual({ MessagesRetried: 1 });
    expect(consumer.logs).toEqual([
      {
        message: 'message failed',
        fields: {
          ...{
            consumer: 'count-orders',
            receiveCount: 1,
            sqsMessageId: 'sqs-a',
            messageId: 'message-a',
            messageType: 'orders.order-placed',
          },
          ...{ correlationId: 'cause-a', code: 'Error', error: 'no', attempt: 1, delayMs: 5_000 },
        },
      },
    ]);
  });

  test('of a later receive is charged after what the books say, entered once, and waits longer', async () => {
    const consumer = scriptedConsumer({
      handle: throwing(() => new Error('no')),
      attempts: { 'message-a': { started: 2, settled: 2, failed: 2 } },
    });
    await consumer.run([record('a', { received: 3 })]);
    expect(consumer.calls.slice(1)).toEqual([
      ['begin', 'message-a', 9_500],
      ['end', 'message-a', true, 'no', 9_500],
      ['visibility', ['a', 20_000]],
    ]);
    expect(consumer.logs[0]?.fields).toMatchObject({ attempt: 3 });
  });

  test('comes back when its thrower says so', async () => {
    const consumer = scriptedConsumer({ handle: throwing(() => new Transient('later', { retryAfterMs: 123 })) });
    await consumer.run([record('a')]);
    expect(consumer.callsOf('visibility')).toEqual([[['a', 123]]]);
  });

  test('that is a throttle costs no attempt: only that its run ended is entered', async () => {
    const consumer = scriptedConsumer({ handle: throwing(throttled) });
    await consumer.run([record('a', { received: 4 })]);
    expect(consumer.callsOf('end')).toEqual([['message-a', true, undefined, 9_800]]);
    expect(consumer.callsOf('visibility')).toEqual([[['a', 8_000]]]);
    expect(consumer.metrics).toEqual({ MessagesDeferred: 1 });
    expect(consumer.logs[0]).toMatchObject({
      message: 'message not handled, at no fault of its own',
      fields: { code: 'ThrottlingException' },
    });
  });

  test('of the commit is no fault of the message when it met conflicts', async () => {
    const consumer = scriptedConsumer({ commit: () => ({ status: 'contended', error: new UnitContendedError('a conflict') }) });
    await consumer.run([record('a')]);
    expect([consumer.callsOf('end'), consumer.metrics]).toEqual([[], { MessagesDeferred: 1 }]);
  });

  test('of a beginning that could not be entered keeps the message from running, and its end is entered if that was', async () => {
    const consumer = scriptedConsumer({ inbox: { begin: async () => Promise.reject(throttled()) } });
    expect(await consumer.run([record('a', { received: 2 })])).toMatchObject({ back: ['a'] });
    expect([consumer.runs, consumer.callsOf('end')]).toEqual([[], [['message-a', 'perhaps', undefined, 9_800]]]);
  });

  test('under a lease gives it back before anything else', async () => {
    const consumer = scriptedConsumer({ effect: 'external', handle: throwing(() => new Error('no')) });
    await consumer.run([record('a')]);
    expect(consumer.calls.map(([name]) => name)).toEqual(['claim', 'release', 'end', 'visibility']);
    // To the end of the function and five seconds, for clocks that differ.
    expect(consumer.callsOf('claim')).toEqual([['message-a', 15_000, 9_500]]);
    expect(consumer.callsOf('release')).toEqual([['message-a', 9_500]]);
    const plain = scriptedConsumer({ handle: throwing(() => new Error('no')) });
    await plain.run([record('a')]);
    expect(plain.callsOf('release')).toEqual([]);
  });
});

describe('the dead-letter queue', () => {
  test('takes what can never pass, and then its books are forgotten if it may have any', async () => {
    const consumer = scriptedConsumer({ handle: throwing(() => new Permanent('never')) });
    expect(await consumer.run([record('a'), record('b', { received: 2 })])).toMatchObject({ back: [] });
    expect(consumer.callsOf('park')).toEqual([
      ['message-a', 'HANDLER_PERMANENT', 9_500],
      ['message-b', 'HANDLER_PERMANENT', 9_500],
    ]);
    expect(consumer.callsOf('forget')).toEqual([['message-b', 9_500]]);
    expect(consumer.metrics).toEqual({ MessagesDeadLettered: 2 });
    expect(consumer.logs[0]).toMatchObject({
      message: 'message dead-lettered',
      fields: { reason: 'HANDLER_PERMANENT', code: 'PERMANENT' },
    });
  });

  test('gets all there is to know', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const consumer = scriptedConsumer({ handle: throwing(() => new Permanent('never')) });
    await consumer.run([record('a', { group: 'k', body: bodyOf('a', { traceparent }) })]);
    expect(consumer.letters).toEqual([
      {
        ...{ reason: 'HANDLER_PERMANENT', error: expect.any(Permanent), attempts: [], consumer: 'count-orders', handlerVersion: '7' },
        ...{
          body: bodyOf('a', { traceparent }),
          attributes: record('a').messageAttributes,
          sqsMessageId: 'sqs-a',
          receiveCount: 1,
          groupId: 'k',
        },
        ...{ messageId: 'message-a', messageType: 'orders.order-placed', traceparent, failedAt: consumer.clock.now() - 10_000 },
      },
    ]);
  });

  test('gets what cannot be read with the reason, attributes or not', async () => {
    const { messageAttributes: _, ...bare } = record('a', { body: '{' });
    const consumer = scriptedConsumer();
    await consumer.run([bare]);
    expect(consumer.letters).toMatchObject([{ reason: 'BODY_INVALID', error: expect.any(Error), body: '{', attributes: {}, attempts: [] }]);
    expect(consumer.logs[0]?.fields).toMatchObject({ reason: 'BODY_INVALID', error: expect.stringMatching(/./) });
  });

  test('takes what used up its attempts at the first failure, at the second receive', async () => {
    const books = { 'message-a': { started: 1, settled: 1, failed: 1 } };
    const consumer = scriptedConsumer({ attempts: books, settings: { maxAttempts: 1 } });
    await consumer.run([record('a', { received: 2 })]);
    expect([consumer.runs, consumer.callsOf('park')]).toEqual([[], [['message-a', 'ATTEMPTS_EXHAUSTED', 9_500]]]);
  });

  test('that does not take it leaves the message in its queue', async () => {
    const consumer = scriptedConsumer({ handle: throwing(() => new Permanent('never')), park: async () => Promise.reject(throttled()) });
    expect(await consumer.run([record('a', { received: 2 })])).toMatchObject({ back: ['a'] });
    expect([consumer.callsOf('forget'), consumer.metrics]).toEqual([[], { MessagesDeferred: 1 }]);
    expect(consumer.logs[0]).toMatchObject({
      message: 'message not parked; it comes back',
      fields: { reason: 'HANDLER_PERMANENT', code: 'ThrottlingException', error: expect.stringContaining('slow down') },
    });
  });

  test('takes the fifth failure, with the last ten of its history', async () => {
    const history = Array.from({ length: 10 }, (_, index) => ({ at: 'then', type: 'Error', message: String(index) }));
    const failing = (failed: number) =>
      scriptedConsumer({
        handle: throwing(() => new Error('no')),
        attempts: { 'message-a': { started: failed, settled: failed, failed, history } },
      });
    const fourth = failing(3);
    expect(await fourth.run([record('a', { received: 4 })])).toMatchObject({ back: ['a'] });
    const fifth = failing(4);
    expect(await fifth.run([record('a', { received: 5 })])).toMatchObject({ back: [] });
    const [letter] = fifth.letters;
    expect(letter?.reason).toBe('ATTEMPTS_EXHAUSTED');
    expect(letter?.attempts.map(({ message }) => message)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', 'no']);
    expect(letter?.attempts.at(-1)).toMatchObject({ at: expect.stringMatching(/^2030-/), type: 'Error' });
  });

  test('takes at once what was given up on before, and not from a queue whose order it would break', async () => {
    const history = [{ at: 'then', type: 'Error', message: 'no' }];
    const attempts = { 'message-a': { started: 5, settled: 5, failed: 5, history } };
    const given = { attempts };
    const standard = scriptedConsumer(given);
    await standard.run([record('a', { received: 6 })]);
    expect([standard.callsOf('park'), standard.runs]).toEqual([[['message-a', 'ATTEMPTS_EXHAUSTED', 9_500]], []]);
    expect(standard.letters[0]?.attempts).toEqual(history);
    const fifo = scriptedConsumer(given);
    expect(await fifo.run([record('a', { received: 6, group: 'k' })])).toMatchObject({ back: [] });
    expect([fifo.callsOf('park'), fifo.runs, fifo.metrics['MessagesBlocked']]).toEqual([[], ['message-a'], 1]);
    const block = scriptedConsumer({ ...given, settings: { onExhausted: 'block' } });
    await block.run([record('a', { received: 6 })]);
    expect([block.callsOf('park'), block.runs]).toEqual([[], ['message-a']]);
    const always = scriptedConsumer({ ...given, settings: { onExhausted: 'deadLetter' } });
    await always.run([record('a', { received: 6, group: 'k' })]);
    expect([always.callsOf('park').length, always.runs]).toEqual([1, []]);
  });

  test('does not get what holds its key: it is counted once a receive, when its attempts are used up and from then on', async () => {
    const blockedAfter = async (failed: number) => {
      const books = { started: failed, settled: failed, failed };
      const consumer = scriptedConsumer({ handle: throwing(() => new Error('no')), attempts: { 'message-a': books } });
      expect(await consumer.run([record('a', { received: failed + 1, group: 'k' })])).toMatchObject({ back: ['a'] });
      return consumer.metrics['MessagesBlocked'] ?? 0;
    };
    expect([await blockedAfter(0), await blockedAfter(3), await blockedAfter(4), await blockedAfter(5), await blockedAfter(9)]).toEqual([
      0, 0, 1, 1, 1,
    ]);
  });
});

describe('a group of a FIFO queue', () => {
  test('stops at a failure: those behind come back at once, and other groups go on', async () => {
    const consumer = scriptedConsumer({
      handle: ({ data }) => ((data as { orderId: string }).orderId === 'k1' ? Promise.reject(new Error('no')) : undefined),
    });
    const batch = [record('k1', { group: 'k' }), record('l1', { group: 'l' }), record('k2', { group: 'k' }), record('k3', { group: 'k' })];
    expect(await consumer.run(batch)).toMatchObject({ back: ['k1', 'k2', 'k3'] });
    expect(consumer.callsOf('commit')).toEqual([['message-l1', 9_500]]);
    expect(consumer.callsOf('visibility')).toEqual([
      [
        ['k1', 5_000],
        ['k2', 0],
        ['k3', 0],
      ],
    ]);
    expect(consumer.metrics).toMatchObject({ MessagesRetried: 1, MessagesDeferred: 2, MessagesProcessed: 1 });
  });

  test('goes on behind what was parked or handled before', async () => {
    const consumer = scriptedConsumer({ markers: { 'message-k2': { state: 'DONE' } } });
    const batch = [record('k1', { group: 'k', body: '{' }), record('k2', { group: 'k', received: 2 }), record('k3', { group: 'k' })];
    expect(await consumer.run(batch)).toMatchObject({ back: [] });
    expect(consumer.callsOf('commit')).toEqual([['message-k3', 9_500]]);
  });

  test('keeps the copies of a failed message of a standard queue as long as the message', async () => {
    const consumer = scriptedConsumer({ handle: throwing(() => new Error('no')) });
    await consumer.run([record('a'), { ...record('a'), messageId: 'sqs-copy', receiptHandle: 'copy' }]);
    expect(consumer.callsOf('visibility')).toEqual([
      [
        ['a', 5_000],
        ['copy', 5_000],
      ],
    ]);
  });
});

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
    expect(consumer.callsOf('visibility')).toEqual([[['a', 1_000]]]);
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

describe('a handler', () => {
  test('logs with what its message is, and is told which attempt this is and who hands it out', async () => {
    const told: unknown[] = [];
    const consumer = scriptedConsumer({
      attempts: { 'message-a': { started: 3, settled: 2, failed: 1 } },
      handle: (_, { log, attempt, receiveCount, consumer: name, idempotencyKey, signal }) => {
        for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level](level, { note: level });
        told.push(attempt, receiveCount, name, idempotencyKey.length > 0, signal.aborted);
      },
    });
    await consumer.run([record('a', { received: 4 })]);
    expect(told).toEqual([3, 4, 'count-orders', true, false]);
    const own = {
      consumer: 'count-orders',
      receiveCount: 4,
      sqsMessageId: 'sqs-a',
      messageId: 'message-a',
      messageType: 'orders.order-placed',
    };
    expect(consumer.logs).toEqual(
      ['debug', 'info', 'warn', 'error'].map((level) => ({ message: level, fields: { ...own, correlationId: 'cause-a', note: level } })),
    );
  });

  test('is entered under its consumer, its message and a token of its own', async () => {
    const seen: object[] = [];
    const guard = (handled: { messageId: string; token: string }) => {
      seen.push(handled);
      return { kind: 'put', table: { name: 'inbox', partitionKey: 'pk' }, item: { pk: handled.messageId, commit: handled.token } } as const;
    };
    await scriptedConsumer({ inbox: { guard } }).run([record('a'), record('b')]);
    const handled = (id: string) => ({
      consumer: 'count-orders',
      messageId: id,
      type: 'orders.order-placed',
      fingerprint: expect.any(String),
    });
    expect(seen).toMatchObject([
      { ...handled('message-a'), token: 'id-1' },
      { ...handled('message-b'), token: 'id-2' },
    ]);
  });
});

test('what a failed handler forgot to await can write no more', async () => {
  let late: () => void = () => {};
  const consumer = scriptedConsumer({
    handle: (_, { unit }) => {
      late = () => unit.put({ name: 'orders', partitionKey: 'id' }, { id: 'late' });
      throw new Error('no');
    },
  });
  await consumer.run([record('a')]);
  expect(late).toThrow(expect.objectContaining({ code: 'UNIT_SEALED' }));
});

describe('packing', () => {
  const packed = { settings: { packLingerMs: 1_000 } };

  test('commits fresh messages of a standard queue together, as soon as the last handler is done', async () => {
    const consumer = scriptedConsumer(packed);
    expect(await consumer.run(['a', 'b', 'c'].map((name) => record(name)))).toEqual({ back: [], answeredAt: 0 });
    expect(consumer.calls).toEqual([['pack', 3]]);
  });

  test.each([
    ['were handed out before', { received: 2 }, {}],
    ['are of a FIFO queue', { group: 'k' }, {}],
    ['have effects elsewhere', {}, { effect: 'external' }],
  ] as const)('leaves alone messages that %s', async (_, how, script) => {
    const consumer = scriptedConsumer({ ...packed, ...script });
    await consumer.run(['a', 'b'].map((name) => record(name, how)));
    expect([consumer.callsOf('pack'), consumer.callsOf('commit').length]).toEqual([[], 2]);
  });
});
