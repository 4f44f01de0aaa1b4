import { afterAll, beforeAll, describe, test } from 'vitest';
import { startWire, type Wire } from './backend.ts';
import { suitesOver } from './suites.ts';

let wire: Wire;
beforeAll(async () => {
  wire = await startWire();
});
afterAll(() => wire.close());

// Cases wait in real time, so they wait together.
describe.concurrent.each(suitesOver(() => wire.backend(), { virtual: false, visibilitySeconds: 3 }))('over HTTP, $title', ({ cases }) => {
  for (const { name, skipped, run } of cases) test.skipIf(skipped !== undefined)(name, run);
});
