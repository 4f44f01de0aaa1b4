import { describe, expect, test } from 'vitest';
import { createRng } from '../../lib/core/rng.ts';
import { runContract } from '../../lib/simulation/contracts/suite.ts';
import type { FaultKind, FaultSource } from '../../lib/simulation/fault.ts';
import { type Backend, simulated } from './backend.ts';
import { suitesOver } from './suites.ts';

const suites = (backend: () => Backend) => suitesOver(backend, { virtual: true, visibilitySeconds: 30 });

describe.each(suites(() => simulated()))('in the simulator, $title', ({ cases }) => {
  for (const { name, skipped, run } of cases) test.skipIf(skipped !== undefined)(name, run);
});

/** Everything that an adapter can bear without an end of its process. */
const BEARABLE: readonly FaultKind[] = ['throttle', 'conflict', 'errorAfterEffect', 'effectAfterError'];

function bearable(seed: number): FaultSource {
  const rng = createRng(seed ^ 0x3c6ef372);
  return { decide: () => (rng.next() < 0.15 ? BEARABLE[Math.floor(rng.next() * BEARABLE.length)] : undefined) };
}

/**
 * A beginning whose answer is lost, and another run's beginning before it is entered again, counts twice. A run too many without an end
 * accuses nobody, and two runs of one message at the same time are rare (`isExhausted`).
 */
const UNLESS_ANSWERS_ARE_LOST = 'runs that begin at the same time all count';

describe.each(suites(() => simulated(bearable)).slice(0, 2))('while one call in seven goes wrong, $title', ({ title, cases }) => {
  test('keeps its contract all the same', async () => {
    expect(title).toMatch(/box$/);
    const { passed, failed } = await runContract([...cases, ...cases, ...cases].filter(({ name }) => name !== UNLESS_ANSWERS_ARE_LOST));
    expect(failed).toEqual([]);
    expect(passed.length).toBeGreaterThan(100);
  });
});
