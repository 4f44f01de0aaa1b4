import type { Clock } from '../core/clock.ts';
import type { FailureFilter } from '../dlq/failure.ts';
import type { FailureStore } from '../dlq/failure-store.ts';
import { pagesOf } from '../dlq/pages.ts';
import type { ConsumerEntry } from '../topology/topology.contract.ts';
import type { RedriveOptions, RedrivePlan } from './operations.ts';
import { REDRIVE_DEFAULTS, verdictOn } from './redrive.plan.ts';
import { groupsOf } from './work-failures.ts';

/** What a preview works with. */
export interface PreviewDeps {
  readonly failures: FailureStore;
  readonly consumers: () => Promise<ReadonlyMap<string, ConsumerEntry>>;
  readonly clock: Clock;
}

const PAGE = 100;
const MAX_GROUPS = 100;

/** What a redrive would do, without doing it: every failure that it selects is looked at, within the time given. */
export async function previewOf(deps: PreviewDeps, order: Order): Promise<RedrivePlan> {
  const options = { ...REDRIVE_DEFAULTS, ...order.options };
  const consumers = await deps.consumers();
  const asking = { options, startedAt: deps.clock.now() };
  const reasons = { TOO_OLD: 0, TOO_OFTEN: 0 };
  const causes = new Set<string>();
  let [matching, sent] = [0, 0];
  let more = false;
  for await (const page of pagesOf((cursor) => deps.failures.list(order.where, { limit: PAGE, ...(cursor !== undefined && { cursor }) }))) {
    for (const failure of page.items) {
      const verdict = verdictOn(failure, asking, consumers.get(failure.consumer), deps.clock.now());
      matching += 1;
      causes.add(failure.fingerprint);
      if (verdict.kind !== 'leave') sent += 1;
      else if (verdict.reason === 'TOO_OLD' || verdict.reason === 'TOO_OFTEN') reasons[verdict.reason] += 1;
    }
    more = page.cursor !== undefined;
    if (deps.clock.now() >= order.deadline) break;
  }
  // An id or a key selects some of a group, and says nothing about the others.
  const [cause] = causes;
  const groups = await groupsOf(deps, {
    status: 'open',
    ...order.where,
    ...(cause !== undefined && causes.size === 1 && { fingerprint: cause }),
  });
  return {
    matching,
    tooOld: reasons.TOO_OLD,
    tooOften: reasons.TOO_OFTEN,
    groups: groups.filter(({ fingerprint }) => causes.has(fingerprint)).slice(0, MAX_GROUPS),
    ...(more && { more: true as const }),
    takesSeconds: Math.ceil(sent / options.rate),
  };
}

/** What would be ordered. */
export interface Order {
  readonly where: FailureFilter;
  readonly options?: RedriveOptions;
  readonly deadline: number;
}
