import { expect, test, vi } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import { createVirtualClock } from '../../lib/simulation/virtual-clock.ts';
import type { Sender } from '../../lib/topic/deliver.ts';
import { parseDestinations } from '../../lib/topic/destination.ts';
import { createDispatcher, type DispatcherOptions } from '../../lib/topic/dispatcher.ts';

const packed = vi.hoisted(() => ({ entries: 0 }));

vi.mock(import('../../lib/topic/pack.ts'), async (original) => {
  const { packBatches } = await original();
  return {
    packBatches: (entries, limits) => {
      packed.entries += entries.length;
      return packBatches(entries, limits);
    },
  };
});

const ARNS = { orders: 'arn:aws:sns:eu-west-1:123456789012:orders', ledger: 'arn:aws:sns:eu-west-1:123456789012:ledger.fifo' };

function start(name: keyof typeof ARNS, { callMs = 1, ...options }: Partial<DispatcherOptions> & { callMs?: number }) {
  const destination = parseDestinations(ARNS).get(name);
  if (destination === undefined) throw new Error('no destination');
  const clock = createVirtualClock(createRng(1));
  const sent: string[] = [];
  const sender: Sender = {
    async sendBatch(_, parcels) {
      sent.push(...parcels.map(({ id }) => id));
      await new Promise<void>((resolve) => void clock.after(callMs, resolve));
      return parcels.map(() => ({ status: 'sent' }));
    },
    sendOne: () => Promise.reject(new Error('nothing was refused')),
  };
  const settings = { lingerMs: 5, maxInFlight: 8, timeoutMs: 15_000, maxWaiting: 50_000, ...options, destination };
  return { clock, sent, dispatcher: createDispatcher({ sender, clock, rng: createRng(2) }, settings) };
}

const dispatchAll = (dispatcher: ReturnType<typeof createDispatcher>, count: number, key?: string) =>
  Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const parcel = { id: `m${index}`, body: 'x', attributes: {}, ...(key !== undefined && { key }) };
      return (await dispatcher.dispatch(parcel)).status;
    }),
  );

test('what waits is packed when its turn comes, not at every turn', async () => {
  const { clock, dispatcher, sent } = start('orders', {});
  packed.entries = 0;
  const done = dispatchAll(dispatcher, 2_000);
  await clock.run(clock.now() + 10_000);
  expect(new Set(await done)).toEqual(new Set(['delivered']));
  expect(sent).toHaveLength(2_000);
  // Once to choose the batch, once to send it.
  expect(packed.entries).toBeLessThanOrEqual(4_000);
});

test('the time of a message begins when it is published: what waited too long is not sent', async () => {
  const { clock, dispatcher, sent } = start('orders', { callMs: 4_000, timeoutMs: 5_000, maxInFlight: 1 });
  const done = dispatchAll(dispatcher, 30);
  await clock.run(clock.now() + 60_000);
  const states = await done;
  expect(states.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 'delivered'));
  expect(states.slice(20)).toEqual(Array.from({ length: 10 }, () => 'unsent'));
  expect(sent).toHaveLength(20);
});

test('what comes while too much waits is turned away at once', async () => {
  const { clock, dispatcher, sent } = start('orders', { callMs: 100, maxInFlight: 1, maxWaiting: 20 });
  const done = dispatchAll(dispatcher, 40);
  await clock.run(clock.now() + 10_000);
  expect((await done).filter((state) => state === 'unsent')).toHaveLength(10);
  expect(sent).toHaveLength(30);
});

test('the messages of one key keep their order in a long line, and do not hold those of another', async () => {
  const { clock, dispatcher, sent } = start('ledger', { callMs: 10 });
  const hot = dispatchAll(dispatcher, 200, 'hot');
  const other = dispatcher.dispatch({ id: 'other', body: 'x', attributes: {}, key: 'cold' });
  await clock.run(clock.now() + 60_000);
  expect(new Set(await hot)).toEqual(new Set(['delivered']));
  expect((await other).status).toBe('delivered');
  expect(sent.indexOf('other')).toBeLessThan(5);
  expect(sent.filter((id) => id !== 'other')).toEqual(Array.from({ length: 200 }, (_, index) => `m${index}`));
});
