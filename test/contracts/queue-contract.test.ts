import { afterAll, beforeAll, describe, test } from 'vitest';
import { queueContract } from '../../lib/simulation/contracts/queue-contract.ts';
import { simulated, startWire, type Wire } from './backend.ts';
import { openQueue, queueFeatures } from './queue-adapter.ts';

const KINDS = [
  { title: 'a standard queue', fifo: false },
  { title: 'a FIFO queue', fifo: true },
];

describe.each(KINDS)('$title in the simulator', ({ fifo }) => {
  const open = () => openQueue(simulated(), { fifo, visibilitySeconds: 30 });
  for (const { name, skipped, run } of queueContract({ features: [...queueFeatures(fifo), 'virtualTime'], open })) {
    test.skipIf(skipped !== undefined)(name, run);
  }
});

describe('over HTTP', () => {
  let wire: Wire;
  beforeAll(async () => {
    wire = await startWire();
  });
  afterAll(() => wire.close());

  describe.concurrent.each(KINDS)('$title', ({ fifo }) => {
    const open = () => openQueue(wire.backend(), { fifo, visibilitySeconds: 3 });
    for (const { name, skipped, run } of queueContract({ features: queueFeatures(fifo), open })) {
      test.skipIf(skipped !== undefined)(name, run);
    }
  });
});
