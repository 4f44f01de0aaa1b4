import { prepareWrite } from './prepared-write.ts';
import { describe, OutboxMissingError, UnitLimitError, UnitWriteError } from './unit-of-work.errors.ts';
import type { CollectedUnit, Guard, OutgoingPlan, OutgoingWriter, PreparedWrite } from './unit-of-work.ts';

/** 100 actions and 4 MB in one transaction ("Service, account, and table quotas", DynamoDB transactions). */
export const MAX_TRANSACTION_ACTIONS = 100;
export const MAX_TRANSACTION_BYTES = 4 * 1_024 * 1_024;

/** One transaction, its parts in order: guards first, then the units' writes, then their messages. */
export interface TransactionPlan {
  readonly guards: readonly PreparedWrite[];
  readonly own: readonly PreparedWrite[];
  readonly rows: readonly PreparedWrite[];
  readonly all: readonly PreparedWrite[];
  /** Whether the row at this index is where a concurrent commit on the same ordering key shows. */
  isHead(row: number): boolean;
}

/** What goes into one transaction. */
export interface TransactionParts {
  readonly guards: readonly Guard[];
  readonly units: readonly CollectedUnit[];
}

/** Lays out one transaction and checks it against every limit, so that none fails in production for its size alone. */
export async function planTransaction({ guards, units }: TransactionParts, outgoing: OutgoingWriter | undefined): Promise<TransactionPlan> {
  const stored = await storeMessages(outgoing, units);
  const plan = {
    guards: guards.map(prepareWrite),
    own: units.flatMap((unit) => unit.writes),
    rows: stored.writes.map(prepareWrite),
    isHead: (row: number) => {
      const write = stored.writes[row];
      return write !== undefined && stored.isHead(write);
    },
  };
  const all = [...plan.guards, ...plan.own, ...plan.rows];
  checkLimits(all, stored.writes.length);
  return { ...plan, all };
}

async function storeMessages(outgoing: OutgoingWriter | undefined, units: TransactionParts['units']): Promise<OutgoingPlan> {
  const senders = units.filter((unit) => unit.messages.length > 0);
  const [sender] = senders;
  if (sender === undefined) return { writes: [], isHead: () => false };
  if (outgoing !== undefined) return outgoing.plan(senders);
  throw new OutboxMissingError(sender.messages[0]?.type ?? 'a message');
}

function checkLimits(all: readonly PreparedWrite[], rows: number): void {
  if (all.length > MAX_TRANSACTION_ACTIONS) {
    throw new UnitLimitError(
      `the unit takes ${all.length} actions (${rows} of them for its messages: one each, and one for each ordering key); a transaction takes ${MAX_TRANSACTION_ACTIONS}: split the work`,
    );
  }
  const bytes = all.reduce((total, write) => total + write.bytes, 0);
  if (bytes > MAX_TRANSACTION_BYTES)
    throw new UnitLimitError(`the unit has ${bytes} bytes; a transaction takes ${MAX_TRANSACTION_BYTES}: split the work`);
  const seen = new Set<string>();
  for (const write of all) {
    if (seen.has(write.identity))
      throw new UnitWriteError(`the ${describe(write.site)} is the second write of its item; a transaction takes one an item`);
    seen.add(write.identity);
  }
}
