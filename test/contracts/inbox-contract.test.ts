import { afterAll, beforeAll, describe, test } from 'vitest';
import { inboxContract } from '../../lib/simulation/contracts/inbox-contract.ts';
import { simulated, startWire, type Wire } from './backend.ts';
import { INBOX_FEATURES, openInbox } from './inbox-adapter.ts';

describe('the inbox in the simulator', () => {
  for (const { name, run } of inboxContract({ features: [...INBOX_FEATURES, 'virtualTime'], open: () => openInbox(simulated()) }))
    test(name, run);
});

describe.concurrent('the inbox over HTTP', () => {
  let wire: Wire;
  beforeAll(async () => {
    wire = await startWire();
  });
  afterAll(() => wire.close());

  for (const { name, skipped, run } of inboxContract({ features: INBOX_FEATURES, open: () => openInbox(wire.backend()) })) {
    test.skipIf(skipped !== undefined)(name, run);
  }
});
