import type { Page } from '../core/pages.ts';
import type { Failure } from '../dlq/failure.ts';
import type { FailureStore } from '../dlq/failure-store.ts';
import type { RedriveRow } from './redrive.rows.ts';
import { copyIdOf } from './redrive.tally.ts';

type Asked = Pick<RedriveRow, 'id' | 'where'>;

/** The copy that a redrive has put in the place of a failure, as its audit names it; that of somebody else's edit is not its own. */
export async function copyBy({ id: redriveId }: Asked, failures: FailureStore, id: string): Promise<Failure | undefined> {
  const audits = await failures.audits(id);
  const renewal = audits.find((audit) => audit.action === 'renew' && audit.redriveId === redriveId);
  const copyId = renewal && copyIdOf(renewal.result);
  return copyId === undefined ? undefined : failures.get(copyId);
}

/**
 * A page of what a redrive selects. The copy of a failure is in every list that the failure was in, but it has an id of its own: a redrive of
 * one failure goes on with the copy that it has put in its place.
 */
export async function pageOf(
  redrive: Asked,
  failures: FailureStore,
  options: { readonly limit: number; readonly cursor?: string },
): Promise<Page<Failure>> {
  const { where } = redrive;
  const page = await failures.list(where, options);
  if (where.id === undefined || page.items.length > 0) return page;
  const copy = await copyBy(redrive, failures, where.id);
  return copy?.status === (where.status ?? 'open') ? { items: [copy] } : page;
}
