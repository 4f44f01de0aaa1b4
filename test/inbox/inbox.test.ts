import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import { createInbox, type Inbox } from '../../lib/inbox/create-inbox.ts';
import type { Handling } from '../../lib/inbox/inbox.ts';
import { DEVELOPER, type Json, LOCAL_PLACE } from '../../lib/local/aws.ts';
import { createDynamoDb } from '../../lib/local/dynamodb/dynamodb.ts';
import { charged } from '../../lib/retry/attempts.ts';
import { createVirtualClock, type VirtualClock } from '../../lib/simulation/virtual-clock.ts';
import { createCommitter } from '../../lib/unit-of-work/commit.ts';
import { createUnit } from '../../lib/unit-of-work/create-unit.ts';

const DAY = 86_400_000;
let clock: VirtualClock;
let inbox: Inbox;
let calls: string[];
let lostFor = '';

beforeEach(() => {
  const rng = createRng(1);
  clock = createVirtualClock(rng);
  calls = [];
  lostFor = '';
  const { dynamodb } = createDynamoDb({ clock, ids: { next: () => 'id' }, place: LOCAL_PLACE });
  const call = (action: string, input: Json) => dynamodb.call({ service: 'dynamodb', action, input, caller: DEVELOPER });
  call('CreateTable', {
    TableName: 'inbox',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  });
  const client = {
    async send(command: { constructor: { name: string }; input: Json }) {
      const action = command.constructor.name.replace(/Command$/, '');
      calls.push(action);
      try {
        const answer = call(action, JSON.parse(JSON.stringify(command.input)));
        if (lostFor === action) {
          lostFor = '';
          throw Object.assign(new Error('timed out'), { name: 'TimeoutError' });
        }
        return answer;
      } catch (error) {
        const { code, details } = error as { code?: string; details?: Json };
        throw code ? Object.assign(new Error(code), { name: code, $metadata: { httpStatusCode: 400 }, ...details }) : error;
      }
    },
  };
  inbox = createInbox({ client, table: 'inbox', retentionDays: 60, clock, rng });
});

const handling = (token: string, change: Partial<Handling> = {}): Handling => ({
  consumer: 'ship-order',
  messageId: 'message-1',
  type: 'orders.order-placed',
  fingerprint: 'print-1',
  token,
  ...change,
});

/** Waits with the clock running. */
async function timed<T>(work: Promise<T>): Promise<T> {
  const [value] = await Promise.all([work, clock.run()]);
  return value;
}

async function commit(given: Handling, guard = inbox.guard(given)) {
  const committer = createCommitter({ client: inbox.client, clock, rng: createRng(2), ids: { next: () => 'token' } });
  const unit = createUnit({ unitId: given.token, source: 'urn:posthaste:test', time: clock.now() });
  return timed(committer.commit({ unit, guards: [guard], token: given.token }));
}

const marker = async () => (await timed(inbox.look('ship-order', ['message-1']))).get('message-1')?.marker;

describe('a marker', () => {
  test('stops every later run of its message, and no other', async () => {
    expect(await commit(handling('a'))).toEqual({ status: 'committed' });
    expect(await commit(handling('b'))).toMatchObject({ status: 'guardFailed' });
    expect(await commit(handling('c', { consumer: 'Ship-order' }))).toEqual({ status: 'committed' });
    expect(await commit(handling('d', { messageId: 'Message-1' }))).toEqual({ status: 'committed' });
  });

  test('knows a duplicate from another body under the same id', async () => {
    await commit(handling('a'));
    const found = await marker();
    expect(inbox.standing(found, handling('b'))).toEqual({ kind: 'done' });
    expect(inbox.standing(found, handling('b', { fingerprint: 'print-2' }))).toEqual({ kind: 'mismatch' });
    expect(inbox.standing(undefined, handling('b'))).toEqual({ kind: 'open' });
  });

  test('expires by its condition, not by the deletion that follows days later', async () => {
    await commit(handling('a'));
    await clock.run(clock.now() + 60 * DAY);
    expect(inbox.standing(await marker(), handling('b'))).toEqual({ kind: 'done' });
    expect(await commit(handling('b'))).toMatchObject({ status: 'guardFailed' });
    await clock.run(clock.now() + 1_000);
    expect(inbox.standing(await marker(), handling('b'))).toEqual({ kind: 'open' });
    expect(await commit(handling('b'))).toEqual({ status: 'committed' });
  });
});

