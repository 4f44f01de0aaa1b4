import type { Json } from '../aws.ts';
import type { KeyPart, KeySchema } from './key-schema.ts';
import type { Replica } from './replica.ts';
import { followWrite, type Row, type SecondaryIndex, writeUnits } from './secondary-index.ts';
import { createSortedMap, type SortedMap } from './sorted-map.ts';
import type { Stream } from './stream.ts';
import type { Expiries } from './time-to-live.ts';

/** A table with everything it holds. */
export interface Table {
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  readonly createdAt: number;
  readonly key: KeySchema;
  readonly rows: SortedMap<Row>;
  readonly indexes: Map<string, SecondaryIndex>;
  /** What eventually consistent reads see when they see an older state; without it they see the newest. */
  readonly replica?: Replica | undefined;
  readonly tags: Map<string, string>;
  attributes: readonly KeyPart[];
  billing: Billing;
  deletionProtected: boolean;
  bytes: number;
  /** The enabled stream, or the last one that was. */
  stream?: Stream | undefined;
  expiry?: Expiries | undefined;
  policies: Map<string, { readonly document: string; readonly revision: string }>;
  pointInTimeRecoverySince?: number | undefined;
  /** Settings that only come back in descriptions: table class, encryption, warm throughput, on-demand limits. */
  settings: Json;
}

/** How a table is paid for. */
export interface Billing {
  readonly mode: 'PAY_PER_REQUEST' | 'PROVISIONED';
  readonly read: number;
  readonly write: number;
}

/** What a write cost: the table's units and those of each index that it touched. */
export interface WriteUnits {
  readonly table: number;
  readonly indexes: ReadonlyMap<string, number>;
}

const NO_INDEXES: ReadonlyMap<string, number> = new Map();

/** Makes an empty table. */
export function createTable(
  options: Pick<Table, 'name' | 'arn' | 'id' | 'createdAt' | 'key' | 'attributes' | 'billing' | 'replica'>,
): Table {
  return {
    ...options,
    rows: createSortedMap(),
    indexes: new Map(),
    tags: new Map(),
    policies: new Map(),
    deletionProtected: false,
    bytes: 0,
    settings: {},
  };
}

/** The rows that a read sees. */
export function rowsOf({ rows, replica }: Table, consistent: boolean): SortedMap<Row> {
  return consistent || !replica ? rows : replica.rowsFor(rows);
}

/** Replaces, inserts or removes one row and its index entries. */
export function applyWrite(table: Table, before: Row | undefined, after: Row | undefined): WriteUnits {
  if (after) table.rows.set(after);
  else if (before) table.rows.delete(before.key);
  table.replica?.follow(before, after);
  table.bytes += (after?.size ?? 0) - (before?.size ?? 0);
  return {
    table: writeUnits(Math.max(before?.size ?? 0, after?.size ?? 0)),
    indexes: table.indexes.size === 0 ? NO_INDEXES : followAll(table, before, after),
  };
}

function followAll(table: Table, before: Row | undefined, after: Row | undefined): ReadonlyMap<string, number> {
  const units = new Map<string, number>();
  for (const index of table.indexes.values()) {
    const spent = followWrite(index, before, after);
    if (spent > 0) units.set(index.name, spent);
  }
  return units;
}
