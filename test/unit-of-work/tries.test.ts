import { describe, expect, test } from 'vitest';
import { sleep } from '../../lib/core/clock.ts';
import { PosthasteError } from '../../lib/core/errors.ts';
import { createRng } from '../../lib/core/rng.ts';
import { createVirtualClock } from '../../lib/simulation/virtual-clock.ts';
import { type CommitRequest, createCommitter } from '../../lib/unit-of-work/commit.ts';
import { createUnit } from '../../lib/unit-of-work/create-unit.ts';
import type { Guard, OutgoingWriter } from '../../lib/unit-of-work/unit-of-work.ts';
import { OrderPlaced } from '../outbox/messages.ts';

const table = { name: 'orders', partitionKey: 'id' };
const guard = (token: string): Guard => ({ kind: 'put', table, item: { id: 'marker', commit: token } });

const named = (name: string, more: object = {}) => Object.assign(new Error(name), { name, ...more });
const LOST = named('TimeoutError');
const THROTTLED = named('ThrottlingException', { $fault: 'client' });
const DENIED = named('AccessDeniedException', { $fault: 'client', $metadata: { httpStatusCode: 403 } });
const INVALID = named('ValidationException', { $fault: 'client', $metadata: { httpStatusCode: 400 } });

type Answer = Error | { readonly Item?: object };

/** A committer against a DynamoDB that gives these answers one after the other, and then the last one for ever. */
function against(answers: readonly Answer[], { outgoing, jitter = 0 }: { outgoing?: OutgoingWriter; jitter?: number } = {}) {
  const calls: { action: string; token: unknown }[] = [];
  const clock = createVirtualClock(createRng(1));
  const client = {
    async send(command: { constructor: { name: string }; input: { ClientRequestToken?: string } }) {
      const answer = answers[Math.min(calls.length, answers.length - 1)];
      calls.push({ action: command.constructor.name.replace('Command', ''), token: command.input.ClientRequestToken });
      if (answer instanceof Error) throw answer;
      return answer ?? {};
    },
  };
  let id = 0;
  const ids = { next: () => `id-${++id}` };
  const committer = createCommitter({ client, clock, rng: { next: () => jitter }, ids, ...(outgoing && { outgoing }) });
  const timed = async <T>(work: Promise<T>): Promise<T> => (await Promise.all([work, clock.run()]))[0];
  return { calls, clock, committer, timed, actions: () => calls.map(({ action }) => action) };
}

function request(more: Partial<CommitRequest> = {}): CommitRequest {
  const unit = createUnit({ unitId: 'unit', source: 'urn:test', time: 0 });
  unit.put(table, { id: 'own' });
  return { unit, guards: [guard('t')], token: 't', ...more };
}

const repeated = (action: string, count: number) => Array<string>(count).fill(action);

