import type { Arrival, Failure, FailureAudit } from './failure.ts';
import { type FailureAddDeps, place, putChange } from './failure-add.dynamodb.ts';
import { auditPut } from './failure-audits.ts';
import { look } from './failure-commit.dynamodb.ts';
import { groupUpdates } from './failure-groups.ts';
import { type FailureRow, failureOf, fitted, rowOf } from './failure-items.ts';
import { FailureChangedError } from './failure-store.errors.ts';
import { backOff, transact } from './failure-table.dynamodb.ts';
import { expiryOf, waits } from './failure-transitions.dynamodb.ts';

/** A failure that gives way, and what comes in its place. */
export interface Replacement {
  readonly failure: Failure;
  readonly copy: Arrival;
  readonly audit: Omit<FailureAudit, 'failureId'>;
}

/** Replaces a failure by a copy with another body, both with what was done, in one transaction. */
export async function replaceFailure(deps: FailureAddDeps, { failure, copy, audit }: Replacement): Promise<Failure> {
  const body = await place(deps.bodies, copy);
  for (let round = 1; ; round += 1) {
    const { before, standing, groups } = await readPair(deps, failure, copy);
    const now = deps.clock.now();
    const expiresAt = expiryOf('replaced', now);
    const old: FailureRow = { ...before, status: 'replaced', ...(expiresAt !== undefined && { expiresAt }) };
    const fresh: FailureRow = { ...rowOf(fitted(copy), body, now), status: 'open', editOf: failure.id, redrives: before.redrives };
    const changes = [putChange(deps.table, before, old), putChange(deps.table, standing, fresh)];
    const writes = [
      ...changes.flatMap((change) => change.writes),
      ...[failure.id, copy.id].map((failureId) => auditPut(deps.table, { ...audit, failureId })),
      ...groupUpdates(
        deps.table,
        changes.flatMap(({ moves }) => moves),
        groups,
      ),
    ];
    if (await transact(deps, writes)) return failureOf(fresh);
    await backOff(deps, round);
  }
}

/** The failure, which must wait for somebody, and what stands under the id of its copy, which must not. */
async function readPair(deps: FailureAddDeps, { id }: Failure, copy: Arrival) {
  if (id === copy.id) throw new FailureChangedError(id, 'would be replaced by itself: the copy has the same body');
  const { rows, groups } = await look(deps, { ids: [id, copy.id], fingerprints: [copy.fingerprint] });
  const [before, standing] = [rows.get(id), rows.get(copy.id)];
  if (before === undefined) throw new FailureChangedError(id, 'is not in the store');
  if (!waits(before)) throw new FailureChangedError(id, `is ${before.status}, and only what is open or parked can be replaced`);
  if (standing !== undefined && (waits(standing) || standing.status === 'redriving'))
    throw new FailureChangedError(copy.id, `has this body already, and is ${standing.status}`);
  return { before, standing, groups };
}
