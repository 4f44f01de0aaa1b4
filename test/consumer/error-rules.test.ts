import { describe, expect, test } from 'vitest';
import { deadLetter, discard, park, pause, retry, retryNow } from '../../lib/retry/error-outcome.ts';
import { errorRule } from '../../lib/retry/error-rules.ts';
import { fixed } from '../../lib/retry/policy.ts';
import { Permanent, Transient } from '../../lib/retry/retry.errors.ts';
import { UnitConditionError, UnitContendedError } from '../../lib/unit-of-work/unit-of-work.errors.ts';
import { type PortCall, record, type Script, scriptedConsumer, throwing } from './scripted-ports.ts';

// With ten seconds left nothing starts after 9,000 ms, what runs is given up at 9,500, and the answer is there at 9,800.

const failing = (errors: Script['errors'], script: Script = {}) =>
  scriptedConsumer({ handle: throwing(() => new Error('no')), ...(errors && { errors }), ...script });

describe('rules are asked', () => {
  test('those of the handler before those of the consumer, before what is known of errors', async () => {
    const own = failing([errorRule(Error, discard('consumer'))], { routeErrors: [errorRule(Error, deadLetter())] });
    await own.run([record('a')]);
    expect(own.metrics).toEqual({ MessagesDeadLettered: 1 });
    const shared = failing([errorRule(Error, deadLetter())], { routeErrors: [errorRule(TypeError, discard('handler'))] });
    await shared.run([record('a')]);
    expect(shared.metrics).toEqual({ MessagesDeadLettered: 1 });
  });

  test('not about an inbox out of reach or a commit that was not reached, whatever they match', async () => {
    const commit = { status: 'contended', error: new UnitContendedError('conflicts', {}) } as const;
    const rules = [errorRule({ when: () => true }, deadLetter())];
    const consumer = scriptedConsumer({ errors: rules, commit: () => commit });
    await consumer.run([record('a')]);
    const blind = scriptedConsumer({ errors: rules, inbox: { begin: () => Promise.reject(new Error('no network')) } });
    await blind.run([record('a', { received: 2 })]);
    expect([consumer.metrics, blind.metrics]).toEqual([{ MessagesDeferred: 1 }, { MessagesDeferred: 1 }]);
  });

  test('and one whose predicate throws is logged and does not match', async () => {
    const consumer = failing([errorRule({ when: throwing(() => new Error('broken')) }, deadLetter())]);
    await consumer.run([record('a')]);
    expect(consumer.metrics).toEqual({ MessagesRetried: 1 });
    expect(consumer.logs[0]).toMatchObject({
      message: 'the predicate of an error rule failed; the rule does not match',
      fields: { error: 'broken' },
    });
  });
});

describe('retry', () => {
  test('comes back after its own policy, and ends after its own attempts', async () => {
    const rule = errorRule({ code: 'CLOSED' }, retry(fixed([60_000, 120_000]), { attempts: 2 }));
    const closed = { handle: throwing(() => Object.assign(new Error('no'), { code: 'CLOSED' })) };
    const first = failing([rule], closed);
    await first.run([record('a')]);
    expect(first.callsOf('visibility')).toEqual([[['a', 60_000]]]);
    const second = failing([rule], { ...closed, attempts: { 'message-a': { started: 1, settled: 1, failed: 1 } } });
    await second.run([record('a', { received: 2 })]);
    expect(second.callsOf('park')).toEqual([['message-a', 'ATTEMPTS_EXHAUSTED', 9_500]]);
  });

  test('may allow more attempts than the consumer does', async () => {
    const consumer = failing([errorRule(Error, retry(undefined, { attempts: 9 }))], {
      settings: { mostAttempts: 9 },
      attempts: { 'message-a': { started: 7, settled: 7, failed: 7 } },
    });
    await consumer.run([record('a', { received: 8 })]);
    expect([consumer.runs, consumer.metrics]).toEqual([['message-a'], { MessagesRetried: 1 }]);
  });

  test('waits as long as the thrower asks, unspread, and overrides Permanent', async () => {
    const asked = failing([errorRule(Error, retry(fixed([1])))], { handle: throwing(() => new Transient('no', { retryAfterMs: 90_000 })) });
    await asked.run([record('a')]);
    expect(asked.callsOf('visibility')).toEqual([[['a', 90_000]]]);
    const permanent = failing([errorRule(Permanent, retry(fixed([2_000])))], { handle: throwing(() => new Permanent('no')) });
    await permanent.run([record('a')]);
    expect(permanent.callsOf('visibility')).toEqual([[['a', 2_000]]]);
  });
});

