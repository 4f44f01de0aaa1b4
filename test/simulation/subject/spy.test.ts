import { expect, test } from 'vitest';
import { on } from '../../../lib/consumer/consumer.routes.ts';
import { plannedFaults } from '../../../lib/simulation/fault-plan.ts';
import { simulate } from '../../../lib/simulation/subject/simulate.ts';
import { message } from '../../../lib/simulation/subject/test-message.ts';
import { OrderPlaced, OrderShipped, PrintLabel, shipInUnit, shipments } from './shop.ts';

const shop = { tables: [shipments], publishes: [OrderShipped, PrintLabel] };
const order = (orderId: string) => message(OrderPlaced, { orderId });

test('a spy waits in virtual time for the message that a filter describes, and sees what was there before', async () => {
  const { spy, deliver, clock } = simulate(shipInUnit, shop);
  const start = clock.now();
  deliver(order('order-1'));
  deliver(order('order-2'));
  const shipped = await spy.waitFor('published', OrderShipped, { where: ({ data }) => data.orderId === 'order-2' });
  expect(shipped.data).toEqual({ orderId: 'order-2' });
  expect(clock.now() - start).toBeLessThan(5_000);
  const again = clock.now();
  expect((await spy.waitFor('published', OrderShipped, { where: ({ data }) => data.orderId === 'order-1' })).hops).toBe(1);
  expect((await spy.waitFor('published', PrintLabel)).type).toBe('shipping.print-label');
  expect(clock.now()).toBe(again);
  expect(spy.all('done', OrderPlaced).map(({ data }) => data.orderId)).toEqual(['order-1', 'order-2']);
});

test('absence is held over the whole window', async () => {
  const { spy, deliver, clock } = simulate(shipInUnit, shop);
  const start = clock.now();
  await spy.expectNone('published', OrderShipped, { withinMs: 30_000 });
  expect(clock.now() - start).toBe(30_000);
  deliver(order('order-1'));
  await expect(spy.expectNone('published', OrderShipped, { withinMs: 30_000 })).rejects.toMatchObject({
    code: 'SPY_SEEN',
    message: expect.stringContaining('order-1'),
  });
});

test('a wait that is over says what was there instead', async () => {
  const { spy, deliver } = simulate(shipInUnit, shop);
  deliver(order('order-refused'));
  expect((await spy.waitFor('deadLettered', OrderPlaced)).id).toBe('message-1');
  await expect(spy.waitFor('deadLettered', OrderShipped, { withinMs: 500 })).rejects.toMatchObject({
    code: 'SPY_NOT_SEEN',
    message:
      'no shipping.order-shipped was deadLettered within 500 ms of virtual time; deadLettered are: orders.order-placed (message-1) {"orderId":"order-refused"}',
  });
});

test('a wait whose filter refused what came says so, and shows it', async () => {
  const { spy, deliver } = simulate(shipInUnit, shop);
  deliver(order('order-1'));
  const where = ({ data }: { readonly data: { readonly orderId: string } }) => data.orderId === 'order-2';
  await expect(spy.waitFor('published', OrderShipped, { where, withinMs: 5_000 })).rejects.toMatchObject({
    message: expect.stringMatching(
      /^no shipping\.order-shipped that matches 'where' was published .*order-shipped \(.+\) {"orderId":"order-1"}/,
    ),
  });
});

test('a message that is tried again waits until its turn comes', async () => {
  let trucks = 0;
  const subject = () => [
    on(OrderPlaced, ({ data }, { unit }) => {
      trucks += 1;
      if (trucks < 3) throw new Error('no truck is free');
      unit.put(shipments, data);
    }),
  ];
  const { spy, deliver, view, run } = simulate(subject, shop);
  deliver(order('order-1'));
  await run(50);
  expect(spy.all('waiting', OrderPlaced)).toHaveLength(1);
  await spy.waitFor('done', OrderPlaced, { withinMs: 3_600_000 });
  expect(view().items['shipments']).toEqual([{ orderId: 'order-1' }]);
});

test('faults can be put where a test wants them', async () => {
  const faults = plannedFaults([{ role: 'subject', service: 'dynamodb', action: 'TransactWriteItems', nth: 0, kind: 'crashAfter' }]);
  const { spy, deliver, view, run, world } = simulate(shipInUnit, { ...shop, faults });
  deliver(order('order-1'));
  await spy.waitFor('published', OrderShipped);
  expect(spy.all('waiting', OrderPlaced)).toHaveLength(1);
  await run(600_000);
  expect(spy.all('done', OrderPlaced)).toHaveLength(1);
  expect(view().items['shipments']).toEqual([{ orderId: 'order-1', shipped: 1 }]);
  expect(world.history.events.filter(({ kind }) => kind === 'crash')).toHaveLength(1);
});
