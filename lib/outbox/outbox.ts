import type { OutboxRow, RowKey } from './row.ts';

/** Part of an answer, and where to go on; without `next` there is no more. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: unknown;
}

/** What the sparse index tells of a row. */
export interface IndexEntry extends RowKey {
  readonly committedAt: number;
}

/** Why a row was set aside. */
export interface ParkReason {
  /** A code: `NO_DESTINATION`, or what the destination answered. */
  readonly reason: string;
  /** What an operator reads. */
  readonly detail: string;
}

/** The outbox table as producers, relay and sweeper need it; `outbox.dynamodb.ts` implements it. Reads of rows are consistent. */
export interface OutboxStore {
  /** The last sequence number given on each key; keys without a head are absent. */
  readHeads(keys: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Those of the rows that exist. */
  readRows(keys: readonly RowKey[]): Promise<readonly OutboxRow[]>;
  /** A key's rows, the oldest first. */
  oldestOf(key: string, options: { readonly limit: number; readonly after?: RowKey }): Promise<Page<OutboxRow>>;
  /** Forgets rows that every destination has confirmed. */
  remove(rows: readonly RowKey[]): Promise<void>;
  /** Sets a pending row aside; it stays, bytes and all, until an operator decides. */
  park(row: OutboxRow, reason: ParkReason): Promise<void>;
  /** Rows in a state that were committed before a time (epoch milliseconds), the oldest first; eventually consistent. */
  due(state: string, options: { readonly before: number; readonly limit: number; readonly from?: unknown }): Promise<Page<IndexEntry>>;
  /** How many rows are in a state; at least the first megabyte of them. */
  countOf(state: string): Promise<number>;
}
