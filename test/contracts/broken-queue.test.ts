import { describe } from 'vitest';
import type { QueueRecord } from '../../lib/consumer/consumer.event.ts';
import { queueContract } from '../../lib/simulation/contracts/queue-contract.ts';
import type { QueueFeature, QueueInstance, QueueMessage } from '../../lib/simulation/contracts/queue-instance.ts';
import { simulated } from './backend.ts';
import { type Broken, testsOfSuite } from './broken.ts';
import { openQueue, queueFeatures } from './queue-adapter.ts';

type Instance = QueueInstance;

/** Some of a queue replaced. */
function change(defect: string, caughtBy: string, changes: (queue: Instance) => Partial<Instance>): Broken<Instance> {
  return { defect, caughtBy, spoil: (queue) => ({ ...queue, ...changes(queue) }) };
}

/** A queue that hands out something else. */
function receiving(defect: string, caughtBy: string, changed: (record: QueueRecord) => QueueRecord): Broken<Instance> {
  return change(defect, caughtBy, (queue) => ({ receive: async (max) => (await queue.receive(max)).map(changed) }));
}

/** A queue that takes something else. */
function sending(defect: string, caughtBy: string, changed: (message: QueueMessage) => QueueMessage): Broken<Instance> {
  return change(defect, caughtBy, (queue) => ({ send: (messages) => queue.send(messages.map(changed)) }));
}

/** A queue that changes visibility in another way. */
function visibility(defect: string, caughtBy: string, changes: (queue: Instance) => Instance['visibility']['change']): Broken<Instance> {
  return change(defect, caughtBy, (queue) => ({ visibility: { change: changes(queue) } }));
}

/** Defects that a queue of either kind may have. */
const EITHER: readonly Broken<Instance>[] = [
  change('acknowledgements that nobody hears', 'what was acknowledged never comes again', () => ({ acknowledge: () => Promise.resolve() })),
  change(
    'messages that are gone when they are handed out',
    'what nobody acknowledged comes again after the visibility timeout, with its id, its body and a higher count',
    (queue) => ({
      async receive(max) {
        const records = await queue.receive(max);
        await queue.acknowledge(records);
        return records;
      },
    }),
  ),
  change('a batch that is acknowledged as a whole', 'of a batch only what failed comes again', (queue) => {
    const out: QueueRecord[] = [];
    return {
      async receive(max) {
        const records = await queue.receive(max);
        out.push(...records);
        return records;
      },
      acknowledge: () => queue.acknowledge(out.splice(0)),
    };
  }),
  change(
    'receives of ten, whatever was asked for',
    'no receive hands out more than it was asked for, and all are handed out in the end',
    (queue) => ({ receive: () => queue.receive(10) }),
  ),
  change('a queue that is never empty', 'an empty queue hands out nothing, and soon', (queue) => {
    const attributes = { ApproximateReceiveCount: '1' };
    const ghost: QueueRecord = { messageId: 'ghost', receiptHandle: 'ghost', body: 'ghost', attributes, eventSourceARN: '' };
    return {
      async receive(max) {
        const records = await queue.receive(max);
        return records.length > 0 ? records : [ghost];
      },
    };
  }),
  change(
    'a queue that loses every third message',
    'a queue goes on after failures: each message that failed once is handled in the end, none twice',
    (queue) => ({
      send: (messages) => queue.send(messages.filter((_, index) => index % 3 !== 2)),
    }),
  ),
  change('receivers that all get everything', 'receivers at the same time share the messages, each handed to one of them', (queue) => ({
    async receive(max) {
      const records = await queue.receive(max);
      return [...records, ...records];
    },
  })),
  change('messages that are gone after a day', 'what nobody takes waits for days', (queue) => {
    const since = queue.time?.clock.now() ?? 0;
    return { receive: async (max) => ((queue.time?.clock.now() ?? 0) - since > 86_400_000 ? [] : queue.receive(max)) };
  }),
  receiving('bodies that are trimmed', 'a message is handed out as it was sent, body and attributes character by character', (record) => ({
    ...record,
    body: record.body.trim(),
  })),
  receiving('bodies that are cut', 'a message as large as may be is handed out whole', (record) => ({
    ...record,
    body: record.body.slice(0, 1_000),
  })),
  receiving(
    'copies that are named after their content',
    'copies have ids of their own, and two messages that say the same are two messages',
    (record) => ({
      ...record,
      messageId: record.body,
    }),
  ),
  visibility('visibility that never changes', 'a message that is given back comes again at once', () => () => Promise.resolve()),
  visibility(
    'visibility that always ends',
    'a message whose visibility is extended does not come again when the first timeout is over',
    (queue) => (entries) => queue.visibility.change(entries.map(({ receiptHandle }) => ({ receiptHandle, delayMs: 0 }))),
  ),
  visibility(
    'visibility of ten messages at most',
    'the visibility of many messages changes in one go',
    (queue) => (entries) => queue.visibility.change(entries.slice(0, 10)),
  ),
  change(
    'visibility that fails as a whole',
    'to change the visibility of what is gone throws nothing, and leaves its neighbours their change',
    (queue) => {
      const gone = new Set<string>();
      return {
        acknowledge(records) {
          for (const { receiptHandle } of records) gone.add(receiptHandle);
          return queue.acknowledge(records);
        },
        visibility: {
          async change(entries) {
            if (entries.some(({ receiptHandle }) => gone.has(receiptHandle))) throw new Error('it is gone');
            await queue.visibility.change(entries);
          },
        },
      };
    },
  ),
  change(
    'dead letters that nobody keeps',
    'a message that was received too often is in the dead-letter queue, with its body, its attributes and its id',
    () => ({
      letters: () => Promise.resolve([]),
    }),
  ),
  change(
    'dead letters together with their neighbours',
    'a message that was received too often takes none of its neighbours along',
    (queue) => {
      let last: readonly QueueRecord[] = [];
      return {
        async receive(max) {
          const records = await queue.receive(max);
          if (records.length > 0) last = records;
          return records;
        },
        async letters() {
          const neighbours = last;
          last = [];
          return [...((await queue.letters?.()) ?? []), ...neighbours];
        },
      };
    },
  ),
  change(
    'letters without a reason',
    'a parked message keeps its body character by character, and says why it was parked and what it came with',
    (queue) => ({
      letters: async () => ((await queue.letters?.()) ?? []).map((record) => ({ ...record, messageAttributes: {} })),
    }),
  ),
  change('letters that a second one deletes', 'parking the same copy again leaves one message or two, and never none', (queue) => {
    let parked = 0;
    return {
      deadLetters: {
        async park(letter) {
          parked += 1;
          if (parked === 1) await queue.deadLetters?.park(letter);
          else await queue.letters?.();
        },
      },
    };
  }),
  change('letters that must be small', 'a message as large as may be is parked all the same', (queue) => ({
    deadLetters: { park: async (letter) => (letter.body.length > 100_000 ? undefined : queue.deadLetters?.park(letter)) },
  })),
];

