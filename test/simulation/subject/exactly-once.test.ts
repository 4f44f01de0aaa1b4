import { randomUUID } from 'node:crypto';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { on } from '../../../lib/consumer/consumer.routes.ts';
import { requiredEnv } from '../../../lib/core/env.ts';
import { createOutbox } from '../../../lib/outbox/create-outbox.ts';
import { createConsumer } from '../../../lib/runtime/create-consumer.ts';
import { FAULT_KINDS } from '../../../lib/simulation/fault.ts';
import { expectExactlyOnce, sweepFaults } from '../../../lib/simulation/subject/exactly-once.ts';
import { NotExactlyOnceError } from '../../../lib/simulation/subject/subject.errors.ts';
import { message } from '../../../lib/simulation/subject/test-message.ts';
import { addOne, addShipped, OrderPlaced, OrderShipped, PrintLabel, shipBesideUnit, shipInUnit, shipments, threeOrders } from './shop.ts';

const shop = { name: 'ship-order', messages: threeOrders, tables: [shipments] };
const publishing = { ...shop, messages: threeOrders.slice(0, 1), publishes: [OrderShipped, PrintLabel] };

/** One effect, in one call: what fails here fails its only attempt. */
const shipBesideNothing = () => {
  const client = new DynamoDBClient({ maxAttempts: 1 });
  return [
    on(OrderPlaced, async ({ data }) => {
      await client.send(new PutItemCommand({ TableName: 'shipments', Item: { orderId: { S: data.orderId } } }));
    }),
  ];
};

const failureOf = async (search: Promise<unknown>): Promise<NotExactlyOnceError> => {
  const error = await search.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(NotExactlyOnceError);
  return error as NotExactlyOnceError;
};

describe('a handler whose effects are its unit', () => {
  test('survives every fault at every call, and the report counts them', async () => {
    const { schedules, faults, coverage } = await sweepFaults(shipInUnit, publishing);
    expect(schedules).toBeGreaterThan(50);
    expect(Object.keys(faults)).toEqual([...FAULT_KINDS]);
    expect(Math.min(...Object.values(faults))).toBeGreaterThan(0);
    expect(coverage.covered).toBe(coverage.possible - coverage.missing.length);
    expect(coverage.covered).toBeGreaterThan(30);
  });

  test('survives seeds of trouble, also where its order matters', async () => {
    expect((await expectExactlyOnce(shipInUnit, { ...publishing, seeds: 40 })).schedules).toBe(40);
    expect((await expectExactlyOnce(shipInUnit, { ...publishing, ordered: true, seeds: [7, 8, 9] })).schedules).toBe(3);
  });

  test('survives as a deployed handler that finds everything in its environment', async () => {
    const handler = () => createConsumer({ name: 'ship-order', handlers: shipInUnit(), outbox: createOutbox() });
    expect((await expectExactlyOnce(handler, { ...publishing, seeds: 20 })).schedules).toBe(20);
  });

  test('survives every pair of faults', async () => {
    const write = () => [on(OrderPlaced, ({ data }, { unit }) => unit.update(shipments, data, addOne))];
    const { schedules } = await sweepFaults(write, { ...shop, messages: threeOrders.slice(0, 1), order: 2 });
    expect(schedules).toBeGreaterThan(40);
  });
});

describe('a handler that writes beside its unit', () => {
  test('fails with the promise, the least trouble, a line to replay it and what happened', async () => {
    const { message: text, replay, code } = await failureOf(sweepFaults(shipBesideUnit, { ...shop, deliveries: 1 }));
    expect(code).toBe('NOT_EXACTLY_ONCE');
    expect(replay).toBe('ship-order/1/calm/crashAfter@ship-order:dynamodb:UpdateItem#0');
    const lines = text.split('\n');
    expect(lines.slice(0, 8)).toEqual([
      'ship-order breaks its promise: every message takes effect exactly once.',
      expect.stringMatching(/^ {2}shipments "order-\d": shipped is 2; without faults it is 1$/),
      '',
      'It takes no more than this:',
      '  crashAfter@ship-order:dynamodb:UpdateItem#0  the process dies after the call had its effect',
      '',
      'Run it again:',
      `  POSTHASTE_REPLAY='${replay}' npx vitest run test/simulation/subject/exactly-once.test.ts`,
    ]);
    expect(lines.slice(8).filter((line) => / ms /.test(line)).length).toBeLessThanOrEqual(30);
    expect(text).toMatch(/ms fault +fault=crashAfter .*action=UpdateItem/);
  });

  test('fails again under the line that was printed, and only there', async () => {
    const replay = 'ship-order/1/calm/crashAfter@ship-order:dynamodb:UpdateItem#0';
    const failure = await failureOf(expectExactlyOnce(shipBesideUnit, { ...shop, deliveries: 1, replay }));
    expect(failure.replay).toBe(replay);
    const fixed = await sweepFaults(shipInUnit, {
      ...publishing,
      deliveries: 1,
      replay: replay.replace('UpdateItem', 'TransactWriteItems'),
    });
    expect(fixed).toMatchObject({ schedules: 1, faults: { crashAfter: 1 } });
  });

  test('is replayed by the environment, where the line names it', async () => {
    process.env['POSTHASTE_REPLAY'] = 'ship-order/1/calm/';
    try {
      expect((await sweepFaults(shipInUnit, publishing)).schedules).toBe(1);
      expect((await expectExactlyOnce(shipInUnit, { ...publishing, name: 'bill-order', seeds: 2 })).schedules).toBe(2);
    } finally {
      delete process.env['POSTHASTE_REPLAY'];
    }
  });

  test('fails under seeds, shrunk to three faults at most', async () => {
    const { message: text, replay } = await failureOf(expectExactlyOnce(shipBesideUnit, { ...shop, deliveries: 1 }));
    expect(replay.split('/')[3]?.split('+').length).toBeLessThanOrEqual(3);
    expect(text).toContain('shipped is 2; without faults it is 1');
  });
});

