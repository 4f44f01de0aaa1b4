import { inboxContract } from '../../lib/simulation/contracts/inbox-contract.ts';
import type { InboxFeature } from '../../lib/simulation/contracts/inbox-instance.ts';
import { outboxContract } from '../../lib/simulation/contracts/outbox-contract.ts';
import { queueContract } from '../../lib/simulation/contracts/queue-contract.ts';
import type { ContractCase } from '../../lib/simulation/contracts/suite.ts';
import { topicContract } from '../../lib/simulation/contracts/topic-contract.ts';
import type { Backend } from './backend.ts';
import { INBOX_FEATURES, openInbox } from './inbox-adapter.ts';
import { OUTBOX_FEATURES, openOutbox } from './outbox-adapter.ts';
import { openQueue, queueFeatures } from './queue-adapter.ts';
import { openTopic, topicFeatures } from './topic-adapter.ts';

/** A suite for one of this project's adapters. */
export interface Suite {
  readonly title: string;
  readonly cases: readonly ContractCase[];
}

const KINDS = [
  { name: 'standard', fifo: false },
  { name: 'FIFO', fifo: true },
];

/** Every suite for every adapter of this project, over a backend of its own for each case. */
export function suitesOver(
  backend: () => Backend,
  { virtual, visibilitySeconds }: { virtual: boolean; visibilitySeconds: number },
): readonly Suite[] {
  const more: readonly (InboxFeature & 'virtualTime')[] = virtual ? ['virtualTime'] : [];
  return [
    { title: 'the inbox', cases: inboxContract({ features: [...INBOX_FEATURES, ...more], open: () => openInbox(backend()) }) },
    { title: 'the outbox', cases: outboxContract({ features: [...OUTBOX_FEATURES, ...more], open: () => openOutbox(backend()) }) },
    ...KINDS.flatMap(({ name, fifo }) => [
      ...(['topic', 'queue'] as const).map((kind) => ({
        title: `a ${name} ${kind} that is sent to`,
        cases: topicContract({ features: topicFeatures({ kind, fifo }), open: () => openTopic(backend(), { kind, fifo }) }),
      })),
      {
        title: `a ${name} queue that is received from`,
        cases: queueContract({
          features: [...queueFeatures(fifo), ...more],
          open: () => openQueue(backend(), { fifo, visibilitySeconds }),
        }),
      },
    ]),
  ];
}
