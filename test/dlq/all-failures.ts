import { pagesOf } from '../../lib/core/pages.ts';
import { FAILURE_STATUSES, type Failure } from '../../lib/dlq/failure.ts';
import type { FailureStore } from '../../lib/dlq/failure-store.ts';

/** Every failure there is, whatever its standing. */
export async function allFailures(store: FailureStore, limit = 100): Promise<readonly Failure[]> {
  const found: Failure[] = [];
  for (const status of FAILURE_STATUSES) {
    const pages = pagesOf((cursor) => store.list({ status }, { limit, ...(cursor !== undefined && { cursor }) }));
    for await (const { items } of pages) found.push(...items);
  }
  return found;
}
