import type { Clock } from '../core/clock.ts';
import { pagesOf } from '../core/pages.ts';
import type { Failure, FailureFilter, FailureGroup } from '../dlq/failure.ts';
import type { FailureStore } from '../dlq/failure-store.ts';
import type { ConsumerEntry } from '../topology/topology.contract.ts';
import type { RedriveOptions, RedrivePlan } from './operations.ts';
import { countBegun } from './redrive.again.ts';
import type { RedriveInbox } from './redrive.inbox.ts';
import { REDRIVE_DEFAULTS, verdictOn } from './redrive.plan.ts';
import { groupsOf } from './work-failures.ts';

/** What a preview works with. */
export interface PreviewDeps {
  readonly failures: FailureStore;
  readonly inbox: RedriveInbox;
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
  const seen = { matching: 0, sendable: 0, tooOld: 0, tooOften: 0, mayHaveRun: 0 };
  const causes = new Set<string>();
  let more = false;
  for await (const page of pagesOf((cursor) => deps.failures.list(order.where, { limit: PAGE, ...(cursor !== undefined && { cursor }) }))) {
    const sendable: Failure[] = [];
    for (const failure of page.items) {
      const verdict = verdictOn(failure, asking, consumers.get(failure.consumer), deps.clock.now());
      causes.add(failure.fingerprint);
      if (verdict.kind !== 'leave') sendable.push(failure);
      else if (verdict.reason === 'TOO_OLD') seen.tooOld += 1;
      else if (verdict.reason === 'TOO_OFTEN') seen.tooOften += 1;
    }
    seen.matching += page.items.length;
    seen.sendable += sendable.length;
    seen.mayHaveRun += await countBegun({ ...deps, consumers }, sendable);
    more = page.cursor !== undefined;
    if (deps.clock.now() >= order.deadline) break;
  }
  const { sendable, ...counts } = seen;
  const sent = options.runAgain ? sendable : sendable - counts.mayHaveRun;
  const groups = await groupsAbout(deps, order, causes);
  return { ...counts, groups, ...(more && { more: true as const }), takesSeconds: Math.ceil(sent / options.rate) };
}

/** An id or a key selects some of a group, and says nothing about the others. */
async function groupsAbout(deps: PreviewDeps, { where }: Order, causes: ReadonlySet<string>): Promise<readonly FailureGroup[]> {
  const [cause] = causes;
  const groups = await groupsOf(deps, {
    status: 'open',
    ...where,
    ...(cause !== undefined && causes.size === 1 && { fingerprint: cause }),
  });
  return groups.filter(({ fingerprint }) => causes.has(fingerprint)).slice(0, MAX_GROUPS);
}

/** What would be ordered. */
export interface Order {
  readonly where: FailureFilter;
  readonly options?: RedriveOptions;
  readonly deadline: number;
}
