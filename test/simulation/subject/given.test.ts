import { AssertionError } from 'node:assert';
import { describe, expect, test, vi } from 'vitest';
import { on } from '../../../lib/consumer/consumer.routes.ts';
import { given } from '../../../lib/simulation/subject/given.ts';
import { message } from '../../../lib/simulation/subject/test-message.ts';
import { OrderPlaced, OrderShipped, PrintLabel, shipInUnit, shipments } from './shop.ts';

const shop = { tables: [shipments], publishes: [OrderShipped, PrintLabel] };

test('given items, when a message arrives, then items are written and messages published', async () => {
  await given(shipInUnit, { ...shop, items: { shipments: [{ orderId: 'order-1', shipped: 4 }] } })
    .when(message(OrderPlaced, { orderId: 'order-1' }))
    .then({
      outcome: 'done',
      items: { shipments: [{ orderId: 'order-1', shipped: 5 }] },
      published: [message(PrintLabel, { orderId: 'order-1' }), message(OrderShipped, { orderId: 'order-1' })],
    });
});

test('several messages are one batch, and without expectations the outcome is there to assert on', async () => {
  const { messages, items, published } = await given(shipInUnit, shop)
    .when(
      message(OrderPlaced, { orderId: 'order-1' }),
      message(OrderPlaced, { orderId: 'order-refused' }, { id: 'refused' }),
      message(OrderPlaced, { orderId: 'order-delayed' }),
      'no message at all',
    )
    .outcome();
  expect(messages).toMatchObject([
    { id: 'message-1', outcome: 'done', failure: undefined },
    { id: 'refused', outcome: 'deadLettered', failure: { reason: 'HANDLER_PERMANENT', message: 'nobody ships this' } },
    { id: 'message-3', outcome: 'retried' },
    { outcome: 'deadLettered', failure: { reason: 'BODY_INVALID' } },
  ]);
  expect(items['shipments']).toEqual([{ orderId: 'order-1', shipped: 1 }]);
  expect(published.map(({ type }) => type).sort()).toEqual([OrderShipped.name, PrintLabel.name]);
});

describe('what a message that fails became of', () => {
  test('is its outcome and its reason', async () => {
    const delivery = given(shipInUnit, shop).when(message(OrderPlaced, { orderId: 'order-refused' }));
    await delivery.then({ outcome: 'deadLettered', reason: 'HANDLER_PERMANENT', items: { shipments: [] }, published: [] });
  });

  test('is said by the failed expectation, with what the consumer warned of', async () => {
    const delivery = given(shipInUnit, shop).when(message(OrderPlaced, { orderId: 'order-delayed' }));
    const failure: unknown = await delivery.then({ outcome: 'done' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AssertionError);
    expect(failure).toMatchObject({ actual: { outcome: 'retried' }, expected: { outcome: 'done' } });
    expect((failure as Error).message).toContain('no truck is free');
  });
});

test('a handler that throws or hangs has its message delivered again', async () => {
  const throwing = () => async () => {
    throw new Error('broken');
  };
  await given(throwing).when({ orderId: 'order-1' }).then({ outcome: 'retried' });
  const hanging = () => () => new Promise(() => {});
  await given(hanging, { timeoutMs: 3_000 }).when({ orderId: 'order-1' }).then({ outcome: 'retried' });
});

test('code that cannot be loaded is named by the failed expectation and the outcome', async () => {
  const broken = async () => {
    await Promise.resolve();
    throw new TypeError('no table is named', { cause: new RangeError('no such stage') });
  };
  const text = 'subject could not be loaded: TypeError: no table is named; caused by RangeError: no such stage';
  const delivery = given(broken).when({ orderId: 'order-1' });
  const failure: unknown = await delivery.then({ outcome: 'done' }).catch((error: unknown) => error);
  expect((failure as Error).message).toContain(text);
  const { messages, warned } = await delivery.outcome();
  expect([messages[0]?.outcome, warned[0]]).toEqual(['retried', text]);
});

test('a fetch to outside is refused with the reason, one that a test replaced answers, and data: is read', async () => {
  const fetching = (url: string) => () => [
    on(OrderPlaced, async ({ data }, { unit }) => {
      unit.put(shipments, { ...data, answer: await (await fetch(url)).text() });
    }),
  ];
  const deliver = (url: string) =>
    given(fetching(url), shop)
      .when(message(OrderPlaced, { orderId: 'order-1' }))
      .outcome();
  expect((await deliver('https://carrier.example/labels')).warned.join()).toContain('opens a connection to carrier.example');
  expect((await deliver('data:,label')).items['shipments']).toEqual([{ orderId: 'order-1', answer: 'label' }]);
  vi.stubGlobal('fetch', async () => new Response('stubbed'));
  try {
    expect((await deliver('https://carrier.example/labels')).items['shipments']).toEqual([{ orderId: 'order-1', answer: 'stubbed' }]);
  } finally {
    vi.unstubAllGlobals();
  }
});

test('effects that are noted can be expected', async () => {
  const mailing = (process: { effect(name: string, detail: unknown): void }) => [
    on(OrderPlaced, ({ data }) => process.effect('mail', data)),
  ];
  const expected = { outcome: 'done', noted: [{ name: 'mail', detail: { orderId: 'order-1' } }] } as const;
  await given(mailing)
    .when(message(OrderPlaced, { orderId: 'order-1' }))
    .then(expected);
});

test('an ordered consumer gets its messages by key', async () => {
  const first = message(OrderPlaced, { orderId: 'order-1' }, { sequence: 1 });
  const order = [on(OrderPlaced, ({ data, sequence }, { unit }) => unit.put(shipments, { ...data, sequence }))];
  const outcome = await given(() => order, { ...shop, ordered: true })
    .when(first)
    .outcome();
  expect(outcome.items['shipments']).toEqual([{ orderId: 'order-1', sequence: 1 }]);
});

test('a batch has ten messages at most', async () => {
  const many = Array.from({ length: 11 }, () => ({}));
  await expect(
    given(shipInUnit)
      .when(...many)
      .outcome(),
  ).rejects.toMatchObject({ code: 'SUBJECT_CONFIG' });
});

test('the data of a message is typed by its definition', () => {
  // @ts-expect-error - an order has an id, not a number
  expect(message(OrderPlaced, { orderId: 1 }).data.orderId).toBe(1);
});
