import { describe, expect, test } from 'vitest';
import type { OutgoingMessage } from '../../lib/message/message.ts';
import { fromItem, isPending, messageKey, PENDING_STATES, parkedState, toItem, toParcel } from '../../lib/outbox/row.ts';

const message: OutgoingMessage = {
  kind: 'event',
  ...{ id: 'id-1', type: 'orders.order-placed', version: 1, source: 'urn:test', time: '2030-01-01T00:00:00.000Z', data: { orderId: 'o' } },
  ...{ correlationId: 'c', hops: 0, routing: { country: 'NL', amount: 7 }, destinations: ['orders'] },
};
const keyed: OutgoingMessage = { ...message, key: 'k', sequence: 12 };

/** The row of a keyed message, with something else about it. */
const item = (change: Record<string, unknown> = {}) => ({
  ...toItem(keyed, messageKey(keyed, { unitId: 'u', index: 0 }), 11),
  ...change,
});

describe('the place of a message', () => {
  test('is its key and number, so that rows sort by number', () => {
    expect(messageKey(keyed, { unitId: 'u', index: 3 })).toEqual({ pk: 'KEY#k', sk: 'SEQ#0000000000000012' });
  });

  test('is its unit and index without a key, or without a number', () => {
    expect(messageKey(message, { unitId: 'u', index: 3 })).toEqual({ pk: 'UNIT#u', sk: 'MSG#0003' });
    const { sequence: _, ...unnumbered } = keyed;
    expect(messageKey(unnumbered, { unitId: 'u', index: 12 })).toEqual({ pk: 'UNIT#u', sk: 'MSG#0012' });
    expect(messageKey({ ...message, sequence: 1 }, { unitId: 'u', index: 0 })).toEqual({ pk: 'UNIT#u', sk: 'MSG#0000' });
  });

  test('decides its shard: always the same one, and all of them are used', () => {
    const stateOf = (unitId: string) => String(toItem(message, messageKey(message, { unitId, index: 0 }))['state']);
    expect(stateOf('u')).toBe(stateOf('u'));
    const states = Array.from({ length: 200 }, (_, index) => stateOf(`unit-${index}`));
    expect([...new Set(states)].sort()).toEqual([...PENDING_STATES].sort());
    for (const state of PENDING_STATES)
      expect(states.filter((one) => one === state).length).toBeGreaterThan(200 / PENDING_STATES.length / 3);
    expect([parkedState('PENDING#3'), isPending({ state: 'PENDING#3' }), isPending({ state: 'PARKED#3' })]).toEqual([
      'PARKED#3',
      true,
      false,
    ]);
  });
});

describe('a row', () => {
  test('is read as it was written, and travels with its attributes in their types', () => {
    const row = fromItem(item());
    expect(row).toEqual(item());
    expect(row).toMatchObject({ key: 'k', seq: 12, first: 11, committedAt: Date.UTC(2030, 0, 1), destinations: ['orders'] });
    expect(toParcel(row as NonNullable<typeof row>)).toMatchObject({
      ...{ id: 'id-1', key: 'k', body: item()['body'] },
      attributes: { amount: { DataType: 'Number', StringValue: '7' }, country: { DataType: 'String', StringValue: 'NL' } },
    });
  });

  test('without a key has no key, no number and no first', () => {
    const row = toItem(message, messageKey(message, { unitId: 'u', index: 0 }));
    expect(['key', 'seq', 'first'].filter((name) => name in row)).toEqual([]);
    const parcel = toParcel(fromItem(row) as never);
    expect(['key', 'tenant'].filter((name) => name in parcel)).toEqual([]);
    const ofTenant = { ...message, tenant: 'acme' };
    expect(toParcel(fromItem(toItem(ofTenant, messageKey(ofTenant, { unitId: 'u', index: 0 }))) as never)).toMatchObject({
      tenant: 'acme',
    });
  });

  test.each([
    ...['pk', 'sk', 'id', 'type', 'body', 'state'].flatMap((name) => [
      [name, undefined],
      [name, ''],
      [name, 7],
    ]),
    ...['x', undefined].map((value) => ['committedAt', value]),
    ...[undefined, null, 'x', { a: 1, b: true }, { a: 'x', b: null }].map((value) => ['attributes', value]),
    ...[undefined, 'orders', ['orders', 7], { every: 'x' }].map((value) => ['destinations', value]),
    ...[undefined, 7, 'other'].map((value) => ['key', value]),
    ...[undefined, '12', 0, 1.5].map((value) => ['seq', value]),
    ...['11', 0].map((value) => ['first', value]),
  ] as [string, unknown][])('is none when its %s is %j', (name, value) => {
    expect(fromItem(item({ [name]: value }))).toBeUndefined();
  });

  test('of a unit needs neither key nor number, and attributes may be of both kinds', () => {
    const own = toItem(message, messageKey(message, { unitId: 'u', index: 0 }));
    const loose = { ...own, attributes: { a: 'x', b: 7 } };
    expect(fromItem(loose)).toBe(loose);
    expect(fromItem({ ...loose, attributes: {}, destinations: [] })).toBeDefined();
    for (const more of [{ key: 'k' }, { seq: 1 }, { first: 1 }]) expect(fromItem({ ...loose, ...more })).toBeUndefined();
    expect(fromItem(item({ seq: 1, first: 1, sk: 'SEQ#1' }))).toBeDefined();
  });
});
