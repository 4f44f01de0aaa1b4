import { expect, test } from 'vitest';
import { createSnsSender } from '../../lib/topic/topic.sns.ts';
import { AccountBooked, ChargeCard, LostSoul, OrderAudited, OrderChanged, OrderPlaced } from './messages.ts';
import { createOutboxWorld, type OutboxWorld } from './outbox-world.ts';

async function commit(world: OutboxWorld, fill: (unit: ReturnType<OutboxWorld['outbox']['unit']>) => void) {
  const unit = world.outbox.unit();
  fill(unit);
  const result = await world.finish(unit.commit());
  if (result === 'dead') throw new Error('the commit never ended');
  world.calls.length = 0;
  return result;
}

const place = (world: OutboxWorld, count: number) =>
  commit(world, (unit) => {
    for (let index = 0; index < count; index += 1) unit.publish(OrderPlaced, { orderId: `o${index}` });
  });

test('ten messages without a key cost one PublishBatch and one BatchWriteItem', async () => {
  const world = await createOutboxWorld();
  await place(world, 10);
  expect(await world.relay()).toEqual({ batchItemFailures: [] });
  expect(world.calls).toEqual(['PublishBatch', 'BatchWriteItem']);
  expect((await world.arrived('orders')).map((message) => message.data)).toHaveLength(10);
  expect(world.rows()).toEqual([]);
  expect(world.counted['OutboxPublished']).toBe(10);
});

test('a message arrives as it was committed: same id, time, source and attributes', async () => {
  const world = await createOutboxWorld();
  const { messages } = await commit(world, (unit) => unit.publish(OrderPlaced, { orderId: 'é✓😀', note: 'a\uFFFEb' }, { tenant: 'acme' }));
  await world.relay();
  const [message] = await world.arrived('orders');
  expect(message).toMatchObject({
    id: messages[0]?.id,
    type: 'orders.order-placed',
    version: 1,
    tenant: 'acme',
    data: { orderId: 'é✓😀', note: 'a\uFFFEb' },
  });
});

test('messages of one key are published from the oldest, one per batch, whatever the order of the stream', async () => {
  const world = await createOutboxWorld();
  await commit(world, (unit) => {
    for (let change = 1; change <= 4; change += 1) unit.publish(OrderChanged, { orderId: 'o1', change });
  });
  const records = world.records().reverse();
  expect(await world.relay(records)).toEqual({ batchItemFailures: [] });
  expect(world.calls).toEqual(['Query', 'PublishBatch', 'PublishBatch', 'PublishBatch', 'PublishBatch', 'BatchWriteItem']);
  expect((await world.arrived('orders')).map((message) => message.sequence)).toEqual([1, 2, 3, 4]);
  expect(world.rows().map((row) => row['sk'])).toEqual(['HEAD']);
});

test('numbers of a key go on without gaps across commits and after rows are gone', async () => {
  const world = await createOutboxWorld();
  for (let change = 1; change <= 3; change += 1) {
    await commit(world, (unit) => unit.publish(AccountBooked, { account: 'a', amount: change }));
    await world.relay();
  }
  expect((await world.arrived('ledger.fifo')).map((message) => [message.sequence, message.key])).toEqual([
    [1, 'a'],
    [2, 'a'],
    [3, 'a'],
  ]);
});

test('a key with more rows in a batch than one page is drained in one invocation', async () => {
  const world = await createOutboxWorld();
  for (let round = 0; round < 3; round += 1) {
    await commit(world, (unit) => {
      for (let change = 0; change < 20; change += 1) unit.publish(AccountBooked, { account: 'a', amount: change });
    });
  }
  expect(await world.relay()).toEqual({ batchItemFailures: [] });
  expect(world.calls.filter((call) => call === 'Query')).toHaveLength(3);
  expect((await world.arrived('ledger.fifo')).map((message) => message.sequence)).toEqual(
    Array.from({ length: 60 }, (_, index) => index + 1),
  );
});

test('an event of two topics is gone from the outbox only when both have taken it', async () => {
  const world = await createOutboxWorld();
  await commit(world, (unit) => unit.publish(OrderAudited, { orderId: 'o1' }));
  const records = world.records();
  world.fault(({ action, input }) => (action === 'PublishBatch' && String(input['TopicArn']).endsWith(':audit') ? 'throttle' : undefined));
  expect(await world.relay(records)).toEqual({ batchItemFailures: [] });
  expect(world.rows()).toHaveLength(1);
  world.fault(() => undefined);
  await world.clock.run(world.clock.now() + 1_000);
  expect(await world.sweep()).toMatchObject({ swept: 1, pending: 0 });
  expect(world.rows()).toHaveLength(0);
  expect(await world.arrived('audit')).toHaveLength(1);
});

