import { describe, expect, test } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import type { Call, FaultKind } from '../../lib/simulation/fault.ts';
import { createOrderWorld } from './order-world.ts';

const HOUR = 3_600_000;
const isWrite = ({ action }: Call) => action === 'TransactWriteItems' || action === 'PutItem';

/** Ten messages whose consumer has trouble with DynamoDB for hours: how many were applied, and how many dead-lettered. */
async function endure(seed: number, trouble: (call: Call, chance: number) => FaultKind | undefined) {
  const rng = createRng(seed);
  const decide = (call: Call) =>
    call.process.startsWith('audit-order/') && call.service === 'dynamodb' ? trouble(call, rng.next()) : undefined;
  const world = createOrderWorld({ seed, sweepEveryMs: 0, faults: { decide } });
  for (let order = 1; order <= 10; order += 1) world.note(`note-${order}`);
  await world.run(3 * HOUR);
  world.heal();
  expect(await world.judge({ chaosMs: 0 })).toEqual([]);
  return { applied: world.applied('audit-order').length, deadLettered: world.letters(world.audit).length };
}

describe('through three hours of trouble with DynamoDB no message is charged or given up, whether', () => {
  test('its updates are applied and every answer is lost, so that runs seem to begin and never to end', async () => {
    const lost = (call: Call) => (call.action === 'UpdateItem' ? 'errorAfterEffect' : isWrite(call) ? 'throttle' : undefined);
    expect(await endure(1, lost)).toEqual({ applied: 10, deadLettered: 0 });
  });

  test('most calls are throttled, so that an end is often not entered at the first tries', async () => {
    const throttled = (call: Call, chance: number) => (isWrite(call) || chance < 0.7 ? 'throttle' : undefined);
    expect(await endure(2, throttled)).toEqual({ applied: 10, deadLettered: 0 });
  });

  test('commits hang for longer than the function may run', async () => {
    expect(await endure(3, (call) => (isWrite(call) ? 'slow' : undefined))).toEqual({ applied: 10, deadLettered: 0 });
  });

  test('no call is answered at all, not even that for the markers', async () => {
    expect(await endure(4, () => 'slow')).toEqual({ applied: 10, deadLettered: 0 });
  });
});