describe('a lease', () => {
  test.each([-1, 0, 1])('of %i ms ends, and protects at least a millisecond', async (leaseMs) => {
    const begun = clock.now();
    expect(await timed(inbox.claim(handling('a'), leaseMs))).toEqual({ kind: 'mine', until: begun + 1 });
    expect(await timed(inbox.claim(handling('b'), 10))).toEqual({ kind: 'running', until: begun + 1 });
    await clock.run(begun + 2);
    expect(await timed(inbox.claim(handling('b'), 10))).toMatchObject({ kind: 'mine' });
  });

  test('that was taken although the answer was lost is ours', async () => {
    lostFor = 'PutItem';
    expect(await timed(inbox.claim(handling('a'), 10_000))).toMatchObject({ kind: 'mine' });
    expect(calls).toEqual(['PutItem', 'PutItem']);
  });

  test('completes for its owner only', async () => {
    await timed(inbox.claim(handling('a'), 10));
    await clock.run(clock.now() + 11);
    await timed(inbox.claim(handling('b'), 10_000));
    expect(await commit(handling('a'), inbox.completion(handling('a')))).toMatchObject({ status: 'guardFailed', existing: { owner: 'b' } });
    expect(await commit(handling('b'), inbox.completion(handling('b')))).toEqual({ status: 'committed' });
    expect(await timed(inbox.claim(handling('c'), 10))).toEqual({ kind: 'done' });
  });

  test('that was lost cannot be released, nor a completed one', async () => {
    await timed(inbox.claim(handling('a'), 10));
    await clock.run(clock.now() + 11);
    await timed(inbox.claim(handling('b'), 10_000));
    await timed(inbox.release(handling('a')));
    expect(await marker()).toMatchObject({ owner: 'b', state: 'RUNNING' });
    await commit(handling('b'), inbox.completion(handling('b')));
    await timed(inbox.release(handling('b')));
    expect(await marker()).toMatchObject({ state: 'DONE' });
  });

  test('taken once is never free again: after it the message is started, until somebody reopens it', async () => {
    expect(await timed(inbox.claim(handling('a'), 10, { once: true }))).toMatchObject({ kind: 'mine' });
    expect(await timed(inbox.claim(handling('b'), 10_000, { once: true }))).toMatchObject({ kind: 'running' });
    await timed(inbox.reopen('ship-order', 'message-1'));
    await clock.run(clock.now() + 11);
    for (const once of [true, false]) expect(await timed(inbox.claim(handling('b'), 10_000, { once }))).toEqual({ kind: 'started' });
    expect(await commit(handling('b'))).toMatchObject({ status: 'guardFailed', existing: { state: 'STARTED' } });
    await timed(inbox.reopen('ship-order', 'message-1'));
    expect(await timed(inbox.claim(handling('b'), 10_000, { once: true }))).toMatchObject({ kind: 'mine' });
    expect(await commit(handling('b'), inbox.completion(handling('b')))).toEqual({ status: 'committed' });
    await clock.run(clock.now() + 10_001);
    await timed(inbox.reopen('ship-order', 'message-1'));
    expect(await timed(inbox.claim(handling('c'), 10))).toEqual({ kind: 'done' });
  });

  test('released is free at once', async () => {
    await timed(inbox.claim(handling('a'), 10_000));
    await timed(inbox.release(handling('a')));
    expect(await timed(inbox.claim(handling('b'), 10_000))).toMatchObject({ kind: 'mine' });
  });

  test('that ran out does not stop a handler without leases', async () => {
    await timed(inbox.claim(handling('a'), 10));
    expect(await commit(handling('b'))).toMatchObject({ status: 'guardFailed', existing: { state: 'RUNNING' } });
    await clock.run(clock.now() + 11);
    expect(await commit(handling('b'))).toEqual({ status: 'committed' });
  });
});

