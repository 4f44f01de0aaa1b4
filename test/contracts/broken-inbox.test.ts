import { DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { describe } from 'vitest';
import type { ConsumerInbox, Handled } from '../../lib/consumer/consumer.ports.ts';
import { systemIds } from '../../lib/core/ids.ts';
import { createInbox } from '../../lib/inbox/create-inbox.ts';
import { inboxContract } from '../../lib/simulation/contracts/inbox-contract.ts';
import type { InboxInstance } from '../../lib/simulation/contracts/inbox-instance.ts';
import { keyedTable } from '../../lib/simulation/table-inputs.ts';
import type { Guard } from '../../lib/unit-of-work/unit-of-work.ts';
import { type Backend, createTable, simulated } from './backend.ts';
import { type Broken, testsOfSuite } from './broken.ts';
import { INBOX_FEATURES, openInbox } from './inbox-adapter.ts';

type Changes = Partial<ConsumerInbox>;

/** Changes an inbox in every process that has it. */
function change(defect: string, caughtBy: string, changes: (inbox: ConsumerInbox) => Changes): Broken<InboxInstance> {
  const spoil = (inbox: ConsumerInbox): ConsumerInbox => ({ ...inbox, ...changes(inbox) });
  return {
    defect,
    caughtBy,
    spoil: (instance) => ({
      ...instance,
      inbox: spoil(instance.inbox),
      reopen: async () => spoil((await instance.reopen?.()) ?? instance.inbox),
    }),
  };
}

/** An inbox to which messages and consumers look different than they are. */
function seeing(
  defect: string,
  caughtBy: string,
  see: (id: { consumer: string; messageId: string }) => Partial<Handled>,
): Broken<InboxInstance> {
  const as = <T extends { consumer: string; messageId: string }>(seen: T): T => ({ ...seen, ...see(seen) });
  return change(defect, caughtBy, (inbox) => ({
    guard: (handled) => inbox.guard(as(handled)),
    completion: (handled) => inbox.completion(as(handled)),
    claim: (handled, ...rest) => inbox.claim(as(handled), ...rest),
    release: (handled, ...rest) => inbox.release(as(handled), ...rest),
    begin: (run, ...rest) => inbox.begin(as(run), ...rest),
    end: (run, ...rest) => inbox.end(as(run), ...rest),
    async look(consumer, messageIds, ...rest) {
      const seen = messageIds.map((messageId) => as({ consumer, messageId }));
      const found = await inbox.look(
        seen[0]?.consumer ?? consumer,
        seen.map(({ messageId }) => messageId),
        ...rest,
      );
      return new Map(
        messageIds.flatMap((id, index) => {
          const entry = found.get(seen[index]?.messageId ?? '');
          return entry ? [[id, entry]] : [];
        }),
      );
    },
  }));
}

const unconditional = ({ condition: _, ...guard }: Guard): Guard => guard as Guard;

const BROKEN: readonly Broken<InboxInstance>[] = [
  change('a marker that is written over another', 'of five runs of one message at the same time exactly one commits', (inbox) => ({
    guard: (handled) => unconditional(inbox.guard(handled)),
  })),
  change('a marker that nobody finds', 'a message that nobody has handled is open, without attempts', (inbox) => ({
    look: () => Promise.resolve(new Map()),
    standing: (marker, handled) => (marker === undefined ? { kind: 'done' } : inbox.standing(marker, handled)),
  })),
  seeing('one marker for all consumers', 'two consumers of one message both run', () => ({ consumer: 'all' })),
  seeing(
    'ids in lower case',
    'ids of messages and names of consumers are compared case by case and character by character',
    ({ messageId }) => ({ messageId: messageId.toLowerCase() }),
  ),
  change(
    'a marker that stands for its content too',
    'a message of a known id that says something else is a mismatch, and writes nothing',
    (inbox) => ({
      standing: (marker) => inbox.standing(marker, { fingerprint: marker?.['fingerprint'] } as Handled),
      claim: async (handled, ...rest) => {
        const claim = await inbox.claim(handled, ...rest);
        return claim.kind === 'mismatch' ? { kind: 'done' } : claim;
      },
    }),
  ),
  change(
    'a marker that is written when the run begins',
    'a unit that fails leaves no marker: the message is open, and its next run commits',
    (inbox) => ({
      guard(handled) {
        void inbox.claim(handled, 60_000);
        return unconditional(inbox.guard(handled));
      },
    }),
  ),
  change('a look that reads one page', 'many messages are looked up at once, handled ones among others and some named twice', (inbox) => ({
    look: (consumer, messageIds) => inbox.look(consumer, messageIds.slice(0, 50)),
  })),
  change(
    'a marker that does not know its run',
    'a run that writes nothing but its marker recognises it when the answer was lost',
    (inbox) => ({
      guard: (handled) => inbox.guard({ ...handled, token: systemIds.next() }),
      claim: (handled, ...rest) => inbox.claim({ ...handled, token: systemIds.next() }, ...rest),
    }),
  ),
  change(
    'a marker that gives way only when it has been deleted',
    'a marker holds to the end of its retention, and then it gives way whether it has been deleted or not',
    (inbox) => ({ guard: (handled) => ({ ...inbox.guard(handled), condition: { expression: 'attribute_not_exists(pk)' } }) }),
  ),
  change(
    'a lease for everybody',
    'of five claims at the same time exactly one gets the lease, and the others learn when it ends',
    (inbox) => ({
      async claim(handled, leaseMs) {
        await inbox.claim(handled, leaseMs);
        return { kind: 'mine', until: 0 };
      },
    }),
  ),
  change('a lease for nobody', 'the lease of an open message is taken, and says when it ends', () => ({
    claim: () => Promise.resolve({ kind: 'running', until: 0 }),
  })),
  change('a lease without an end', 'a lease for no time at all has an end, and soon', (inbox) => ({
    claim: (handled, leaseMs) => inbox.claim(handled, leaseMs + 1e9),
  })),
  change(
    'a completion that asks for no owner',
    'a lease that has run out is taken over, and the completion of its former owner is refused',
    (inbox) => ({ completion: (handled) => unconditional(inbox.completion(handled)) }),
  ),
  change('a completion that is never written', 'what its owner has completed is done for every later claim', (inbox) => ({
    completion: (handled) => ({ ...inbox.completion(handled), condition: { expression: 'attribute_exists(neverThere)' } }),
  })),
  {
    defect: 'a release by anybody, of anything',
    caughtBy: 'a run that lost its lease cannot complete over what the next one has completed',
    spoil: (instance) => ({
      ...instance,
      inbox: {
        ...instance.inbox,
        release: ({ consumer, messageId }) =>
          instance.inbox.client.send(new DeleteItemCommand({ TableName: 'inbox', Key: { pk: { S: `${consumer}#${messageId}` } } })),
      },
    }),
  },
  change(
    'content that is compared with a lease',
    'what says something else under a leased id is told of the lease: content is compared with handled messages alone',
    (inbox) => ({
      async claim(handled, ...rest) {
        const claim = await inbox.claim(handled, ...rest);
        return claim.kind === 'running' && handled.fingerprint === 'said-that' ? { kind: 'mismatch' } : claim;
      },
    }),
  ),
  {
    defect: 'an inbox in the memory of its process',
    caughtBy: 'what was handled stays handled when the process is started again',
    spoil(instance) {
      const reopen = () => {
        createTable(instance as unknown as Backend, keyedTable('forgotten', 'pk'));
        return createInbox({
          client: instance.inbox.client,
          table: 'forgotten',
          retentionDays: 60,
          ...(instance.time && { clock: instance.time.clock }),
        });
      };
      return { ...instance, reopen };
    },
  },
  change('books that count every entry', 'the same beginning or end entered twice counts once', (inbox) => ({
    begin: (run) => inbox.begin({ ...run, run: systemIds.next() }),
    end: (run, end) => inbox.end({ ...run, run: systemIds.next() }, { ...end, begun: end.begun === 'perhaps' ? true : end.begun }),
  })),
  change('books that nobody writes', 'a run that began and said nothing any more is charged as a crash', () => {
    const none = () => Promise.resolve({ started: 0, settled: 0, failed: 0, history: [] });
    return { begin: none, end: none };
  }),
  change('books in which every end is a failure', 'a run that ended without a failure costs nothing', (inbox) => ({
    end: (run, end) => inbox.end(run, { failure: { at: '', type: 'Error', message: 'unknown' }, ...end }),
  })),
  change('books without a history', 'the history keeps the last 10 failures, the oldest first', (inbox) => ({
    end: async (run, end) => ({ ...(await inbox.end(run, { ...end, history: [] })) }),
  })),
  change('books that are never closed', 'a message that was parked starts anew once its attempts are forgotten', () => ({
    forget: () => Promise.resolve(),
  })),
  seeing('one book for all messages', 'attempts belong to one message of one consumer, and leave it open', () => ({ messageId: 'any' })),
];

describe('an inbox with', () => {
  const features = [...INBOX_FEATURES, 'virtualTime'] as const;
  testsOfSuite<InboxInstance>({
    broken: BROKEN,
    casesOf: (spoil) => inboxContract({ features, open: () => spoil(openInbox(simulated())) }),
  });
});
