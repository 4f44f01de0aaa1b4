import { describe, test } from 'vitest';
import { simulated } from './backend.ts';
import { suitesOver } from './suites.ts';

describe.each(suitesOver(simulated, { virtual: true, visibilitySeconds: 30 }))('in the simulator, $title', ({ cases }) => {
  for (const { name, skipped, run } of cases) test.skipIf(skipped !== undefined)(name, run);
});
