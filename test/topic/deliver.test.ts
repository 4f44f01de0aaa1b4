import { describe, expect, test } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import { createVirtualClock } from '../../lib/simulation/virtual-clock.ts';
import { createBreakers } from '../../lib/topic/breaker.ts';
import { type DeliverOptions, type Delivery, deliver, type Sender } from '../../lib/topic/deliver.ts';
import { parseDestinations } from '../../lib/topic/destination.ts';
import { packBatches } from '../../lib/topic/pack.ts';
import { readBatch, readError, type SendResult } from '../../lib/topic/send-result.ts';

const destination = parseDestinations({ orders: 'arn:aws:sns:eu-west-1:123456789012:orders' }).get('orders');
if (destination === undefined) throw new Error('no destination');
const SENT: SendResult = { status: 'sent' };
const failed = (failure: 'throttled' | 'ambiguous' | 'rejected' | 'denied'): SendResult => ({
  ...{ status: 'failed', failure },
  code: failure,
  message: 'no',
});
const hang = () => new Promise<never>(() => {});

type Batches = Sender['sendBatch'];

/** A delivery under virtual time, all jitter at its ceiling; calls are noted with the time at which they were made. */
function world(answers: { batch?: Batches; one?: Sender['sendOne'] } = {}) {
  const clock = createVirtualClock(createRng(1));
  const begun = clock.now();
  const calls: string[] = [];
  const sender: Sender = {
    sendBatch: (to, parcels) => {
      calls.push(`${clock.now() - begun} batch ${parcels.map(({ id }) => id).join('')}`);
      return answers.batch?.(to, parcels) ?? Promise.resolve(parcels.map(() => SENT));
    },
    sendOne: (to, parcel) => {
      calls.push(`${clock.now() - begun} one ${parcel.id}`);
      return answers.one?.(to, parcel) ?? Promise.resolve(SENT);
    },
  };
  return {
    clock,
    calls,
    breaker: createBreakers(clock)('orders'),
    elapsed: () => clock.now() - begun,
    async send(ids: string, options: Partial<DeliverOptions> & { ms?: number; body?: string } = {}): Promise<readonly Delivery[]> {
      const { ms = 60_000, body = 'x', ...rest } = options;
      const parcels = [...ids].map((id) => ({ id, body, attributes: {} }));
      const load = { destination: destination as NonNullable<typeof destination>, parcels };
      const work = deliver({ sender, clock, rng: { next: () => 0.999_9 } }, load, { deadline: clock.now() + ms, ...rest });
      return (await Promise.all([work, clock.run()]))[0];
    },
  };
}