describe('retryNow', () => {
  const rule = errorRule(Error, retryNow(2));

  test('runs the handler again in the same process and charges nothing when that helps', async () => {
    let runs = 0;
    const consumer = failing([rule], {
      handle: () => {
        runs += 1;
        if (runs < 3) throw new Error('no');
      },
    });
    expect(await consumer.run([record('a', { received: 2 })])).toMatchObject({ back: [] });
    expect(consumer.runs).toHaveLength(3);
    expect(consumer.calls.map(([name]) => name)).toEqual(['look', 'begin', 'commit']);
    expect(consumer.metrics).toMatchObject({ MessagesProcessed: 1 });
  });

  test('gives up after so many times, and then does what it would have done, or what it is told', async () => {
    const once = failing([rule]);
    await once.run([record('a')]);
    expect([once.runs.length, once.metrics]).toEqual([3, { MessagesRetried: 1 }]);
    const told = failing([errorRule(Error, retryNow(1, { orElse: deadLetter() }))]);
    await told.run([record('a')]);
    expect([told.runs.length, told.metrics]).toEqual([2, { MessagesDeadLettered: 1 }]);
  });

  test('answers a unit whose condition did not hold with a fresh unit, outside any pack', async () => {
    let commits = 0;
    const outcome = () => {
      commits += 1;
      return commits === 1 ? { status: 'conditionFailed' as const, error: conditionError() } : { status: 'committed' as const };
    };
    const consumer = scriptedConsumer({
      errors: [errorRule({ code: 'UNIT_CONDITION_FAILED' }, retryNow(1))],
      commit: outcome,
      settings: { packLingerMs: 50 },
    });
    expect(await consumer.run([record('a')])).toMatchObject({ back: [] });
    expect([consumer.runs.length, commits, consumer.metrics]).toMatchObject([2, 2, { MessagesProcessed: 1 }]);
  });

  test('starts nothing when the time is up: it goes back uncharged, and its lease is given back', async () => {
    const consumer = failing([rule], {
      effect: 'external',
      handle: async () => {
        await new Promise<void>((resolve) => void consumer.clock.after(8_980, resolve));
        throw new Error('no');
      },
    });
    expect(await consumer.run([record('a')])).toMatchObject({ back: ['a'] });
    expect([consumer.runs.length, consumer.metrics]).toEqual([1, { MessagesDeferred: 1 }]);
    expect(consumer.calls.map(([name]) => name)).toEqual(['claim', 'release', 'visibility']);
  });
});

describe('giving up', () => {
  test('deadLetter parks at once, for somebody to look into', async () => {
    const consumer = failing([errorRule(Error, deadLetter())]);
    expect(await consumer.run([record('a')])).toMatchObject({ back: [] });
    expect(consumer.letters).toEqual([expect.not.objectContaining({ disposition: 'parked' })]);
    expect(consumer.letters[0]).toMatchObject({ reason: 'HANDLER_PERMANENT' });
  });

  test('park sets aside, with its note, and is counted by itself', async () => {
    const consumer = failing([errorRule(Error, park('until the tariff is there'))]);
    expect(await consumer.run([record('a')])).toMatchObject({ back: [] });
    expect(consumer.letters[0]).toMatchObject({ reason: 'HANDLER_PARKED', disposition: 'parked', note: 'until the tariff is there' });
    expect([consumer.metrics, consumer.logs[0]?.message]).toEqual([{ MessagesParked: 1 }, 'message set aside by a rule']);
  });

  test.each([
    ['transaction', ['commit']],
    ['external', ['claim', 'commit']],
  ] as const)('discard commits the marker alone, counts and says so: %s', async (effect, calls) => {
    const consumer = failing([errorRule(Error, discard('the order is cancelled'))], { effect });
    const copy = { ...record('a'), messageId: 'sqs-copy', receiptHandle: 'copy' };
    expect(await consumer.run([record('a'), copy])).toMatchObject({ back: [] });
    expect(consumer.calls.map(([name]) => name)).toEqual(calls);
    expect(consumer.metrics).toEqual({ MessagesDiscarded: 1, MessagesDuplicate: 1 });
    expect(consumer.logs[0]).toMatchObject({ message: 'message discarded by a rule', fields: { reason: 'the order is cancelled' } });
  });

  test('a discard that could not be committed comes back uncharged', async () => {
    const error = new UnitContendedError('throttles', {});
    const consumer = failing([errorRule(Error, discard('cancelled'))], { commit: () => ({ status: 'contended', error }) });
    expect(await consumer.run([record('a')])).toMatchObject({ back: ['a'] });
    expect(consumer.metrics).toEqual({ MessagesDeferred: 1 });
  });
});

