import type { Json } from '../aws.ts';
import { choice } from './fields.ts';
import type { SecondaryIndex } from './secondary-index.ts';
import type { Table, WriteUnits } from './table.ts';

/** How much a caller wants to know of what a call cost. */
export type CapacityMode = 'INDEXES' | 'TOTAL' | 'NONE';

/** Adds up what a call costs, per table and index. */
export interface Meter {
  /** Adds what a write cost. */
  write(table: Table, units: WriteUnits): void;
  /** Adds read units, of the table or of an index. */
  read(table: Table, units: number, index?: SecondaryIndex): void;
  /** One `ConsumedCapacity` per table; undefined when the caller did not ask. */
  report(): Json[] | undefined;
}

interface Bill {
  table: number;
  readonly indexes: Map<SecondaryIndex, number>;
}

/** Reads the mode of a request. */
export function capacityMode(input: Json): CapacityMode {
  return choice(input, 'ReturnConsumedCapacity', ['INDEXES', 'TOTAL', 'NONE']) ?? 'NONE';
}

/** Read units of that many bytes: one per started 4 KB, at least one, half when eventually consistent (Developer guide, "Read consistency"). */
export function readUnits(bytes: number, consistent: boolean): number {
  return Math.max(1, Math.ceil(bytes / 4096)) * (consistent ? 1 : 0.5);
}

/**
 * A meter for one call. Transactions cost double, and only they report the split into read and write units
 * (Developer guide, "DynamoDB transactions": capacity management).
 */
export function createMeter(mode: CapacityMode, transaction?: 'Read' | 'Write'): Meter {
  const bills = new Map<Table, Bill>();
  const factor = transaction ? 2 : 1;

  function billOf(table: Table): Bill {
    const bill = bills.get(table) ?? { table: 0, indexes: new Map() };
    bills.set(table, bill);
    return bill;
  }

  const units = (amount: number): Json => ({ CapacityUnits: amount, ...(transaction && { [`${transaction}CapacityUnits`]: amount }) });

  function reportOf(table: Table, bill: Bill): Json {
    const spent = [...bill.indexes.values()].reduce((sum, each) => sum + each, bill.table);
    const total = { TableName: table.name, ...units(spent) };
    if (mode === 'TOTAL') return total;
    const ofKind = (kind: SecondaryIndex['kind']) =>
      [...bill.indexes].filter(([index]) => index.kind === kind).map(([index, each]) => [index.name, units(each)]);
    const [global, local] = [ofKind('global'), ofKind('local')];
    return {
      ...total,
      Table: units(bill.table),
      ...(global.length > 0 && { GlobalSecondaryIndexes: Object.fromEntries(global) }),
      ...(local.length > 0 && { LocalSecondaryIndexes: Object.fromEntries(local) }),
    };
  }

  return {
    write(table, spent) {
      if (mode === 'NONE') return;
      const bill = billOf(table);
      bill.table += spent.table * factor;
      for (const [name, each] of spent.indexes) {
        const index = table.indexes.get(name) as SecondaryIndex;
        bill.indexes.set(index, (bill.indexes.get(index) ?? 0) + each * factor);
      }
    },
    read(table, spent, index) {
      if (mode === 'NONE') return;
      const bill = billOf(table);
      if (index) bill.indexes.set(index, (bill.indexes.get(index) ?? 0) + spent * factor);
      else bill.table += spent * factor;
    },
    report: () => (mode === 'NONE' ? undefined : [...bills].map(([table, bill]) => reportOf(table, bill))),
  };
}
