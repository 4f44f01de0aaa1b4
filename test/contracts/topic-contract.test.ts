import { afterAll, beforeAll, describe, test } from 'vitest';
import { topicContract } from '../../lib/simulation/contracts/topic-contract.ts';
import { simulated, startWire, type Wire } from './backend.ts';
import { openTopic, type TopicKind, topicFeatures } from './topic-adapter.ts';

const KINDS: readonly (TopicKind & { readonly title: string })[] = [
  { title: 'a standard topic', kind: 'topic', fifo: false },
  { title: 'a FIFO topic', kind: 'topic', fifo: true },
  { title: 'a standard queue', kind: 'queue', fifo: false },
  { title: 'a FIFO queue', kind: 'queue', fifo: true },
];

describe.each(KINDS)('$title in the simulator', (kind) => {
  for (const { name, skipped, run } of topicContract({ features: topicFeatures(kind), open: () => openTopic(simulated(), kind) })) {
    test.skipIf(skipped !== undefined)(name, run);
  }
});

describe('over HTTP', () => {
  let wire: Wire;
  beforeAll(async () => {
    wire = await startWire();
  });
  afterAll(() => wire.close());

  describe.concurrent.each(KINDS)('$title', (kind) => {
    for (const { name, skipped, run } of topicContract({ features: topicFeatures(kind), open: () => openTopic(wire.backend(), kind) })) {
      test.skipIf(skipped !== undefined)(name, run);
    }
  });
});