const STANDARD: readonly Broken<Instance>[] = [
  ...EITHER,
  sending(
    'delays that nobody keeps',
    'a delayed message comes after its delay, and not before; its neighbour at once',
    ({ delayMs: _, ...message }) => message,
  ),
  visibility(
    'visibility that ends too late',
    'a message that is given back for later comes later, and not before',
    (queue) => (entries) => queue.visibility.change(entries.map((entry) => ({ ...entry, delayMs: entry.delayMs * 100 }))),
  ),
];

const FIFO: readonly Broken<Instance>[] = [
  sending(
    'a group for every message',
    'a message in flight holds those behind it in its group, and no other group',
    ({ group: _, ...message }) => message,
  ),
  sending('one group for all messages', 'a message in flight holds those behind it in its group, and no other group', (message) => ({
    ...message,
    group: 'all',
  })),
  sending(
    'ids that are new at every try',
    'a message that is sent again under its id comes once, also after it was acknowledged',
    (message) => ({
      ...message,
      id: crypto.randomUUID(),
    }),
  ),
  change('the newest message first', 'each group comes in the order of its sending, whatever the others do', (queue) => ({
    receive: async (max) => [...(await queue.receive(max))].reverse(),
  })),
];

function open(fifo: boolean) {
  const features: readonly QueueFeature[] = [...queueFeatures(fifo), 'virtualTime'];
  return (spoil: (queue: Instance) => Instance) =>
    queueContract({ features, open: () => spoil(openQueue(simulated(), { fifo, visibilitySeconds: 30 })) });
}

describe('a queue with', () => testsOfSuite<Instance>({ broken: STANDARD, casesOf: open(false) }, { broken: FIFO, casesOf: open(true) }));
