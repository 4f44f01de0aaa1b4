import { describe } from 'vitest';
import { isPosthasteError } from '../../lib/core/errors.ts';
import type { Outbox, OutboxUnit } from '../../lib/outbox/create-outbox.ts';
import type { OutboxStore } from '../../lib/outbox/outbox.ts';
import { outboxContract } from '../../lib/simulation/contracts/outbox-contract.ts';
import type { OutboxInstance } from '../../lib/simulation/contracts/outbox-instance.ts';
import type { Write } from '../../lib/unit-of-work/unit-of-work.ts';
import { simulated } from './backend.ts';
import { type Broken, testsOfSuite } from './broken.ts';
import { OUTBOX_FEATURES, openOutbox } from './outbox-adapter.ts';

type Instance = OutboxInstance;

/** Changes an outbox in every process that has it. */
function change(
  defect: string,
  caughtBy: string,
  changes: {
    readonly unit?: (unit: OutboxUnit, outbox: Outbox) => Partial<OutboxUnit>;
    readonly store?: (store: OutboxStore) => Partial<OutboxStore>;
  },
): Broken<Instance> {
  const spoilOutbox = (outbox: Outbox): Outbox => ({
    ...outbox,
    unit(context) {
      const unit = outbox.unit(context);
      return { ...unit, ...changes.unit?.(unit, outbox) };
    },
  });
  const spoil = ({ outbox, store }: Pick<Instance, 'outbox' | 'store'>) => ({
    outbox: spoilOutbox(outbox),
    store: { ...store, ...changes.store?.(store) },
  });
  return {
    defect,
    caughtBy,
    spoil: (instance) => ({
      ...instance,
      ...spoil(instance),
      ...(instance.elsewhere && { elsewhere: spoilOutbox(instance.elsewhere) }),
      reopen: async () => spoil((await instance.reopen?.()) ?? instance),
    }),
  };
}

/** Another step in place of the commit. */
const committing = (step: (unit: OutboxUnit, options: Parameters<OutboxUnit['commit']>[0]) => ReturnType<OutboxUnit['commit']>) => ({
  unit: (unit: OutboxUnit) => ({ commit: (options?: Parameters<OutboxUnit['commit']>[0]) => step(unit, options) }),
});

const NOTHING = { status: 'committed', unitId: 'none', messages: [] } as const;

