import { describe, expect, test } from 'vitest';
import { on } from '../../lib/consumer/consumer.routes.ts';
import { DEVELOPER } from '../../lib/local/aws.ts';
import { defineEvent } from '../../lib/message/define.ts';
import { createOutbox } from '../../lib/outbox/create-outbox.ts';
import { FAULT_KINDS, faultAt, noFaults } from '../../lib/simulation/fault.ts';
import { startProcess } from '../../lib/simulation/process.ts';
import { createWorld, OrderPlaced, type World } from './world.ts';

const OrderShipped = defineEvent({ name: 'shipping.order-shipped', version: 1, schema: OrderPlaced.schema });
const OrderBilled = defineEvent({
  name: 'billing.order-billed',
  version: 1,
  schema: OrderPlaced.schema,
  key: () => 'customer-7',
});

const sending = on(OrderPlaced, (message, { unit }) => {
  unit.publish(OrderShipped, message.data);
  unit.publish(OrderBilled, message.data);
});

/** A world whose consumer is a producer too: its rows go to an outbox table next to the inbox. */
function start(seed = 1): World {
  const late: { world?: World } = {};
  const outboxOf = (world: World) =>
    createOutbox({
      client: startProcess(world.shared, 'outbox', { caller: DEVELOPER }).client('dynamodb'),
      table: 'outbox',
      source: 'urn:posthaste:shipping',
      clock: world.clock,
    });
  const outbox = { plan: (...given: Parameters<ReturnType<typeof outboxOf>['plan']>) => outboxOf(late.world as World).plan(...given) };
  const world = createWorld({ seed, handlers: [sending], outbox });
  late.world = world;
  world.now('dynamodb', 'CreateTable', {
    TableName: 'outbox',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  });
  return world;
}

const text = (row: Record<string, unknown>, name: string) => (row[name] as { S?: string } | undefined)?.S ?? '';

/** The outbox rows that hold messages, by what they are. */
function sent(world: World) {
  const bodies = world.rows('outbox').flatMap((row) => (text(row, 'body') ? [JSON.parse(text(row, 'body'))] : []));
  return {
    shipped: bodies.filter(({ type }) => type === OrderShipped.name).map(({ data }) => data.orderId),
    billed: bodies.filter(({ type }) => type === OrderBilled.name).map(({ sequence }) => Number(sequence)),
    causes: new Set(bodies.map(({ causationid }) => causationid)),
    ids: new Set(bodies.map(({ id }) => id)),
  };
}

describe('what a handler sends', () => {
  test('is stored once per message, in its transaction, whatever goes wrong at any one call', async () => {
    const run = async (faults = noFaults, seed = 1) => {
      const world = start(seed);
      for (const orderId of ['a', 'b', 'c']) world.send(orderId);
      world.shared.faults = faults;
      await world.drain();
      return world;
    };
    const reference = await run();
    const expected = sent(reference);
    expect(expected.causes).toEqual(new Set(['message-a', 'message-b', 'message-c']));
    for (let index = 0; index < reference.shared.calls.total; index += 1) {
      for (const kind of FAULT_KINDS) {
        const { shipped, billed, ids } = sent(await run(faultAt(index, kind), index + 1));
        expect([index, kind, shipped.sort(), billed.sort()]).toEqual([index, kind, ['a', 'b', 'c'], [1, 2, 3]]);
        // A retry names its messages as the first try did.
        expect(ids).toEqual(expected.ids);
      }
    }
  });

  test('is refused by a consumer without an outbox, and the message has all its attempts: a deployment may repair it in time', async () => {
    const world = createWorld({ handlers: [sending] });
    world.send('a');
    await world.drain();
    expect(world.deadLetters()).toMatchObject([
      { failure: { reason: 'ATTEMPTS_EXHAUSTED', receiveCount: 5, message: expect.stringContaining('outbox') } },
    ]);
  });
});
