import { ok } from 'node:assert/strict';
import { isPosthasteError } from '../../core/errors.ts';
import { decodeEnvelope } from '../../message/decode-envelope.ts';
import { defineEvent } from '../../message/define.ts';
import type { Envelope } from '../../message/envelope.ts';
import type { CommitResult, Outbox, OutboxUnit } from '../../outbox/create-outbox.ts';
import type { IndexEntry, OutboxStore } from '../../outbox/outbox.ts';
import { type OutboxRow, PARKED_STATES, PENDING_STATES } from '../../outbox/row.ts';
import type { Item, Table } from '../../unit-of-work/unit-of-work.ts';
import type { CaseDefinition, ContractWorld, Given } from './suite.ts';

/**
 * What an outbox may promise beyond all or nothing: `idempotencyKeys`, `ordered` (numbers without gaps for each ordering key),
 * `publishes` (needs `store`: what relay and sweeper read), `dynamoDbLimits` (100 actions, 400 KB, 4 MB, refused before any call),
 * `sources` (needs `elsewhere`), `restarts` (needs `reopen`), `lostAnswers` (needs `loseNextAnswer`), and `virtualTime`.
 */
export type OutboxFeature =
  | 'idempotencyKeys'
  | 'ordered'
  | 'publishes'
  | 'dynamoDbLimits'
  | 'sources'
  | 'restarts'
  | 'lostAnswers'
  | 'virtualTime';

/** An outbox under contract, over an empty store. */
export interface OutboxInstance extends ContractWorld {
  readonly outbox: Outbox;
  /** The committed messages, as the relay and the sweeper of this library read them. */
  readonly store: OutboxStore;
  /** A table in the same store, with the partition key `id`: what units write besides their messages. */
  readonly orders: Table;
  /** Reads one item of that table, consistently. */
  order(id: string): Promise<Item | undefined>;
  /** An outbox over the same store whose messages come from another source. Feature `sources`. */
  readonly elsewhere?: Outbox;
  /** The same outbox as a process has it that was started after a crash. Feature `restarts`. */
  reopen?(): Promise<Pick<OutboxInstance, 'outbox' | 'store'>> | Pick<OutboxInstance, 'outbox' | 'store'>;
  /** The next write is applied, and its caller is told of a timeout. Feature `lostAnswers`. */
  loseNextAnswer?(): void;
}

/** A case of the outbox suite. */
export type OutboxCase = CaseDefinition<OutboxFeature, OutboxInstance>;

interface Placed {
  readonly orderId: string;
  readonly customer?: string;
  readonly note?: string;
}

const schema = {
  '~standard': {
    version: 1 as const,
    vendor: 'posthaste',
    validate: (value: unknown) =>
      typeof (value as Placed).orderId === 'string' ? { value: value as Placed } : { issues: [{ message: 'orderId is a string' }] },
    types: undefined as unknown as { readonly input: Placed; readonly output: Placed },
  },
};

/** Ordered by customer, where there is one. */
export const OrderPlaced = defineEvent({ name: 'orders.order-placed', version: 1, schema, key: ({ customer }) => customer });

/** Goes where nothing is. */
export const OrderLost = defineEvent({
  name: 'orders.order-lost',
  version: 1,
  schema,
  key: ({ customer }) => customer,
  topics: ['nowhere'],
});

/** Fills a unit with one order and its message. */
export function place(unit: OutboxUnit, orders: Table, placed: Placed): OutboxUnit {
  unit.put(orders, { id: placed.orderId, ...(placed.note !== undefined && { note: placed.note }) }, NEW);
  unit.publish(OrderPlaced, placed);
  return unit;
}

const NEW = { expression: 'attribute_not_exists(id)' };

/** Commits one order with its message. */
export function commitOrder({ outbox, orders }: Pick<OutboxInstance, 'outbox' | 'orders'>, placed: Placed): Promise<CommitResult> {
  return place(outbox.unit(), orders, placed).commit();
}

/** All index entries of some states, the oldest first in each. */
async function entriesOf(store: OutboxStore, { clock }: Given, states: readonly string[]): Promise<IndexEntry[]> {
  const entries: IndexEntry[] = [];
  for (const state of states) {
    let from: unknown;
    do {
      const page = await store.due(state, { before: clock.now() + 60_000, limit: 50, ...(from !== undefined && { from }) });
      entries.push(...page.items);
      from = page.next;
    } while (from !== undefined);
  }
  return entries;
}

/** Rows that wait to be published, in the order of their keys and numbers. */
export async function pendingRows({ store }: Pick<OutboxInstance, 'store'>, given: Given): Promise<readonly OutboxRow[]> {
  const rows = await store.readRows(await entriesOf(store, given, PENDING_STATES));
  return [...rows].sort((a, b) => (`${a.pk} ${a.sk}` < `${b.pk} ${b.sk}` ? -1 : 1));
}

/** Rows that were set aside. */
export async function parkedRows({ store }: Pick<OutboxInstance, 'store'>, given: Given): Promise<readonly OutboxRow[]> {
  return store.readRows(await entriesOf(store, given, PARKED_STATES));
}

/** The messages that wait to be published, as a consumer would read them. */
export async function pending(instance: Pick<OutboxInstance, 'store'>, given: Given): Promise<readonly Envelope[]> {
  return (await pendingRows(instance, given)).map(({ body }) => decodeEnvelope(body));
}

/** Asserts that a commit is refused with a code of this library's errors. */
export async function refused(work: Promise<unknown>, code: string, sentence: string): Promise<void> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  ok(outcome, `${sentence}: it was accepted`);
  const { error } = outcome;
  ok(isPosthasteError(error, code), `${sentence}: it was refused with ${String(error)}, not with the code ${code}`);
}
