import { expect, test } from 'vitest';
import type { OutgoingMessage } from '../../lib/message/message.ts';
import { createUnit } from '../../lib/unit-of-work/create-unit.ts';
import { MAX_TRANSACTION_ACTIONS, MAX_TRANSACTION_BYTES, planTransaction } from '../../lib/unit-of-work/transaction-plan.ts';
import type { CollectedUnit, Guard, OutgoingWriter, PreparedWrite, Write } from '../../lib/unit-of-work/unit-of-work.ts';
import { OrderPlaced } from '../outbox/messages.ts';

const table = { name: 'orders', partitionKey: 'id' };
const guard = (id: string): Guard => ({ kind: 'put', table, item: { id } });

function unitOf(fill: (unit: ReturnType<typeof createUnit>) => void = () => {}): CollectedUnit {
  const unit = createUnit({ unitId: 'unit', source: 'urn:test', time: 0 });
  fill(unit);
  return unit;
}

/** An outbox that stores a head and a row for each message. */
const outgoing: OutgoingWriter = {
  plan: async (units) => {
    const messages = units.flatMap((unit): readonly OutgoingMessage[] => unit.messages);
    const head: Write = { kind: 'put', table, item: { id: 'head' } };
    const rows = messages.map(({ id }): Write => ({ kind: 'put', table, item: { id } }));
    return { writes: [head, ...rows], isHead: (write) => write === head };
  },
};

const keysOf = (writes: readonly PreparedWrite[]) => writes.map(({ site }) => site.key['id']);

test('a transaction holds the guards, then the writes of the units, then their messages, whose heads it knows', async () => {
  const unit = unitOf((one) => {
    one.put(table, { id: 'own' });
    one.publish(OrderPlaced, { orderId: 'o' });
  });
  const plan = await planTransaction(
    { guards: [guard('guard')], units: [unitOf((one) => one.put(table, { id: 'first' })), unit] },
    outgoing,
  );
  expect(keysOf(plan.all)).toEqual(['guard', 'first', 'own', 'head', unit.messages[0]?.id]);
  expect([plan.guards.length, plan.own.length, plan.rows.length]).toEqual([1, 2, 2]);
  expect([-1, 0, 1, 2].map(plan.isHead)).toEqual([false, true, false, false]);
});

test('units that send nothing need no outbox, and have no heads', async () => {
  const plan = await planTransaction({ guards: [guard('guard')], units: [unitOf()] }, undefined);
  expect([keysOf(plan.all), plan.isHead(0)]).toEqual([['guard'], false]);
  const sending = planTransaction(
    { guards: [], units: [unitOf(), unitOf((one) => one.publish(OrderPlaced, { orderId: 'o' }))] },
    undefined,
  );
  await expect(sending).rejects.toMatchObject({ code: 'OUTBOX_MISSING', message: expect.stringContaining('orders.order-placed') });
});

test('two writes of one item are refused before DynamoDB would refuse the whole, and the second is named', async () => {
  const unit = unitOf((one) => one.put(table, { id: 'guard' }));
  await expect(planTransaction({ guards: [guard('guard')], units: [unit] }, undefined)).rejects.toMatchObject({
    code: 'UNIT_WRITE_INVALID',
    message: expect.stringContaining('put into orders {"id":"guard"} is the second write of its item'),
  });
});

test.each([
  [MAX_TRANSACTION_ACTIONS, true],
  [MAX_TRANSACTION_ACTIONS + 1, false],
])('%i actions, of guards, writes and messages together, fit: %s', async (count, fits) => {
  const unit = unitOf((one) => {
    for (let index = 0; index < count - 3; index += 1) one.put(table, { id: `own-${index}` });
    one.publish(OrderPlaced, { orderId: 'o' });
  });
  const plan = planTransaction({ guards: [guard('guard')], units: [unit] }, outgoing);
  if (fits) expect((await plan).all).toHaveLength(count);
  else await expect(plan).rejects.toMatchObject({ code: 'UNIT_LIMIT', message: expect.stringContaining(`${count} actions (2 of them`) });
});

test.each([
  [MAX_TRANSACTION_BYTES, true],
  [MAX_TRANSACTION_BYTES + 1, false],
])('%i bytes together fit: %s', async (bytes, fits) => {
  const [whole] = unitOf((one) => one.put(table, { id: 'own' })).writes;
  const sized = (id: string, size: number) => ({ ...whole, identity: id, bytes: size }) as PreparedWrite;
  const parts = Array.from({ length: 11 }, (_, index) => sized(`part-${index}`, 381_300));
  const rest = bytes - parts.length * 381_300;
  const unit = { ...unitOf(), writes: [...parts, sized('rest', rest)] };
  const plan = planTransaction({ guards: [], units: [unit] }, undefined);
  if (fits) expect((await plan).all).toHaveLength(12);
  else await expect(plan).rejects.toMatchObject({ code: 'UNIT_LIMIT', message: expect.stringContaining(`${bytes} bytes`) });
});
