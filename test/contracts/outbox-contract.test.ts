import { afterAll, beforeAll, describe, test } from 'vitest';
import { outboxContract } from '../../lib/simulation/contracts/outbox-contract.ts';
import { simulated, startWire, type Wire } from './backend.ts';
import { OUTBOX_FEATURES, openOutbox } from './outbox-adapter.ts';

describe('the outbox in the simulator', () => {
  for (const { name, run } of outboxContract({ features: [...OUTBOX_FEATURES, 'virtualTime'], open: () => openOutbox(simulated()) }))
    test(name, run);
});

describe.concurrent('the outbox over HTTP', () => {
  let wire: Wire;
  beforeAll(async () => {
    wire = await startWire();
  });
  afterAll(() => wire.close());

  for (const { name, skipped, run } of outboxContract({ features: OUTBOX_FEATURES, open: () => openOutbox(wire.backend()) })) {
    test.skipIf(skipped !== undefined)(name, run);
  }
});
