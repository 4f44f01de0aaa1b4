import { marshall } from '@aws-sdk/util-dynamodb';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { deriveId } from '../../lib/core/ids.ts';
import { defineEvent } from '../../lib/message/define.ts';
import type { Message } from '../../lib/message/message.ts';
import { createUnit, unitIdOf } from '../../lib/unit-of-work/create-unit.ts';
import { itemBytes, MAX_ITEM_BYTES } from '../../lib/unit-of-work/item-size.ts';

const orders = { name: 'orders', partitionKey: 'id' };
const lines = { name: 'lines', partitionKey: 'order', sortKey: 'line' };
const Placed = defineEvent({ name: 'orders.placed', version: 1, schema: z.object({ id: z.string() }), key: (data) => data.id });
const cause: Message = {
  id: 'm-1',
  type: 'a.b',
  version: 1,
  source: 'urn:a',
  time: '2026-01-01T00:00:00.000Z',
  data: {},
  correlationId: 'c-1',
  hops: 4,
  tenant: 'acme',
};
const unit = (context: object = {}) => createUnit({ unitId: 'u', source: 'urn:posthaste:test', time: 1_000, ...context });
const code = (name: string) => expect.objectContaining({ code: name });

test('a message of a handler is named after the consumer, the message and its place, at every redelivery', () => {
  const names = [1, 2].map(() => {
    const redelivered = unit({ unitId: unitIdOf('ship-order', cause.id), cause });
    redelivered.publish(Placed, { id: 'a' });
    redelivered.publish(Placed, { id: 'b' });
    return redelivered.messages.map((message) => message.id);
  });
  expect(names[0]).toEqual(names[1]);
  expect(names[0]?.[1]).toBe(deriveId(unitIdOf('ship-order', 'm-1'), '1'));
  expect(unitIdOf('ship-order', 'm-1')).not.toBe(unitIdOf('bill-order', 'm-1'));
});

test('correlation, causation, hops and tenant come from the cause; the first message of a chain starts its own', () => {
  const caused = unit({ cause });
  caused.publish(Placed, { id: 'a' });
  expect(caused.messages[0]).toMatchObject({ correlationId: 'c-1', causationId: 'm-1', hops: 5, tenant: 'acme' });
  const first = unit();
  first.publish(Placed, { id: 'a' }, { tenant: 'other' });
  expect(first.messages[0]).toMatchObject({ correlationId: 'u', hops: 0, tenant: 'other' });
  expect(first.messages[0]).not.toHaveProperty('causationId');
});

test('the 33rd hop is refused, so that two handlers that answer each other come to an end', () => {
  const last = unit({ cause: { ...cause, hops: 31 } });
  last.publish(Placed, { id: 'a' });
  expect(last.messages[0]?.hops).toBe(32);
  expect(() => unit({ cause: { ...cause, hops: 32 } }).publish(Placed, { id: 'a' })).toThrow(code('HOPS_EXCEEDED'));
});

test('two actions on one item are refused where the second is made', () => {
  const one = unit();
  one.put(lines, { order: 'o', line: 1 });
  one.put(lines, { order: 'o', line: '1' });
  one.delete(lines, { order: 'o', line: 2 });
  expect(() => one.check(lines, { order: 'o', line: 2 }, { expression: 'attribute_exists(#o)' })).toThrow(/second write of its item/);
  expect([...one.items]).toHaveLength(3);
});

test.each<[string, object]>([
  ['missing', {}],
  ['empty', { id: '' }],
  ['a boolean', { id: true }],
  ['not a number', { id: Number.NaN }],
])('a key attribute that is %s is refused', (_, item) => {
  expect(() => unit().put(orders, { ...item })).toThrow(code('UNIT_WRITE_INVALID'));
});

test('a key has its key attributes and nothing else', () => {
  expect(() => unit().delete(orders, { id: 'a', other: 1 })).toThrow(/exactly id/);
});

test('a value that DynamoDB has no type for is refused where it is written', () => {
  expect(() => unit().put(orders, { id: 'a', at: new Date(0) })).toThrow(code('UNIT_WRITE_INVALID'));
});

test('a placeholder that means two things in an update and its condition is refused', () => {
  const change = (value: number) => ({
    update: { expression: 'SET n = :n', values: { ':n': 1 } },
    condition: { expression: 'n < :n', values: { ':n': value } },
  });
  expect(() => unit().update(orders, { id: 'a' }, change(2))).toThrow(/:n for two things/);
  expect(() => unit().update(orders, { id: 'a' }, change(1))).not.toThrow();
});

test('what a handler does to an item after writing it does not change the write', () => {
  const item = { id: 'a', tags: ['x'] };
  const one = unit();
  one.put(orders, item);
  item.tags.push('y');
  expect(one.writes[0]?.action.Put?.Item).toEqual(marshall({ id: 'a', tags: ['x'] }));
});

test('an item of 400 KB is taken, one byte more is refused before any call', () => {
  const room = MAX_ITEM_BYTES - itemBytes(marshall({ id: 'a', text: '' }));
  expect(() => unit().put(orders, { id: 'a', text: 'x'.repeat(room) })).not.toThrow();
  expect(() => unit().put(orders, { id: 'a', text: 'x'.repeat(room + 1) })).toThrow(code('UNIT_LIMIT'));
});

test.each<[unknown, number]>([
  ['é', 2],
  [0, 1],
  [7, 2],
  [12, 2],
  [123, 3],
  [-12, 3],
  [1_000_000, 2],
  [true, 1],
  [null, 1],
  [new Uint8Array(5), 5],
  [[], 3],
  [['a', 'b'], 7],
  [{}, 3],
  [{ a: 'b' }, 6],
  [new Set(['ab', 'c']), 3],
])('the value %j counts %i bytes', (value, bytes) => {
  expect(itemBytes(marshall({ v: value })) - 1).toBe(bytes);
});

test('a source that no envelope could carry is refused at once', () => {
  expect(() => unit({ source: 'my service' })).toThrow(/URI reference/);
});

test('a failed message leaves the unit as it was', () => {
  const one = unit();
  expect(() => one.publish(Placed, { id: 1 as unknown as string })).toThrow(code('MESSAGE_INVALID'));
  one.publish(Placed, { id: 'a' });
  expect(one.messages.map((message) => message.id)).toEqual([deriveId('u', '0')]);
  expect([...one.orderingKeys]).toEqual(['a']);
});
