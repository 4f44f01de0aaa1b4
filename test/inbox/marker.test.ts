import { afterEach, describe, expect, test, vi } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import { createInbox } from '../../lib/inbox/create-inbox.ts';
import { completionWrite, expiryOf, freeAtValues, type Handling, inboxTable, markerWrite, standingOf } from '../../lib/inbox/inbox.ts';
import { createVirtualClock } from '../../lib/simulation/virtual-clock.ts';

const NOW = Date.UTC(2030, 0, 1) + 600;
const SECONDS = Math.floor(NOW / 1_000);
const RETENTION = 60 * 86_400_000;
const handling: Handling = { consumer: 'ship-order', messageId: 'm', type: 'orders.order-placed', fingerprint: 'f', token: 't' };
const options = { table: inboxTable('inbox'), retentionMs: RETENTION };
const FREE = 'attribute_not_exists(pk) OR expiresAt < :seconds OR (#state = :running AND leaseUntil < :now)';

test('a marker says who handled what, when and in which run, and stands only where none stands', () => {
  expect(markerWrite(handling, NOW, options)).toEqual({
    ...{ kind: 'put', table: { name: 'inbox', partitionKey: 'pk' } },
    item: {
      ...{ pk: 'ship-order#m', state: 'DONE', commit: 't', fingerprint: 'f', consumer: 'ship-order', type: 'orders.order-placed' },
      ...{ doneAt: new Date(NOW).toISOString(), expiresAt: SECONDS + RETENTION / 1_000 },
    },
    condition: { expression: FREE, names: { '#state': 'state' }, values: { ':seconds': SECONDS, ':now': NOW, ':running': 'RUNNING' } },
  });
});

test('a completion turns the lease of its run into a marker, and nobody else’s', () => {
  expect(completionWrite(handling, NOW, options)).toEqual({
    ...{ kind: 'update', table: { name: 'inbox', partitionKey: 'pk' }, key: { pk: 'ship-order#m' } },
    update: {
      expression:
        'SET #state = :done, #commit = :me, fingerprint = :fingerprint, doneAt = :doneAt, expiresAt = :expiresAt REMOVE leaseUntil',
      names: { '#state': 'state', '#commit': 'commit' },
      values: {
        ...{ ':done': 'DONE', ':me': 't', ':fingerprint': 'f' },
        ...{ ':doneAt': new Date(NOW).toISOString(), ':expiresAt': SECONDS + RETENTION / 1_000 },
      },
    },
    condition: {
      expression: '#owner = :me AND #state IN (:running, :started)',
      names: { '#state': 'state', '#owner': 'owner' },
      values: { ':running': 'RUNNING', ':started': 'STARTED', ':me': 't' },
    },
  });
});

test('times are whole seconds that have passed, so that nothing is free before its time', () => {
  expect([expiryOf(1_999, 0), expiryOf(2_000, 0), freeAtValues(1_999)]).toEqual([
    1,
    2,
    { ':seconds': 1, ':now': 1_999, ':running': 'RUNNING' },
  ]);
});

test.each([
  [{ expiresAt: SECONDS - 1, state: 'DONE', fingerprint: 'f' }, { kind: 'open' }],
  [{ expiresAt: SECONDS, state: 'DONE', fingerprint: 'f' }, { kind: 'done' }],
  [{ expiresAt: SECONDS, state: 'DONE', fingerprint: 'g' }, { kind: 'mismatch' }],
  [{ expiresAt: SECONDS, state: 'RUNNING', leaseUntil: NOW - 1 }, { kind: 'open' }],
  [
    { expiresAt: SECONDS, state: 'RUNNING', leaseUntil: NOW },
    { kind: 'running', until: NOW },
  ],
])('a marker of %j leaves its message %j', (marker, standing) => {
  expect(standingOf(marker, handling, NOW)).toEqual(standing);
});

describe('an inbox', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  function asked(given: { scope?: string; answer?: (input: Record<string, unknown>) => object | Error } = {}) {
    const inputs: Record<string, unknown>[] = [];
    const clock = createVirtualClock(createRng(1));
    const client = {
      async send({ input }: { input: Record<string, unknown> }) {
        inputs.push(input);
        const answer = given.answer?.(input) ?? {};
        if (answer instanceof Error) throw answer;
        return answer;
      },
    };
    const { scope } = given;
    const inbox = createInbox({
      client,
      table: 'inbox',
      retentionDays: 60,
      clock,
      rng: createRng(1),
      ...(scope !== undefined && { scope }),
    });
    const timed = async <T>(work: Promise<T>): Promise<T> => (await Promise.all([work, clock.run()]))[0];
    return { inbox, inputs, clock, timed };
  }

  test('puts its scope in front of each name, given or from the environment', async () => {
    const keyOf = (scope?: string) => {
      const guard = asked(scope === undefined ? {} : { scope }).inbox.guard(handling);
      return guard.kind === 'put' ? guard.item['pk'] : undefined;
    };
    expect([keyOf(), keyOf('shop')]).toEqual(['ship-order#m', 'shop/ship-order#m']);
    vi.stubEnv('POSTHASTE_INBOX_SCOPE', 'stack');
    expect([keyOf(), keyOf('shop'), keyOf('')]).toEqual(['stack/ship-order#m', 'shop/ship-order#m', 'ship-order#m']);
    const { inbox, inputs, timed } = asked();
    await timed(inbox.forget('ship-order', 'm'));
    await timed(inbox.release(handling));
    expect(inputs).toMatchObject([
      { Key: { pk: { S: 'ATTEMPTS#stack/ship-order#m' } } },
      { Key: { pk: { S: 'stack/ship-order#m' } }, ExpressionAttributeValues: { ':me': { S: 't' } } },
    ]);
  });

  test('takes a lease with its owner and its end, kept as long as a marker', async () => {
    const { inbox, inputs, clock, timed } = asked();
    const now = clock.now();
    expect(await timed(inbox.claim(handling, 1_500.2))).toEqual({ kind: 'mine', until: now + 1_501 });
    expect(inputs[0]).toMatchObject({
      Item: {
        ...{ pk: { S: 'ship-order#m' }, state: { S: 'RUNNING' }, owner: { S: 't' }, leaseUntil: { N: String(now + 1_501) } },
        ...{ consumer: { S: 'ship-order' }, type: { S: 'orders.order-placed' } },
        expiresAt: { N: String(Math.floor((now + 1_501 + RETENTION) / 1_000)) },
      },
      ConditionExpression: FREE,
    });
  });

  test('makes each call only until it is told', async () => {
    const slow = () => Object.assign(new Error('slow down'), { name: 'ThrottlingException', $fault: 'client' });
    const { inbox, inputs, clock, timed } = asked({ answer: slow });
    const run = { consumer: 'ship-order', messageId: 'm', run: 'r' };
    const until = () => ({ until: clock.now() });
    for (const work of [
      () => inbox.look('ship-order', ['m'], until()),
      () => inbox.claim(handling, 1, until()),
      () => inbox.release(handling, until()),
      () => inbox.begin(run, until()),
      () => inbox.end(run, { begun: true, history: [] }, until()),
      () => inbox.forget('ship-order', 'm', until()),
    ]) {
      inputs.length = 0;
      await expect(timed<unknown>(work())).rejects.toMatchObject({ name: 'ThrottlingException' });
      expect(inputs).toHaveLength(1);
    }
    inputs.length = 0;
    await expect(timed(inbox.end(run, { begun: true, history: [] }))).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect(inputs).toHaveLength(12);
  });
});