describe('pause', () => {
  const rules = [errorRule({ code: 'BANK_CLOSED' }, pause(60_000))];
  const closed = () => Object.assign(new Error('closed'), { code: 'BANK_CLOSED' });
  const names = (calls: readonly PortCall[]) => calls.map(([name]) => name);

  test('sends the message and the rest of its batch back uncharged, and starts nothing until it is over', async () => {
    const consumer = failing(rules, { handle: throwing(closed), settings: { concurrency: 1 } });
    expect(await consumer.run([record('a'), record('b')])).toMatchObject({ back: ['a', 'b'] });
    expect([consumer.runs, consumer.metrics]).toEqual([['message-a'], { ConsumerPaused: 1, MessagesDeferred: 2 }]);
    expect(consumer.callsOf('visibility')).toEqual([
      [
        ['a', 60_000],
        ['b', 60_000],
      ],
    ]);
    expect(names(consumer.calls)).toEqual(['visibility']);
    await consumer.clock.run(consumer.clock.now() + 20_000);
    expect(await consumer.run([record('c')])).toMatchObject({ back: ['c'] });
    expect(consumer.runs).toEqual(['message-a']);
    await consumer.clock.run(consumer.clock.now() + 40_000);
    await consumer.run([record('d')]);
    expect(consumer.runs).toEqual(['message-a', 'message-d']);
  });

  test.each([
    ['a time', { retryAfterMs: 90_000 }, 90_000],
    ['next to no time', { retryAfterMs: 5 }, 1_000],
    ['a week', { retryAfterMs: 7 * 86_400_000 }, 86_400_000],
  ])('lasts as long as the thrower asks, from a second to a day: %s', async (_, asked, pausedMs) => {
    const stops: number[] = [];
    const handle = throwing(() => new Transient('closed', { code: 'BANK_CLOSED', ...asked }));
    const consumer = failing(rules, { handle, stop: { stopUntil: async (time) => void stops.push(time) } });
    const begunAt = consumer.clock.now();
    expect(await consumer.run([record('a')])).toMatchObject({ back: ['a'] });
    expect(stops).toEqual([begunAt + pausedMs]);
    expect(consumer.metrics).toEqual({ ConsumerPaused: 1, MessagesDeferred: 1 });
  });

  test('stops the deliveries once, however many messages ask for it, and says when they go on', async () => {
    const stops: number[] = [];
    const consumer = failing(rules, { handle: throwing(closed), stop: { stopUntil: async (time) => void stops.push(time) } });
    const begunAt = consumer.clock.now();
    await consumer.run([record('a'), record('b'), record('c')]);
    expect(stops).toEqual([begunAt + 60_000]);
    expect(consumer.metrics['ConsumerPaused']).toBe(1);
  });

  test('is none the worse in this process when deliveries cannot be stopped', async () => {
    const consumer = failing(rules, { handle: throwing(closed), stop: { stopUntil: () => Promise.reject(new Error('denied')) } });
    expect(await consumer.run([record('a')])).toMatchObject({ back: ['a'] });
    expect(consumer.callsOf('visibility')).toEqual([[['a', 60_000]]]);
    expect(consumer.logs.at(-1)).toMatchObject({
      message: 'deliveries not stopped; what comes meanwhile goes back',
      fields: { error: 'denied' },
    });
  });
});

function conditionError(): UnitConditionError {
  return new UnitConditionError({ kind: 'put', table: 'orders', item: '{}' } as never, undefined);
}