test('a naive handler fails by a second delivery alone', async () => {
  const naive = () => {
    const client = new DynamoDBClient({});
    return async (event: { readonly Records: readonly { readonly body: string }[] }) => {
      for (const { body } of event.Records) await addShipped(client, JSON.parse(body).orderId);
    };
  };
  const { message: text } = await failureOf(sweepFaults(naive, { messages: [{ orderId: 'order-1' }], tables: [shipments] }));
  expect(text).toContain('It takes no fault: a message that is delivered twice is enough.');
  expect(text).toContain("POSTHASTE_REPLAY='subject/1/calm/'");
});

test('a handler that acknowledges what it failed to do loses it', async () => {
  const forgiving = () => {
    const client = new DynamoDBClient({ maxAttempts: 1 });
    return async (event: { readonly Records: readonly { readonly body: string }[] }) => {
      for (const { body } of event.Records) {
        const Item = { orderId: { S: String(JSON.parse(body).orderId) } };
        await client.send(new PutItemCommand({ TableName: 'shipments', Item })).catch(() => {});
      }
    };
  };
  const { message: text } = await failureOf(
    sweepFaults(forgiving, { messages: [{ orderId: 'order-1' }], tables: [shipments], deliveries: 1 }),
  );
  expect(text).toContain('subject breaks its promise: no message is lost.');
  expect(text).toContain('  shipments "order-1" is missing');
});

test('a crash loses what a process kept in variables: the factory is called for each', async () => {
  let processes = 0;
  const counting = () => {
    processes += 1;
    return shipInUnit();
  };
  await sweepFaults(counting, { ...publishing, replay: 'ship-order/1/calm/crashAfter@ship-order:dynamodb:TransactWriteItems#0' });
  // Three runs without faults for what is expected, and two processes in the one that crashes.
  expect(processes).toBe(5);
});

test('effects outside of the world count once per key, and as often as they happen without one', async () => {
  const mailing = (withKey: boolean) => (process: { effect(name: string, detail: unknown, options: { readonly key?: string }): void }) => [
    on(OrderPlaced, ({ data }, { unit, idempotencyKey }) => {
      process.effect('mail', data.orderId, withKey ? { key: idempotencyKey } : {});
      unit.update(shipments, { orderId: data.orderId }, addOne);
    }),
  ];
  expect((await sweepFaults(mailing(true), shop)).schedules).toBeGreaterThan(20);
  const { message: text } = await failureOf(sweepFaults(mailing(false), shop));
  expect(text).toContain('effect mail "order-');
  expect(text).toContain(': 2 times; without faults 1 times');
});

test('poison stays in the dead-letter queue without being a failure', async () => {
  const messages = [...threeOrders.slice(0, 1), message(OrderPlaced, { orderId: 'order-refused' }), 'no message at all'];
  expect((await sweepFaults(shipInUnit, { ...publishing, messages, deliveries: 1 })).schedules).toBeGreaterThan(50);
});

test('what faults brought into the dead-letter queue takes effect when it is redriven', async () => {
  const { schedules } = await sweepFaults(shipBesideNothing, { ...shop, messages: threeOrders.slice(0, 1), maxAttempts: 1, deliveries: 1 });
  expect(schedules).toBeGreaterThan(5);
});

