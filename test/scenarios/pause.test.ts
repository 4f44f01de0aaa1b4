import { describe, expect, test } from 'vitest';
import { FAULT_KINDS, faultAt } from '../../lib/simulation/fault.ts';
import { MINUTE, pausing } from '../consumer/pausing-world.ts';

const HOUR = 60 * MINUTE;
const ORDERS = Array.from({ length: 4 }, (_, index) => `${index}`);

describe('a consumer that pauses', () => {
  test('S59 while what it needs is down for hours, a backlog waits without being handed out, and none of it is dead-lettered', async () => {
    const backlog = Array.from({ length: 200 }, (_, index) => `${index}`);
    const run = async (stops: boolean) => {
      const consumer = pausing({ stops, closedMs: 4 * 60 * MINUTE });
      for (const order of backlog) consumer.send(order);
      await consumer.world.run(3 * 60 * MINUTE);
      return consumer;
    };
    const [stopped, going] = [await run(true), await run(false)];
    expect([stopped.schedules().length, going.schedules().length]).toEqual([1, 0]);
    expect(stopped.receives()).toBeLessThan(going.receives() / 3);
    for (const consumer of [stopped, going]) {
      expect([consumer.waiting(), consumer.deadLetters()]).toEqual([200, 0]);
      await consumer.world.run(3 * 60 * MINUTE);
      expect(consumer.effectsOf(backlog)).toEqual(backlog.map(() => 1));
      expect([consumer.waiting(), consumer.deadLetters(), consumer.state()]).toEqual([0, 0, 'Enabled']);
    }
  });

  test('S59 an end of the pause that Lambda refuses comes again, and deliveries go on', async () => {
    const consumer = pausing({ closedMs: 5 * MINUTE, pauseMs: 10 * MINUTE });
    for (const order of ORDERS) consumer.send(order);
    await consumer.world.run(9 * MINUTE);
    expect(consumer.state()).toBe('Disabled');
    consumer.refuseToEnable(3 * MINUTE);
    await consumer.world.run(3 * MINUTE);
    expect([consumer.state(), consumer.waiting()]).toEqual(['Disabled', 4]);
    await consumer.world.run(10 * MINUTE);
    expect([consumer.state(), consumer.waiting(), ...consumer.effectsOf(ORDERS)]).toEqual(['Enabled', 0, ...ORDERS.map(() => 1)]);
  });

  test('S59 whatever goes wrong at any one call, deliveries go on after the pause, and every message takes effect once', async () => {
    const options = { closedMs: 5 * MINUTE, pauseMs: 10 * MINUTE };
    const run = async (more: Parameters<typeof pausing>[0] = {}) => {
      const consumer = pausing({ ...options, ...more });
      for (const order of ORDERS) consumer.send(order);
      await consumer.world.run(90 * MINUTE);
      return consumer;
    };
    const { total } = (await run()).world.calls;
    expect(total).toBeGreaterThan(6);
    for (let index = 0; index < total; index += 1) {
      for (const kind of FAULT_KINDS) {
        const consumer = await run({ seed: index + 1, faults: faultAt(index, kind) });
        const ends = [consumer.state(), consumer.waiting(), consumer.deadLetters(), ...consumer.effectsOf(ORDERS)];
        expect([index, kind, ...ends]).toEqual([index, kind, 'Enabled', 0, 0, ...ORDERS.map(() => 1)]);
      }
    }
  });

  test('S72 a pause lasts as long as the thrower asked, not as the rule says, but for a second at least and a day at most', async () => {
    for (const [asksMs, atLeast, atMost] of [
      [40 * MINUTE, 40 * MINUTE, 45 * MINUTE],
      [0, 1_000, 10_000],
      [7 * 24 * HOUR, 24 * HOUR, 24.5 * HOUR],
    ] as const) {
      const consumer = pausing({ closedMs: 500, asksMs });
      consumer.send('1');
      await consumer.world.run(25 * HOUR);
      const [first = 0, again = 0] = consumer.runs;
      expect([asksMs, again - first >= atLeast, again - first <= atMost]).toEqual([asksMs, true, true]);
      expect([asksMs, consumer.waiting(), consumer.deadLetters(), consumer.effectsOf(['1'])]).toEqual([asksMs, 0, 0, [1]]);
    }
  });

  test('S72 who asks for a second through an hour of trouble costs no message its receives', async () => {
    const consumer = pausing({ closedMs: 60 * MINUTE, asksMs: 1_000 });
    const ids = Array.from({ length: 20 }, (_, index) => String(index));
    for (const id of ids) consumer.send(id);
    await consumer.world.run(4 * HOUR);
    expect([consumer.waiting(), consumer.deadLetters(), consumer.effectsOf(ids)]).toEqual([0, 0, ids.map(() => 1)]);
  });
});