describe('a commit', () => {
  test('is tried seven times, with waits between, and then says what was in the way', async () => {
    const { committer, timed, actions, clock } = against([THROTTLED], { jitter: 0.999_9 });
    const begun = clock.now();
    const outcome = await timed(committer.commit(request()));
    expect(outcome).toMatchObject({
      status: 'contended',
      error: { cause: THROTTLED, message: expect.stringContaining('a throttle or conflict') },
    });
    expect(actions()).toEqual(repeated('TransactWriteItems', 7));
    // 25, 50, 100, 200, 400 and 800 ms; after the last try there is nothing to wait for.
    expect(clock.now() - begun).toBe(1_575);
  });

  test('keeps its token over all tries, and two commits that name none have different ones', async () => {
    const { committer, timed, calls } = against([THROTTLED, THROTTLED, {}]);
    for (let commit = 0; commit < 2; commit += 1) {
      const { unit } = request();
      await timed(committer.commit({ unit, guards: [] }));
    }
    const tokens = calls.map(({ token }) => token);
    expect(new Set(tokens.slice(0, 3)).size).toBe(1);
    expect(tokens).toHaveLength(4);
    expect(tokens[3]).not.toBe(tokens[0]);
  });

  test('seals its unit: what is written later would be lost', async () => {
    const { committer, timed } = against([{}]);
    const { unit, ...rest } = request();
    await timed(committer.commit({ unit, ...rest }));
    expect(() => (unit as ReturnType<typeof createUnit>).put(table, { id: 'late' })).toThrow(
      expect.objectContaining({ code: 'UNIT_SEALED' }),
    );
  });

  test('starts no try at its deadline, and does not begin a wait that ends there', async () => {
    // The first wait is 25 ms.
    const upTo = async (ms: number) => {
      const { committer, timed, actions, clock } = against([THROTTLED], { jitter: 0.999_9 });
      const begun = clock.now();
      const outcome = await timed(committer.commit(request({ deadline: begun + ms })));
      expect(outcome).toMatchObject({
        status: 'contended',
        error: { message: expect.stringMatching(ms === 0 ? 'the deadline' : 'a throttle') },
      });
      return [actions().length, clock.now() - begun];
    };
    expect([await upTo(0), await upTo(1), await upTo(25), await upTo(26)]).toEqual([
      [0, 0],
      [1, 0],
      [1, 0],
      [2, 25],
    ]);
  });

  test('after a lost answer is not denied for sure: what the guard says decides', async () => {
    const found = against([LOST, DENIED, { Item: { id: { S: 'marker' }, commit: { S: 't' } } }]);
    expect(await found.timed(found.committer.commit(request()))).toEqual({ status: 'committed' });
    expect(found.actions()).toEqual(['TransactWriteItems', 'TransactWriteItems', 'GetItem']);
    const gone = against([LOST, DENIED, {}]);
    expect(await gone.timed(gone.committer.commit(request()))).toMatchObject({
      status: 'unknown',
      error: { retryable: true, cause: LOST },
    });
  });

  test('in doubt is not answered by what another commit or a lease has left under its guard’s key', async () => {
    for (const found of [{ commit: { S: 'another' } }, { state: { S: 'RUNNING' }, owner: { S: 't' } }]) {
      const { committer, timed } = against([LOST, DENIED, { Item: { id: { S: 'marker' }, ...found } }]);
      expect(await timed(committer.commit(request()))).toMatchObject({ status: 'unknown', error: { retryable: true } });
    }
  });

  test('after a lost answer stays in doubt, whatever refuses its later tries for the moment', async () => {
    const { committer, timed, actions } = against([LOST, THROTTLED]);
    const { unit } = request();
    expect(await timed(committer.commit({ unit, guards: [] }))).toMatchObject({ status: 'unknown', error: { cause: LOST } });
    expect(actions()).toEqual(repeated('TransactWriteItems', 7));
  });

  test('after a lost answer is invalid or committed when DynamoDB says so', async () => {
    for (const [answer, status] of [
      [INVALID, 'invalid'],
      [{}, 'committed'],
    ] as const) {
      const { committer, timed, actions } = against([LOST, answer]);
      expect(await timed(committer.commit(request()))).toMatchObject({ status });
      expect(actions()).toHaveLength(2);
    }
  });

  test('is not tried any more nine minutes after it began: a token of ten minutes is forgotten, and a repetition would be another commit', async () => {
    const clock = createVirtualClock(createRng(1));
    const begun: number[] = [];
    const client = {
      async send() {
        begun.push(clock.now());
        await sleep(clock, 2 * 60_000);
        throw LOST;
      },
    };
    const committer = createCommitter({ client, clock, rng: { next: () => 0 }, ids: { next: () => 'id' } });
    const { unit } = request();
    const [outcome] = await Promise.all([committer.commit({ unit, guards: [] }), clock.run()]);
    expect(outcome).toMatchObject({ status: 'unknown' });
    expect(begun.map((at) => at - (begun[0] ?? 0))).toEqual([0, 120_000, 240_000, 360_000, 480_000]);
  });

  test('in doubt reads its guard three times, and not beyond its deadline', async () => {
    const doubt = async (ms: number) => {
      const { committer, timed, actions, clock } = against([...Array<Answer>(7).fill(LOST), THROTTLED], { jitter: 0.999_9 });
      const outcome = await timed(committer.commit(request({ deadline: clock.now() + ms })));
      expect(outcome).toMatchObject({ status: 'unknown' });
      return actions().filter((action) => action === 'GetItem').length;
    };
    expect(await doubt(1_000_000)).toBe(3);
    expect(await doubt(1_575 + 26)).toBe(2);
    const late = against([...Array<Answer>(7).fill(LOST), THROTTLED, THROTTLED, { Item: { commit: { S: 't' } } }]);
    expect(await late.timed(late.committer.commit(request()))).toEqual({ status: 'committed' });
  });

  test('in doubt without a guard stays open, and is no reason to try again', async () => {
    const { committer, timed, actions } = against([LOST]);
    const { unit } = request();
    expect(await timed(committer.commit({ unit, guards: [] }))).toMatchObject({ status: 'unknown', error: { retryable: false } });
    expect(actions()).toEqual(repeated('TransactWriteItems', 7));
  });
});

test('a unit without anything to write is committed without a call', async () => {
  const { committer, timed, actions } = against([LOST]);
  const unit = createUnit({ unitId: 'unit', source: 'urn:test', time: 0 });
  expect([await timed(committer.commit({ unit, guards: [] })), actions()]).toEqual([{ status: 'committed' }, []]);
});