test('commands go to their queue', async () => {
  const world = await createOutboxWorld();
  await commit(world, (unit) => unit.send(ChargeCard, { orderId: 'o1' }));
  await world.relay();
  expect((await world.arrived('charge-card')).map((message) => message.type)).toEqual(['billing.charge-card']);
});

test('the lowest number that the table kept from being tried is reported, and what came after it is replayed', async () => {
  const world = await createOutboxWorld();
  await place(world, 2);
  await commit(world, (unit) => {
    unit.publish(AccountBooked, { account: 'a', amount: 1 });
    unit.publish(AccountBooked, { account: 'a', amount: 2 });
  });
  await place(world, 1);
  const records = world.records();
  world.fault(({ action }) => (action === 'Query' ? 'throttle' : undefined));
  const lowest = records.find(
    (record) => record.dynamodb?.NewImage?.['seq'] !== undefined && record.dynamodb.NewImage['body'] !== undefined,
  );
  expect(await world.relay(records)).toEqual({ batchItemFailures: [{ itemIdentifier: lowest?.dynamodb?.SequenceNumber }] });
  expect(await world.arrived('orders')).toHaveLength(3);
  expect(world.rows('KEY#a SEQ#')).toHaveLength(2);
  world.fault(() => undefined);
  await world.relay(records.slice(records.indexOf(lowest as never)));
  expect((await world.arrived('ledger.fifo')).map((message) => message.sequence)).toEqual([1, 2]);
});

test('a message that names an unknown destination is parked, holds its key, and stops nobody else', async () => {
  const world = await createOutboxWorld();
  await commit(world, (unit) => {
    unit.publish(LostSoul, { orderId: 'x' });
    unit.publish(OrderChanged, { orderId: 'x', change: 1 });
    unit.publish(OrderChanged, { orderId: 'y', change: 1 });
  });
  expect(await world.relay()).toEqual({ batchItemFailures: [] });
  expect((await world.arrived('orders')).map((message) => message.key)).toEqual(['y']);
  const held = world.rows('KEY#x SEQ#');
  expect(held.map((row) => [String(row['state']).split('#')[0], row['parkedReason']])).toEqual([
    ['PARKED', 'NO_DESTINATION'],
    ['PENDING', undefined],
  ]);
  expect(world.counted['OutboxParked']).toBe(1);
});

test('removals, changes, heads, markers and foreign items are no messages', async () => {
  const world = await createOutboxWorld();
  await world.finish(world.outbox.unit().commit({ idempotencyKey: 'k' }));
  await place(world, 1);
  await world.relay();
  const calls = world.calls.length;
  world.engine('dynamodb', 'PutItem', { TableName: 'outbox', Item: { pk: { S: 'KEY#z' }, sk: { S: 'junk' }, state: { S: 'PENDING#0' } } });
  const later = world.records();
  expect(later.map((record) => record.eventName)).toContain('REMOVE');
  expect(await world.relay(later)).toEqual({ batchItemFailures: [] });
  expect(await world.relay([{ eventName: 'INSERT', dynamodb: { NewImage: { state: { N: 'x' } } } }, {}])).toEqual({
    batchItemFailures: [],
  });
  expect(world.calls).toHaveLength(calls);
});

test('entries that SNS fails inside a successful answer are seen', async () => {
  const world = await createOutboxWorld();
  await place(world, 3);
  const records = world.records();
  const sender = world.deps.senders.topic;
  const relayed = world.deps.senders as { topic: typeof sender };
  relayed.topic = {
    ...sender,
    sendBatch: async (destination, parcels) => {
      const [first, ...rest] = parcels;
      const results = await sender.sendBatch(destination, first === undefined ? [] : [first]);
      if ('rejected' in results) return results;
      return [
        ...results,
        ...rest.map(() => ({ status: 'failed', failure: 'ambiguous', code: 'InternalError', message: 'try again' }) as const),
      ];
    },
  };
  expect(await world.relay(records)).toEqual({ batchItemFailures: [] });
  expect(new Set((await world.arrived('orders')).map((message) => message.id)).size).toBe(3);
});