describe('the books', () => {
  const run = (name: string) => ({ consumer: 'ship-order', messageId: 'message-1', run: name });
  const note = { at: '2030-01-01T00:00:00.000Z', type: 'Error', message: 'no' };

  test('count a crash, a failure and a throttle differently', async () => {
    await timed(inbox.begin(run('crashes')));
    const failing = await timed(inbox.begin(run('fails')));
    await timed(inbox.end(run('fails'), { begun: true, failure: note, history: failing.history }));
    await timed(inbox.begin(run('throttled')));
    const tally = await timed(inbox.end(run('throttled'), { begun: true, history: [note] }));
    expect(tally).toEqual({ started: 3, settled: 2, failed: 1, history: [note] });
    expect(charged(tally)).toBe(2);
  });

  test('count an entry once, though its answer was lost', async () => {
    lostFor = 'UpdateItem';
    expect(await timed(inbox.begin(run('a')))).toMatchObject({ started: 1 });
    lostFor = 'UpdateItem';
    expect(await timed(inbox.end(run('a'), { begun: true, failure: note, history: [] }))).toMatchObject({
      started: 1,
      settled: 1,
      failed: 1,
    });
    expect(calls).toHaveLength(4);
  });

  test('a failed first receive is a failure, not a crash', async () => {
    expect(charged(await timed(inbox.end(run('a'), { begun: false, failure: note, history: [] })))).toBe(1);
  });

  test('keep the last ten failures', async () => {
    const history = Array.from({ length: 10 }, (_, index) => ({ ...note, message: String(index) }));
    const tally = await timed(inbox.end(run('a'), { begun: true, failure: { ...note, message: '10' }, history }));
    expect(tally.history.map(({ message }) => message)).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
  });

  test('are forgotten when the message is parked', async () => {
    await timed(inbox.begin(run('a')));
    await timed(inbox.forget('ship-order', 'message-1'));
    expect(await timed(inbox.begin(run('b')))).toMatchObject({ started: 1 });
  });
});

test('markers and attempts of a hundred messages take two reads, of one message one', async () => {
  await timed(inbox.look('ship-order', ['message-1']));
  expect(calls).toEqual(['BatchGetItem']);
  await timed(
    inbox.look(
      'ship-order',
      Array.from({ length: 100 }, (_, index) => `message-${index}`),
    ),
  );
  expect(calls).toHaveLength(3);
});

test('without a table it says who sets it', () => {
  expect(() => createInbox({ client: inbox.client })).toThrowError(/POSTHASTE_INBOX_TABLE is not set; the Consumer construct/);
});

test('consumers of one name that share a table never see each other’s markers, leases and attempts, under scopes of their own', async () => {
  const options = { client: inbox.client, table: 'inbox', clock, rng: createRng(2) };
  const [north, south] = ['north', 'south'].map((scope) => createInbox({ ...options, scope })) as [Inbox, Inbox];
  expect(await north.claim(handling('n'), 1_000)).toMatchObject({ kind: 'mine' });
  expect(await south.claim(handling('s'), 1_000)).toMatchObject({ kind: 'mine' });
  await north.begin({ consumer: 'ship-order', messageId: 'message-1', run: 'n' });
  const seen = await south.look('ship-order', ['message-1']);
  expect(seen.get('message-1')).toMatchObject({ marker: { owner: 's' }, attempts: { started: 0 } });
});

describe('a retention', () => {
  const client = { send: async () => ({}) };

  test.each([1, 1.99, 0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    'of %d days is refused: nothing would be young enough to run',
    (retentionDays) => {
      expect(() => createInbox({ client, table: 'inbox', retentionDays })).toThrow(expect.objectContaining({ code: 'INBOX_CONFIG' }));
    },
  );

  test('of two days is the shortest', () => {
    expect(createInbox({ client, table: 'inbox', retentionDays: 2 }).retentionMs).toBe(2 * 86_400_000);
  });

  test('in the environment that is none is refused, not replaced', () => {
    vi.stubEnv('POSTHASTE_INBOX_RETENTION_DAYS', 'sixty');
    try {
      expect(() => createInbox({ client, table: 'inbox' })).toThrow("'sixty' days");
    } finally {
      vi.unstubAllEnvs();
    }
  });
});
