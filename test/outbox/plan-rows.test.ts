import { expect, test } from 'vitest';
import type { OutgoingMessage } from '../../lib/message/message.ts';
import { oldestFirst } from '../../lib/outbox/outbox.relay.ts';
import type { OutboxStore } from '../../lib/outbox/outbox.ts';
import { planRows } from '../../lib/outbox/plan-rows.ts';
import type { OutboxRow } from '../../lib/outbox/row.ts';

const table = { name: 'outbox', partitionKey: 'pk', sortKey: 'sk' };
const message = (id: string, key?: string): OutgoingMessage => ({
  ...{ kind: 'event', id, type: 't.t', version: 1, source: 'urn:test', time: '2030-01-01T00:00:00.000Z', data: {}, correlationId: 'c' },
  ...{ hops: 0, routing: {}, destinations: ['orders'], ...(key !== undefined && { key }) },
});

const NEW = { expression: 'attribute_not_exists(#pk)', names: { '#pk': 'pk' } };

test('messages of a key are numbered on from its head, over all units, and the head moves to the last number', () => {
  const units = [
    { unitId: 'u1', messages: [message('a', 'k'), message('b'), message('c', 'k')] },
    { unitId: 'u2', messages: [message('d', 'k'), message('e', 'new')] },
  ];
  const { writes, isHead } = planRows({ units, table, heads: new Map([['k', 7]]) });
  const [moved, begun, ...rows] = writes;
  expect(moved).toEqual({
    ...{ kind: 'update', table, key: { pk: 'KEY#k', sk: 'HEAD' } },
    update: { expression: 'SET #seq = :to', names: { '#seq': 'seq' }, values: { ':to': 10 } },
    condition: { expression: '#seq = :from', names: { '#seq': 'seq' }, values: { ':from': 7 } },
  });
  expect(begun).toMatchObject({ key: { pk: 'KEY#new', sk: 'HEAD' }, update: { values: { ':to': 1 } }, condition: NEW });
  expect(rows.map((row) => row.kind === 'put' && [row.item['id'], row.item['pk'], row.item['seq'], row.item['first']])).toEqual([
    ['a', 'KEY#k', 8, 8],
    ['b', 'UNIT#u1', undefined, undefined],
    ['c', 'KEY#k', 9, 8],
    ['d', 'KEY#k', 10, 8],
    ['e', 'KEY#new', 1, 1],
  ]);
  // A row may replace none, whatever became of the head; where a key is contended it shows at the head or at a row.
  for (const row of rows) expect(row).toMatchObject({ condition: NEW });
  expect(writes.map(isHead)).toEqual([true, true, true, false, true, true, true]);
});

test('units without messages plan nothing', () => {
  expect(planRows({ units: [{ unitId: 'u', messages: [] }], table, heads: new Map() }).writes).toEqual([]);
});

test('a key is read 25 rows at a time, on from behind the row that was published last', async () => {
  const asked: object[] = [];
  const oldestOf = async (...given: object[]) => {
    asked.push(...given);
    return { items: [] };
  };
  const store = { oldestOf } as unknown as OutboxStore;
  const lane = oldestFirst(store, 'k', { until: 9, limit: 9 });
  const last = { pk: 'KEY#k', sk: 'SEQ#1' } as OutboxRow;
  await lane.read?.(undefined);
  await lane.read?.(last);
  expect(asked).toEqual(['k', { limit: 25 }, 'k', { limit: 25, after: last }]);
});
