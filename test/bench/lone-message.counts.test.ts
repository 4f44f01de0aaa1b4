import { afterEach, expect, test } from 'vitest';
import { createCountingWorld } from '../../bench/counts/world.ts';
import { queueRecord } from '../../bench/orders.ts';
import type { Clock } from '../../lib/core/clock.ts';

const world = createCountingWorld();
afterEach(() => world.close());

/** Whoever waits for a timer of this clock waits for ever. */
const stoppedTimers: Clock = { now: () => Date.now(), after: () => () => {} };

test('a packing consumer waits for no timer: when the last handler of a batch has ended, it commits', async () => {
  const handler = world.consumer({ clock: stoppedTimers });
  const invoke = (count: number) =>
    handler({ Records: Array.from({ length: count }, (_, index) => queueRecord(`${count}-${index}`, Date.now())) }, {
      getRemainingTimeInMillis: () => 30_000,
    } as never);
  const spent = await world.ledger.during(async () => {
    expect(await invoke(1)).toEqual({ batchItemFailures: [] });
    expect(await invoke(10)).toEqual({ batchItemFailures: [] });
  });
  expect(spent.calls).toEqual({ 'dynamodb:TransactWriteItems': 2 });
});
