import { createRng } from '../../lib/core/rng.ts';
import type { OutgoingMessage } from '../../lib/message/message.ts';
import type { IndexEntry, OutboxStore } from '../../lib/outbox/outbox.ts';
import type { PublishDeps } from '../../lib/outbox/publish-lanes.ts';
import { messageKey, type OutboxRow, parkedState, toItem } from '../../lib/outbox/row.ts';
import { createVirtualClock } from '../../lib/simulation/virtual-clock.ts';
import type { Sender } from '../../lib/topic/deliver.ts';
import { parseDestinations } from '../../lib/topic/destination.ts';
import type { SendResult } from '../../lib/topic/send-result.ts';

/** A row of a message; with a key it has a number. */
export function rowOf(id: string, { key, seq, ...more }: Partial<OutboxRow> = {}): OutboxRow {
  const message: OutgoingMessage = {
    ...{ kind: 'event', id, type: 't.t', version: 1, source: 'urn:test', time: '2030-01-01T00:00:00.000Z', data: {}, correlationId: 'c' },
    ...{ hops: 0, routing: {}, destinations: ['orders'] },
    ...(key !== undefined && { key, sequence: seq ?? 1 }),
  };
  return { ...toItem(message, messageKey(message, { unitId: id, index: 0 })), ...more } as unknown as OutboxRow;
}

const SENT: SendResult = { status: 'sent' };
export const THROTTLED: SendResult = { status: 'failed', failure: 'throttled', code: 'Throttled', message: 'too fast' };
export const DENIED: SendResult = { status: 'failed', failure: 'denied', code: 'AuthorizationError', message: 'no' };
export const REJECTED: SendResult = {
  status: 'failed',
  failure: 'rejected',
  code: 'InvalidParameter',
  message: 'Invalid parameter: Message',
};

const placeOf = ({ pk, sk }: { pk: string; sk: string }) => `${pk} ${sk}`;

/** An outbox table in memory, destinations that answer as they are told, and notes of all that happens. */
export function scriptedPublishing(
  rows: readonly OutboxRow[],
  answer: (id: string, destination: string) => SendResult | Promise<SendResult> = () => SENT,
) {
  const clock = createVirtualClock(createRng(1));
  const table = new Map(rows.map((row) => [placeOf(row), row]));
  const sent: string[] = [];
  const logs: { level: string; message: string; fields: Record<string, unknown> | undefined }[] = [];
  const metrics: Record<string, number> = {};
  const removals: number[] = [];
  const pages: { state: string; limit: number; from: unknown }[] = [];
  const inOrder = () => [...table.values()].sort((left, right) => (placeOf(left) < placeOf(right) ? -1 : 1));
  const store: OutboxStore = {
    readHeads: async () => new Map(),
    readRows: async (keys) => keys.flatMap((key) => table.get(placeOf(key)) ?? []),
    async oldestOf(key, { limit, after }) {
      const own = inOrder().filter((row) => row.pk === `KEY#${key}` && (after === undefined || row.sk > after.sk));
      return { items: own.slice(0, limit), ...(own.length > limit && { next: 'more' }) };
    },
    async remove(keys) {
      removals.push(keys.length);
      for (const key of keys) table.delete(placeOf(key));
    },
    async park(row) {
      table.set(placeOf(row), { ...row, state: parkedState(row.state) });
    },
    async due(state, { before, limit, from }) {
      pages.push({ state, limit, from });
      const own = inOrder().filter((row) => row.state === state && row.committedAt < before);
      const start = Number(from ?? 0);
      const items: IndexEntry[] = own.slice(start, start + limit).map(({ pk, sk, committedAt }) => ({ pk, sk, committedAt }));
      return { items, ...(own.length > start + limit && { next: start + limit }) };
    },
    countOf: async (state) => inOrder().filter((row) => row.state === state).length,
  };
  const sender: Sender = {
    sendBatch: (to, parcels) =>
      Promise.all(
        parcels.map(({ id }) => {
          sent.push(`${id}@${to.name}`);
          return answer(id, to.name);
        }),
      ),
    sendOne: async (to, { id }) => answer(id, to.name),
  };
  const note = (level: string) => (message: string, fields?: Record<string, unknown>) => void logs.push({ level, message, fields });
  const deps: PublishDeps = {
    store,
    senders: { topic: sender, queue: sender },
    destinations: parseDestinations({
      orders: 'arn:aws:sns:eu-west-1:123456789012:orders',
      audit: 'arn:aws:sns:eu-west-1:123456789012:audit',
    }),
    clock,
    rng: { next: () => 0.5 },
    log: { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
    metrics: { add: (name, value) => Object.assign(metrics, { [name]: (metrics[name] ?? 0) + value }) },
  };
  const timed = async <T>(work: Promise<T>): Promise<T> => (await Promise.all([work, clock.run()]))[0];
  const states = () => Object.fromEntries(inOrder().map((row) => [row.id, row.state.split('#')[0]]));
  return { deps, store, clock, timed, sent, logs, metrics, removals, pages, states };
}