const BROKEN: readonly Broken<Instance>[] = [
  change(
    'a unit that commits at the same time as itself',
    'two commits of one unit at the same time write once, and one of them is refused',
    {
      unit: (unit) => ({ commit: (options) => unit.commit(options).catch(() => NOTHING) }),
    },
  ),
  {
    defect: 'numbers that are given without a look at the last one',
    caughtBy: 'a number that was planned before another commit of its key is refused, also when the other message has left',
    spoil: (instance) => ({
      ...instance,
      outbox: {
        ...instance.outbox,
        async plan(units) {
          const plan = await instance.outbox.plan(units);
          return { ...plan, writes: plan.writes.map(({ condition: _, ...write }) => write as Write) };
        },
      },
    }),
  },
  change('messages that are stored before the writes', 'a unit whose condition fails leaves neither its order nor its message', {
    unit(unit, outbox) {
      const messages = outbox.unit();
      return {
        publish: messages.publish,
        async commit(options) {
          const result = await messages.commit();
          await unit.commit(options);
          return result;
        },
      };
    },
  }),
  change('messages that are stored when they are sent', 'a unit that is never committed leaves nothing', {
    unit: (_, outbox) => ({
      publish(...message) {
        const now = outbox.unit();
        now.publish(...message);
        void now.commit();
      },
    }),
  }),
  change('messages that are never stored', 'a commit writes the order and its message', { unit: () => ({ publish: () => {} }) }),
  change(
    'a commit that never fails',
    'a unit whose condition fails leaves neither its order nor its message',
    committing((unit, options) => unit.commit(options).catch(() => NOTHING)),
  ),
  change('a unit that is too large and says nothing', 'a unit of 100 actions commits, and one more is refused with nothing written', {
    unit: (unit) => ({
      put(...write) {
        try {
          unit.put(...write);
        } catch (error) {
          if (!isPosthasteError(error, 'UNIT_LIMIT')) throw error;
        }
      },
      publish(...message) {
        try {
          unit.publish(...message);
        } catch (error) {
          if (!isPosthasteError(error, 'MESSAGE_TOO_LARGE')) throw error;
        }
      },
      commit: (options) =>
        unit.commit(options).catch((error) => {
          if (isPosthasteError(error, 'UNIT_LIMIT')) return NOTHING;
          throw error;
        }),
    }),
  }),
  change('messages that are read at commit', 'what the sender changes after sending does not change the message', {
    unit(unit) {
      const later: (() => void)[] = [];
      return {
        publish: (...message) => void later.push(() => unit.publish(...message)),
        commit(options) {
          for (const send of later) send();
          return unit.commit(options);
        },
      };
    },
  }),
  change('a unit that commits as often as it is told', 'a unit commits once: a second commit, or a write after the first, is refused', {
    unit: (unit) => ({
      put(...write) {
        try {
          unit.put(...write);
        } catch (error) {
          if (!isPosthasteError(error, 'UNIT_SEALED')) throw error;
        }
      },
      commit: (options) =>
        unit.commit(options).catch((error) => {
          if (isPosthasteError(error, 'UNIT_SEALED')) return NOTHING;
          throw error;
        }),
    }),
  }),
  change('messages without the context of their unit', 'the messages of a unit have ids of their own, one correlation, and all are there', {
    unit: (_, outbox) => outbox.unit(),
  }),
  change(
    'idempotency keys that nobody looks at',
    'the same work under one idempotency key is committed once, and its repetition is told the same ids',
    committing((unit) => unit.commit()),
  ),
  change('idempotency keys in lower case', 'idempotency keys are compared case by case and character by character, and none is empty', {
    unit: (unit) => ({
      commit: ({ idempotencyKey, ...options } = {}) =>
        unit.commit({ ...options, ...(idempotencyKey !== undefined && { idempotencyKey: idempotencyKey.toLowerCase() }) }),
    }),
  }),
  change(
    'an idempotency key that stands for its work',
    'other work under a used idempotency key is refused, and writes nothing',
    committing((unit, options) => unit.commit({ ...options, request: 'same' })),
  ),
  change(
    'an idempotency key that is used up by a try',
    'a key that named a unit whose condition failed is free for the work that succeeds',
    {
      unit: (unit, outbox) => ({
        async commit(options = {}) {
          try {
            return await unit.commit(options);
          } catch (error) {
            const other = outbox.unit();
            if (options.idempotencyKey !== undefined) await other.commit(options).catch(() => {});
            throw error;
          }
        },
      }),
    },
  ),
  {
    defect: 'idempotency keys that all sources share',
    caughtBy: 'one idempotency key of two sources names two works',
    spoil: (instance) => ({ ...instance, elsewhere: instance.outbox }),
  },
  {
    defect: 'a commit that fails when its answer is lost',
    caughtBy: 'a commit whose answer was lost has written once, and says so',
    spoil(instance) {
      let loses = false;
      return {
        ...instance,
        loseNextAnswer: () => {
          loses = true;
        },
        store: {
          ...instance.store,
          async remove(rows) {
            if (!loses) await instance.store.remove(rows);
          },
        },
        outbox: {
          ...instance.outbox,
          unit(context) {
            const unit = instance.outbox.unit(context);
            return {
              ...unit,
              async commit(options) {
                const result = await unit.commit(options);
                if (loses) throw new Error('nobody knows what became of it');
                return result;
              },
            };
          },
        },
      };
    },
  },
  {
    defect: 'an outbox in the memory of its process',
    caughtBy: 'what was committed waits for a relay that is started later',
    spoil: (instance) => ({ ...instance, reopen: () => openOutbox(simulated()) }),
  },
  {
    defect: 'idempotency keys in the memory of a process',
    caughtBy: 'an idempotency key is remembered by a process that is started again',
    spoil: (instance) => ({ ...instance, reopen: () => ({ ...instance, outbox: instance.elsewhere ?? instance.outbox }) }),
  },
  {
    defect: 'idempotency keys that are kept for a day',
    caughtBy: 'an idempotency key holds to the end of its retention, and longer than any client token, and then it is free',
    spoil(instance) {
      const day = () => Math.floor((instance.time?.clock.now() ?? 0) / 86_400_000);
      const unit: Outbox['unit'] = (context) => {
        const inner = instance.outbox.unit(context);
        const commit: OutboxUnit['commit'] = ({ idempotencyKey, ...options } = {}) =>
          inner.commit({ ...options, ...(idempotencyKey !== undefined && { idempotencyKey: `${idempotencyKey} of ${day()}` }) });
        return { ...inner, commit };
      };
      return { ...instance, outbox: { ...instance.outbox, unit } };
    },
  },
  change(
    'messages without their keys',
    'the messages of one key are numbered from one in the order of their commits, and every key for itself',
    {
      unit: (unit) => ({
        publish: (definition, data, options) => unit.publishUnchecked(definition, data, { ...options, key: crypto.randomUUID() }),
      }),
    },
  ),
  change('keys that all messages share', 'keys are compared character by character, and a message without a key has no number', {
    unit: (unit) => ({ publish: (definition, data, options) => unit.publish(definition, data, { ...options, key: 'all' }) }),
  }),
  change('rows that are forgotten before they are confirmed', 'a message waits until it is confirmed, and keeps its id over every try', {
    store: (store) => ({
      async readRows(keys) {
        const rows = await store.readRows(keys);
        await store.remove(rows);
        return rows;
      },
      async oldestOf(...key) {
        const page = await store.oldestOf(...key);
        await store.remove(page.items);
        return page;
      },
    }),
  }),
  change('rows that are never forgotten', 'a message is published as it was committed, and then forgotten', {
    store: () => ({ remove: () => Promise.resolve() }),
  }),
  change('rows that are never parked', 'a message that its destination refuses is parked with its bytes, holds its key, and no other', {
    store: (store) => ({ park: (row) => store.remove([row]) }),
  }),
  change(
    'rows that are parked whatever became of them',
    'what is confirmed may be confirmed twice, and parking it then brings nothing back',
    {
      store: (store) => {
        const parked: Parameters<OutboxStore['park']>[0][] = [];
        return {
          async park(row, reason) {
            parked.push({ ...row, state: 'PARKED#0' });
            await store.park(row, reason);
          },
          readRows: async (keys) => [...(await store.readRows(keys)), ...parked],
        };
      },
    },
  ),
  change('the newest row of a key first', 'a key is read from its oldest row on, page by page', {
    store: (store) => ({
      async oldestOf(key, options) {
        const { items } = await store.oldestOf(key, { ...options, limit: 100 });
        return { items: [...items].reverse().slice(0, options.limit) };
      },
    }),
  }),
  change(
    'rows of a key that waits, published all the same',
    'the messages of a key leave in their order, and one that cannot leave holds those behind it and no other key',
    {
      store: (store) => ({
        async oldestOf(key, options) {
          const page = await store.oldestOf(key, options);
          return { ...page, items: [...page.items].reverse() };
        },
      }),
    },
  ),
  change('rows whose pages end after the first', 'more rows than one call takes are read, published and forgotten', {
    store: (store) => ({ due: async (...query) => ({ items: (await store.due(...query)).items.slice(0, 5) }) }),
  }),
];

describe('an outbox with', () => {
  const features = [...OUTBOX_FEATURES, 'virtualTime'] as const;
  testsOfSuite<Instance>({ broken: BROKEN, casesOf: (spoil) => outboxContract({ features, open: () => spoil(openOutbox(simulated())) }) });
});
