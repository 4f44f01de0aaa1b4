import type { CommitRequest } from '../unit-of-work/commit.ts';
import { MAX_TRANSACTION_ACTIONS, MAX_TRANSACTION_BYTES } from '../unit-of-work/transaction-plan.ts';

/** Units that commit in one transaction. */
export interface Pack {
  readonly requests: readonly CommitRequest[];
  readonly actions: number;
  readonly bytes: number;
  /** Items and ordering keys that its units touch. */
  readonly touched: ReadonlySet<string>;
}

const EMPTY: Pack = { requests: [], actions: 0, bytes: 0, touched: new Set() };

// A guard is a small item; a message's row repeats little beside its body. Both are generous, and the committer checks exactly.
const GUARD_BYTES = 1_024;
const ROW_BYTES = 2_048;

/**
 * The pack with one more unit, or undefined when it does not fit: a transaction takes 100 actions and 4 MB, and neither two actions on one
 * item nor two steps of one ordering key.
 */
export function withUnit(pack: Pack = EMPTY, request: CommitRequest): Pack | undefined {
  const { unit, guards } = request;
  const touches = [...unit.items, ...[...unit.orderingKeys].map((key) => `ordering key ${key}`)];
  if (touches.some((touch) => pack.touched.has(touch))) return undefined;
  // Each message is a row, and each ordering key has a head.
  const actions = pack.actions + guards.length + unit.writes.length + unit.messages.length + unit.orderingKeys.size;
  const bytes = pack.bytes + sizeOf(request);
  if (pack.requests.length > 0 && (actions > MAX_TRANSACTION_ACTIONS || bytes > MAX_TRANSACTION_BYTES)) return undefined;
  return { requests: [...pack.requests, request], actions, bytes, touched: new Set([...pack.touched, ...touches]) };
}

/** Whether not even a unit of a marker alone fits any more. */
export function isFull(pack: Pack): boolean {
  return pack.actions >= MAX_TRANSACTION_ACTIONS || pack.bytes >= MAX_TRANSACTION_BYTES;
}

function sizeOf({ unit, guards }: CommitRequest): number {
  const writes = unit.writes.reduce((total, write) => total + write.bytes, 0);
  const rows = unit.messages.reduce((total, message) => total + ROW_BYTES + Buffer.byteLength(JSON.stringify(message.data) ?? ''), 0);
  return guards.length * GUARD_BYTES + writes + rows;
}
