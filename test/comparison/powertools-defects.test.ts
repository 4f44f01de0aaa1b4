import { describe, expect, test } from 'vitest';
import { createChargeWorld } from './charge-world.ts';

const MINUTE = 60_000;
const ALREADY_RUNNING = { kind: 'error', errorType: 'IdempotencyAlreadyInProgressError' };
const DONE = { kind: 'result', payload: { orderId: 'order-1' } };

/** The first invocation fails three seconds after it has charged, all others succeed. */
function failingOnceLate() {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls > 1) return;
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    throw new Error('the receipt could not be printed');
  };
}

// What Powertools 2.35.0 does today; a version that behaves otherwise fails here, and the comparison is to be read anew.
describe('Powertools idempotency', () => {
  test('charges once and answers a second invocation from its record', async () => {
    const world = createChargeWorld();
    const first = world.invoke();
    await world.run(MINUTE);
    const second = world.invoke();
    await world.run(MINUTE);
    expect([await first, await second]).toEqual([DONE, DONE]);
    expect(world.charges()).toBe(1);
  });

  test('refuses a second invocation while the first one runs, and charges again once that has failed, as it documents', async () => {
    const world = createChargeWorld({ afterwards: failingOnceLate() });
    const first = world.invoke();
    await world.run(1_000);
    const second = world.invoke();
    await world.run(MINUTE);
    const third = world.invoke();
    await world.run(MINUTE);
    expect(await first).toMatchObject({ kind: 'error', errorMessage: expect.stringContaining('receipt') });
    expect(await second).toMatchObject(ALREADY_RUNNING);
    expect(await third).toEqual(DONE);
    expect(world.charges()).toBe(2);
  });

  test('deletes the record that another invocation has completed when its own lock was taken over, so one order is charged three times', async () => {
    // The clock of the second process is half a minute ahead: to it the lock of the first one, ten seconds, has ended.
    const skewOf = (process: string) => (process === 'charge/2' ? MINUTE / 2 : 0);
    const world = createChargeWorld({ afterwards: failingOnceLate(), skewOf });
    const first = world.invoke();
    await world.run(1_000);
    const second = world.invoke();
    await world.run(1_000);
    expect(await second).toEqual(DONE);
    expect(world.lock()).toMatchObject({ status: { S: 'COMPLETED' } });
    await world.run(MINUTE);
    expect(await first).toMatchObject({ kind: 'error', errorMessage: expect.stringContaining('receipt') });
    expect(world.lock()).toBeUndefined();
    const third = world.invoke();
    await world.run(MINUTE);
    expect(await third).toEqual(DONE);
    expect(world.charges()).toBe(3);
  });

  test('takes no time left for no context, so a crash right at the end of an invocation locks the order for the whole hour', async () => {
    const faults = [{ service: 'dynamodb', action: 'UpdateItem', nth: 0, kind: 'crashBefore' }] as const;
    const world = createChargeWorld({ faults, remainingMs: 0 });
    const outcomes = [];
    for (const minutes of [1, 57, 3]) {
      const outcome = world.invoke();
      await world.run(minutes * MINUTE);
      outcomes.push(await outcome);
      if (outcomes.length === 1) expect(world.lock()?.in_progress_expiration).toBeUndefined();
    }
    expect(outcomes).toMatchObject([{ kind: 'error', errorType: 'crashBefore' }, ALREADY_RUNNING, ALREADY_RUNNING]);
    expect(world.charges()).toBe(0);
    const late = world.invoke();
    await world.run(MINUTE);
    expect(await late).toEqual(DONE);
  });

  test('with a millisecond left gives the lock an end, so that the next invocation charges', async () => {
    const faults = [{ service: 'dynamodb', action: 'UpdateItem', nth: 0, kind: 'crashBefore' }] as const;
    const world = createChargeWorld({ faults, remainingMs: 1 });
    void world.invoke();
    await world.run(MINUTE);
    const second = world.invoke();
    await world.run(MINUTE);
    expect(await second).toEqual(DONE);
  });

  test('never notices that a lock ended while it was read, because it compares the time with milliseconds of a second', async () => {
    const faults = [{ service: 'dynamodb', action: 'UpdateItem', nth: 0, kind: 'crashBefore' }] as const;
    const world = createChargeWorld({ faults });
    void world.invoke();
    await world.run(1_000);
    const end = Number(world.lock()?.in_progress_expiration?.N);
    // Asked a millisecond before the end; the answer, a network away, comes at the end or after it.
    await world.run(end - 1 - world.clock.now());
    const second = world.invoke();
    await world.run(20);
    expect(world.clock.now()).toBeGreaterThan(end);
    expect(await second).toMatchObject(ALREADY_RUNNING);
    const third = world.invoke();
    await world.run(MINUTE);
    expect(await third).toEqual(DONE);
  });

  test('runs without a record where the key is missing from the event, unless told to throw, so two identical events are charged twice', async () => {
    for (const [throwOnNoIdempotencyKey, charges] of [
      [false, 2],
      [true, 0],
    ] as const) {
      const world = createChargeWorld({ config: { eventKeyJmesPath: 'orderID', throwOnNoIdempotencyKey } });
      for (const _ of [1, 2]) {
        void world.invoke();
        await world.run(MINUTE);
      }
      expect(world.charges()).toBe(charges);
    }
  });
});
