import { expect, expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import { defineCommand, defineEvent } from '../../lib/message/define.ts';
import type { DataOf, InputOf } from '../../lib/message/message.ts';
import { createUnit } from '../../lib/unit-of-work/create-unit.ts';

const schema = z.object({ orderId: z.string(), total: z.coerce.number().default(0) });
const event = (name: string, more: object = {}) => defineEvent({ name, version: 1, schema, ...more });

test('an event goes to the topic of its context, a command to the queue of its name', () => {
  expect(event('orders.order-placed').destinations).toEqual(['orders']);
  expect(event('orders.order-placed', { topics: ['orders', 'audit'] }).destinations).toEqual(['orders', 'audit']);
  expect(defineCommand({ name: 'billing.charge-card', version: 1, schema }).destinations).toEqual(['charge-card']);
  expect(defineCommand({ name: 'billing.charge-card', version: 1, schema, queue: 'cards' }).destinations).toEqual(['cards']);
});

test.each([
  'orders',
  'Orders.order-placed',
  'orders.order_placed',
  'orders.order-placed.v2',
  'orders.',
  '.x',
  'orders.-x',
  'orders.x-',
  '1.x',
  `a.${'b'.repeat(127)}`,
])('the name %s is refused when the module loads', (name) => {
  expect(() => event(name)).toThrow(expect.objectContaining({ code: 'MESSAGE_DEFINITION_INVALID' }));
});

test.each([0, -1, 1.5, Number.NaN, '1'])('the version %s is refused', (version) => {
  expect(() => event('orders.order-placed', { version })).toThrow(/positive integer/);
});

test('six routing fields fit beside those of the envelope, a seventh is refused', () => {
  const routing = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, () => 'x']));
  expect(() => event('orders.order-placed', { routing: routing(6) })).not.toThrow();
  expect(() => event('orders.order-placed', { routing: routing(7) })).toThrow(/at most 6/);
});

test.each(['type', 'source', 'tenant', 'traceparent', '', '.a', 'a.', 'a..b', 'a b', 'AWS.x', 'amazon.x', 'é'])(
  'the routing field %j is refused',
  (field) => {
    expect(() => event('orders.order-placed', { routing: { [field]: () => 'x' } })).toThrow(
      expect.objectContaining({ code: 'MESSAGE_DEFINITION_INVALID' }),
    );
  },
);

test('destinations are names: no ARN, no double, at least one', () => {
  expect(() => event('orders.order-placed', { topics: ['arn:aws:sns:x'] })).toThrow(/kebab-case/);
  expect(() => event('orders.order-placed', { topics: ['a', 'a'] })).toThrow(/twice/);
  expect(() => event('orders.order-placed', { topics: [] })).toThrow(/no topic/);
});

test('a schema that is no Standard Schema is refused', () => {
  expect(() => event('orders.order-placed', { schema: { parse() {} } })).toThrow(/Standard Schema/);
});

test('producers give the input of the schema, handlers and selectors get its output', () => {
  const Placed = defineEvent({
    name: 'orders.order-placed',
    version: 1,
    schema,
    key(data) {
      expectTypeOf(data.total).toEqualTypeOf<number>();
      return data.orderId;
    },
  });
  expectTypeOf(Placed.name).toEqualTypeOf<'orders.order-placed'>();
  expectTypeOf<DataOf<typeof Placed>>().toEqualTypeOf<{ orderId: string; total: number }>();
  expectTypeOf<InputOf<typeof Placed>>().toEqualTypeOf<{ orderId: string; total?: unknown }>();
  const Charge = defineCommand({ name: 'billing.charge-card', version: 1, schema });
  const unit = createUnit({ unitId: 'u', source: 'urn:x', time: 0 });
  unit.publish(Placed, { orderId: '1', total: '2' });
  // @ts-expect-error the data lacks orderId
  expect(() => unit.publish(Placed, {})).toThrow(/orderId/);
  // @ts-expect-error a command is sent, not published
  expect(() => unit.publish(Charge, { orderId: '1' })).toThrow(/use send/);
  // @ts-expect-error an event is published, not sent
  expect(() => unit.send(Placed, { orderId: '1' })).toThrow(/use publish/);
});
