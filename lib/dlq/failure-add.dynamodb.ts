import { itemBytes } from '../unit-of-work/item-size.ts';
import type { Arrival, StoredBody } from './failure.ts';
import type { FailureBodies } from './failure-bodies.ts';
import { type Change, commitAll, type Work } from './failure-commit.dynamodb.ts';
import { type FailureRow, fits, fitted, itemOf, rowOf, withLetter } from './failure-items.ts';
import { type Judgement, standingAfter } from './failure-standing.ts';
import type { Added } from './failure-store.ts';
import type { FailureTableDeps } from './failure-table.dynamodb.ts';

/** What keeping letters takes. */
export interface FailureAddDeps extends FailureTableDeps {
  readonly bodies: FailureBodies;
}

/** Keeps letters, those of one failure as one; the answers are in the order of `arrivals`. */
export async function addArrivals(deps: FailureAddDeps, arrivals: readonly Arrival[], until?: number): Promise<Added[]> {
  const ids = [...new Set(arrivals.map(({ id }) => id))];
  const of = (id: string) => arrivals.filter((arrival) => arrival.id === id);
  const works = ids.map((id) => workOf(deps, id, of(id)));
  const added = new Map((await commitAll(deps, works, { until })).map((results, index) => [ids[index], results.values()]));
  return arrivals.map(({ id }) => added.get(id)?.next().value ?? 'known');
}

/** Several letters of one failure are one write, judged one after the other. */
function workOf(deps: FailureAddDeps, id: string, arrivals: readonly Arrival[]): Work<readonly Added[]> {
  let placed: Promise<StoredBody> | undefined;
  return {
    id,
    fingerprints: [...new Set(arrivals.map(({ fingerprint }) => fingerprint))],
    async plan(existing) {
      const results: Added[] = [];
      let row = existing;
      for (const arrival of arrivals) {
        if (row === undefined) placed ??= place(deps.bodies, arrival);
        // The bytes are part of the id: another letter of a failure has the same.
        const body = row?.body ?? (await (placed as Promise<StoredBody>));
        const { added, status, isNews } = standingAfter(row, arrival);
        row = row === undefined ? rowOf(fitted(arrival), body, deps.clock.now()) : told(row, arrival, { status, isNews });
        results.push(added);
      }
      if (row === undefined || row === existing) return { result: results };
      // What is told of it now may leave its body no room.
      if (row.body.kind === 'inline' && !fits(row)) row = { ...row, body: await deps.bodies.put(row.body.text) };
      return { result: results, change: putChange(deps.table, existing, row) };
    },
  };
}

/**
 * Above this the body is an object. To write such an item in a transaction is 8 write units, and each change of standing costs as much again:
 * DynamoDB charges an update for the whole item (developer guide, "DynamoDB read and write operations"). An object is written once.
 */
const INLINE_MAX_BYTES = 4 * 1_024;

/** Puts the body where it belongs. An item that would be too large with it does not get it either. */
export async function place(bodies: FailureBodies, arrival: Arrival): Promise<StoredBody> {
  const inline: StoredBody = { kind: 'inline', text: arrival.body };
  const isSmall = Buffer.byteLength(arrival.body) <= INLINE_MAX_BYTES && fits(rowOf(arrival, inline, 0));
  return isSmall ? inline : await bodies.put(arrival.body);
}

/** The row after another letter of its failure. */
function told(row: FailureRow, arrival: Arrival, { status, isNews }: Pick<Judgement, 'status' | 'isNews'>): FailureRow {
  const counted = withLetter(row, arrival);
  if (!isNews) return counted;
  const { letterId: _, copyId: __, body: ___, ...news } = fitted(arrival);
  const { stack: ____, handlerVersion: _____, traceId: ______, expiresAt: _______, ...kept } = counted;
  return { ...kept, ...news, status };
}

/** Puts a row in the place of the one that was read, or where none was. */
export function putChange(table: string, existing: FailureRow | undefined, row: FailureRow): Change {
  const Item = itemOf({ ...row, revision: (existing?.revision ?? 0) + 1 });
  const condition =
    existing === undefined
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : { ConditionExpression: 'revision = :revision', ExpressionAttributeValues: { ':revision': { N: String(existing.revision) } } };
  const isNews = existing === undefined || row.failedAt !== existing.failedAt || row.fingerprint !== existing.fingerprint;
  return {
    writes: [{ Put: { TableName: table, Item, ...condition } }],
    moves: [{ before: existing, after: row, isNews }],
    bytes: itemBytes(Item),
  };
}