const wait = (clock: ReturnType<typeof world>['clock'], ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
const statesOf = (deliveries: readonly Delivery[]) => deliveries.map((one) => ('code' in one ? `${one.status} ${one.code}` : one.status));

describe('a delivery', () => {
  test('is tried four times, with waits that double, and then the destination is unavailable', async () => {
    for (const failure of ['throttled', 'ambiguous'] as const) {
      const { send, calls } = world({ batch: async (_, parcels) => parcels.map(() => failed(failure)) });
      expect(await send('a')).toEqual([{ status: 'unavailable', code: failure, message: 'no' }]);
      expect(calls).toEqual(['0 batch a', '50 batch a', '150 batch a', '350 batch a']);
    }
  });

  test('does not begin a wait that ends at its deadline or later', async () => {
    const callsIn = async (ms: number) => {
      const { send, calls, elapsed } = world({ batch: async (_, parcels) => parcels.map(() => failed('throttled')) });
      await send('a', { ms });
      return [calls.length, elapsed()];
    };
    expect([await callsIn(50), await callsIn(51), await callsIn(150), await callsIn(151)]).toEqual([
      [1, 0],
      [2, 50],
      [2, 50],
      [3, 150],
    ]);
  });

  test('without time left sends nothing, and says nothing of the destination', async () => {
    const { send, calls } = world();
    expect([statesOf(await send('ab', { ms: 0 })), calls]).toEqual([['unsent DEADLINE', 'unsent DEADLINE'], []]);
  });

  test('tells the id that the service gave', async () => {
    const { send } = world({ batch: async () => [{ status: 'sent', serviceId: 'sns-1' }, SENT] });
    expect(await send('ab')).toEqual([{ status: 'delivered', serviceId: 'sns-1' }, { status: 'delivered' }]);
  });

  test('takes an entry without a result for lost, and sends it again', async () => {
    let first = true;
    const { send, calls } = world({
      batch: async (_, parcels) => {
        const results = first ? [SENT] : parcels.map(() => SENT);
        first = false;
        return results;
      },
    });
    expect(statesOf(await send('ab'))).toEqual(['delivered', 'delivered']);
    expect(calls).toEqual(['0 batch ab', '50 batch b']);
  });

  test('has at most eight batches under way, or as many as it is told', async () => {
    const most = async (options: Partial<DeliverOptions>) => {
      let running = 0;
      let top = 0;
      const { send, clock } = world({
        batch: async (_, parcels) => {
          running += 1;
          top = Math.max(top, running);
          await wait(clock, 10);
          running -= 1;
          return parcels.map(() => SENT);
        },
      });
      await send('abcdefghijklmnopqrst'.repeat(6), options);
      return top;
    };
    expect([await most({}), await most({ maxInFlight: 3 })]).toEqual([8, 3]);
  });
});

describe('a call that does not answer', () => {
  test('is given up half a second after the client should have, and tried again', async () => {
    const { send, calls } = world({ batch: hang });
    expect(statesOf(await send('a'))).toEqual(['unavailable DEADLINE']);
    expect(calls).toEqual(['0 batch a', '6050 batch a', '12150 batch a', '18350 batch a']);
  });

  test('is not waited for beyond the deadline, and nothing new starts then', async () => {
    const { send, calls, elapsed } = world({ batch: hang });
    expect(statesOf(await send('a', { ms: 3_000 }))).toEqual(['unavailable DEADLINE']);
    expect([calls, elapsed()]).toEqual([['0 batch a'], 3_000]);
  });
});

describe('a refused batch', () => {
  test('is sent one by one, and each is judged for itself', async () => {
    const { send, calls } = world({
      batch: async () => ({ rejected: failed('rejected') }),
      one: async (_, { id }) => (id === 'b' ? failed('rejected') : SENT),
    });
    expect(statesOf(await send('abc'))).toEqual(['delivered', 'refused rejected', 'delivered']);
    expect(calls).toEqual(['0 batch abc', '0 one a', '0 one b', '0 one c']);
  });

  test('is not sent one by one when the time is over: nothing is known of any message', async () => {
    const { send, clock, calls } = world({
      batch: async () => {
        await wait(clock, 1_000);
        return { rejected: failed('rejected') };
      },
    });
    expect(statesOf(await send('a', { ms: 1_000 }))).toEqual(['unavailable DEADLINE']);
    expect(calls).toEqual(['0 batch a']);
  });

  test('is one try, whatever its entries meet alone', async () => {
    let ones = 0;
    const { send, calls } = world({
      batch: async () => ({ rejected: failed('rejected') }),
      one: async () => {
        ones += 1;
        return ones === 1 ? failed('throttled') : SENT;
      },
    });
    expect(statesOf(await send('a'))).toEqual(['delivered']);
    expect(calls).toEqual(['0 batch a', '0 one a', '50 batch a', '50 one a']);
  });
});

describe('the breaker', () => {
  test('that is open lets nothing through, and says so', async () => {
    const { send, calls, breaker } = world();
    breaker.open();
    expect([statesOf(await send('a', { breaker })), calls]).toEqual([['unavailable DESTINATION_OUT'], []]);
  });

  test('opens for half a minute, to the millisecond', async () => {
    const { breaker, clock } = world();
    breaker.open();
    const states: boolean[] = [];
    for (const ms of [29_999, 30_000]) clock.after(ms, () => states.push(breaker.isOpen()));
    await clock.run();
    expect(states).toEqual([true, false]);
  });

  test('opens at once where a permission is missing, unless the destination took something before', async () => {
    const denied = world({ batch: async (_, parcels) => parcels.map(() => failed('denied')) });
    expect(statesOf(await denied.send('a', { breaker: denied.breaker }))).toEqual(['unavailable denied']);
    expect(denied.breaker.isOpen()).toBe(true);
    const partly = world({ batch: async (_, parcels) => parcels.map(({ id }) => (id === 'a' ? SENT : failed('denied'))) });
    await partly.send('ab', { breaker: partly.breaker });
    expect(partly.breaker.isOpen()).toBe(false);
    let batches = 0;
    const later = world({
      batch: async (_, parcels) => {
        batches += 1;
        return parcels.map(() => (batches === 1 ? SENT : failed('denied')));
      },
    });
    await later.send('abcdefghijkl', { breaker: later.breaker, maxInFlight: 1 });
    expect(later.breaker.isOpen()).toBe(false);
  });

  test('stays closed while a part of a batch is taken, or only a part is denied', async () => {
    for (const [first, ms] of [
      [SENT, 2_500],
      [failed('denied'), 0],
    ] as const) {
      const one = world({
        batch: async (_, parcels) => {
          await wait(one.clock, ms);
          return parcels.map(({ id }) => (id === 'a' ? first : failed('throttled')));
        },
      });
      await one.send('ab', { breaker: one.breaker, ms: 100 + ms });
      expect(one.breaker.isOpen()).toBe(false);
    }
  });

  test('opens when nothing was taken for two seconds, not before', async () => {
    const slow = async (ms: number) => {
      const one = world({
        batch: async (_, parcels) => {
          await wait(one.clock, ms);
          return parcels.map(() => failed('throttled'));
        },
      });
      const deliveries = await one.send('a', { breaker: one.breaker });
      return [one.calls.length, one.breaker.isOpen(), ...statesOf(deliveries)];
    };
    expect(await slow(2_000)).toEqual([1, true, 'unavailable throttled']);
    // Four tries and the waits between them: 350 ms and four calls.
    expect(await slow(412)).toEqual([4, false, 'unavailable throttled']);
    expect(await slow(413)).toEqual([4, true, 'unavailable throttled']);
  });

  test('leaves what it kept back marked as such, beside what was tried', async () => {
    const { send, breaker, calls } = world({ batch: async (_, parcels) => parcels.map(() => failed('denied')) });
    const states = statesOf(await send('abcdefghijkl', { breaker, maxInFlight: 1 }));
    expect([states.slice(0, 10), states.slice(10), calls.length]).toEqual([
      Array(10).fill('unavailable denied'),
      Array(2).fill('unavailable DESTINATION_OUT'),
      1,
    ]);
  });
});

test('batches hold ten, and as many bytes as the destination takes', () => {
  const sizes = (bytes: readonly number[], maxBytes: number) =>
    packBatches(
      bytes.map((one) => ({ bytes: one })),
      { maxEntries: 10, maxBytes },
    ).map((batch) => batch.length);
  expect([sizes(Array(21).fill(1), 100), sizes([50, 50, 1], 100), sizes([101, 1], 100)]).toEqual([
    [10, 10, 1],
    [2, 1],
    [1, 1],
  ]);
});

test('an answer is read entry by entry, and an error by its kind', () => {
  expect(readBatch({ Successful: [{ Id: '1', MessageId: 'm' }], Failed: [{ Id: '0' }] }, 3)).toEqual([
    { status: 'failed', failure: 'ambiguous', code: 'Unknown', message: 'no reason was given' },
    { status: 'sent', serviceId: 'm' },
    { status: 'failed', failure: 'ambiguous', code: 'NO_RESULT', message: 'the answer does not mention the message' },
  ]);
  expect(readError(Object.assign(new Error('slow'), { name: 'Throttled', $fault: 'client' }))).toEqual({
    ...{ status: 'failed', failure: 'throttled', code: 'Throttled', message: 'slow' },
  });
});