test('an answer that nobody foresaw is a reason to try again only where a guard will tell', async () => {
  const odd = Object.defineProperty(named('TransactionCanceledException'), 'CancellationReasons', {
    get() {
      throw new TypeError('odd');
    },
  });
  const { committer, timed } = against([odd]);
  expect(await timed(committer.commit(request()))).toMatchObject({
    status: 'unknown',
    error: { retryable: true, cause: { message: 'odd' } },
  });
  expect(await timed(committer.commit({ unit: request().unit, guards: [] }))).toMatchObject({
    status: 'unknown',
    error: { retryable: false },
  });
});

describe('a commit whose heads must be read first', () => {
  const failing = (errors: readonly Error[]): OutgoingWriter => {
    const left = [...errors];
    return {
      plan: async () => {
        const error = left.shift();
        if (error) throw error;
        return { writes: [], isHead: () => false };
      },
    };
  };
  const sending = () => {
    const { unit, ...rest } = request();
    (unit as ReturnType<typeof createUnit>).publish(OrderPlaced, { orderId: 'o' });
    return { unit, ...rest };
  };

  test('reads again after a failure, which wrote nothing and leaves no doubt', async () => {
    const { committer, timed, actions } = against([{}], { outgoing: failing([THROTTLED, LOST]) });
    expect(await timed(committer.commit(sending()))).toEqual({ status: 'committed' });
    expect(actions()).toEqual(['TransactWriteItems']);
    const never = against([{}], { outgoing: failing(Array<Error>(9).fill(LOST)) });
    expect(await never.timed(never.committer.commit(sending()))).toMatchObject({
      status: 'contended',
      error: { cause: LOST, message: expect.stringContaining('failing reads of the outbox') },
    });
    expect(never.actions()).toEqual([]);
  });

  test('reads them once, however often it is tried, and again when it is told to', async () => {
    let plans = 0;
    const outgoing: OutgoingWriter = {
      plan: async () => {
        plans += 1;
        return { writes: [], isHead: () => false };
      },
    };
    const { committer, timed, actions } = against([THROTTLED, LOST, THROTTLED, {}], { outgoing });
    expect(await timed(committer.commit(sending()))).toEqual({ status: 'committed' });
    expect([plans, actions().length]).toEqual([1, 4]);
  });

  test('tries again what says that it may pass later, and gives up on what never will', async () => {
    const said = (retryable: boolean) => new PosthasteError('no', { code: 'X', retryable });
    const later = against([{}], { outgoing: failing([said(true)]) });
    expect(await later.timed(later.committer.commit(sending()))).toEqual({ status: 'committed' });
    const never = against([{}], { outgoing: failing([said(false)]) });
    expect(await never.timed(never.committer.commit(sending()))).toMatchObject({ status: 'invalid', error: { code: 'X' } });
  });

  test('is denied when the read is, at once', async () => {
    const { committer, timed, actions } = against([{}], { outgoing: failing([DENIED]) });
    expect(await timed(committer.commit(sending()))).toMatchObject({ status: 'denied', error: { code: 'UNIT_DENIED', cause: DENIED } });
    expect(actions()).toEqual([]);
  });
});

describe('a pack', () => {
  const pack = (deadlines: readonly number[]) =>
    deadlines.map((deadline, index) => {
      const unit = createUnit({ unitId: `unit-${index}`, source: 'urn:test', time: 0 });
      unit.put(table, { id: `own-${index}` });
      const marker: Guard = { kind: 'put', table, item: { id: `marker-${index}`, commit: `t-${index}` } };
      return { unit, guards: [marker], token: `t-${index}`, deadline };
    });

  test.each([
    [{}, 'committed'],
    [THROTTLED, 'contended'],
    [LOST, 'unknown'],
    [DENIED, 'cancelled'],
    [INVALID, 'cancelled'],
  ] as const)('that meets %s is %s', async (answer, expected) => {
    const { committer, timed } = against([answer]);
    expect(await timed(committer.commitPack(pack([1e15, 1e15])))).toBe(expected);
  });

  test('ends with the first deadline of its units', async () => {
    const { committer, timed, actions, clock } = against([THROTTLED], { jitter: 0.999_9 });
    const now = clock.now();
    expect(await timed(committer.commitPack(pack([now + 1e6, now + 20, now + 1e6])))).toBe('contended');
    expect(actions()).toHaveLength(1);
  });

  test('knows its own success by the token of each unit', async () => {
    const mine = (index: number) => ({ Code: 'ConditionalCheckFailed', Item: { commit: { S: `t-${index}` } } });
    const cancelled = (...reasons: object[]) =>
      named('TransactionCanceledException', { $fault: 'client', CancellationReasons: [...reasons, { Code: 'None' }, { Code: 'None' }] });
    const own = against([cancelled(mine(0), mine(1))]);
    expect(await own.timed(own.committer.commitPack(pack([1e15, 1e15])))).toBe('committed');
    const other = against([cancelled(mine(0), mine(0))]);
    expect(await other.timed(other.committer.commitPack(pack([1e15, 1e15])))).toBe('cancelled');
  });
});
