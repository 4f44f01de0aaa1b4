import { describe, expect, test } from 'vitest';
import { Permanent, Transient } from '../../lib/retry/retry.errors.ts';
import { UnitContendedError } from '../../lib/unit-of-work/unit-of-work.errors.ts';
import { hang, record, scriptedConsumer, throttled, throwing } from './scripted-ports.ts';
import { bodyOf } from './world.ts';

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

  test('that does not answer at all sends back what it is about, later and in time, and the rest is handled meanwhile', async () => {
    const consumer = scriptedConsumer({ inbox: { look: hang } });
    expect(await consumer.run([record('a'), record('b', { received: 3 })])).toEqual({ back: ['b'], answeredAt: 9_500 });
    expect(consumer.callsOf('visibility')).toEqual([[['b', 4_000]]]);
    expect(consumer.metrics).toMatchObject({ MessagesProcessed: 1, MessagesDeferred: 1 });
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

describe('a batch of which nothing succeeds', () => {
  const failures = [() => new Error('no'), () => new Permanent('never'), throttled, () => 'a text', () => undefined];

  // A function that throws costs its queue three quarters of the polling at 5 % of errors; a response that lists all of them does not.
  test.each([
    ['by its handlers and the dead-letter queue', { park: () => Promise.reject(throttled()) }],
    ['by commits that are refused', { handle: () => {}, commit: () => Promise.reject(new Error('no network')) }],
    [
      'by an inbox out of reach',
      {
        handle: throwing(() => new Error('no')),
        inbox: { begin: () => Promise.reject(throttled()), look: () => Promise.reject(throttled()) },
      },
    ],
  ] as const)('is answered with the whole list, never thrown: %s', async (_, script) => {
    let calls = 0;
    const handle = throwing(() => failures[calls++ % failures.length]?.());
    const consumer = scriptedConsumer({ handle, ...script });
    const records = Array.from({ length: 10 }, (__, index) => record(`${index}`, { received: 1 + (index % 2) }));
    expect(await consumer.run(records)).toMatchObject({ back: records.map((_, index) => `${index}`) });
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
