import type { UnitOutcome } from '../unit-of-work/outcome.ts';
import { UnitSealedError } from '../unit-of-work/unit-of-work.errors.ts';

/** Lets one unit commit once. */
export interface CommitGate {
  /** Runs the commit, or throws `UnitSealedError` when another one has settled the unit, is under way, or may have written it. */
  pass(idempotencyKey: string | undefined, commit: () => Promise<UnitOutcome>): Promise<UnitOutcome>;
}

/**
 * A unit commits again only where that cannot write twice: after a commit that wrote nothing for now, and, under the same idempotency key,
 * after one whose outcome is unknown, because then the key's marker decides.
 */
export function createCommitGate(unitId: string): CommitGate {
  let open = true;
  let doubt: { readonly idempotencyKey: string } | undefined;
  return {
    async pass(idempotencyKey, commit) {
      const settles = doubt === undefined || doubt.idempotencyKey === idempotencyKey;
      if (!open || !settles) {
        throw new UnitSealedError(unitId, 'it is not committed twice; make a new unit for new work, and to try refused work again');
      }
      open = false;
      const outcome = await commit();
      if (outcome.status === 'unknown' && idempotencyKey !== undefined) doubt = { idempotencyKey };
      open =
        outcome.status === 'contended' || outcome.status === 'denied' || (outcome.status === 'unknown' && idempotencyKey !== undefined);
      return outcome;
    },
  };
}
