import type { Failure } from './failure.ts';
import { addArrivals, type FailureAddDeps } from './failure-add.dynamodb.ts';
import { failureOf, rowFrom } from './failure-items.ts';
import { failureKey } from './failure-keys.ts';
import { listAudits, listFailures, listGroups } from './failure-lists.dynamodb.ts';
import { replaceFailure } from './failure-replace.dynamodb.ts';
import type { FailureStore } from './failure-store.ts';
import { readItem } from './failure-table.dynamodb.ts';
import { archiveAll, claimAll, releaseAll, restoreAll, settleAll } from './failure-transitions.dynamodb.ts';

/**
 * The failure store in DynamoDB. A failure and the counts of its group change in one transaction, under the condition that the failure stands
 * as it was read; whoever comes too late decides again. Every call may be repeated after a lost answer.
 */
export function createFailureStore(deps: FailureAddDeps): FailureStore {
  return {
    add: (arrivals, options) => addArrivals(deps, arrivals, options?.until),
    async get(id) {
      const item = await readItem(deps, failureKey(id));
      return item === undefined ? undefined : failureOf(rowFrom(item));
    },
    bodyOf: ({ body }: Failure) => (body.kind === 'inline' ? Promise.resolve(body.text) : deps.bodies.get(body)),
    groups: (cursor) => listGroups(deps, cursor),
    list: (filter, options) => listFailures(deps, filter, options),
    audits: (id) => listAudits(deps, id),
    claim: (failures, redriveId, options) => claimAll(deps, failures, { ...options, redriveId }),
    release: (failures, release, options) => releaseAll(deps, failures, release, options?.until),
    settle: (settlements, options) => settleAll(deps, settlements, options?.until),
    archive: (failures, audit) => archiveAll(deps, failures, audit),
    restore: (failures, audit) => restoreAll(deps, failures, audit),
    replace: (failure, copy, audit) => replaceFailure(deps, { failure, copy, audit }),
  };
}