describe('what cannot be compared is refused', () => {
  const stamping = () => [
    on(OrderPlaced, ({ data }, { unit }) => unit.put(shipments, { orderId: data.orderId, at: Date.now(), label: { id: randomUUID() } })),
  ];

  test('times and random values, until they are ignored', async () => {
    await expect(sweepFaults(stamping, shop)).rejects.toMatchObject({
      code: 'SUBJECT_UNSTABLE',
      message: expect.stringContaining('"ignore"'),
    });
    const replay = 'ship-order/1/calm/crashAfter@ship-order:dynamodb:TransactWriteItems#0';
    expect((await sweepFaults(stamping, { ...shop, replay, ignore: ['at', 'id'] })).schedules).toBe(1);
    const effects = ({ items }: { readonly items: Readonly<Record<string, readonly unknown[]>> }) => items['shipments']?.length;
    expect((await sweepFaults(stamping, { ...shop, replay, effects })).schedules).toBe(1);
  });

  test('a subject without effects, with the reason', async () => {
    await expect(sweepFaults(shipInUnit, { ...shop, tables: [] })).rejects.toMatchObject({
      code: 'SUBJECT_INACTIVE',
      message: expect.stringContaining('ATTEMPTS_EXHAUSTED'),
    });
    await expect(expectExactlyOnce(() => async () => {}, { messages: [{}] })).rejects.toMatchObject({ code: 'SUBJECT_INACTIVE' });
  });

  test('a subject whose code cannot be loaded, with the error itself', async () => {
    const misconfigured = () => {
      requiredEnv('SHIPMENTS_TABLE', 'ShopStack');
      return shipInUnit();
    };
    await expect(sweepFaults(misconfigured, shop)).rejects.toMatchObject({
      code: 'SUBJECT_INACTIVE',
      message: expect.stringContaining('MissingEnvError: environment variable SHIPMENTS_TABLE is not set'),
    });
    const absent = './no-such-module.ts';
    const missing = async () => (await import(absent)).handler;
    await expect(sweepFaults(missing, shop)).rejects.toMatchObject({ message: expect.stringContaining('no-such-module') });
  });

  test('a subject that writes to a table or publishes what its test does not name, with what to name', async () => {
    await expect(sweepFaults(shipInUnit, shop)).rejects.toMatchObject({ message: expect.stringContaining('in "publishes"') });
    const writing = () => [on(OrderPlaced, ({ data }, { unit }) => unit.update({ ...shipments, name: 'parcels' }, data, addOne))];
    await expect(sweepFaults(writing, shop)).rejects.toMatchObject({ message: expect.stringContaining('named are: shipments)') });
  });

  test('a subject whose module remembers its first run, also where items are there before', async () => {
    for (const items of [{}, { shipments: [{ orderId: 'order-0', shipped: 1 }] }]) {
      const seen = new Set<string>();
      const remembering = () => [
        on(OrderPlaced, ({ data }, { unit }) => {
          if (seen.has(data.orderId)) return;
          seen.add(data.orderId);
          unit.update(shipments, { orderId: data.orderId }, addOne);
        }),
      ];
      await expect(sweepFaults(remembering, { ...shop, items })).rejects.toMatchObject({
        code: 'SUBJECT_INACTIVE',
        message: expect.stringContaining('a module keeps its variables over all runs'),
      });
    }
  });

  test('a replay whose fault meets no call', async () => {
    const replay = 'ship-order/1/calm/crashAfter@ship-order:dynamodb:UpdateItem#0';
    await expect(sweepFaults(shipInUnit, { ...publishing, replay })).rejects.toMatchObject({
      code: 'SUBJECT_CONFIG',
      message: expect.stringContaining('this fault met no call: crashAfter@ship-order:dynamodb:UpdateItem#0'),
    });
  });

  test('a subject that publishes what nobody carries', async () => {
    await expect(sweepFaults(shipInUnit, { ...publishing, publishes: [OrderShipped] })).rejects.toMatchObject({
      code: 'SUBJECT_CONFIG',
      message: expect.stringContaining('publishes shipping.print-label'),
    });
  });

  test('options that cannot work', async () => {
    await expect(sweepFaults(shipInUnit, { ...shop, messages: [] })).rejects.toMatchObject({ code: 'SUBJECT_CONFIG' });
    await expect(sweepFaults(shipInUnit, { ...shop, name: 'Ship order' })).rejects.toMatchObject({ code: 'SUBJECT_CONFIG' });
    await expect(expectExactlyOnce(shipInUnit, { ...publishing, seeds: 0 })).rejects.toMatchObject({ code: 'SUBJECT_CONFIG' });
    await expect(expectExactlyOnce(shipInUnit, { ...publishing, seeds: [] })).rejects.toMatchObject({ code: 'SUBJECT_CONFIG' });
    await expect(sweepFaults(shipInUnit, { ...publishing, replay: 'nonsense' })).rejects.toBeInstanceOf(RangeError);
  });
});

test('environment variables are there when the code is made, and modules may be loaded then', async () => {
  const loading = async () => {
    const { default: pathOf } = await import('./table-name.fixture.ts');
    const table = { ...shipments, name: pathOf(requiredEnv('TABLE_NAME', 'the test')) };
    return [on(OrderPlaced, ({ data }, { unit }) => unit.update(table, { orderId: data.orderId }, addOne))];
  };
  const { schedules } = await expectExactlyOnce(loading, { ...shop, env: { TABLE_NAME: 'SHIPMENTS' }, seeds: 5 });
  expect(schedules).toBe(5);
});
