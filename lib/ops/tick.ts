import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { mapConcurrent } from '../core/map-concurrent.ts';
import type { Metrics } from '../core/metrics.ts';
import { pagesOf } from '../core/pages.ts';
import type { FailureStore } from '../dlq/failure-store.ts';
import type { Answers } from './operations.ts';
import { OPERATIONS_METRICS } from './ops.contract.ts';
import type { Redrives } from './redrive.ts';

/** What a tick works with. */
export interface TickDeps {
  readonly failures: FailureStore;
  readonly redrives: Redrives;
  /** Takes in what stream mappings gave up; resolves with how many. */
  readonly takeStreamFailures: (until: number) => Promise<number>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

const AT_ONCE = 5;
const UNWORKED = ['open', 'redriving'] as const;

/** What is done once a minute. Parts that fail keep no other from its turn; the first error is thrown at the end, so that it is seen. */
export async function tick(deps: TickDeps, deadline: number): Promise<Answers['tick']> {
  const oldest = await settled(deps, () => oldestOf(deps));
  const age = oldest.value === undefined ? 0 : Math.max(0, Math.round((deps.clock.now() - oldest.value) / 1_000));
  if (oldest.error === undefined) deps.metrics.add(OPERATIONS_METRICS.oldestFailureAge, age, { unit: 'Seconds' });
  const indexed = await settled(deps, () => deps.takeStreamFailures(deadline));
  const continued = await settled(deps, () => deps.redrives.goOn(deadline));
  const error = oldest.error ?? indexed.error ?? continued.error;
  if (error !== undefined) throw error;
  return { continued: continued.value ?? 0, indexed: indexed.value ?? 0, ...(oldest.value !== undefined && { oldestSeconds: age }) };
}

async function settled<T>({ log }: TickDeps, part: () => Promise<T>): Promise<{ readonly value?: T; readonly error?: unknown }> {
  try {
    return { value: await part() };
  } catch (error) {
    log.error('a part of the tick has failed', { error: messageOf(error) });
    return { error };
  }
}

/**
 * When the oldest failure failed that is open, or that a redrive has claimed and not ended; undefined when there is none. None of a group is
 * older than the group: those that began later than what is found already are not looked into, or a hundred thousand would take an hour.
 */
async function oldestOf({ failures }: TickDeps): Promise<number | undefined> {
  let oldest = Number.POSITIVE_INFINITY;
  for await (const { items: groups } of pagesOf((cursor) => failures.groups(cursor))) {
    const waiting = groups.flatMap((group) =>
      UNWORKED.filter((status) => (group.counts[status] ?? 0) > 0).map((status) => ({ ...group, status })),
    );
    await mapConcurrent(
      waiting.sort((one, other) => one.firstAt - other.firstAt),
      AT_ONCE,
      async ({ fingerprint, firstAt, status }) => {
        if (firstAt >= oldest) return;
        const { items } = await failures.list({ fingerprint, status }, { limit: 1 });
        for (const { failedAt } of items) oldest = Math.min(oldest, failedAt);
      },
    );
  }
  return Number.isFinite(oldest) ? oldest : undefined;
}
