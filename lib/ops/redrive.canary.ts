import { pagesOf } from '../core/pages.ts';
import type { Failure } from '../dlq/failure.ts';
import { type BatchDeps, type BatchRun, readied } from './redrive.batch.ts';
import { inLine } from './redrive.chunk.ts';
import { pageOf } from './redrive.renewed.ts';
import type { CanaryRow } from './redrive.rows.ts';

/** Groups that canaries are spread over. */
const MAX_GROUPS = 50;
const PAGE = 20;

/** Canaries that are ready to be claimed, and what was left on the way to them. */
export interface Chosen {
  readonly failures: readonly Failure[];
  readonly rows: readonly CanaryRow[];
}

/** Chooses up to `count` failures to go ahead: the oldest of every group in turn, so that each cause is tried. */
export async function chooseCanaries(deps: BatchDeps, run: BatchRun, count: number): Promise<Chosen> {
  const failures: Failure[] = [];
  const lists = await openLists(deps, run, count);
  while (failures.length < count && lists.length > 0) {
    const list = lists.shift() as Failure[];
    const next = list.shift();
    if (next === undefined) continue;
    failures.push(...(await readied(deps, run, [next])).failures);
    lists.push(list);
  }
  return { failures, rows: await rowsOf(deps, run, failures) };
}

async function openLists(deps: BatchDeps, run: BatchRun, count: number): Promise<Failure[][]> {
  const { where } = run.redrive;
  const first = await listOf(deps, run, where);
  if (where.id !== undefined || where.fingerprint !== undefined) return [first];
  const lists = Map.groupBy(first, ({ fingerprint }) => fingerprint);
  for await (const { items } of pagesOf((cursor) => deps.failures.groups(cursor))) {
    for (const { fingerprint, consumer, counts } of items) {
      const waits = (counts[where.status ?? 'open'] ?? 0) > 0;
      if (lists.has(fingerprint) || !waits || (where.consumer !== undefined && where.consumer !== consumer)) continue;
      lists.set(fingerprint, await listOf(deps, run, { ...where, fingerprint }));
      if (lists.size >= Math.min(count, MAX_GROUPS)) return [...lists.values()];
    }
  }
  return [...lists.values()];
}

async function listOf(deps: BatchDeps, run: BatchRun, where: BatchRun['redrive']['where']): Promise<Failure[]> {
  const { items } = await pageOf({ ...run.redrive, where }, deps.failures, { limit: PAGE });
  return [...(await inLine(deps, run, items))];
}

async function rowsOf({ inbox }: BatchDeps, { consumers, until }: BatchRun, failures: readonly Failure[]): Promise<CanaryRow[]> {
  const rows: CanaryRow[] = [];
  for (const { id, consumer, messageId } of failures) {
    const entry = consumers.get(consumer);
    const standing = entry && messageId !== undefined ? (await inbox.look(entry, [messageId], until)).get(messageId) : undefined;
    rows.push({ id, result: 'waiting', failedBefore: standing?.failed ?? 0 });
  }
  return rows;
}

/** How the canaries stand, and why the redrive stops if it does. */
export interface Watched {
  readonly canaries: readonly CanaryRow[];
  readonly because?: string;
}

/** Looks after the canaries once. */
export async function watchCanaries(deps: BatchDeps, run: BatchRun): Promise<Watched> {
  const { canaries, canariesAt = run.redrive.startedAt, options } = run.redrive;
  const isLate = deps.clock.now() > canariesAt + options.canaryWaitMs;
  const seen: CanaryRow[] = [];
  let because: string | undefined;
  for (const canary of canaries) {
    const fate = canary.result === 'waiting' ? await fateOf(deps, run, canary) : fateOnFile(canary);
    const late = fate.result === 'waiting' && isLate;
    if (fate.result !== 'gone') seen.push({ ...canary, result: late ? 'failed' : fate.result });
    if (late) because ??= `the canary ${canary.id} was not handled within ${options.canaryWaitMs / 1_000} seconds`;
    else if ('because' in fate) because ??= `the canary ${canary.id} ${fate.because}`;
  }
  return { canaries: seen, ...(because !== undefined && { because }) };
}

type Fate = { readonly result: CanaryRow['result'] | 'gone' } | { readonly result: 'failed'; readonly because: string };

// One that has failed and did not stop the redrive: its runner died in between.
function fateOnFile({ result }: CanaryRow): Fate {
  return result === 'failed' ? { result, because: 'has failed' } : { result };
}

async function fateOf(deps: BatchDeps, run: BatchRun, canary: CanaryRow): Promise<Fate> {
  const failure = await deps.failures.get(canary.id);
  if (failure === undefined) return { result: 'gone' };
  if (failure.status === 'done') return { result: 'done' };
  if (failure.redriveId !== run.redrive.id) return { result: 'gone' };
  if (failure.status === 'open' || failure.status === 'parked') {
    const failedAgain = failure.failedAt > run.redrive.startedAt;
    const because = failedAgain ? `failed again: ${failure.errorType}: ${failure.errorMessage}` : 'could not be sent';
    return { result: 'failed', because };
  }
  const entry = run.consumers.get(failure.consumer);
  if (entry === undefined || failure.messageId === undefined) return { result: 'waiting' };
  const standing = (await deps.inbox.look(entry, [failure.messageId], run.until)).get(failure.messageId);
  if (standing?.kind === 'done') return { result: 'done' };
  const fails = (standing?.failed ?? 0) > canary.failedBefore;
  return fails ? { result: 'failed', because: 'failed again and is being retried' } : { result: 'waiting' };
}