test('a batch that is rejected as a whole is sent one by one, and only the message at fault is parked', async () => {
  const world = await createOutboxWorld();
  await place(world, 3);
  const sns = world.client('sns');
  const records = world.records();
  const bad = String(world.rows()[1]?.['id']);
  const reject = () =>
    Promise.reject(
      Object.assign(new Error('Invalid parameter'), {
        name: 'InvalidParameterException',
        $fault: 'client',
        $metadata: { httpStatusCode: 400 },
      }),
    );
  (world.deps.senders as { topic: unknown }).topic = createSnsSender({
    send: (command) => (JSON.stringify(command.input).includes(bad) ? reject() : sns.send(command)),
  });
  expect(await world.relay(records)).toEqual({ batchItemFailures: [] });
  expect(await world.arrived('orders')).toHaveLength(2);
  expect(world.rows().map((row) => [row['id'], row['parkedReason']])).toEqual([[bad, 'InvalidParameterException']]);
});

test('what there is no time for is reported, not published late', async () => {
  const world = await createOutboxWorld();
  await place(world, 2);
  const records = world.records();
  expect(await world.relay(records, 0)).toEqual({ batchItemFailures: [{ itemIdentifier: records[0]?.dynamodb?.SequenceNumber }] });
  expect(world.calls).toEqual([]);
});

test('wherever the relay fails or dies, a replay of its batch and a sweep lose nothing, double no id and keep the order', async () => {
  for (const fault of ['throttle', 'lost', 'crashBefore', 'crashAfter', 'denied'] as const) {
    for (let at = 0; at < 14; at += 1) {
      const world = await createOutboxWorld(at + 1);
      await place(world, 12);
      await commit(world, (unit) => {
        for (let amount = 1; amount <= 3; amount += 1) unit.publish(AccountBooked, { account: 'a', amount });
        unit.publish(AccountBooked, { account: 'b', amount: 1 });
      });
      const records = world.records();
      world.fault(({ index }) => (index === at ? fault : undefined));
      await world.relay(records);
      world.fault(() => undefined);
      await world.relay(records);
      await world.sweep();
      const plain = await world.arrived('orders');
      // A replay after the deduplication window repeats; what counts is where each number is seen first.
      const ledger = (await world.arrived('ledger.fifo')).filter((message) => message.key === 'a').map((message) => message.sequence);
      expect([fault, at, new Set(plain.map((message) => message.id)).size, [...new Set(ledger)]]).toEqual([fault, at, 12, [1, 2, 3]]);
      expect(world.rows().map((row) => row['sk'])).toEqual(['HEAD', 'HEAD']);
    }
  }
});

test('a parked row holds its key even when it could be published now, and its followers are no failures of the stream', async () => {
  const world = await createOutboxWorld();
  await commit(world, (unit) => {
    for (let amount = 1; amount <= 3; amount += 1) unit.publish(AccountBooked, { account: 'a', amount });
  });
  const { pk, sk, state } = world.rows('KEY#a SEQ#')[0] as { pk: string; sk: string; state: string };
  world.engine('dynamodb', 'UpdateItem', {
    TableName: 'outbox',
    Key: { pk: { S: pk }, sk: { S: sk } },
    UpdateExpression: 'SET #s = :parked',
    ExpressionAttributeNames: { '#s': 'state' },
    ExpressionAttributeValues: { ':parked': { S: state.replace('PENDING', 'PARKED') } },
  });
  expect(await world.relay()).toEqual({ batchItemFailures: [] });
  expect(world.calls).toEqual(['Query']);
  expect(world.rows('KEY#a SEQ#')).toHaveLength(3);
});

test('what was published of a key before reading on failed is not reported', async () => {
  const world = await createOutboxWorld();
  await commit(world, (unit) => {
    for (let amount = 1; amount <= 27; amount += 1) unit.publish(AccountBooked, { account: 'a', amount });
  });
  const records = world.records().filter((record) => record.dynamodb?.NewImage?.['body'] !== undefined);
  let reads = 0;
  world.fault(({ action }) => {
    if (action === 'Query') reads += 1;
    return action === 'Query' && reads > 1 ? 'throttle' : undefined;
  });
  const unread = records.find((record) => JSON.stringify(record.dynamodb?.NewImage?.['seq']) === '{"N":"26"}');
  expect(await world.relay(records)).toEqual({ batchItemFailures: [{ itemIdentifier: unread?.dynamodb?.SequenceNumber }] });
  expect(world.rows('KEY#a SEQ#').map((row) => row['seq'])).toEqual(['26', '27']);
});

test('a change of a row that waits wakes nobody: the row has its own record', async () => {
  const world = await createOutboxWorld();
  await place(world, 1);
  const records = world.records().map((record) => ({ ...record, eventName: 'MODIFY' }));
  expect(await world.relay(records)).toEqual({ batchItemFailures: [] });
  expect(world.calls).toEqual([]);
});
